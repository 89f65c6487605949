//! The boxes of a JP2 file: ISO/IEC 15444-1 Annex I.

use zeroize::Zeroizing;

use super::codestream;
use crate::decode::DecodeError;

const SIGNATURE_BOX: &[u8] = b"\x00\x00\x00\x0cjP  \r\n\x87\n";
/// Brand `jp2 `, no minor version, compatible with `jp2 `: I.5.2.
const FILE_TYPE_BOX: &[u8] = b"\x00\x00\x00\x14ftypjp2 \0\0\0\0jp2 ";
/// Grey, three colours, and one channel of opacity: I.5.3.6.
const CHANNELS_MAX: usize = 4;
/// Portraits have one codestream; a file of others may carry a few.
const CODESTREAMS_MAX: usize = 8;

/// One box: what it is, what it holds, and what follows it.
struct Piece<'a> {
    kind: [u8; 4],
    content: &'a [u8],
    after: &'a [u8],
}

/// What is kept of the header box.
#[derive(Default)]
struct Header<'a> {
    colour: Option<&'a [u8]>,
    channels: Option<&'a [u8]>,
}

pub(super) fn is_boxed(bytes: &[u8]) -> bool {
    bytes.starts_with(SIGNATURE_BOX)
}

/// Walks over the boxes and puts the file together anew: the first header box and the first codestream, which is the one
/// that a reader takes (I.5.4). Each further codestream is judged all the same, for no honest file hides one that is not allowed.
pub(super) fn walked(bytes: &[u8], pixels_max: usize) -> Result<Zeroizing<Vec<u8>>, DecodeError> {
    let (mut header, mut first) = (None, None);
    let (mut rest, mut codestreams) = (bytes, 0_usize);
    while let Some(piece) = next(rest) {
        match &piece.kind {
            b"jp2c" => {
                codestreams += 1;
                if codestreams > CODESTREAMS_MAX {
                    return Err(DecodeError::TooLarge);
                }
                let walked = codestream::walked(piece.content, pixels_max)?;
                first.get_or_insert(walked);
            }
            b"jp2h" => {
                let found = header_of(piece.content)?;
                header.get_or_insert(found);
            }
            _ => {}
        }
        rest = piece.after;
    }
    let codestream = first.ok_or(DecodeError::Damaged)?;
    put_together(&header.ok_or(DecodeError::Damaged)?, &codestream).ok_or(DecodeError::TooLarge)
}

/// Palettes are refused: no portrait has one, and they multiply the samples.
fn header_of(content: &[u8]) -> Result<Header<'_>, DecodeError> {
    let mut header = Header::default();
    let mut rest = content;
    while let Some(piece) = next(rest) {
        match &piece.kind {
            b"pclr" | b"cmap" => return Err(DecodeError::UnknownKind),
            b"colr" => {
                // All but the first are for other readers: I.5.3.3.
                header.colour.get_or_insert(piece.content);
            }
            b"cdef" => {
                header.channels.get_or_insert(channels(piece.content)?);
            }
            _ => {}
        }
        rest = piece.after;
    }
    Ok(header)
}

/// A channel definition: a count, then six bytes for each channel.
fn channels(content: &[u8]) -> Result<&[u8], DecodeError> {
    let (count, definitions) = content.split_first_chunk::<2>().ok_or(DecodeError::Damaged)?;
    let count = usize::from(u16::from_be_bytes(*count));
    if (1..=CHANNELS_MAX).contains(&count) && definitions.len() == count * 6 {
        Ok(content)
    } else {
        Err(DecodeError::Damaged)
    }
}

fn put_together(header: &Header<'_>, codestream: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut inside = Vec::new();
    for (kind, content) in [(b"colr", header.colour), (b"cdef", header.channels)] {
        if let Some(content) = content {
            append(&mut inside, kind, content)?;
        }
    }
    let room = codestream.len() + inside.len() + 64;
    let mut file = Zeroizing::new(Vec::with_capacity(room));
    file.extend_from_slice(SIGNATURE_BOX);
    file.extend_from_slice(FILE_TYPE_BOX);
    append(&mut file, b"jp2h", &inside)?;
    append(&mut file, b"jp2c", codestream)?;
    Some(file)
}

fn append(file: &mut Vec<u8>, kind: &[u8; 4], content: &[u8]) -> Option<()> {
    let length = u32::try_from(content.len().checked_add(8)?).ok()?;
    file.extend_from_slice(&length.to_be_bytes());
    file.extend_from_slice(kind);
    file.extend_from_slice(content);
    Some(())
}

/// The next box: I.4.
fn next(bytes: &[u8]) -> Option<Piece<'_>> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (kind, rest) = rest.split_first_chunk::<4>()?;
    let (header, length) = match u32::from_be_bytes(*length) {
        // 0: the box reaches to the end.
        0 => (8, bytes.len()),
        1 => {
            let (long, _) = rest.split_first_chunk::<8>()?;
            (16, usize::try_from(u64::from_be_bytes(*long)).ok()?)
        }
        length => (8, usize::try_from(length).ok()?),
    };
    // A last box that claims more than there is holds what there is: transfers lose tails.
    let length = length.min(bytes.len());
    let content = bytes.get(header..length)?;
    Some(Piece { kind: *kind, content, after: bytes.get(length..)? })
}
