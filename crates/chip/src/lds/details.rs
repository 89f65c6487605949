//! DG11, DG12, DG13, DG16: what the holder and the issuer add in words (Doc 9303-10 §4.7.11 to §4.7.16).

use std::collections::BTreeMap;

use crate::date::PartialDate;
use crate::sensitive::Sensitive;
use crate::tlv::{Reader, Tag, TlvError};

/// Values of one file at most.
const VALUES_MAX: usize = 64;

/// DG11: further personal details. Values are as written, mostly UTF-8, `<` for spaces in names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonalDetails {
    /// `5F0E`: full name in national letters.
    pub full_name: Option<Sensitive<String>>,
    /// `5F0F`, listed in `A0`: other names.
    pub other_names: Vec<Sensitive<String>>,
    /// `5F10`: personal number.
    pub personal_number: Option<Sensitive<String>>,
    /// `5F2B`: full date of birth.
    pub birth_date: Option<Sensitive<PartialDate>>,
    /// `5F11`: place of birth.
    pub place_of_birth: Option<Sensitive<String>>,
    /// `5F42`: permanent address.
    pub address: Option<Sensitive<String>>,
    /// `5F12`: telephone.
    pub telephone: Option<Sensitive<String>>,
    /// `5F13`: profession.
    pub profession: Option<Sensitive<String>>,
    /// `5F14`: title.
    pub title: Option<Sensitive<String>>,
    /// `5F17`: numbers of other valid travel documents.
    pub other_documents: Option<Sensitive<String>>,
}

/// DG12: further document details.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentDetails {
    /// `5F19`: issuing authority.
    pub issuing_authority: Option<String>,
    /// `5F26`: date of issue.
    pub issued_on: Option<PartialDate>,
    /// `5F1B`: endorsements and observations.
    pub endorsements: Option<Sensitive<String>>,
    /// `5F1C`: tax and exit requirements.
    pub tax_or_exit: Option<Sensitive<String>>,
    /// `5F55`: when the document was personalised, `yyyymmddhhmmss`.
    pub personalised_at: Option<String>,
    /// `5F56`: serial number of the personalisation system.
    pub personalisation_system: Option<String>,
}

/// DG16: a person to notify.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonToNotify {
    /// `5F51`: name.
    pub name: Option<Sensitive<String>>,
    /// `5F52`: telephone.
    pub telephone: Option<Sensitive<String>>,
    /// `5F53`: address.
    pub address: Option<Sensitive<String>>,
}

/// The values of a template by tag, its lists opened. The list of tags in `5C` is not believed: Belgian, French and
/// Belarusian files leave tags out of it or list empty ones (CHIP-CASES.md case 25).
struct Values<'a> {
    by_tag: BTreeMap<u32, Vec<&'a [u8]>>,
}

impl<'a> Values<'a> {
    fn of(file: &'a [u8], template: Tag) -> Result<Self, TlvError> {
        let mut by_tag: BTreeMap<u32, Vec<&[u8]>> = BTreeMap::new();
        let mut count = 0;
        let mut open = vec![Reader::new(file).expect(template)?.children()?];
        while let Some(mut reader) = open.pop() {
            while let Some(object) = reader.read()? {
                count += 1;
                if count > VALUES_MAX {
                    return Err(object.malformed());
                }
                // A0 and A1 … hold a count and values of one kind each.
                if object.tag().number() & 0xF0 == 0xA0 && object.tag().number() < 0x100 {
                    open.push(object.children()?);
                } else {
                    by_tag.entry(object.tag().number()).or_default().push(object.value());
                }
            }
        }
        Ok(Self { by_tag })
    }

    fn first(&self, tag: u32) -> Option<&'a [u8]> {
        self.by_tag.get(&tag)?.iter().copied().find(|value| !value.is_empty())
    }

    fn text(&self, tag: u32) -> Option<String> {
        self.first(tag).map(text)
    }

    fn hidden(&self, tag: u32) -> Option<Sensitive<String>> {
        self.text(tag).map(Sensitive::new)
    }
}

/// UTF-8, or else every octet as the letter of Latin-1 that it is in older files.
fn text(value: &[u8]) -> String {
    let text = match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) => value.iter().copied().map(char::from).collect(),
    };
    text.trim_end_matches(['\0', ' ']).to_owned()
}

/// A date in eight digits, or in four octets of two digits each as Malaysia and Spain write it; zeros and `<` are unknown.
fn date(value: &[u8]) -> Option<PartialDate> {
    let digits: Vec<Option<u32>> = match value.len() {
        8 => value
            .iter()
            .map(|octet| match octet {
                b'<' => Some(0),
                octet => char::from(*octet).to_digit(10),
            })
            .collect(),
        4 => value
            .iter()
            .flat_map(|octet| [octet >> 4, octet & 0x0F])
            .map(|digit| (digit <= 9).then_some(u32::from(digit)))
            .collect(),
        _ => return None,
    };
    let digits: Vec<u32> = digits.into_iter().collect::<Option<_>>()?;
    let number = |from: usize, to: usize| {
        digits.get(from..to).unwrap_or_default().iter().fold(0, |sum, digit| sum * 10 + digit)
    };
    let (year, month, day) = (number(0, 4), number(4, 6), number(6, 8));
    if month > 12 || day > 31 {
        return None;
    }
    let small = |value: u32| u8::try_from(value).ok().filter(|value| *value > 0);
    Some(PartialDate {
        year: u16::try_from(year).ok().filter(|year| *year > 0),
        month: small(month),
        day: small(day),
    })
}

impl PersonalDetails {
    /// Reads DG11.
    ///
    /// # Errors
    ///
    /// [`TlvError`] where it is no template of DG11.
    pub fn parse(file: &[u8]) -> Result<Self, TlvError> {
        let values = Values::of(file, Tag::new(0x6B))?;
        let others = values.by_tag.get(&0x5F0F).into_iter().flatten();
        Ok(Self {
            full_name: values.hidden(0x5F0E),
            other_names: others.map(|name| Sensitive::new(text(name))).collect(),
            personal_number: values.hidden(0x5F10),
            birth_date: values.first(0x5F2B).and_then(date).map(Sensitive::new),
            place_of_birth: values.hidden(0x5F11),
            address: values.hidden(0x5F42),
            telephone: values.hidden(0x5F12),
            profession: values.hidden(0x5F13),
            title: values.hidden(0x5F14),
            other_documents: values.hidden(0x5F17),
        })
    }
}

impl DocumentDetails {
    /// Reads DG12.
    ///
    /// # Errors
    ///
    /// [`TlvError`] where it is no template of DG12.
    pub fn parse(file: &[u8]) -> Result<Self, TlvError> {
        let values = Values::of(file, Tag::new(0x6C))?;
        Ok(Self {
            issuing_authority: values.text(0x5F19),
            issued_on: values.first(0x5F26).and_then(date),
            endorsements: values.hidden(0x5F1B),
            tax_or_exit: values.hidden(0x5F1C),
            personalised_at: values.text(0x5F55),
            personalisation_system: values.text(0x5F56),
        })
    }
}

/// DG16: persons to notify, `70 { 02 count, A1 {…}, A2 {…} }`.
///
/// # Errors
///
/// [`TlvError`] where it is no template of DG16.
pub fn persons_to_notify(file: &[u8]) -> Result<Vec<PersonToNotify>, TlvError> {
    let mut reader = Reader::new(file).expect(Tag::new(0x70))?.children()?;
    let mut persons = Vec::new();
    while let Some(object) = reader.read()? {
        if !object.tag().is_constructed() || persons.len() >= 16 {
            continue;
        }
        let mut fields = object.children()?;
        let mut person = PersonToNotify::default();
        while let Some(field) = fields.read()? {
            let value = Some(Sensitive::new(text(field.value())));
            match field.tag().number() {
                0x5F51 => person.name = value,
                0x5F52 => person.telephone = value,
                0x5F53 => person.address = value,
                _ => {}
            }
        }
        persons.push(person);
    }
    Ok(persons)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlv::{constructed, object};

    fn tagged(tag: u32, value: &[u8]) -> Vec<u8> {
        object(Tag::new(tag), value)
    }

    #[test]
    fn dg11_is_read_by_its_values_and_not_by_its_list() {
        let names = constructed(
            Tag::new(0xA0),
            [tagged(0x02, &[1]), tagged(0x5F0F, "ÆBLE<<ANNA".as_bytes())],
        );
        let file = constructed(
            Tag::new(0x6B),
            [
                tagged(0x5C, &[0x5F, 0x0E, 0x5F, 0x10]),
                tagged(0x5F0E, b"ERIKSSON<<ANNA"),
                tagged(0x5F2B, &[0x19, 0x74, 0x08, 0x12]),
                tagged(0x5F11, b""),
                names,
            ],
        );

        let details = PersonalDetails::parse(&file).unwrap();

        assert_eq!(details.full_name.unwrap().expose(), "ERIKSSON<<ANNA");
        assert_eq!(details.other_names[0].expose(), "ÆBLE<<ANNA");
        assert_eq!(details.place_of_birth, None);
        let birth = details.birth_date.unwrap();
        assert_eq!(birth.expose().whole(), crate::date::Date::new(1974, 8, 12));
    }

    #[test]
    fn dates_come_as_letters_or_as_half_octets_and_may_be_partial() {
        let whole = date(b"19740812").unwrap();
        assert_eq!(Some(whole), date(&[0x19, 0x74, 0x08, 0x12]));
        assert_eq!(date(b"19740000").unwrap().month, None);
        assert_eq!(date(b"1974<<<<").unwrap().year, Some(1974));
        assert_eq!(date(b"19741301"), None);
        assert_eq!(date(&[0xAB, 0xCD, 0x01, 0x01]), None);
        assert_eq!(date(b""), None);
    }

    #[test]
    fn an_empty_dg11_has_no_details() {
        assert_eq!(PersonalDetails::parse(&[0x6B, 0x00]).unwrap(), PersonalDetails::default());
        assert!(PersonalDetails::parse(&[0x6C, 0x00]).is_err());
    }

    #[test]
    fn dg12_and_dg16_are_read() {
        let dg12 =
            constructed(Tag::new(0x6C), [tagged(0x5F19, b"POLITIET"), tagged(0x5F26, b"20240415")]);
        let person = constructed(Tag::new(0xA1), [tagged(0x5F51, b"SMITH<<JOHN")]);
        let dg16 = constructed(Tag::new(0x70), [tagged(0x02, &[1]), person]);

        let details = DocumentDetails::parse(&dg12).unwrap();
        let persons = persons_to_notify(&dg16).unwrap();

        assert_eq!(details.issuing_authority.as_deref(), Some("POLITIET"));
        assert_eq!(details.issued_on.unwrap().year, Some(2024));
        assert_eq!(persons[0].name.as_ref().unwrap().expose(), "SMITH<<JOHN");
    }
}
