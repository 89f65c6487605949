//! Whose faces are on documents and before cameras.
//!
//! The samples are official photographs of the United States government (in the public domain there), fetched at
//! set-up by hash as they come in three packages of the Python registry; they are never in the tree. A visitor's own
//! picture stays in memory and ends with the sandbox.

use crate::camera::head::{FacePlace, Head};
use jpeg_encoder::{ColorType, Encoder};
use server::pictures::{Decoder, Kinds, Terms};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Somebody who can be on a document or before a camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// On the documents of men.
    Man,
    /// On the documents of women.
    Woman,
    /// A man on nobody's document.
    OtherMan,
    /// A woman on nobody's document.
    OtherWoman,
}

impl Subject {
    const ALL: [Self; 4] = [Self::Man, Self::Woman, Self::OtherMan, Self::OtherWoman];

    /// The photograph on the document, and the one before the camera; years apart where there are two.
    const fn files(self) -> (&'static str, &'static str) {
        match self {
            Self::Man => ("obama2.jpg", "obama.jpg"),
            Self::Woman => ("collins.ppm", "collins.ppm"),
            Self::OtherMan => ("biden.jpg", "biden.jpg"),
            Self::OtherWoman => ("hopper.jpg", "hopper.jpg"),
        }
    }

    /// Where the face is in the second photograph, in parts of its width.
    const fn face(self) -> FacePlace {
        match self {
            Self::Man => MAN,
            Self::Woman => WOMAN,
            Self::OtherMan => OTHER_MAN,
            Self::OtherWoman => OTHER_WOMAN,
        }
    }
}

/// As the detector of the default set finds them.
const MAN: FacePlace = FacePlace {
    left: 0.4092,
    top: 0.0915,
    width: 0.2638,
    height: 0.3604,
    nose_x: 0.5354,
    nose_y: 0.3038,
};
const WOMAN: FacePlace = FacePlace {
    left: 0.3312,
    top: 0.2070,
    width: 0.3312,
    height: 0.4197,
    nose_x: 0.4964,
    nose_y: 0.4351,
};
const OTHER_MAN: FacePlace = FacePlace {
    left: 0.4270,
    top: 0.1756,
    width: 0.3069,
    height: 0.4239,
    nose_x: 0.6165,
    nose_y: 0.4224,
};

const OTHER_WOMAN: FacePlace = FacePlace {
    left: 0.3422,
    top: 0.2227,
    width: 0.3402,
    height: 0.4111,
    nose_x: 0.5312,
    nose_y: 0.4661,
};

/// The longest side of what is put on a chip or shown to a camera.
const SIDE_MAX: usize = 720;
/// The largest picture that is taken from a visitor.
pub const OWN_BYTES_MAX: usize = 2 * 1024 * 1024;
const PIXELS_MAX: usize = 24_000_000;
const QUALITY: u8 = 85;

/// A picture that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a JPEG picture of a usable size")]
pub struct NotAPicture;

/// One person's pictures.
#[derive(Clone, Debug)]
struct Sample {
    /// JPEG, as a chip would carry it.
    portrait: Arc<Vec<u8>>,
    /// For the camera.
    head: Arc<Head>,
}

/// The sample pictures, and the visitor's own.
#[derive(Debug)]
pub struct Portraits {
    decoder: Arc<dyn Decoder>,
    samples: [Option<Sample>; 4],
    own: Mutex<Option<Arc<Vec<u8>>>>,
}

/// Pixels of a picture: RGB, three bytes each.
struct Pixels {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

/// Where the set-up lays the samples: `GENVEJ_PORTRAITS`, or a folder of the user's cache.
#[must_use]
pub fn default_folder() -> Option<PathBuf> {
    let set =
        |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("GENVEJ_PORTRAITS").or_else(|| {
        let cache = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")));
        cache.map(|cache| cache.join("genvej").join("portraits"))
    })
}

impl Portraits {
    /// Reads the samples; without them, documents carry an even grey and the visitor's own picture still works. Pictures are
    /// decoded by `decoder`, in other processes.
    #[must_use]
    pub fn load(folder: Option<&Path>, decoder: Arc<dyn Decoder>) -> Self {
        let samples = Subject::ALL.map(|subject| {
            let (portrait, live) = subject.files();
            let read = |name: &str| {
                let bytes = std::fs::read(folder?.join(name)).ok()?;
                pixels(&bytes, &*decoder).ok()
            };
            let portrait = Arc::new(read(portrait)?.jpeg().ok()?);
            let live = read(live)?;
            let place = subject.face().times(live.width);
            let head = Arc::new(Head::new(live.width, live.height, live.rgb, place)?);
            Some(Sample { portrait, head })
        });
        Self { decoder, samples, own: Mutex::default() }
    }

    /// Whether there is somebody for documents and somebody else.
    #[must_use]
    pub fn has_samples(&self) -> bool {
        self.sample(Subject::Man).is_some() && self.sample(Subject::OtherMan).is_some()
    }

    /// Who is on the documents of a woman, or of a man.
    #[must_use]
    pub fn holder(&self, is_woman: bool) -> Subject {
        let woman = is_woman && self.sample(Subject::Woman).is_some();
        if woman { Subject::Woman } else { Subject::Man }
    }

    /// Who is before the camera in the place of a document's holder: somebody as much like them as the samples give, and
    /// never the holder.
    #[must_use]
    pub fn stranger(&self, holder: Subject) -> Subject {
        let woman = holder == Subject::Woman;
        match self.sample(Subject::OtherWoman) {
            Some(_) if woman => Subject::OtherWoman,
            Some(_) | None => Subject::OtherMan,
        }
    }

    /// The portrait for a document.
    #[must_use]
    pub fn portrait(&self, subject: Subject) -> Option<Arc<Vec<u8>>> {
        self.sample(subject).map(|sample| Arc::clone(&sample.portrait))
    }

    /// The head before a camera.
    #[must_use]
    pub fn head(&self, subject: Subject) -> Option<Arc<Head>> {
        self.sample(subject).map(|sample| Arc::clone(&sample.head))
    }

    fn sample(&self, subject: Subject) -> Option<&Sample> {
        let [man, woman, other_man, other_woman] = &self.samples;
        match subject {
            Subject::Man => man.as_ref(),
            Subject::Woman => woman.as_ref(),
            Subject::OtherMan => other_man.as_ref(),
            Subject::OtherWoman => other_woman.as_ref(),
        }
    }

    /// The visitor's own picture, where one was taken.
    #[must_use]
    pub fn own(&self) -> Option<Arc<Vec<u8>>> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps a visitor's picture until the sandbox ends.
    ///
    /// # Errors
    ///
    /// [`NotAPicture`].
    pub fn keep_own(&self, jpeg: &[u8]) -> Result<(), NotAPicture> {
        let smaller = Arc::new(shrunk(decoded(jpeg, &*self.decoder)?).jpeg()?);
        *self.own.lock().unwrap_or_else(PoisonError::into_inner) = Some(smaller);
        Ok(())
    }
}

impl Pixels {
    fn jpeg(&self) -> Result<Vec<u8>, NotAPicture> {
        let side = |length: usize| u16::try_from(length).map_err(|_| NotAPicture);
        let mut out = Vec::new();
        Encoder::new(&mut out, QUALITY)
            .encode(&self.rgb, side(self.width)?, side(self.height)?, ColorType::Rgb)
            .map_err(|_| NotAPicture)?;
        Ok(out)
    }
}

/// A sample: JPEG, or the plain pixels that the set-up makes of another format.
fn pixels(bytes: &[u8], decoder: &dyn Decoder) -> Result<Pixels, NotAPicture> {
    if bytes.starts_with(b"P6\n") { plain(bytes) } else { decoded(bytes, decoder) }.map(shrunk)
}

/// Portable pixmap: `P6`, width and height, 255, each on a line, then the pixels.
fn plain(bytes: &[u8]) -> Result<Pixels, NotAPicture> {
    let mut lines = bytes.splitn(4, |byte| *byte == b'\n');
    let mut line = || lines.next().ok_or(NotAPicture);
    let (_, size, depth, rgb) = (line()?, line()?, line()?, line()?);
    let mut sides =
        std::str::from_utf8(size).map_err(|_| NotAPicture)?.split(' ').map(str::parse::<usize>);
    let (Some(Ok(width)), Some(Ok(height)), b"255") = (sides.next(), sides.next(), depth) else {
        return Err(NotAPicture);
    };
    let wanted = width.saturating_mul(height).saturating_mul(3);
    (wanted > 0 && rgb.len() == wanted)
        .then(|| Pixels { width, height, rgb: rgb.to_vec() })
        .ok_or(NotAPicture)
}

fn decoded(jpeg: &[u8], decoder: &dyn Decoder) -> Result<Pixels, NotAPicture> {
    let terms = Terms { kinds: Kinds::Jpeg, pixels_max: PIXELS_MAX };
    let picture = decoder.decode(jpeg, terms).map_err(|_| NotAPicture)?;
    let (width, height) = (picture.width(), picture.height());
    Ok(Pixels { width, height, rgb: picture.rgb().to_vec() })
}

/// The picture as small as a chip would carry it.
fn shrunk(picture: Pixels) -> Pixels {
    let step = picture.width.max(picture.height).div_ceil(SIDE_MAX).max(1);
    if step == 1 {
        return picture;
    }
    let (width, height) = (picture.width / step, picture.height / step);
    let mut rgb = Vec::with_capacity(width.saturating_mul(height).saturating_mul(3));
    for y in 0..height {
        for x in 0..width {
            for channel in 0..3 {
                let from = (x * step, y * step);
                rgb.push(mean(&picture.rgb, picture.width, from, (step, channel)));
            }
        }
    }
    Pixels { width, height, rgb }
}

/// The mean of one channel over a square.
fn mean(
    pixels: &[u8],
    width: usize,
    (left, top): (usize, usize),
    (step, channel): (usize, usize),
) -> u8 {
    let mut sum = 0_usize;
    for y in top..top + step {
        for x in left..left + step {
            let at = (y * width + x) * 3 + channel;
            sum += pixels.get(at).copied().map_or(0, usize::from);
        }
    }
    u8::try_from(sum / (step * step)).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use face::decode::HereDecoder;

    fn jpeg(width: u16, height: u16) -> Vec<u8> {
        let mut out = Vec::new();
        let pixels = vec![90; usize::from(width) * usize::from(height) * 3];
        Encoder::new(&mut out, QUALITY).encode(&pixels, width, height, ColorType::Rgb).unwrap();
        out
    }

    #[test]
    fn a_large_picture_is_made_small_and_rubbish_is_refused() {
        let small = shrunk(decoded(&jpeg(1_500, 2_000), &HereDecoder).unwrap()).jpeg().unwrap();

        let again = decoded(&small, &HereDecoder).unwrap();
        assert_eq!((again.width, again.height), (500, 666));
        assert!(pixels(b"GIF89a", &HereDecoder).is_err());
        assert!(pixels(&small[..100], &HereDecoder).is_err());
    }

    #[test]
    fn plain_pixels_are_read_and_their_number_is_checked() {
        let picture = pixels(b"P6\n2 1\n255\nabcdef", &HereDecoder).unwrap();

        assert_eq!((picture.width, picture.height), (2, 1));
        assert_eq!(picture.rgb, b"abcdef");
        assert!(pixels(b"P6\n2 2\n255\nabcdef", &HereDecoder).is_err());
    }
}
