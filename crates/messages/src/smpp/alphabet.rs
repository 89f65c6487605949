//! Text as a phone network carries it: the GSM alphabet (3GPP TS 23.038) or UCS-2.

use std::collections::BTreeMap;

/// Letters of one SMS in the GSM alphabet, and of each part of a longer one, behind the header.
const GSM_LETTERS: (usize, usize) = (160, 153);

/// The same in UCS-2.
const UCS2_UNITS: (usize, usize) = (70, 67);

/// A message of more parts than this is a mistake.
const PARTS_MAX: usize = 10;

/// The default alphabet; the place is the code. 0x1B escapes to the extension table.
const GSM: [char; 128] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å', 'Δ', '_',
    'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', '\u{1b}', 'Æ', 'æ', 'ß', 'É', ' ', '!', '"', '#',
    '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/', '0', '1', '2', '3', '4', '5', '6',
    '7', '8', '9', ':', ';', '<', '=', '>', '?', '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I',
    'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö',
    'Ñ', 'Ü', '§', '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
];

/// The extension table: two letters long.
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

/// What a message centre reads in a text of `data_coding` 0, its default alphabet, which the
/// protocol leaves to the centre (SMPP 3.4 §5.2.19).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CentreAlphabet {
    /// The GSM alphabet, one letter an octet.
    #[default]
    Gsm,
    /// ISO 8859-1; the centre makes the GSM alphabet of it.
    Latin1,
    /// Unknown: everything goes as UCS-2, which is always named.
    Ucs2Alone,
}

/// Which alphabet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Coding {
    /// One letter an octet, as message centres take it.
    Gsm,
    /// ISO 8859-1, for centres whose default alphabet it is.
    Latin1,
    /// Two octets a unit, big-endian.
    Ucs2,
}

impl Coding {
    /// `data_coding` of SMPP (§5.2.19).
    pub const fn data_coding(self) -> u8 {
        match self {
            Self::Gsm | Self::Latin1 => 0x00,
            Self::Ucs2 => 0x08,
        }
    }

    /// The alphabet of a `data_coding`, as far as it is spoken here.
    pub const fn of_data_coding(data_coding: u8) -> Option<Self> {
        match data_coding {
            0x00 => Some(Self::Gsm),
            0x08 => Some(Self::Ucs2),
            _ => None,
        }
    }
}

/// One SMS of a message.
#[derive(Clone, PartialEq, Eq)]
pub struct Part {
    /// The alphabet.
    pub coding: Coding,
    /// From 1.
    pub number: u8,
    /// How many there are.
    pub total: u8,
    octets: Vec<u8>,
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Part({} of {}, {:?})", self.number, self.total, self.coding)
    }
}

impl Part {
    /// The octets, behind the header that ties the parts together (3GPP TS 23.040 §9.2.3.24.1)
    /// where there is more than one.
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

/// The message needs more than ten SMS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text needs more than {PARTS_MAX} SMS")]
pub struct TooLong;

/// Splits a text into SMS. A letter of two codes is never split.
///
/// # Errors
///
/// [`TooLong`].
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

/// A letter as it is sent, and how much of an SMS it takes on the phone's side.
struct Letter {
    units: usize,
    octets: Vec<u8>,
}

/// The letters in the centre's default alphabet; `None` where one is not in it.
fn letters_of(text: &str, centre: CentreAlphabet) -> Option<(Coding, Vec<Letter>)> {
    let gsm = |letter: char| {
        let octets = gsm_letter(letter)?;
        Some(Letter { units: octets.len(), octets })
    };
    // The centre turns each letter into the GSM alphabet, so it has to be in both.
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

/// The text of octets without a header; a code that means nothing becomes `?`.
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

/// Puts the parts of one long message together: header reference, part number and octets. `None`
/// until all are there.
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
