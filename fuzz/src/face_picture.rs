//! The portrait of DG2 and the frames of a phone: JPEG and JPEG 2000 from strangers.

/// A picture that decodes has the bytes its size says, and is within the limits.
pub(crate) fn run(input: &[u8]) {
    if let Ok(picture) = face::decode::decode(input) {
        assert_eq!(picture.rgb().len(), picture.width() * picture.height() * 3);
        assert!(picture.rgb().len() <= face::decode::DECODE_BYTES_MAX);
    }
}
