//! In which language a person is answered: their own choice, else what their browser asks for, else Danish.

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header::{ACCEPT_LANGUAGE, COOKIE};
use http::request::Parts;
use std::convert::Infallible;

/// The cookie that keeps a choice made on a page.
pub const COOKIE_NAME: &str = "genvej-language";

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

    /// The language for these headers: the cookie first, then `Accept-Language` by its weights.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        chosen(headers).or_else(|| asked(headers)).unwrap_or_default()
    }
}

fn chosen(headers: &HeaderMap) -> Option<Language> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE_NAME)
        .and_then(|(_, value)| Language::from_tag(value))
}

fn asked(headers: &HeaderMap) -> Option<Language> {
    let text = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut best: Option<(u16, Language)> = None;
    for part in text.split(',').take(16) {
        let (tag, weight) =
            part.split_once(";q=").map_or((part, 1000), |(tag, q)| (tag, thousandths(q)));
        if let Some(language) = Language::from_tag(tag)
            && weight > best.map_or(0, |(weight, _)| weight)
        {
            best = Some((weight, language));
        }
    }
    best.map(|(_, language)| language)
}

/// `0.8` → 800; what does not parse weighs nothing.
fn thousandths(text: &str) -> u16 {
    let text = text.trim();
    match text.split_once('.') {
        None => {
            text.parse::<u16>().ok().filter(|&whole| whole <= 1).map_or(0, |whole| whole * 1000)
        }
        Some((whole, fraction)) if fraction.len() <= 3 => {
            let padded = format!("{fraction:0<3}");
            let whole = if whole == "1" { 1000 } else { 0 };
            padded.parse::<u16>().map_or(0, |part| (whole + part).min(1000))
        }
        Some(_) => 0,
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
