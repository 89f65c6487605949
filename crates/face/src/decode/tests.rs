use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::*;
use crate::picture::luma;

const GRADIENT_JP2: &[u8] = include_bytes!("../../tests/pictures/gradient.jp2");
const GRADIENT_J2K: &[u8] = include_bytes!("../../tests/pictures/gradient.j2k");
const GREY_JP2: &[u8] = include_bytes!("../../tests/pictures/grey.jp2");
const LOSSY_J2K: &[u8] = include_bytes!("../../tests/pictures/lossy.j2k");

/// What the files in `tests/pictures` show: `(5x, 4y - 1, x·y mod 256 / 2)`, 48 × 64.
fn gradient() -> Picture {
    let rgb = (0..64_u16)
        .flat_map(|y| (0..48_u16).map(move |x| (x, y)))
        .flat_map(|(x, y)| {
            [x * 5, (y * 4).saturating_sub(1), x * y % 256 / 2].map(|v| v.to_le_bytes()[0])
        })
        .collect();
    Picture::from_rgb(48, 64, rgb).unwrap()
}

fn jpeg(picture: &Picture, set: impl FnOnce(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 95);
    set(&mut encoder);
    let (width, height) =
        (picture.width().try_into().unwrap(), picture.height().try_into().unwrap());
    encoder.encode(picture.rgb(), width, height, ColorType::Rgb).unwrap();
    bytes
}

/// The greatest difference in brightness.
fn difference(one: &Picture, other: &Picture) -> f32 {
    assert_eq!((one.width(), one.height()), (other.width(), other.height()));
    let pixels = |picture: &Picture| picture.rgb().as_chunks::<3>().0.to_vec();
    pixels(one)
        .into_iter()
        .zip(pixels(other))
        .map(|(a, b)| (luma(a) - luma(b)).abs())
        .fold(0.0, f32::max)
}

#[test]
fn pictures_of_other_kinds_are_said_to_be_no_jpeg() {
    let kinds: [&[u8]; 4] = [
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        b"\0\0\0\x1cftypavif\0\0\0\0avifmif1",
        b"RIFF\x24\0\0\0WEBPVP8 ",
        b"II*\0\x08\0\0\0",
    ];
    for bytes in kinds {
        assert_eq!(decode(bytes).unwrap_err(), DecodeError::OtherKind);
    }
}

#[test]
fn lossless_jpeg_2000_is_exact_boxed_and_raw() {
    assert_eq!(decode(GRADIENT_JP2).unwrap().rgb(), gradient().rgb());
    assert_eq!(decode(GRADIENT_J2K).unwrap().rgb(), gradient().rgb());
}

#[test]
fn grey_and_lossy_jpeg_2000_come_near() {
    assert!(difference(&decode(GREY_JP2).unwrap(), &gradient()) <= 1.5);
    assert!(difference(&decode(LOSSY_J2K).unwrap(), &gradient()) <= 16.0);
}

#[test]
fn baseline_and_progressive_jpeg_come_near() {
    let picture = gradient();
    let baseline = jpeg(&picture, |_| {});
    let progressive = jpeg(&picture, |encoder| {
        encoder.set_progressive(true);
        encoder.set_sampling_factor(SamplingFactor::F_1_1);
    });

    assert!(difference(&decode(&baseline).unwrap(), &picture) <= 12.0);
    assert!(difference(&decode(&progressive).unwrap(), &picture) <= 12.0);
}

#[test]
fn a_live_picture_is_turned_upright_by_its_exif_tag() {
    let tag_6 = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let lying = jpeg(&gradient(), |encoder| encoder.add_app_segment(1, tag_6.to_vec()).unwrap());

    let upright = decode(&lying).unwrap();

    assert_eq!((upright.width(), upright.height()), (64, 48));
    // Turned clockwise: the upper left corner of the file comes to the upper right.
    let corner = luma(upright.pixel(63, 0));
    assert!((corner - luma(gradient().pixel(0, 0))).abs() < 12.0, "{corner}");
}

#[test]
fn what_is_neither_jpeg_nor_jpeg_2000_is_refused() {
    assert_eq!(decode(b"\x89PNG\r\n\x1a\n").unwrap_err(), DecodeError::UnknownKind);
    assert_eq!(decode(b"").unwrap_err(), DecodeError::UnknownKind);
    assert_eq!(decode(&vec![0xff; FILE_BYTES_MAX + 1]).unwrap_err(), DecodeError::TooLarge);
}

#[test]
fn a_jpeg_that_claims_too_many_pixels_is_refused_from_its_header() {
    let mut bytes = jpeg(&gradient(), |_| {});
    let frame = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    bytes[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);

    assert_eq!(decode(&bytes).unwrap_err(), DecodeError::TooLarge);
}

#[test]
fn a_jpeg_with_a_pass_for_every_second_byte_is_refused() {
    let wide = Picture::from_rgb(1600, 1200, vec![90; 1600 * 1200 * 3]).unwrap();
    let mut bytes = jpeg(&wide, |encoder| encoder.set_progressive(true));
    let scan = bytes.windows(2).rposition(|pair| pair == [0xff, 0xda]).unwrap();
    let last: Vec<u8> = bytes[scan..bytes.len() - 2].to_vec();
    for _ in 0..40 {
        let end = bytes.len() - 2;
        bytes.splice(end..end, last.iter().copied());
    }

    assert_eq!(decode(&bytes).unwrap_err(), DecodeError::TooLarge);
}

/// SIZ starts after SOC and its own marker: Xsiz at 8, Ysiz at 12, XTsiz at 24, YTsiz at 28.
fn with_size_fields(fields: &[(usize, u32)]) -> Vec<u8> {
    let mut bytes = GRADIENT_J2K.to_vec();
    for (at, value) in fields {
        bytes[*at..at + 4].copy_from_slice(&value.to_be_bytes());
    }
    bytes
}

#[test]
fn a_jpeg_2000_that_claims_too_much_is_refused_from_its_header() {
    let refused = |fields| decode(&with_size_fields(fields)).unwrap_err();

    assert_eq!(refused(&[(8, 60_000)]), DecodeError::TooLarge);
    assert_eq!(refused(&[(24, 4), (28, 4)]), DecodeError::TooLarge);
    assert_eq!(refused(&[(24, 0)]), DecodeError::Damaged);
    assert_eq!(refused(&[(8, 8)]), DecodeError::TooSmall);
}

#[test]
fn tiny_code_blocks_and_many_layers_are_refused() {
    let cod = GRADIENT_J2K.windows(2).position(|pair| pair == [0xff, 0x52]).unwrap();
    let mut layers = GRADIENT_J2K.to_vec();
    layers[cod + 6] = 0xff;
    let mut blocks = GRADIENT_J2K.to_vec();
    blocks[cod + 10] = 0;

    assert_eq!(decode(&layers).unwrap_err(), DecodeError::TooLarge);
    assert_eq!(decode(&blocks).unwrap_err(), DecodeError::TooLarge);
}

#[test]
fn a_palette_is_refused() {
    let mut bytes = GRADIENT_JP2.to_vec();
    let colour = bytes.windows(4).position(|kind| kind == b"colr").unwrap();
    bytes[colour..colour + 4].copy_from_slice(b"pclr");

    assert_eq!(decode(&bytes).unwrap_err(), DecodeError::UnknownKind);
}

#[test]
fn a_frame_larger_than_frames_are_is_refused_from_its_header() {
    let frame = jpeg(&gradient(), |_| {});

    let up_to = |bytes, pixels_max| {
        HereDecoder.decode(bytes, Terms { kinds: Kinds::JpegAndJpeg2000, pixels_max })
    };
    assert_eq!(up_to(&frame, 48 * 64 - 1).unwrap_err(), DecodeError::TooLarge);
    assert_eq!(up_to(GRADIENT_JP2, 48 * 64 - 1).unwrap_err(), DecodeError::TooLarge);
    assert!(up_to(&frame, 48 * 64).is_ok());
}

#[test]
fn where_only_jpeg_is_read_jpeg_2000_is_of_an_unknown_kind() {
    let frames = Terms { kinds: Kinds::Jpeg, pixels_max: usize::MAX };

    for picture in [GRADIENT_JP2, GRADIENT_J2K, GREY_JP2, LOSSY_J2K] {
        let refused = HereDecoder.decode(picture, frames).unwrap_err();
        assert_eq!(refused, DecodeError::UnknownKind);
    }
    assert!(HereDecoder.decode(&jpeg(&gradient(), |_| {}), frames).is_ok());
}
