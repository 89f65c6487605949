//! Pages of text: what is needed, what to bring, who should come. Every number in them is the policy's.

use super::Site;
use crate::page::{Frame, html};
use crate::{Language, Words};
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
    sections: Vec<Section>,
    /// Address and words of the act that follows, where there is one.
    act: Option<(&'static str, String)>,
}

/// One part of a page.
pub(super) struct Section {
    pub(super) title: String,
    pub(super) text: Option<String>,
    pub(super) items: Vec<String>,
    /// The name of a drawing beside it.
    pub(super) picture: &'static str,
}

pub(super) async fn requirements(State(site): State<Site>, language: Language) -> Response {
    show(&site, language, "requirements", Some("/citizen-service"))
}

pub(super) async fn bring(State(site): State<Site>, language: Language) -> Response {
    show(&site, language, "bring", Some("/book"))
}

pub(super) async fn p_code(State(site): State<Site>, language: Language) -> Response {
    show(&site, language, "p-code", None)
}

pub(super) async fn citizen_service(State(site): State<Site>, language: Language) -> Response {
    show(&site, language, "citizen-service", Some("/book"))
}

pub(super) async fn call(State(site): State<Site>, language: Language) -> Response {
    show(&site, language, "call", Some("/citizen-service"))
}

pub(super) async fn scanning(State(site): State<Site>, language: Language) -> Response {
    show(&site, language, "scanning", Some("/requirements"))
}

pub(super) async fn temporary_pin(State(site): State<Site>, language: Language) -> Response {
    show(&site, language, "temporary-pin", None)
}

fn show(
    site: &Site,
    language: Language,
    name: &'static str,
    act: Option<&'static str>,
) -> Response {
    let frame = Frame::new(language, format!("/{name}"));
    let arguments = arguments(site);
    let text = |key: &str| frame.words.find(&format!("{name}-{key}"), Some(&arguments));
    let page = Article {
        title: text("title").unwrap_or_default(),
        lead: text("lead"),
        sections: sections(frame.words, name, &arguments),
        act: act.map(|to| (to, text("act").unwrap_or_default())),
        frame,
    };
    html(StatusCode::OK, &page)
}

/// `NAME-1-title`, `NAME-1-text`, `NAME-1-item-1` …: a language may say more or less than another.
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

fn picture(name: &str, section: usize) -> &'static str {
    match (name, section) {
        ("scanning", 1) => "document",
        ("scanning", 2) => "chip",
        ("scanning", 3) => "face",
        _ => "",
    }
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
