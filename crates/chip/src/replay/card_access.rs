//! EF.CardAccess of a recording that stopped before the file's end. No MAC stands over it, and what would be held against
//! DG14 may be missing: what is there has to be what cards write, and its entries have to agree with one another. What no other entry repeats, such as the kind of
//! a pseudonymous signature, cannot be known.

use std::collections::BTreeSet;

use crate::tlv::{self, Reader, Tag, Tlv};

const SET: Tag = Tag::new(0x31);
const SEQUENCE: Tag = Tag::new(0x30);
const OID: Tag = Tag::new(0x06);
const INTEGER: Tag = Tag::new(0x02);
const TEXT: Tag = Tag::new(0x16);
/// bsi-de protocols(2) smartcard(2): 0.4.0.127.0.7.2.2
const BSI: &[u8] = &[0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02];
/// standardizedDomainParameters: 0.4.0.127.0.7.1.2
const STANDARDISED: &[u8] = &[0x04, 0x00, 0x7F, 0x00, 0x07, 0x01, 0x02];
/// id-ecPublicKey and dhpublicnumber.
const EC_PUBLIC_KEY: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
const DH_PUBLIC_NUMBER: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3E, 0x02, 0x01];
/// Where BSI TR-03110 cards say that their description is.
const DESCRIPTIONS: [&[u8]; 2] =
    [b"http://bsi.bund.de/cif/npa.xml", b"https://bsi.bund.de/cif/npa.xml"];

/// The shortest entry: an identifier of nine octets and a version.
const ENTRY_BYTES_MIN: usize = 14;
/// Tag and length of an entry, at most.
const HEADER_BYTES_MAX: usize = 4;

/// What the entries say of one another.
#[derive(Default)]
struct Entries {
    /// Parameters of PACE.
    groups: BTreeSet<u8>,
    /// Ciphers of PACE.
    ciphers: BTreeSet<u8>,
    /// Ciphers of chip authentication.
    key_ciphers: BTreeSet<u8>,
    /// Parameters of chip authentication.
    key_groups: BTreeSet<u8>,
    /// Keys that protocols of chip authentication name.
    protocol_keys: BTreeSet<u8>,
    /// Keys that have parameters.
    parameter_keys: BTreeSet<u8>,
    /// Keys of chip authentication version 3, which are there for pseudonymous signatures.
    signing_protocols: BTreeSet<u8>,
    /// Keys of pseudonymous signatures.
    signing_keys: BTreeSet<u8>,
}

/// Whether the beginning of a file can be that of EF.CardAccess on a card that offers `offered`, a whole `PACEInfo`.
pub(super) fn begins(bytes: &[u8], offered: &[u8]) -> bool {
    beginning(bytes, offered).unwrap_or(false)
}

fn beginning(bytes: &[u8], offered: &[u8]) -> Option<bool> {
    let header = tlv::header(bytes).ok()?;
    let total = usize::try_from(header.total_bytes()).ok()?;
    let mut at = header.header_bytes;
    let mut entries = Entries::default();
    let mut offers = false;
    let cut = loop {
        let rest = bytes.get(at..)?;
        // The last entry may be cut, even in its length.
        let Ok(entry) = tlv::header(rest) else {
            break rest.len() < HEADER_BYTES_MAX && rest.first().is_none_or(|tag| *tag == 0x30);
        };
        let end = at.checked_add(usize::try_from(entry.total_bytes()).ok()?)?;
        // Nothing but another entry, or nothing at all, can stand behind it.
        if entry.tag != SEQUENCE || end > total || (1..ENTRY_BYTES_MIN).contains(&(total - end)) {
            break false;
        }
        let Some(whole) = bytes.get(at..end) else {
            break cut_entry(rest.get(entry.header_bytes..)?);
        };
        offers |= whole == offered;
        entries.take(&tlv::single(whole, SEQUENCE).ok()?)?;
        at = end;
    };
    Some(header.tag == SET && cut && offers && entries.agree())
}

/// What is there of an entry whose end is missing: the beginning of an identifier, and of the one text that cards have
/// behind it.
fn cut_entry(cut: &[u8]) -> bool {
    let locator = [&[0x06, 0x08][..], BSI, &[0x06]].concat();
    let Some(text) = cut.strip_prefix(locator.as_slice()) else {
        // One of the identifiers that are eight to eleven octets long.
        let Some((&0x06, rest)) = cut.split_first() else { return cut.is_empty() };
        let Some((&length, rest)) = rest.split_first() else { return true };
        let short = rest.len().min(BSI.len());
        let whole = rest.get(BSI.len()..usize::from(length));
        let known = match whole {
            None => true,
            Some([2 | 8] | [3 | 4, 1..=6]) => true,
            Some([3, 1 | 2, 1..=4] | [4, 1..=6, 1..=4] | [11, 1 | 2, 1..=3, 1..=6]) => true,
            Some(_) => false,
        };
        return (8..=11).contains(&length) && rest.get(..short) == BSI.get(..short) && known;
    };
    let Some((&0x16, text)) = text.split_first() else { return text.is_empty() };
    let Some((length, text)) = text.split_first() else { return true };
    DESCRIPTIONS.iter().any(|known| known.len() == usize::from(*length) && known.starts_with(text))
}

impl Entries {
    /// Takes one entry in; `None` where it is none that cards write.
    fn take(&mut self, entry: &Tlv<'_>) -> Option<()> {
        (entry.tag() == SEQUENCE).then_some(())?;
        let mut fields = entry.children().ok()?;
        let oid = fields.expect(OID).ok()?.value();
        match *oid.strip_prefix(BSI)? {
            [4, 1..=6, cipher @ 1..=4] => {
                self.ciphers.insert(cipher);
                (number(&mut fields)? == 2).then_some(())?;
                self.groups.extend(optional_number(&mut fields)?);
            }
            [4, 1..=6] => drop(fields.expect(SEQUENCE).ok()?),
            [3, 1 | 2, cipher @ 1..=4] => {
                self.key_ciphers.insert(cipher);
                let version = number(&mut fields)?;
                let key = optional_number(&mut fields)?;
                match version {
                    1 | 2 => {}
                    3 => self.signing_protocols.extend(key),
                    _ => return None,
                }
                self.protocol_keys.extend(key);
            }
            [3, 1 | 2] => {
                let mut algorithm = fields.expect(SEQUENCE).ok()?.children().ok()?;
                match algorithm.expect(OID).ok()?.value() {
                    STANDARDISED => drop(self.key_groups.insert(number(&mut algorithm)?)),
                    EC_PUBLIC_KEY | DH_PUBLIC_NUMBER => {}
                    _ => return None,
                }
                self.parameter_keys.extend(optional_number(&mut fields)?);
            }
            [2] => (number(&mut fields)? == 2).then_some(())?,
            [8] => {
                let mut inner = fields.expect(SET).ok()?.children().ok()?;
                while let Some(entry) = inner.read().ok()? {
                    self.take(&entry)?;
                }
            }
            [11, 1 | 2, 1..=3, 1..=6] => {
                let mut required = fields.expect(SEQUENCE).ok()?.children().ok()?;
                // The version, and what has to be shown before each kind of signature.
                (number(&mut required)? == 1).then_some(())?;
                (number(&mut required)? <= 2 && number(&mut required)? <= 2).then_some(())?;
                required.is_empty().then_some(())?;
                self.signing_keys.extend(optional_number(&mut fields)?);
            }
            [6] => {
                let text = fields.expect(TEXT).ok()?.value();
                DESCRIPTIONS.contains(&text).then_some(())?;
            }
            _ => return None,
        }
        fields.is_empty().then_some(())
    }

    /// Whether every key that one entry names stands in another, on a group that the card has.
    fn agree(&self) -> bool {
        self.parameter_keys == self.protocol_keys
            && self.signing_keys == self.signing_protocols
            && self.key_groups.is_subset(&self.groups)
            && self.key_ciphers.is_subset(&self.ciphers)
    }
}

fn number(fields: &mut Reader<'_>) -> Option<u8> {
    match *fields.expect(INTEGER).ok()?.value() {
        [number] => Some(number),
        _ => None,
    }
}

fn optional_number(fields: &mut Reader<'_>) -> Option<Option<u8>> {
    match fields.optional(INTEGER).ok()? {
        None => Some(None),
        Some(value) => match *value.value() {
            [number] => Some(Some(number)),
            _ => None,
        },
    }
}
