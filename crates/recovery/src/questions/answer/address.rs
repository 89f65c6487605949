//! Compares streets and house numbers in the forms in which people give them.

use super::fold::letters;

/// Whether street and house number are the same. Where the register has no house number, the street decides.
pub(super) fn same_address(own: &str, given: &str) -> bool {
    let (own, given) = (parse(own), parse(given));
    !own.street.is_empty() && own == given
}

#[derive(PartialEq, Eq)]
struct Address {
    /// The street with its words run together: Nørre Gade is Nørregade.
    street: String,
    /// The house number without leading zeros, with its letter: `12b`.
    house: Option<String>,
}

fn parse(folded: &str) -> Address {
    let words: Vec<_> = folded.split(' ').filter(|word| !word.is_empty()).collect();
    // "10. Februar Vej 3": a number in front belongs to the street.
    let is_number = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit());
    let house_at =
        words.iter().enumerate().skip(1).find(|(_, word)| is_number(word)).map(|(at, _)| at);
    let street_words = words.get(..house_at.unwrap_or(words.len())).unwrap_or_default();
    let street: String = street_words.iter().map(|word| spelled_out(word)).collect();
    let house = house_at.map(|at| {
        let number = words.get(at).copied().unwrap_or_default();
        let next = words.get(at.saturating_add(1)).copied();
        house_number(number, next)
    });
    Address { street: letters(&street), house }
}

/// `012 B`, `12B` and `12 b` are one number.
fn house_number(number: &str, next: Option<&str>) -> String {
    let bare = number.trim_start_matches('0');
    let has_letter = bare.ends_with(|c: char| c.is_ascii_alphabetic());
    let letter = next.filter(|next| {
        !has_letter && next.len() == 1 && next.bytes().all(|byte| byte.is_ascii_alphabetic())
    });
    [bare, letter.unwrap_or_default()].concat()
}

fn spelled_out(word: &str) -> &str {
    match word {
        "gl" | "gml" => "gammel",
        "ndr" => "nordre",
        "sdr" => "soendre",
        "vestre" | "vstr" => "vestre",
        "oestre" | "oestr" => "oestre",
        "skt" | "sct" | "st" => "sankt",
        "alle" => "alle",
        "pl" => "plads",
        "v" => "vej",
        word => word,
    }
}
