//! Writing objects, with lengths in their shortest form.

use super::Tag;

/// Appends one object with a length in its shortest form.
///
/// # Panics
///
/// Never for values under four gigabytes, which is more than a command can carry.
pub fn write(out: &mut Vec<u8>, tag: Tag, value: &[u8]) {
    let octets = tag.0.to_be_bytes();
    let lead = octets.iter().take_while(|&&octet| octet == 0).count().min(3);
    out.extend(octets.iter().skip(lead));
    write_length(out, value.len());
    out.extend_from_slice(value);
}

fn write_length(out: &mut Vec<u8>, length: usize) {
    if let Ok(short) = u8::try_from(length)
        && short < 0x80
    {
        out.push(short);
        return;
    }
    let octets = length.to_be_bytes();
    let lead = octets.iter().take_while(|&&octet| octet == 0).count();
    let count = octets.len().saturating_sub(lead);
    out.push(0x80 | u8::try_from(count).unwrap_or(8));
    out.extend(octets.iter().skip(lead));
}

/// One object as bytes.
#[must_use]
pub fn object(tag: Tag, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len().saturating_add(8));
    write(&mut out, tag, value);
    out
}

/// One constructed object from the bytes of its parts.
#[must_use]
pub fn constructed<P: AsRef<[u8]>>(tag: Tag, parts: impl IntoIterator<Item = P>) -> Vec<u8> {
    let mut value = Vec::new();
    for part in parts {
        value.extend_from_slice(part.as_ref());
    }
    object(tag, &value)
}
