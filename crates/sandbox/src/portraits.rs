//! Whose faces are on documents and before cameras.
//!
//! The samples are official photographs of the United States government (in the public domain there), fetched at
//! set-up by hash as they come in a package of the Python registry; they are never in the tree. A visitor's own
//! picture stays in memory and ends with the sandbox.

use jpeg_encoder::{ColorType, Encoder};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// The portrait of the sample holder, as a passport office would take it.
pub const HOLDER: &str = "obama.jpg";
/// Another picture of the same person, years apart.
pub const HOLDER_LIVE: &str = "obama2.jpg";
/// Somebody else.
pub const STRANGER: &str = "biden.jpg";

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

/// The sample pictures, and the visitor's own.
#[derive(Debug, Default)]
pub struct Portraits {
    holder: Option<Arc<Vec<u8>>>,
    holder_live: Option<Arc<Vec<u8>>>,
    stranger: Option<Arc<Vec<u8>>>,
    own: Mutex<Option<Arc<Vec<u8>>>>,
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
    /// Reads the samples; without them, documents carry an even grey and the visitor's own picture still works.
    #[must_use]
    pub fn load(folder: &Path) -> Self {
        let sample = |name: &str| {
            let bytes = std::fs::read(folder.join(name)).ok()?;
            smaller(&bytes).ok().map(Arc::new)
        };
        Self {
            holder: sample(HOLDER),
            holder_live: sample(HOLDER_LIVE),
            stranger: sample(STRANGER),
            own: Mutex::default(),
        }
    }

    /// Whether the samples are there.
    #[must_use]
    pub fn has_samples(&self) -> bool {
        self.holder.is_some() && self.holder_live.is_some() && self.stranger.is_some()
    }

    /// What documents show.
    #[must_use]
    pub fn holder(&self) -> Option<Arc<Vec<u8>>> {
        self.holder.clone()
    }

    /// The same person before a camera.
    #[must_use]
    pub fn holder_live(&self) -> Option<Arc<Vec<u8>>> {
        self.holder_live.clone()
    }

    /// Somebody else before a camera.
    #[must_use]
    pub fn stranger(&self) -> Option<Arc<Vec<u8>>> {
        self.stranger.clone()
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
        let smaller = Arc::new(smaller(jpeg)?);
        *self.own.lock().unwrap_or_else(PoisonError::into_inner) = Some(smaller);
        Ok(())
    }
}

/// The picture again, as small as a chip would carry it.
fn smaller(jpeg: &[u8]) -> Result<Vec<u8>, NotAPicture> {
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(jpeg), options);
    decoder.decode_headers().map_err(|_| NotAPicture)?;
    let (width, height) = decoder.dimensions().ok_or(NotAPicture)?;
    if width == 0 || height == 0 || width.saturating_mul(height) > PIXELS_MAX {
        return Err(NotAPicture);
    }
    let pixels = decoder.decode().map_err(|_| NotAPicture)?;
    let step = width.max(height).div_ceil(SIDE_MAX).max(1);
    let (small_width, small_height) = (width / step, height / step);
    let mut small = Vec::with_capacity(small_width.saturating_mul(small_height).saturating_mul(3));
    for y in 0..small_height {
        for x in 0..small_width {
            for channel in 0..3 {
                small.push(mean(&pixels, width, (x * step, y * step), (step, channel)));
            }
        }
    }
    let side = |length: usize| u16::try_from(length).map_err(|_| NotAPicture);
    let mut out = Vec::new();
    Encoder::new(&mut out, QUALITY)
        .encode(&small, side(small_width)?, side(small_height)?, ColorType::Rgb)
        .map_err(|_| NotAPicture)?;
    Ok(out)
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

    fn jpeg(width: u16, height: u16) -> Vec<u8> {
        let mut out = Vec::new();
        let pixels = vec![90; usize::from(width) * usize::from(height) * 3];
        Encoder::new(&mut out, QUALITY).encode(&pixels, width, height, ColorType::Rgb).unwrap();
        out
    }

    #[test]
    fn a_large_picture_is_made_small_and_rubbish_is_refused() {
        let small = smaller(&jpeg(1_500, 2_000)).unwrap();

        let mut decoder = JpegDecoder::new(ZCursor::new(&small));
        decoder.decode_headers().unwrap();
        assert_eq!(decoder.dimensions(), Some((500, 666)));
        assert_eq!(smaller(b"GIF89a"), Err(NotAPicture));
        assert_eq!(smaller(&small[..100]), Err(NotAPicture));
    }
}
