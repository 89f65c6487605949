//! National letters and the MRZ's twenty-six: the tables of Doc 9303-3 §6, both ways.
//!
//! A letter may have several spellings (Ö is OE, O or OXX; Å is AA or A), because states choose. [`to_mrz`]
//! writes the recommended one; [`matches()`] takes any, so that a register's name can be held against a
//! document's.

/// Spellings of one upper-case letter, the recommended one first; an empty spelling leaves it out.
const LATIN: &[(char, &[&str])] = &[
    ('À', &["A"]),
    ('Á', &["A"]),
    ('Â', &["A"]),
    ('Ã', &["A"]),
    ('Ä', &["AE", "A"]),
    ('Å', &["AA", "A"]),
    ('Æ', &["AE"]),
    ('Ç', &["C"]),
    ('È', &["E"]),
    ('É', &["E"]),
    ('Ê', &["E"]),
    ('Ë', &["E"]),
    ('Ì', &["I"]),
    ('Í', &["I"]),
    ('Î', &["I"]),
    ('Ï', &["I"]),
    ('Ð', &["D"]),
    ('Ñ', &["N", "NXX"]),
    ('Ò', &["O"]),
    ('Ó', &["O"]),
    ('Ô', &["O"]),
    ('Õ', &["O"]),
    ('Ö', &["OE", "O"]),
    ('Ø', &["OE", "O"]),
    ('Ù', &["U"]),
    ('Ú', &["U"]),
    ('Û', &["U"]),
    ('Ü', &["UE", "UXX", "U"]),
    ('Ý', &["Y"]),
    ('Þ', &["TH"]),
    ('Ā', &["A"]),
    ('Ă', &["A"]),
    ('Ą', &["A"]),
    ('Ć', &["C"]),
    ('Ĉ', &["C"]),
    ('Ċ', &["C"]),
    ('Č', &["C"]),
    ('Ď', &["D"]),
    ('Đ', &["D", "DJ"]),
    ('Ē', &["E"]),
    ('Ĕ', &["E"]),
    ('Ė', &["E"]),
    ('Ę', &["E"]),
    ('Ě', &["E"]),
    ('Ĝ', &["G"]),
    ('Ğ', &["G"]),
    ('Ġ', &["G"]),
    ('Ģ', &["G"]),
    ('Ĥ', &["H"]),
    ('Ħ', &["H"]),
    ('Ĩ', &["I"]),
    ('Ī', &["I"]),
    ('Ĭ', &["I"]),
    ('Į', &["I"]),
    ('İ', &["I"]),
    ('ı', &["I"]),
    ('Ĳ', &["IJ"]),
    ('Ĵ', &["J"]),
    ('Ķ', &["K"]),
    ('ĸ', &["Q", "K"]),
    ('Ĺ', &["L"]),
    ('Ļ', &["L"]),
    ('Ľ', &["L"]),
    ('Ŀ', &["L"]),
    ('Ł', &["L"]),
    ('Ń', &["N"]),
    ('Ņ', &["N"]),
    ('Ň', &["N"]),
    ('Ŋ', &["N"]),
    ('Ō', &["O"]),
    ('Ŏ', &["O"]),
    ('Ő', &["O"]),
    ('Œ', &["OE"]),
    ('Ŕ', &["R"]),
    ('Ŗ', &["R"]),
    ('Ř', &["R"]),
    ('Ś', &["S"]),
    ('Ŝ', &["S"]),
    ('Ş', &["S"]),
    ('Ș', &["S"]),
    ('Š', &["S"]),
    ('ẞ', &["SS"]),
    ('ß', &["SS"]),
    ('Ţ', &["T"]),
    ('Ț', &["T"]),
    ('Ť', &["T"]),
    ('Ŧ', &["T"]),
    ('Ũ', &["U"]),
    ('Ū', &["U"]),
    ('Ŭ', &["U"]),
    ('Ů', &["U"]),
    ('Ű', &["U"]),
    ('Ų', &["U"]),
    ('Ŵ', &["W"]),
    ('Ŷ', &["Y"]),
    ('Ÿ', &["Y"]),
    ('Ź', &["Z"]),
    ('Ż', &["Z"]),
    ('Ž', &["Z"]),
    ('Ǽ', &["AE"]),
    ('Ǿ', &["OE", "O"]),
    ('Ǻ', &["AA", "A"]),
    ('Ə', &["E"]),
];

/// Cyrillic; second spellings are those of Belarus, Bulgaria, North Macedonia, Serbia and Ukraine.
const CYRILLIC: &[(char, &[&str])] = &[
    ('А', &["A"]),
    ('Б', &["B"]),
    ('В', &["V"]),
    ('Г', &["G", "H"]),
    ('Ґ', &["G"]),
    ('Ѓ', &["G"]),
    ('Д', &["D"]),
    ('Ђ', &["D"]),
    ('Е', &["E"]),
    ('Ё', &["E", "IO"]),
    ('Є', &["IE"]),
    ('Ж', &["ZH", "Z"]),
    ('З', &["Z"]),
    ('Ѕ', &["DZ"]),
    ('И', &["I", "Y"]),
    ('І', &["I"]),
    ('Ї', &["I"]),
    ('Й', &["I"]),
    ('Ј', &["J"]),
    ('К', &["K"]),
    ('Ќ', &["K"]),
    ('Л', &["L"]),
    ('Љ', &["LJ"]),
    ('М', &["M"]),
    ('Н', &["N"]),
    ('Њ', &["NJ"]),
    ('О', &["O"]),
    ('П', &["P"]),
    ('Р', &["R"]),
    ('С', &["S"]),
    ('Т', &["T"]),
    ('Ћ', &["C"]),
    ('У', &["U"]),
    ('Ў', &["U"]),
    ('Ф', &["F"]),
    ('Х', &["KH", "H"]),
    ('Ц', &["TS", "C"]),
    ('Ч', &["CH", "C"]),
    ('Џ', &["DZ"]),
    ('Ш', &["SH", "S"]),
    ('Щ', &["SHCH", "SHT"]),
    ('Ъ', &["IE", "A"]),
    ('Ы', &["Y"]),
    ('Ь', &[""]),
    ('Э', &["E"]),
    ('Ю', &["IU"]),
    ('Я', &["IA"]),
    ('Ѣ', &["IE"]),
    ('Ѫ', &["U"]),
    ('Ѳ', &["F"]),
    ('Ѵ', &["Y"]),
];

/// Arabic; a spelling that begins with X stands for a letter that has no Latin counterpart.
const ARABIC: &[(char, &[&str])] = &[
    ('ء', &["XE"]),
    ('آ', &["XAA"]),
    ('أ', &["XAE"]),
    ('ؤ', &["U"]),
    ('إ', &["I"]),
    ('ئ', &["XI"]),
    ('ا', &["A"]),
    ('ب', &["B"]),
    ('ة', &["XTA", "XAH"]),
    ('ت', &["T"]),
    ('ث', &["XTH"]),
    ('ج', &["J"]),
    ('ح', &["XH"]),
    ('خ', &["XKH"]),
    ('د', &["D"]),
    ('ذ', &["XDH"]),
    ('ر', &["R"]),
    ('ز', &["Z"]),
    ('س', &["S"]),
    ('ش', &["XSH"]),
    ('ص', &["XSS"]),
    ('ض', &["XDZ"]),
    ('ط', &["XTT"]),
    ('ظ', &["XZZ"]),
    ('ع', &["E"]),
    ('غ', &["G"]),
    ('ف', &["F"]),
    ('ق', &["Q"]),
    ('ك', &["K"]),
    ('ل', &["L"]),
    ('م', &["M"]),
    ('ن', &["N"]),
    ('ه', &["H"]),
    ('و', &["W"]),
    ('ى', &["XAY"]),
    ('ي', &["Y"]),
    ('پ', &["P"]),
    ('چ', &["XCH"]),
    ('ژ', &["XZH"]),
    ('گ', &["XG"]),
    ('ک', &["XKK"]),
    ('ی', &["XYE"]),
];

/// Characters of a name at most: longer ones are not looked at.
pub const NAME_CHARS_MAX: usize = 256;

/// The spellings of one letter in upper case, the recommended one first; empty where it has none.
fn spellings(letter: char) -> &'static [&'static str] {
    [LATIN, CYRILLIC, ARABIC]
        .into_iter()
        .flatten()
        .find(|(national, _)| *national == letter)
        .map_or(&[], |(_, spellings)| spellings)
}

/// A name as upper-case letters and word ends; `None` where a character is no part of a name.
fn letters(name: &str) -> impl Iterator<Item = char> {
    // U+1E9E and U+00DF stay: upper-casing the small sharp s would give two letters before the table sees it.
    name.chars().take(NAME_CHARS_MAX).flat_map(|letter| {
        let kept = (letter == 'ß' || letter == 'ı' || letter == 'ĸ').then_some(letter);
        let upper = if kept.is_some() { None } else { Some(letter.to_uppercase()) };
        kept.into_iter().chain(upper.into_iter().flatten())
    })
}

fn is_left_out(letter: char) -> bool {
    // Doc 9303-3 §4.6: apostrophes and full stops vanish; combining marks have been seen to in the base letter.
    matches!(letter, '\'' | '’' | '‘' | '`' | '´' | 'ʼ' | 'ʹ' | '.' | '\u{300}'..='\u{36F}' | '\u{64B}'..='\u{652}' | '\u{640}')
}

fn is_word_end(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '-' | '‐' | '‑' | '–' | '<' | ',')
}

/// A name in the letters of the MRZ, words parted by one filler; `None` where a letter has no spelling.
#[must_use]
pub fn to_mrz(name: &str) -> Option<String> {
    let mut out = String::new();
    for letter in letters(name) {
        if letter.is_ascii_uppercase() {
            out.push(letter);
        } else if is_word_end(letter) {
            if !out.is_empty() && !out.ends_with('<') {
                out.push('<');
            }
        } else if !is_left_out(letter) {
            out.push_str(spellings(letter).first()?);
        }
    }
    out.truncate(out.trim_end_matches('<').len());
    Some(out)
}

/// The national letters that an MRZ may have meant by this spelling, such as Æ and Ä by `AE`.
#[must_use]
pub fn from_mrz(spelling: &str) -> Vec<char> {
    [LATIN, CYRILLIC, ARABIC]
        .into_iter()
        .flatten()
        .filter(|(_, spellings)| spellings.contains(&spelling))
        .map(|(letter, _)| *letter)
        .collect()
}

/// Whether a document that spells a name `mrz` may be that of somebody whose name is written `name`.
///
/// Any spelling of any letter counts; case, accents, hyphens and doubled spaces do not. Where the document's field was too
/// short, words may be cut or missing (Doc 9303-4 §4.2.3): pass `cut` when the field was full.
#[must_use]
pub fn matches(name: &str, mrz: &str, cut: bool) -> bool {
    let target: Vec<char> = normalised(mrz);
    // Which prefixes of the target the letters so far can spell; sets, so that no name takes exponential time.
    let mut reached = vec![false; target.len().saturating_add(1)];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    // The same, with the rest of the current word left out.
    let mut skipping = vec![false; reached.len()];
    let mut complete = false;
    for letter in normalised(name) {
        if letter == ' ' {
            merge(&mut reached, &skipping);
            skipping.fill(false);
        } else if cut {
            let begun = |position: usize| {
                position.checked_sub(1).and_then(|last| target.get(last)).is_some_and(|c| *c != ' ')
            };
            for (position, slot) in skipping.iter_mut().enumerate() {
                *slot |= begun(position) && reached.get(position) == Some(&true);
            }
        }
        reached = spelled(letter, &target, &reached);
        complete |= cut && (reached.last() == Some(&true) || skipping.last() == Some(&true));
    }
    complete || reached.last() == Some(&true)
}

fn merge(into: &mut [bool], from: &[bool]) {
    for (slot, other) in into.iter_mut().zip(from) {
        *slot |= other;
    }
}

/// Where the target stands after one more letter.
fn spelled(letter: char, target: &[char], reached: &[bool]) -> Vec<bool> {
    let plain = [letter.to_string()];
    let own = spellings(letter);
    let options: Vec<&str> =
        if own.is_empty() { plain.iter().map(String::as_str).collect() } else { own.to_vec() };
    let mut next = vec![false; reached.len()];
    for (position, _) in reached.iter().enumerate().filter(|(_, reached)| **reached) {
        let rest = target.get(position..).unwrap_or_default();
        for option in &options {
            let length = option.chars().count();
            if option.chars().zip(rest).filter(|(a, b)| a == *b).count() == length
                && let Some(slot) = next.get_mut(position.saturating_add(length))
            {
                *slot = true;
            }
        }
    }
    next
}

fn normalised(name: &str) -> Vec<char> {
    let mut out: Vec<char> = Vec::new();
    for letter in letters(name) {
        if is_word_end(letter) {
            if out.last().is_some_and(|last| *last != ' ') {
                out.push(' ');
            }
        } else if !is_left_out(letter) {
            out.push(letter);
        }
    }
    if out.last() == Some(&' ') {
        out.pop();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn danish_and_german_letters_are_spelled_as_doc_9303_3_6_a_recommends() {
        for (name, mrz) in [
            ("Sørensen Åse", "SOERENSEN<AASE"),
            ("Müller-Groß", "MUELLER<GROSS"),
            ("O'Connor", "OCONNOR"),
            ("Nuñez", "NUNEZ"),
            ("Þorsteinn Æsir", "THORSTEINN<AESIR"),
            ("  van   der  Berg ", "VAN<DER<BERG"),
        ] {
            assert_eq!(to_mrz(name).as_deref(), Some(mrz));
        }
    }

    #[test]
    fn cyrillic_and_arabic_letters_have_spellings_of_doc_9303_3_6_b_and_c() {
        assert_eq!(to_mrz("Щербаков").as_deref(), Some("SHCHERBAKOV"));
        assert_eq!(to_mrz("شريف").as_deref(), Some("XSHRYF"));
        assert_eq!(to_mrz("漢"), None);
    }

    #[test]
    fn a_name_matches_any_spelling_that_a_state_may_have_chosen() {
        for mrz in ["MUELLER", "MULLER", "MUXXLLER"] {
            assert!(matches("Müller", mrz, false), "{mrz}");
        }
        assert!(matches("Åse Sørensen", "ASE<SOERENSEN", false));
        assert!(matches("Åse Sørensen", "AASE SORENSEN", false));
        assert!(!matches("Müller", "MOELLER", false));
        assert!(!matches("Müller", "MUELLE", false));
        assert!(!matches("Müller", "MUELLERS", true));
    }

    #[test]
    fn a_full_field_may_have_cut_the_name() {
        assert!(matches("Alexander Maximilian", "ALEXANDER<MAX", true));
        assert!(!matches("Alexander Maximilian", "ALEXANDER<MAX", false));
        assert!(matches("Schröder", "SCHRO", true));
        assert!(matches("Anna Bertha Carla", "ANN<BERTHA<C", true));
        assert!(!matches("Anna Bertha Carla", "BERTHA<C", true));
    }

    #[test]
    fn a_spelling_leads_back_to_every_letter_it_may_mean() {
        let letters = from_mrz("OE");

        for letter in ['Ö', 'Ø', 'Œ'] {
            assert!(letters.contains(&letter), "{letter}");
        }
        assert!(from_mrz("QQ").is_empty());
    }
}
