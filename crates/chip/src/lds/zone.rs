//! DG1 (Doc 9303-10 §4.7.1): the machine-readable zone, `61 { 5F1F text }`.

use crate::mrz::{Mrz, MrzError};
use crate::tlv::{Reader, Tag, TlvError};

/// Why DG1 gives no zone.
#[derive(Debug, thiserror::Error)]
pub enum ZoneError {
    /// The file is not a DG1.
    #[error("the file is no data group 1")]
    Template(#[source] TlvError),
    /// Its text is no machine-readable zone.
    #[error("the text of data group 1 is no machine-readable zone")]
    Zone(#[source] MrzError),
}

/// The text of DG1, lines run together.
///
/// # Errors
///
/// [`TlvError`] where the file is no DG1 or its value no text.
pub fn zone_text(dg1: &[u8]) -> Result<&str, TlvError> {
    let mut fields = Reader::new(dg1).expect(Tag::new(0x61))?.children()?;
    let text = fields.expect(Tag::new(0x5F1F))?;
    std::str::from_utf8(text.value()).map_err(|_| text.malformed())
}

/// The machine-readable zone of DG1. Its check digits are reported, not insisted on: the SOD guards the text.
///
/// # Errors
///
/// [`ZoneError`] where there is no zone.
pub fn zone(dg1: &[u8]) -> Result<Mrz, ZoneError> {
    Mrz::read(zone_text(dg1).map_err(ZoneError::Template)?).map_err(ZoneError::Zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zone_of_dg1_is_taken_apart() {
        let text = "I<UTOD231458907<<<<<<<<<<<<<<<7408122F1204159UTO<<<<<<<<<<<6ERIKSSON<<ANNA<MARIA<<<<<<<<<<";
        let inner = crate::tlv::object(Tag::new(0x5F1F), text.as_bytes());

        let mrz = zone(&crate::tlv::object(Tag::new(0x61), &inner)).unwrap();

        assert_eq!(mrz.document_number.expose(), "D23145890");
        assert!(zone(&[0x61, 0x03, 0x5F, 0x1F, 0x00]).is_err());
    }
}
