//! Writing the machine readable zone, Doc 9303-3 to -6.

/// The size of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Card: three lines of 30.
    Td1,
    /// Large card: two lines of 36.
    Td2,
    /// Passport: two lines of 44.
    Td3,
}

/// The fields of a machine readable zone, in the order of Doc 9303-3.
pub(crate) struct Fields<'a> {
    pub(crate) format: Format,
    pub(crate) document_code: &'a str,
    pub(crate) issuing_state: &'a str,
    pub(crate) number: &'a str,
    pub(crate) surname: &'a str,
    pub(crate) given_names: &'a str,
    pub(crate) nationality: &'a str,
    pub(crate) birth: &'a str,
    pub(crate) sex: char,
    pub(crate) expiry: &'a str,
    pub(crate) optional_data: &'a str,
    /// The optional field's check digit of a TD3 is `0` instead of `<` where the field is empty.
    pub(crate) zero_for_empty: bool,
}

/// The zone, lines joined without a separator, and the information that access keys come from.
pub(crate) struct Zone {
    pub(crate) text: String,
    pub(crate) information: String,
}

/// Weights 7 3 1, Doc 9303-3 §4.9.
pub(crate) fn check_digit(text: &str) -> char {
    let sum: u32 = text
        .chars()
        .zip([7u32, 3, 1].into_iter().cycle())
        .map(|(character, weight)| match character {
            '0'..='9' | 'A'..='Z' => character.to_digit(36).unwrap_or(0).saturating_mul(weight),
            _ => 0,
        })
        .sum();
    char::from_digit(sum % 10, 10).unwrap_or('0')
}

/// Upper case, transliterated, `<` for everything else (Doc 9303-3 §6).
pub(crate) fn letters(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars().flat_map(char::to_uppercase) {
        match character {
            'A'..='Z' | '0'..='9' => out.push(character),
            'Å' => out.push_str("AA"),
            'Æ' | 'Ä' => out.push_str("AE"),
            'Ø' | 'Ö' => out.push_str("OE"),
            'Ü' => out.push_str("UE"),
            'Þ' => out.push_str("TH"),
            'Ð' => out.push('D'),
            'Á' | 'À' | 'Â' => out.push('A'),
            'É' | 'È' | 'Ê' | 'Ë' => out.push('E'),
            'Í' | 'Ì' | 'Î' | 'Ï' => out.push('I'),
            'Ó' | 'Ò' | 'Ô' | 'Õ' => out.push('O'),
            'Ú' | 'Ù' | 'Û' => out.push('U'),
            'Ñ' => out.push('N'),
            'Ç' => out.push('C'),
            'Ý' => out.push('Y'),
            '\'' | '’' | '.' | ',' => {}
            _ => out.push('<'),
        }
    }
    out
}

fn field(text: &str, width: usize) -> String {
    let cut: String = text.chars().take(width).collect();
    format!("{cut:<<width$}")
}

fn names(fields: &Fields<'_>, width: usize) -> String {
    let surname: String = letters(fields.surname).chars().take(width.saturating_sub(3)).collect();
    let given = letters(fields.given_names);
    if given.is_empty() {
        field(&surname, width)
    } else {
        field(&format!("{surname}<<{given}"), width)
    }
}

/// Number field, its check digit, and what of a long number stands in the optional field.
fn number_parts(fields: &Fields<'_>) -> (String, char, String) {
    let number = letters(fields.number);
    if number.chars().count() <= 9 || fields.format == Format::Td3 {
        let padded = field(&number, 9);
        let digit = check_digit(&padded);
        return (padded, digit, String::new());
    }
    // Doc 9303-5 §4.2.4: '<' for the digit, the rest and the digit open the optional field.
    let rest: String = number.chars().skip(9).collect();
    (field(&number, 9), '<', format!("{rest}{}<", check_digit(&number)))
}

pub(crate) fn zone(fields: &Fields<'_>) -> Zone {
    let code = field(&letters(fields.document_code), 2);
    let state = field(&letters(fields.issuing_state), 3);
    let nationality = field(&letters(fields.nationality), 3);
    let (number, number_digit, overflow) = number_parts(fields);
    let birth = format!("{}{}", fields.birth, check_digit(fields.birth));
    let expiry = format!("{}{}", fields.expiry, check_digit(fields.expiry));
    let sex = fields.sex;
    let optional = format!("{overflow}{}", letters(fields.optional_data));
    let text = match fields.format {
        Format::Td1 => {
            let (first, second): (String, String) =
                (field(&optional, 15), optional.chars().skip(15).collect());
            let second = field(&second, 11);
            let upper = format!("{number}{number_digit}{first}");
            let composite = check_digit(&format!("{upper}{birth}{expiry}{second}"));
            let holder = names(fields, 30);
            format!(
                "{code}{state}{upper}{birth}{sex}{expiry}{nationality}{second}{composite}{holder}"
            )
        }
        Format::Td2 => {
            let optional = field(&optional, 7);
            let composite =
                check_digit(&format!("{number}{number_digit}{birth}{expiry}{optional}"));
            let holder = names(fields, 31);
            format!(
                "{code}{state}{holder}{number}{number_digit}{nationality}{birth}{sex}{expiry}\
                 {optional}{composite}"
            )
        }
        Format::Td3 => {
            let optional = field(&optional, 14);
            let empty = optional.chars().all(|c| c == '<');
            let digit = if empty && !fields.zero_for_empty { '<' } else { check_digit(&optional) };
            let composite =
                check_digit(&format!("{number}{number_digit}{birth}{expiry}{optional}{digit}"));
            let holder = names(fields, 39);
            format!(
                "{code}{state}{holder}{number}{number_digit}{nationality}{birth}{sex}{expiry}\
                 {optional}{digit}{composite}"
            )
        }
    };
    // Doc 9303-11 §4.3.2: the whole number, with the fillers of the field where it is short.
    let whole = field(&letters(fields.number), 9.max(fields.number.chars().count()));
    let information = format!("{whole}{}{birth}{expiry}", check_digit(&whole));
    Zone { text, information }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn specimen() -> Fields<'static> {
        Fields {
            format: Format::Td3,
            document_code: "P",
            issuing_state: "UTO",
            number: "L898902C3",
            surname: "Eriksson",
            given_names: "Anna Maria",
            nationality: "UTO",
            birth: "740812",
            sex: 'F',
            expiry: "120415",
            optional_data: "ZE184226B",
            zero_for_empty: false,
        }
    }

    #[test]
    fn doc_9303_4_specimen_comes_out() {
        assert_eq!(
            zone(&specimen()).text,
            "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\
             L898902C36UTO7408122F1204159ZE184226B<<<<<10"
        );
    }

    #[test]
    fn doc_9303_5_specimen_comes_out() {
        let fields = Fields {
            format: Format::Td1,
            document_code: "I",
            number: "D23145890",
            optional_data: "",
            ..specimen()
        };

        assert_eq!(
            zone(&fields).text,
            "I<UTOD231458907<<<<<<<<<<<<<<<7408122F1204159UTO<<<<<<<<<<<6\
             ERIKSSON<<ANNA<MARIA<<<<<<<<<<"
        );
    }

    #[test]
    fn doc_9303_6_specimen_comes_out() {
        let fields = Fields {
            format: Format::Td2,
            document_code: "I",
            number: "D23145890",
            optional_data: "",
            ..specimen()
        };

        assert_eq!(
            zone(&fields).text,
            "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\
             D231458907UTO7408122F1204159<<<<<<<6"
        );
    }

    #[test]
    fn doc_9303_5_4_2_4_a_long_number_runs_into_the_optional_field() {
        let fields = Fields {
            format: Format::Td1,
            document_code: "I",
            number: "D23145890734",
            optional_data: "",
            ..specimen()
        };

        let zone = zone(&fields);

        assert!(zone.text.starts_with("I<UTOD23145890<7349<<<<<<<<<<<"), "{}", zone.text);
        assert_eq!(zone.information, "D23145890734974081221204159");
    }
}
