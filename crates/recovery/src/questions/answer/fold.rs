//! Makes letters equal that people take for equal: case, accents, æ/ae, ø/oe, å/aa.

use crate::sensitive::Sensitive;

/// The text in lower case, as plain letters and digits with one space between words.
pub(super) fn fold(text: &str) -> Sensitive<String> {
    let mut folded = String::with_capacity(text.len().saturating_mul(2));
    for letter in text.chars().flat_map(char::to_lowercase) {
        match plain(letter) {
            Plain::Letters(letters) => folded.push_str(letters),
            Plain::Itself => folded.push(letter),
            Plain::Mark(mark) => put_mark(&mut folded, mark),
            Plain::Gap => {
                if !folded.is_empty() && !folded.ends_with(' ') {
                    folded.push(' ');
                }
            }
        }
    }
    if folded.ends_with(' ') {
        folded.pop();
    }
    Sensitive::new(folded)
}

/// The text without its spaces.
pub(super) fn letters(folded: &str) -> String {
    folded.chars().filter(|letter| *letter != ' ').collect()
}

enum Plain {
    Letters(&'static str),
    Itself,
    /// A combining mark, whose effect depends on the letter before it.
    Mark(char),
    Gap,
}

fn plain(letter: char) -> Plain {
    let letters = match letter {
        'æ' | 'ä' | 'ǽ' => "ae",
        'ø' | 'ö' | 'ǿ' | 'œ' => "oe",
        'å' | 'ǻ' => "aa",
        'á' | 'à' | 'â' | 'ã' | 'ă' | 'ą' | 'ā' => "a",
        'ç' | 'ć' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'é' | 'è' | 'ê' | 'ë' | 'ě' | 'ę' | 'ē' => "e",
        'ğ' => "g",
        'í' | 'ì' | 'î' | 'ï' | 'ı' | 'ī' => "i",
        'ł' | 'ľ' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ó' | 'ò' | 'ô' | 'õ' | 'ő' | 'ō' => "o",
        'ř' => "r",
        'š' | 'ś' | 'ş' | 'ș' => "s",
        'ß' => "ss",
        'ť' | 'ţ' | 'ț' => "t",
        'þ' => "th",
        'ú' | 'ù' | 'û' | 'ü' | 'ů' | 'ű' | 'ū' => "u",
        'ý' | 'ÿ' => "y",
        'ž' | 'ź' | 'ż' => "z",
        '\u{300}'..='\u{36f}' => return Plain::Mark(letter),
        '\'' | '’' | '`' | '´' => "",
        letter if letter.is_alphanumeric() => return Plain::Itself,
        _ => return Plain::Gap,
    };
    Plain::Letters(letters)
}

/// Applies a combining mark: decomposed å, ä and ö equal the composed letters, other marks are dropped.
fn put_mark(folded: &mut String, mark: char) {
    let added = match (folded.chars().last(), mark) {
        (Some('a'), '\u{30a}') => 'a',
        (Some('a' | 'o'), '\u{308}') => 'e',
        _ => return,
    };
    folded.push(added);
}
