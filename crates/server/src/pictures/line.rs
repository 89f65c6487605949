//! The protocol between the service and a picture worker; numbers are big-endian.
//!
//! ```text
//! request:  kind u8 (1 JPEG, 2 JPEG or JPEG 2000, 3 PNG) | pixels at most u64 | length u32 | file
//! answer:   0 | width u32 | height u32 | RGB                a picture
//!           1…                                              why there is none
//! ```
//!
//! The service checks only the form of an answer: somebody who took over a worker could send any picture, but nothing else.

use super::Reading;
use face::decode::{DecodeError, FILE_BYTES_MAX, Kinds, Terms};
use face::picture::Picture;
use std::io::{self, Read, Write};
use zeroize::Zeroizing;

/// The first bytes that a worker sends, once its limits hold.
pub(super) const GREETING: [u8; 8] = *b"pictures";

/// The largest number of pixels of a decoded picture, at three bytes each.
pub(super) const PIXELS_MAX: usize = 20_000_000;

const FOUND: u8 = 0;

fn wrong(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn number<const N: usize>(line: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    line.read_exact(&mut bytes)?;
    Ok(bytes)
}

pub(super) fn ask(line: &mut impl Write, reading: Reading, file: &[u8]) -> io::Result<()> {
    let (kind, pixels_max) = match reading {
        Reading::Picture(Terms { kinds: Kinds::Jpeg, pixels_max }) => (1, pixels_max),
        Reading::Picture(Terms { kinds: Kinds::JpegAndJpeg2000, pixels_max }) => (2, pixels_max),
        Reading::Png => (3, PIXELS_MAX),
    };
    let length = u32::try_from(file.len()).map_err(|_| wrong("a file that is too long"))?;
    let mut head = vec![kind];
    head.extend(u64::try_from(pixels_max).unwrap_or(u64::MAX).to_be_bytes());
    head.extend(length.to_be_bytes());
    line.write_all(&head)?;
    line.write_all(file)?;
    line.flush()
}

/// Reads the next request; `None` where the service has closed the connection.
pub(super) fn asked(line: &mut impl Read) -> io::Result<Option<(Reading, Zeroizing<Vec<u8>>)>> {
    let kind = match number::<1>(line) {
        Ok([kind]) => kind,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    };
    let pixels_max = usize::try_from(u64::from_be_bytes(number(line)?)).unwrap_or(usize::MAX);
    let reading = match kind {
        1 => Reading::Picture(Terms { kinds: Kinds::Jpeg, pixels_max }),
        2 => Reading::Picture(Terms { kinds: Kinds::JpegAndJpeg2000, pixels_max }),
        3 => Reading::Png,
        _ => return Err(wrong("a request of no known kind")),
    };
    let length = usize::try_from(u32::from_be_bytes(number(line)?)).unwrap_or(usize::MAX);
    if length > FILE_BYTES_MAX {
        return Err(wrong("a file that is too long"));
    }
    let mut file = Zeroizing::new(vec![0; length]);
    line.read_exact(&mut file)?;
    Ok(Some((reading, file)))
}

pub(super) fn answer(
    line: &mut impl Write,
    decoded: &Result<Picture, DecodeError>,
) -> io::Result<()> {
    match decoded {
        Ok(picture) => {
            let side = |length: usize| u32::try_from(length).map_err(|_| wrong("a long side"));
            let mut head = vec![FOUND];
            head.extend(side(picture.width())?.to_be_bytes());
            head.extend(side(picture.height())?.to_be_bytes());
            line.write_all(&head)?;
            line.write_all(picture.rgb())?;
        }
        Err(error) => line.write_all(&[code(*error)])?,
    }
    line.flush()
}

pub(super) fn answered(line: &mut impl Read) -> io::Result<Result<Picture, DecodeError>> {
    let [code] = number(line)?;
    if code != FOUND {
        return reason(code).map(Err).ok_or_else(|| wrong("a refusal of no known kind"));
    }
    let mut side = || -> io::Result<usize> {
        Ok(usize::try_from(u32::from_be_bytes(number(line)?)).unwrap_or(usize::MAX))
    };
    let (width, height) = (side()?, side()?);
    let pixels = width.checked_mul(height).filter(|pixels| *pixels <= PIXELS_MAX);
    let mut rgb = Zeroizing::new(vec![0; pixels.ok_or_else(|| wrong("too many pixels"))? * 3]);
    line.read_exact(&mut rgb)?;
    let picture = Picture::from_rgb(width, height, std::mem::take(&mut rgb));
    picture.map(Ok).ok_or_else(|| wrong("a picture without pixels"))
}

fn code(error: DecodeError) -> u8 {
    match error {
        DecodeError::UnknownKind => 1,
        DecodeError::OtherKind => 5,
        DecodeError::TooLarge => 2,
        DecodeError::TooSmall => 3,
        DecodeError::Damaged | DecodeError::Fatal | DecodeError::Unavailable => 4,
    }
}

fn reason(code: u8) -> Option<DecodeError> {
    match code {
        1 => Some(DecodeError::UnknownKind),
        2 => Some(DecodeError::TooLarge),
        3 => Some(DecodeError::TooSmall),
        4 => Some(DecodeError::Damaged),
        5 => Some(DecodeError::OtherKind),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_answers_come_through_as_they_were() {
        let terms = Terms { kinds: Kinds::Jpeg, pixels_max: 77 };
        let mut sent = Vec::new();
        ask(&mut sent, Reading::Picture(terms), b"file").unwrap();
        let picture = Picture::from_rgb(2, 1, vec![1, 2, 3, 4, 5, 6]).unwrap();
        let mut told = Vec::new();
        answer(&mut told, &Ok(picture)).unwrap();

        let (reading, file) = asked(&mut sent.as_slice()).unwrap().unwrap();
        let back = answered(&mut told.as_slice()).unwrap().unwrap();

        assert_eq!((reading, file.as_slice()), (Reading::Picture(terms), &b"file"[..]));
        assert_eq!((back.width(), back.height(), back.rgb()), (2, 1, &[1, 2, 3, 4, 5, 6][..]));
        assert!(asked(&mut &b""[..]).unwrap().is_none(), "hung up");
    }

    #[test]
    fn an_answer_of_a_wrong_form_is_no_answer() {
        let too_many = [&[0][..], &u32::MAX.to_be_bytes(), &1_u32.to_be_bytes()].concat();
        let cut = [&[0][..], &2_u32.to_be_bytes(), &1_u32.to_be_bytes(), &[1, 2, 3]].concat();
        let empty = [&[0][..], &0_u32.to_be_bytes(), &1_u32.to_be_bytes()].concat();

        for bytes in [too_many, cut, empty, vec![9], Vec::new()] {
            assert!(answered(&mut bytes.as_slice()).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn a_worker_reads_no_file_longer_than_any_picture() {
        let mut head = vec![1];
        head.extend(1_u64.to_be_bytes());
        head.extend(u32::MAX.to_be_bytes());

        assert!(asked(&mut head.as_slice()).is_err());
    }
}
