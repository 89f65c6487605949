//! Pages of text, such as what a recovery needs and what to bring to a visit. Every number in them comes from the
//! policy.

use super::Site;
use super::film::Film;
use crate::page::{Frame, html};
use crate::{Language, PageLanguage, Words, assets};
use axum::extract::State;
use axum::response::Response;
use fluent_bundle::FluentArgs;
use http::StatusCode;
use recovery::policy::Policy;

const SECTIONS_MAX: usize = 9;
const ITEMS_MAX: usize = 14;

#[derive(askama::Template)]
#[template(path = "citizen/article.html")]
struct Article {
    frame: Frame,
    title: String,
    lead: Option<String>,
    film: Option<Film>,
    film_about: String,
    sections: Vec<Section>,
    /// The links at the end of the page: address and text.
    acts: Vec<(&'static str, String)>,
}

/// A section of a page.
pub(super) struct Section {
    pub(super) title: String,
    pub(super) text: Option<String>,
    pub(super) items: Vec<String>,
    /// The address of the section's drawing, where it has one.
    pub(super) picture: Option<String>,
}

pub(super) async fn requirements(
    State(site): State<Site>,
    PageLanguage(language): PageLanguage,
) -> Response {
    show(&site, language, "requirements", &["/citizen-service"])
}

pub(super) async fn bring(
    State(site): State<Site>,
    PageLanguage(language): PageLanguage,
) -> Response {
    show(&site, language, "bring", &["/book"])
}

pub(super) async fn p_code(
    State(site): State<Site>,
    PageLanguage(language): PageLanguage,
) -> Response {
    show(&site, language, "p-code", &[])
}

pub(super) async fn citizen_service(
    State(site): State<Site>,
    PageLanguage(language): PageLanguage,
) -> Response {
    show(&site, language, "citizen-service", &["/book"])
}

pub(super) async fn call(
    State(site): State<Site>,
    PageLanguage(language): PageLanguage,
) -> Response {
    show(&site, language, "call", &["/citizen-service"])
}

pub(super) async fn scanning(
    State(site): State<Site>,
    PageLanguage(language): PageLanguage,
) -> Response {
    show(&site, language, "scanning", &["/requirements", "/book"])
}

pub(super) async fn temporary_pin(
    State(site): State<Site>,
    PageLanguage(language): PageLanguage,
) -> Response {
    show(&site, language, "temporary-pin", &[])
}

/// Shows the article `name`. The texts of its links have the keys `NAME-act`, `NAME-act-2` …
fn show(site: &Site, language: Language, name: &'static str, acts: &[&'static str]) -> Response {
    let frame = Frame::new(language, format!("/{name}"));
    let film = (name == "scanning").then(Film::on_scanning);
    let mut arguments = arguments(site);
    if let Some(film) = &film {
        arguments.set("kilobytes", film.kilobytes);
    }
    let text = |key: &str| frame.words.find(&format!("{name}-{key}"), Some(&arguments));
    let act = |(at, to): (usize, &&'static str)| {
        let key = if at == 0 { "act".to_owned() } else { format!("act-{}", at.saturating_add(1)) };
        (*to, text(&key).unwrap_or_default())
    };
    let page = Article {
        title: text("title").unwrap_or_default(),
        lead: text("lead"),
        film_about: text("film-about").unwrap_or_default(),
        film,
        sections: sections(frame.words, name, &arguments),
        acts: acts.iter().enumerate().map(act).collect(),
        frame,
    };
    html(StatusCode::OK, &page)
}

/// The sections of an article, from the texts `NAME-1-title`, `NAME-1-text`, `NAME-1-item-1` … Languages may differ in
/// the number of sections and items.
pub(super) fn sections(words: Words, name: &str, arguments: &FluentArgs<'_>) -> Vec<Section> {
    let find = |key: String| words.find(&key, Some(arguments));
    (1..=SECTIONS_MAX)
        .map_while(|section| {
            let title = find(format!("{name}-{section}-title"))?;
            let items = (1..=ITEMS_MAX)
                .map_while(|item| find(format!("{name}-{section}-item-{item}")))
                .collect();
            let text = find(format!("{name}-{section}-text"));
            Some(Section { title, text, items, picture: picture(name, section) })
        })
        .collect()
}

/// The drawing of a section: a still of the film on scanning.
fn picture(name: &str, section: usize) -> Option<String> {
    let drawing = match (name, section) {
        ("scanning", 1) => "scanning-document.svg",
        ("scanning", 2) => "scanning-chip.svg",
        ("scanning", 3) => "scanning-hold.svg",
        ("scanning", 4) => "scanning-broken.svg",
        ("scanning", 5) => "scanning-face.svg",
        ("scanning", 6) => "scanning-others.svg",
        _ => return None,
    };
    Some(assets::address(drawing))
}

pub(super) fn arguments(site: &Site) -> FluentArgs<'static> {
    let policy: &Policy = &site.service.parts().policy;
    let hours = |span: recovery::time::Duration| span.as_secs_rounded_up() / 3_600;
    let mut arguments = FluentArgs::new();
    arguments.set("phone", site.settings.support_phone.clone());
    arguments.set("code-digits", policy.temporary_pin.digits);
    arguments.set("code-minutes", policy.temporary_pin.lifetime.as_secs_rounded_up() / 60);
    arguments.set("code-tries", policy.temporary_pin.tries_max);
    arguments.set("number-days", hours(policy.temporary_pin.phone_number_age_min) / 24);
    arguments.set("p-digits", policy.p_code.digits);
    arguments.set("p-days", hours(policy.p_code.lifetime) / 24);
    arguments.set("p-uses", policy.p_code.uses_max);
    arguments.set("witness-age", policy.desk.witness_age_min_years);
    arguments.set("witness-days", hours(policy.desk.witness_eid_age_min) / 24);
    arguments
}
