//! The language of a response. For people it is their own choice, else what their browser asks for, else Danish; for
//! programs it is what they ask for, else English.

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header::ACCEPT_LANGUAGE;
use http::request::Parts;
use recovery::Language;
use std::cmp::Reverse;
use std::convert::Infallible;

/// The name of the cookie with the language that a person chose on a page.
pub const COOKIE_NAME: &str = "genvej-language";
/// The name of the same cookie where the site is reached over TLS; a browser then accepts it only from this host.
pub const HOST_COOKIE_NAME: &str = "__Host-genvej-language";

/// The language for a person: that of the cookie, else what the browser accepts, else Danish.
#[must_use]
pub fn of_person(headers: &HeaderMap) -> Language {
    chosen(headers).unwrap_or_else(|| accepted(headers, Language::Danish))
}

/// The language for a program: what the program accepts, else English.
#[must_use]
pub fn of_program(headers: &HeaderMap) -> Language {
    accepted(headers, Language::English)
}

/// The language with the greatest weight in `Accept-Language`; of two with the same weight, the one that is named first;
/// and `usual` where the header decides nothing (RFC 9110 section 12.4.2, docs/adr/own-accept-language.md).
fn accepted(headers: &HeaderMap, usual: Language) -> Language {
    let ranges: Vec<(&str, u16)> = headers
        .get_all(ACCEPT_LANGUAGE)
        .iter()
        .flat_map(|field| field.as_bytes().split(|byte| *byte == b','))
        .filter_map(|range| std::str::from_utf8(range).ok())
        .filter_map(weighed)
        .collect();
    let rank = |language: &Language| match weight_in(*language, &ranges) {
        Some((0, _)) => (0, Reverse(0), *language == usual),
        // A language that no range matches ranks below every accepted one and above a refused one.
        None => (1, Reverse(0), *language == usual),
        Some((weight, place)) => (weight.saturating_add(1), place, *language == usual),
    };
    Language::ALL.into_iter().max_by_key(rank).unwrap_or(usual)
}

/// The weight of a language and the position of the range that gives it. A range that names the language takes
/// precedence over `*` (RFC 4647 section 3.4).
fn weight_in(language: Language, ranges: &[(&str, u16)]) -> Option<(u16, Reverse<usize>)> {
    let of = |wanted: &dyn Fn(&str) -> bool| {
        let found = ranges.iter().enumerate().filter(|(_, (range, _))| wanted(range));
        found.map(|(place, (_, weight))| (*weight, Reverse(place))).max()
    };
    of(&|range| Language::from_tag(range) == Some(language)).or_else(|| of(&|range| range == "*"))
}

/// An extractor for the language of a page.
#[derive(Clone, Copy, Debug)]
pub struct PageLanguage(pub Language);

impl<S: Sync> FromRequestParts<S> for PageLanguage {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(of_person(&parts.headers)))
    }
}

/// An extractor for the language of the API's reply to a program.
#[derive(Clone, Copy, Debug)]
pub struct ProgramLanguage(pub Language);

impl<S: Sync> FromRequestParts<S> for ProgramLanguage {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(of_program(&parts.headers)))
    }
}

fn chosen(headers: &HeaderMap) -> Option<Language> {
    [COOKIE_NAME, HOST_COOKIE_NAME]
        .into_iter()
        .find_map(|name| crate::cookies::first(headers, name))
        .and_then(|value| Language::from_tag(&value))
}

/// Parses a range with its weight in thousandths: `en-GB ; q=0.8` gives `en-GB` and 800. A range with an invalid weight
/// is ignored.
fn weighed(range: &str) -> Option<(&str, u16)> {
    let mut parts = range.split(';').map(str::trim);
    let tag = parts.next().filter(|tag| !tag.is_empty())?;
    let mut weight = 1000;
    for parameter in parts {
        let (name, value) = parameter.split_once('=')?;
        if name.trim().eq_ignore_ascii_case("q") {
            weight = thousandths(value.trim())?;
        }
    }
    Some((tag, weight))
}

/// Parses a `qvalue` of RFC 9110 section 12.4.2 into thousandths: `0.8` gives 800.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = fraction.bytes().all(|byte| byte.is_ascii_digit()) && fraction.len() <= 3;
    if !digits {
        return None;
    }
    let thousandths: u16 = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use http::header::COOKIE;

    fn headers(accept: &str, cookie: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, accept.parse().unwrap());
        if let Some(cookie) = cookie {
            headers.insert(COOKIE, cookie.parse().unwrap());
        }
        headers
    }

    /// The examples of RFC 9110 section 12.4.2: the header, the language of a page, and the language of a reply to a
    /// program.
    #[test]
    fn weights_are_read_with_their_blanks_and_zero_is_a_no() {
        use Language::{Danish, English};
        for (accept, page, program) in [
            (&b"da; q=0.1, en; q=0.9"[..], English, English),
            (b"en ;Q=0.3 , da\t;\tq=0.4", Danish, Danish),
            (b"da;q=0.4, en-GB;q=0.8", English, English),
            (b"da-DK, en;q=0.8", Danish, Danish),
            (b"DA-dk, EN;Q=0.8", Danish, Danish),
            (b"EN-us,da;q=0.9", English, English),
            (b"en, da", English, English),
            (b"da, en", Danish, Danish),
            (b"en-GB;q=0.2, en;q=0.9, da;q=0.5", English, English),
            (b"en;q=1.000, da;q=0.999", English, English),
            // The header names neither language.
            (b"kl", Danish, English),
            (b"kl, en;q=0.8", English, English),
            (b"kl-GL, fr, da;q=0.001", Danish, Danish),
            (b",, ;q=1, english", Danish, English),
            (b"xx;q=9999999, en;q=zero", Danish, English),
            (b"", Danish, English),
            // The header accepts everything and prefers nothing.
            (b"*", Danish, English),
            (b"*;q=0.5, da;q=0.1", English, English),
            (b"en, *;q=0.1", English, English),
            (b"en;q=0.1, *", Danish, Danish),
            // A weight of zero refuses a language.
            (b"da;q=0, *", English, English),
            (b"en;q=0, *;q=0.1", Danish, Danish),
            (b"da;q=0", English, English),
            (b"en;q=0.000", Danish, Danish),
            (b"fr, da;q=0", English, English),
            (b"en;q=0, da;q=0", Danish, English),
            (b"*;q=0", Danish, English),
            // A range with an invalid weight is ignored, and a byte that is not text spoils only its own range.
            (b"en;q=1.5, da;q=0.1", Danish, Danish),
            (b"en;q=.9, da;q=0.1", Danish, Danish),
            (b"en;q=0.9999, da;q=0.1", Danish, Danish),
            (b"\xe6, en", English, English),
        ] {
            let said = String::from_utf8_lossy(accept);
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_bytes(accept).unwrap());
            assert_eq!(of_person(&headers), page, "{said}");
            assert_eq!(of_program(&headers), program, "{said}, by a program");
        }
        let mut two = headers("da;q=0.2", None);
        two.append(ACCEPT_LANGUAGE, "en;q=0.3".parse().unwrap());
        assert_eq!(of_person(&two), Language::English);
    }

    #[test]
    fn a_program_has_no_cookie_and_without_a_word_reads_english() {
        assert_eq!(of_program(&HeaderMap::new()), Language::English);
        let chosen = headers("fr", Some("genvej-language=da"));
        assert_eq!(of_program(&chosen), Language::English);
    }

    #[test]
    fn one_odd_cookie_does_not_lose_the_choice() {
        let mut headers = HeaderMap::new();
        let odd = HeaderValue::from_bytes(b"a=\xe6\xff; =; nonsense; genvej-language=en").unwrap();
        headers.insert(COOKIE, odd);

        assert_eq!(of_person(&headers), Language::English);
    }

    #[test]
    fn a_choice_made_on_a_page_comes_first() {
        let headers = headers("da", Some("a=b; genvej-language=en"));

        assert_eq!(of_person(&headers), Language::English);
    }

    #[test]
    fn without_a_word_from_the_browser_it_is_danish() {
        assert_eq!(of_person(&HeaderMap::new()), Language::Danish);
    }
}
