//! In which language a person is answered: their own choice, else what their browser asks for, else Danish.

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header::ACCEPT_LANGUAGE;
use http::request::Parts;
use std::convert::Infallible;

/// The cookie that keeps a choice made on a page.
pub const COOKIE_NAME: &str = "genvej-language";
/// Its name where the site is reached over TLS: the browser then takes it from this host alone.
pub const HOST_COOKIE_NAME: &str = "__Host-genvej-language";

/// A language of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// Danish.
    #[default]
    Danish,
    /// English.
    English,
}

impl Language {
    /// Every language, in the order in which they are offered.
    pub const ALL: [Self; 2] = [Self::Danish, Self::English];

    /// BCP 47.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Danish => "da",
            Self::English => "en",
        }
    }

    /// Its own name for itself.
    #[must_use]
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::Danish => "Dansk",
            Self::English => "English",
        }
    }

    /// The one that a switch offers.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Danish => Self::English,
            Self::English => Self::Danish,
        }
    }

    /// `da`, `da-DK`, `en-GB` …
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.tag()))
    }

    /// The language for these headers: the cookie first, then what the browser accepts, then Danish.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        chosen(headers).or_else(|| Self::accepted(headers)).unwrap_or_default()
    }

    /// The language for a program: what it accepts, else English.
    #[must_use]
    pub fn of_program(headers: &HeaderMap) -> Self {
        Self::accepted(headers).unwrap_or(Self::English)
    }

    /// The heaviest language of `Accept-Language` (RFC 9110 section 12.4.2) that there is; none where none of it is.
    ///
    /// `fluent-langneg` drops the weights and takes the order of the list, so they are read here.
    fn accepted(headers: &HeaderMap) -> Option<Self> {
        let ranges: Vec<(&str, u16)> = headers
            .get_all(ACCEPT_LANGUAGE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|text| text.split(','))
            .filter_map(weighed)
            .collect();
        let mut best: Option<(u16, usize, Self)> = None;
        for language in Self::ALL {
            let Some((weight, place)) = language.weight_in(&ranges) else { continue };
            // Of two with one weight the one that was named first.
            let better = best
                .is_none_or(|(most, first, _)| weight > most || (weight == most && place < first));
            if weight > 0 && better {
                best = Some((weight, place, language));
            }
        }
        best.map(|(_, _, language)| language)
    }

    /// Its weight and the place of its range; a range of its own goes before `*` (RFC 4647 section 3.4).
    fn weight_in(self, ranges: &[(&str, u16)]) -> Option<(u16, usize)> {
        let of = |wanted: &dyn Fn(&str) -> bool| {
            let found = ranges.iter().enumerate().filter(|(_, (range, _))| wanted(range));
            found
                .map(|(place, (_, weight))| (*weight, place))
                .reduce(|a, b| if b.0 > a.0 { b } else { a })
        };
        of(&|range| Self::from_tag(range) == Some(self)).or_else(|| of(&|range| range == "*"))
    }
}

/// The language for a program that calls the API.
#[derive(Clone, Copy, Debug)]
pub struct AskedLanguage(pub Language);

impl<S: Sync> FromRequestParts<S> for AskedLanguage {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(Language::of_program(&parts.headers)))
    }
}

fn chosen(headers: &HeaderMap) -> Option<Language> {
    [COOKIE_NAME, HOST_COOKIE_NAME]
        .into_iter()
        .find_map(|name| crate::cookies::first(headers, name))
        .and_then(|value| Language::from_tag(&value))
}

/// `en-GB ; q=0.8` → `en-GB` and 800; a weight that is none makes the whole range none.
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

/// `qvalue` of RFC 9110 section 12.4.2: `0.8` → 800.
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

impl<S: Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::COOKIE;

    fn headers(accept: &str, cookie: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, accept.parse().unwrap());
        if let Some(cookie) = cookie {
            headers.insert(COOKIE, cookie.parse().unwrap());
        }
        headers
    }

    #[test]
    fn the_heavier_language_is_taken() {
        assert_eq!(Language::of(&headers("da;q=0.4, en-GB;q=0.8", None)), Language::English);
        assert_eq!(Language::of(&headers("fr, da;q=0.5", None)), Language::Danish);
    }

    /// RFC 9110 section 12.4.2.
    #[test]
    fn weights_are_read_with_their_blanks_and_zero_is_a_no() {
        for (accept, language) in [
            ("da; q=0.1, en; q=0.9", Language::English),
            ("en ;Q=0.3 , da\t;\tq=0.4", Language::Danish),
            ("da;q=0", Language::Danish),
            ("da;q=0, *", Language::English),
            ("*;q=0.5, da;q=0.1", Language::English),
            ("en;q=0, *;q=0.1", Language::Danish),
            ("en;q=1.000, da;q=0.999", Language::English),
            ("en;q=1.5, da;q=0.1", Language::Danish),
            ("en;q=.9, da;q=0.1", Language::Danish),
            ("en;q=0.9999, da;q=0.1", Language::Danish),
            ("en, da", Language::English),
            ("da, en", Language::Danish),
            ("en-GB;q=0.2, en;q=0.9, da;q=0.5", Language::English),
            (",, ;q=1, english", Language::Danish),
            ("*", Language::Danish),
        ] {
            assert_eq!(Language::of(&headers(accept, None)), language, "{accept}");
        }
        let mut two = headers("da;q=0.2", None);
        two.append(ACCEPT_LANGUAGE, "en;q=0.3".parse().unwrap());
        assert_eq!(Language::of(&two), Language::English);
    }

    #[test]
    fn a_program_is_answered_in_english_unless_it_asks_otherwise() {
        assert_eq!(Language::of_program(&HeaderMap::new()), Language::English);
        assert_eq!(
            Language::of_program(&headers("fr", Some("genvej-language=da"))),
            Language::English
        );
        assert_eq!(Language::of_program(&headers("da", None)), Language::Danish);
    }

    #[test]
    fn one_odd_cookie_does_not_lose_the_choice() {
        let mut headers = HeaderMap::new();
        let odd =
            http::HeaderValue::from_bytes(b"a=\xe6\xff; =; nonsense; genvej-language=en").unwrap();
        headers.insert(COOKIE, odd);

        assert_eq!(Language::of(&headers), Language::English);
    }

    #[test]
    fn a_choice_made_on_a_page_comes_first() {
        let headers = headers("da", Some("a=b; genvej-language=en"));

        assert_eq!(Language::of(&headers), Language::English);
    }

    #[test]
    fn without_a_word_from_the_browser_it_is_danish() {
        assert_eq!(Language::of(&HeaderMap::new()), Language::Danish);
        assert_eq!(Language::of(&headers("xx;q=9999999, en;q=zero", None)), Language::Danish);
    }
}
