//! PNG (ISO/IEC 15948) without compression: plots are small, and nothing has to be trusted for it.

const STORED_BLOCK_MAX: usize = 65_535;

/// An 8-bit RGB picture as a PNG file.
pub(super) fn encode(width: usize, height: usize, rgb: &[u8]) -> Vec<u8> {
    let size = |value: usize| u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes();
    let mut header = Vec::from(size(width));
    header.extend(size(height));
    // 8 bits, RGB, deflate, no other filter method, not interlaced.
    header.extend([8, 2, 0, 0, 0]);
    let mut rows = Vec::with_capacity((width * 3 + 1) * height);
    for row in rgb.chunks(width * 3) {
        // Filter 0: the bytes as they are.
        rows.push(0);
        rows.extend_from_slice(row);
    }
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut png, *b"IHDR", &header);
    chunk(&mut png, *b"IDAT", &zlib(&rows));
    chunk(&mut png, *b"IEND", &[]);
    png
}

fn chunk(png: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    png.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
    let start = png.len();
    png.extend(kind);
    png.extend_from_slice(data);
    let crc = crc32(png.get(start..).unwrap_or_default());
    png.extend(crc.to_be_bytes());
}

/// Stored blocks (RFC 1951 §3.2.4) in a zlib wrapper (RFC 1950).
fn zlib(data: &[u8]) -> Vec<u8> {
    let mut zlib = vec![0x78, 0x01];
    let blocks = data.len().div_ceil(STORED_BLOCK_MAX).max(1);
    for (index, block) in data.chunks(STORED_BLOCK_MAX).enumerate() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        zlib.push(u8::from(index + 1 == blocks));
        zlib.extend(length.to_le_bytes());
        zlib.extend((!length).to_le_bytes());
        zlib.extend_from_slice(block);
    }
    zlib.extend(adler32(data).to_be_bytes());
    zlib
}

fn adler32(data: &[u8]) -> u32 {
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in data {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    b << 16 | a
}

fn crc32(data: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in data {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksums_are_those_of_the_standards() {
        // The check values that both algorithms are published with.
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }

    #[test]
    fn a_picture_of_one_pixel_has_the_three_chunks() {
        let png = encode(1, 1, &[1, 2, 3]);

        assert!(
            png.starts_with(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0")
        );
        assert!(png.ends_with(b"\0\0\0\0IEND\xae\x42\x60\x82"));
    }
}
