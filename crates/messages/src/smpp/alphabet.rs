//! The encoding of texts in SMS: the GSM alphabet (3GPP TS 23.038) or UCS-2.

use std::collections::BTreeMap;

/// The number of letters of the GSM alphabet in a single SMS, and in each part of a longer one after the header.
const GSM_LETTERS: (usize, usize) = (160, 153);

/// The number of UCS-2 units in a single SMS, and in each part of a longer one after the header.
const UCS2_UNITS: (usize, usize) = (70, 67);

/// The largest number of parts of a message; a longer message must be a mistake.
const PARTS_MAX: usize = 10;

/// The default alphabet, in the order of the codes. 0x1B is the escape to the extension table.
const GSM: [char; 128] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å', 'Δ', '_',
    'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', '\u{1b}', 'Æ', 'æ', 'ß', 'É', ' ', '!', '"', '#',
    '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/', '0', '1', '2', '3', '4', '5', '6',
    '7', '8', '9', ':', ';', '<', '=', '>', '?', '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I',
    'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö',
    'Ñ', 'Ü', '§', '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
];

/// The extension table. Each of its letters takes two codes.
const GSM_EXTENSION: [(char, u8); 9] = [
    ('^', 0x14),
    ('{', 0x28),
    ('}', 0x29),
    ('\\', 0x2F),
    ('[', 0x3C),
    ('~', 0x3D),
    (']', 0x3E),
    ('|', 0x40),
    ('€', 0x65),
];

const ESCAPE: u8 = 0x1B;

/// The default alphabet of a message centre (`data_coding` 0), which the protocol does not fix (SMPP 3.4 §5.2.19).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CentreAlphabet {
    /// The GSM alphabet, with one octet for each letter.
    #[default]
    Gsm,
    /// ISO 8859-1, which the centre converts to the GSM alphabet.
    Latin1,
    /// Unknown: every text is sent in UCS-2, whose `data_coding` is fixed.
    Ucs2Alone,
}

/// The encoding of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Coding {
    /// The GSM alphabet, with one octet for each letter, as message centres accept it.
    Gsm,
    /// ISO 8859-1, for centres that have it as their default alphabet.
    Latin1,
    /// UCS-2, with two octets for each unit, big-endian.
    Ucs2,
}

impl Coding {
    /// The `data_coding` of SMPP (§5.2.19).
    pub const fn data_coding(self) -> u8 {
        match self {
            Self::Gsm | Self::Latin1 => 0x00,
            Self::Ucs2 => 0x08,
        }
    }

    /// The encoding for a `data_coding`; `None` for one that is not supported.
    pub const fn of_data_coding(data_coding: u8) -> Option<Self> {
        match data_coding {
            0x00 => Some(Self::Gsm),
            0x08 => Some(Self::Ucs2),
            _ => None,
        }
    }
}

/// A part of a message, which is one SMS.
#[derive(Clone, PartialEq, Eq)]
pub struct Part {
    /// The encoding.
    pub coding: Coding,
    /// The number of the part, counted from 1.
    pub number: u8,
    /// The number of parts of the message.
    pub total: u8,
    octets: Vec<u8>,
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Part({} of {}, {:?})", self.number, self.total, self.coding)
    }
}

impl Part {
    /// The octets of the part. Where the message has several parts, the header that joins them precedes the text (3GPP
    /// TS 23.040 §9.2.3.24.1).
    pub fn payload(&self, reference: u8) -> Vec<u8> {
        let mut payload = Vec::with_capacity(6 + self.octets.len());
        if self.total > 1 {
            payload.extend_from_slice(&[5, 0, 3, reference, self.total, self.number]);
        }
        payload.extend_from_slice(&self.octets);
        payload
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.octets);
    }
}

/// A text needs more than ten SMS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text needs more than {PARTS_MAX} SMS")]
pub struct TooLong;

/// Splits a text into SMS. A letter of two codes is never split.
///
/// # Errors
///
/// [`TooLong`] where the text needs more than ten SMS.
pub fn parts(text: &str, centre: CentreAlphabet) -> Result<Vec<Part>, TooLong> {
    let (coding, letters, (alone, in_part)) = match letters_of(text, centre) {
        Some((coding, letters)) => (coding, letters, GSM_LETTERS),
        None => {
            let letters = text.chars().map(ucs2_letter).collect();
            (Coding::Ucs2, letters, UCS2_UNITS)
        }
    };
    let units: usize = letters.iter().map(|letter| letter.units).sum();
    let limit = if units <= alone { alone } else { in_part };
    let mut pieces: Vec<(usize, Vec<u8>)> = vec![(0, Vec::new())];
    for Letter { units, octets } in letters {
        match pieces.last_mut() {
            Some((used, piece)) if *used + units <= limit => {
                *used += units;
                piece.extend(octets);
            }
            Some(_) | None => pieces.push((units, octets)),
        }
    }
    let total = u8::try_from(pieces.len()).map_err(|_| TooLong)?;
    if pieces.len() > PARTS_MAX {
        return Err(TooLong);
    }
    let numbered = (1..=total).zip(pieces);
    Ok(numbered.map(|(number, (_, octets))| Part { coding, number, total, octets }).collect())
}

/// A letter as it is sent, and the number of units that it takes in the SMS on the phone.
struct Letter {
    units: usize,
    octets: Vec<u8>,
}

/// The letters in the centre's default alphabet; `None` where it lacks one of them.
fn letters_of(text: &str, centre: CentreAlphabet) -> Option<(Coding, Vec<Letter>)> {
    let gsm = |letter: char| {
        let octets = gsm_letter(letter)?;
        Some(Letter { units: octets.len(), octets })
    };
    // The centre converts each letter to the GSM alphabet, so both alphabets must contain it.
    let latin1 = |letter: char| {
        let octets = vec![u8::try_from(u32::from(letter)).ok()?];
        Some(Letter { units: gsm_letter(letter)?.len(), octets })
    };
    match centre {
        CentreAlphabet::Gsm => Some((Coding::Gsm, text.chars().map(gsm).collect::<Option<_>>()?)),
        CentreAlphabet::Latin1 => {
            Some((Coding::Latin1, text.chars().map(latin1).collect::<Option<_>>()?))
        }
        CentreAlphabet::Ucs2Alone => None,
    }
}

/// Decodes octets without a header. An undefined code becomes `?`.
pub fn text(coding: Coding, octets: &[u8]) -> String {
    match coding {
        Coding::Gsm => {
            let mut text = String::with_capacity(octets.len());
            let mut octets = octets.iter();
            while let Some(&octet) = octets.next() {
                let letter = if octet == ESCAPE {
                    let code = octets.next().copied();
                    GSM_EXTENSION.into_iter().find(|(_, c)| Some(*c) == code).map(|(l, _)| l)
                } else {
                    GSM.get(usize::from(octet)).copied()
                };
                text.push(letter.unwrap_or('?'));
            }
            text
        }
        Coding::Latin1 => octets.iter().map(|octet| char::from(*octet)).collect(),
        Coding::Ucs2 => {
            let units = octets.as_chunks::<2>().0.iter().map(|unit| u16::from_be_bytes(*unit));
            char::decode_utf16(units).map(|letter| letter.unwrap_or('?')).collect()
        }
    }
}

/// Joins the parts of a long message, from their octets by part number; `None` while a part is missing.
pub fn assemble(parts: &BTreeMap<u8, Vec<u8>>, total: u8, coding: Coding) -> Option<String> {
    let all: Option<Vec<&Vec<u8>>> = (1..=total).map(|number| parts.get(&number)).collect();
    all.map(|all| text(coding, &all.into_iter().flatten().copied().collect::<Vec<u8>>()))
}

fn gsm_letter(letter: char) -> Option<Vec<u8>> {
    if let Some((_, code)) = GSM_EXTENSION.into_iter().find(|(known, _)| *known == letter) {
        return Some(vec![ESCAPE, code]);
    }
    let code = GSM.iter().position(|known| *known == letter).filter(|_| letter != '\u{1b}')?;
    u8::try_from(code).ok().map(|code| vec![code])
}

fn ucs2_letter(letter: char) -> Letter {
    let mut units = [0_u16; 2];
    let units = letter.encode_utf16(&mut units);
    Letter {
        units: units.len(),
        octets: units.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn gsm_parts(text: &str) -> Result<Vec<Part>, TooLong> {
        parts(text, CentreAlphabet::Gsm)
    }

    #[test]
    fn danish_needs_no_more_than_the_gsm_alphabet() {
        let split = gsm_parts("Æøå ÆØÅ: Rådhuspladsen, kl. 14:05?").unwrap();

        assert_eq!(split.len(), 1);
        assert_eq!(split[0].coding, Coding::Gsm);
        assert_eq!(split[0].payload(9)[..3], [0x1C, 0x0C, 0x0F]);
    }

    #[test]
    fn one_sms_holds_160_letters_and_two_hold_306() {
        assert_eq!(gsm_parts(&"a".repeat(160)).unwrap().len(), 1);
        assert_eq!(gsm_parts(&"a".repeat(161)).unwrap().len(), 2);
        assert_eq!(gsm_parts(&"a".repeat(306)).unwrap().len(), 2);
        assert_eq!(gsm_parts(&"a".repeat(307)).unwrap().len(), 3);
        assert_eq!(gsm_parts(&"ж".repeat(70)).unwrap().len(), 1);
        assert_eq!(gsm_parts(&"ж".repeat(71)).unwrap().len(), 2);
        assert_eq!(gsm_parts(&"a".repeat(1_530)).unwrap().len(), 10);
        assert_eq!(gsm_parts(&"a".repeat(1_531)), Err(TooLong));
        assert_eq!(gsm_parts(&"a".repeat(100_000)), Err(TooLong));
    }

    #[test]
    fn a_centre_whose_default_alphabet_is_latin_gets_latin() {
        let danish = parts("Æøå [5]", CentreAlphabet::Latin1).unwrap();
        let euro = parts("5 €", CentreAlphabet::Latin1).unwrap();
        let cedilla = parts("ç", CentreAlphabet::Latin1).unwrap();
        let brackets = parts(&"[".repeat(81), CentreAlphabet::Latin1).unwrap();

        assert_eq!(danish[0].payload(9), "Æøå [5]".chars().map(|c| c as u8).collect::<Vec<_>>());
        assert_eq!(danish[0].coding.data_coding(), 0);
        assert_eq!(euro[0].coding, Coding::Ucs2, "not in ISO 8859-1");
        assert_eq!(cedilla[0].coding, Coding::Ucs2, "not in the GSM alphabet");
        assert_eq!(brackets.len(), 2, "a bracket is two letters on the phone's side");
    }

    #[test]
    fn a_centre_of_unknown_alphabet_gets_what_is_always_named() {
        let split = parts("abc", CentreAlphabet::Ucs2Alone).unwrap();

        assert_eq!((split[0].coding, split[0].coding.data_coding()), (Coding::Ucs2, 8));
    }

    #[test]
    fn no_letter_is_split_between_two_sms() {
        let euro = gsm_parts(&format!("{}€{}", "a".repeat(152), "b".repeat(20))).unwrap();
        let emoji = gsm_parts(&format!("{}😀{}", "ж".repeat(66), "ж".repeat(20))).unwrap();

        assert_eq!(euro[0].payload(1).len(), 6 + 152);
        assert_eq!(emoji[0].payload(1).len(), 6 + 132);
    }

    #[test]
    fn the_header_numbers_the_parts() {
        let split = gsm_parts(&"a".repeat(200)).unwrap();

        assert_eq!(split[1].payload(0x42)[..6], [5, 0, 3, 0x42, 2, 2]);
    }

    proptest! {
        #[test]
        fn a_text_comes_back_whole(words in "\\PC{0,400}") {
            if let Ok(split) = gsm_parts(&words) {
                let coding = split[0].coding;
                let total = split[0].total;
                let octets: BTreeMap<u8, Vec<u8>> =
                    split.iter().map(|part| (part.number, part.octets.clone())).collect();
                prop_assert_eq!(assemble(&octets, total, coding).unwrap(), words);
                for part in &split {
                    prop_assert!(part.octets.len() <= 160);
                }
            }
        }
    }
}
