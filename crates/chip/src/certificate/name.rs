//! Distinguished names, compared the way that issuers mean them.

use std::fmt;

use crate::asn1::{OID, Oid, SEQUENCE, SET};
use crate::tlv::{Reader, Tag, TlvError};

const COUNTRY: &[u8] = b"\x55\x04\x06";

/// A distinguished name.
#[derive(Clone, PartialEq, Eq)]
pub struct Name {
    raw: Box<[u8]>,
    attributes: Vec<(Oid, String)>,
    key: NameKey,
}

/// A name without what issuers get wrong: string type, case, space and order (CHIP-CASES 19).
///
/// Two names with one key are taken for the same issuer. That decides only which certificate's key
/// is tried: the signature decides whether it was the one.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct NameKey(String);

impl Name {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, TlvError> {
        let name = reader.expect(SEQUENCE)?;
        let mut attributes = Vec::new();
        let mut sets = name.children()?;
        while let Some(set) = sets.read()? {
            if set.tag() != SET {
                return Err(set.malformed());
            }
            let mut pairs = set.children()?;
            while let Some(pair) = pairs.read()? {
                let mut pair = pair.children()?;
                let kind = pair.expect(OID)?.value();
                let Some(value) = pair.read()? else { continue };
                attributes.push((Oid::new(kind), text(value.tag(), value.value())));
            }
        }
        let key = NameKey::of(&attributes);
        Ok(Self { raw: name.raw().into(), attributes, key })
    }

    /// The name as it is encoded.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// What to compare names by.
    #[must_use]
    pub const fn key(&self) -> &NameKey {
        &self.key
    }

    /// Two letters, upper case.
    #[must_use]
    pub fn country(&self) -> Option<String> {
        self.attributes
            .iter()
            .find(|(kind, _)| kind.as_bytes() == COUNTRY)
            .map(|(_, value)| value.trim().to_uppercase())
    }
}

impl NameKey {
    fn of(attributes: &[(Oid, String)]) -> Self {
        let mut parts: Vec<String> = attributes
            .iter()
            .map(|(kind, value)| {
                let words: Vec<String> = value.split_whitespace().map(str::to_lowercase).collect();
                format!("{kind}={}", words.join(" "))
            })
            .collect();
        parts.sort_unstable();
        // A separator that no value can hold keeps one long value from posing as two.
        Self(parts.join("\n"))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (kind, value)) in self.attributes.iter().enumerate() {
            if at > 0 {
                f.write_str(", ")?;
            }
            match kind.as_bytes() {
                b"\x55\x04\x03" => f.write_str("CN")?,
                b"\x55\x04\x05" => f.write_str("serialNumber")?,
                COUNTRY => f.write_str("C")?,
                b"\x55\x04\x07" => f.write_str("L")?,
                b"\x55\x04\x08" => f.write_str("ST")?,
                b"\x55\x04\x0a" => f.write_str("O")?,
                b"\x55\x04\x0b" => f.write_str("OU")?,
                _ => write!(f, "{kind}")?,
            }
            // Control characters in a hostile name must not reach a terminal.
            let shown: String =
                value.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect();
            write!(f, "={shown}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

/// The text of a string of any of the types that names use; what is not UTF-8 is read as Latin-1.
fn text(tag: Tag, value: &[u8]) -> String {
    match tag.number() {
        // BMPString, UTF-16 big-endian
        0x1E => char::decode_utf16(
            value
                .chunks(2)
                .map(|pair| pair.iter().fold(0, |sum, octet| sum << 8 | u16::from(*octet))),
        )
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect(),
        // UniversalString, UTF-32 big-endian
        0x1C => value
            .chunks(4)
            .map(|quad| quad.iter().fold(0, |sum, octet| sum << 8 | u32::from(*octet)))
            .map(|code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect(),
        _ => std::str::from_utf8(value)
            .map_or_else(|_| value.iter().map(|octet| char::from(*octet)).collect(), str::to_owned),
    }
}
