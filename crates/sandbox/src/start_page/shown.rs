//! What the templates of the start page are filled with.

use super::StartPage;
use super::commands::{READERS, SPANS};
use crate::camera::Before;
use crate::drawer::Printed;
use crate::inbox::{Content, Item};
use crate::knowledge;
use crate::people::Profile;
use crate::seeding::{Fate, Seat};
use askama::Template;
use phone::{CardSlot as _, ReaderState, Screen};
use registers::DocumentKind;
use std::sync::PoisonError;
use wire::sign_in::SignInStatus;

/// Messages that are shown.
const MESSAGES_MAX: usize = 30;
/// People whom a search shows.
const FOUND_MAX: usize = 12;

/// The whole page.
#[derive(Template)]
#[template(path = "start.html")]
pub(super) struct Page {
    port: u16,
    token: String,
    live: Live,
    spans: [(u64, &'static str); 4],
    /// Where the clerks of the sandbox work.
    centre: String,
    centre_id: String,
    chosen: SeatCard,
    found: Option<Found>,
    has_samples: bool,
    has_own: bool,
    said: Option<&'static str>,
    reader: ReaderCard,
}

/// The reader on the clerk's desk.
struct ReaderCard {
    address: String,
    token: String,
    held: Option<String>,
}

/// The parts that change by themselves, for the script.
#[derive(Template)]
#[template(path = "live.html")]
pub(super) struct LiveParts {
    live: Live,
}

/// What changes by itself.
pub(super) struct Live {
    now: String,
    ahead: Option<String>,
    states: Vec<StateLine>,
    messages: Vec<MessageCard>,
    asked: Vec<AskedLine>,
}

pub(super) struct StateLine {
    number: usize,
    given: String,
    text: &'static str,
    tone: &'static str,
}

pub(super) struct MessageCard {
    by: &'static str,
    to: String,
    whose: Option<String>,
    at: String,
    subject: Option<String>,
    /// Words, and what of them is an address to open.
    text: Vec<(String, bool)>,
    with_calendar: bool,
}

pub(super) struct AskedLine {
    given: String,
    at: String,
    text: String,
    tone: &'static str,
}

pub(super) struct SeatCard {
    number: usize,
    host: String,
    given: String,
    full_name: String,
    story: &'static str,
    pin: &'static str,
    p_code: Option<String>,
    held: Option<String>,
    before: &'static str,
    /// One of [`READERS`], by name.
    reader: &'static str,
    documents: Vec<Printed>,
    papers: Vec<(&'static str, String)>,
    who: Vec<(&'static str, String)>,
    knows: Vec<(&'static str, String)>,
}

pub(super) struct Found {
    query: String,
    people: Vec<FoundPerson>,
    more: bool,
}

pub(super) struct FoundPerson {
    name: String,
    born: String,
    story: String,
    documents: Vec<Printed>,
}

impl Page {
    pub(super) fn of(
        page: &StartPage,
        phone: Option<usize>,
        find: Option<String>,
        said: Option<String>,
    ) -> Self {
        let parts = &page.parts;
        let chosen = parts
            .seats
            .iter()
            .find(|seat| Some(seat.number) == phone)
            .or_else(|| parts.seats.first())
            .map_or_else(SeatCard::nobody, |seat| card(page, seat));
        Self {
            port: parts.port,
            token: parts.token.clone(),
            reader: ReaderCard {
                address: parts.reader.address.clone(),
                token: parts.reader.token.clone(),
                held: parts.reader.slot.name(),
            },
            live: Live::of(page),
            spans: SPANS,
            centre: parts.people.workplace().map_or_else(String::new, |at| at.name.clone()),
            centre_id: parts.people.workplace().map_or_else(String::new, |at| at.id.to_string()),
            chosen,
            found: find.filter(|query| !query.trim().is_empty()).map(|query| found(page, &query)),
            has_samples: parts.portraits.has_samples(),
            has_own: parts.portraits.own().is_some(),
            said: said.and_then(|said| in_words(&said)),
        }
    }
}

fn in_words(said: &str) -> Option<&'static str> {
    match said {
        "no-own-picture" => {
            Some("Take a picture of yourself first: below, under “A document for yourself”.")
        }
        "no-such-document" => Some("That document is not in the drawer."),
        "not-asked" => Some("The shop could not reach the service."),
        _ => None,
    }
}

impl LiveParts {
    pub(super) fn of(page: &StartPage) -> Self {
        Self { live: Live::of(page) }
    }
}

impl Live {
    fn of(page: &StartPage) -> Self {
        let parts = &page.parts;
        let zone = registers::home_zone();
        let clock = |at: jiff::Timestamp| at.to_zoned(zone.clone());
        let messages = parts.inbox.items();
        Self {
            now: clock(parts.clock.instant()).strftime("%A %-d %B %Y, %H:%M").to_string(),
            ahead: ahead(parts.clock.ahead_secs()),
            states: parts.seats.iter().map(|seat| state(page, seat)).collect(),
            messages: messages
                .into_iter()
                .rev()
                .take(MESSAGES_MAX)
                .map(|item| {
                    message(page, item, |at| clock(at).strftime("%-d %b %H:%M").to_string())
                })
                .collect(),
            asked: asked(page, |at| clock(at).strftime("%H:%M").to_string()),
        }
    }
}

fn ahead(secs: u64) -> Option<String> {
    let (days, hours, minutes) = (secs / 86_400, secs % 86_400 / 3_600, secs % 3_600 / 60);
    (secs > 0).then(|| format!("{days} d {hours} h {minutes} min ahead of your own clock"))
}

fn given(profile: &Profile) -> String {
    profile.given.split(' ').next().unwrap_or_default().to_owned()
}

fn owner<'a>(page: &'a StartPage, seat: &Seat) -> Option<&'a Profile> {
    page.parts.people.profiles.get(seat.owner)
}

fn state(page: &StartPage, seat: &Seat) -> StateLine {
    let (text, tone) = match seat.phone.view().screen {
        Screen::Home(home) => lock_words(&home.lock),
        Screen::Activate { .. } => ("Not set up", "warn"),
        _ => ("In use", "busy"),
    };
    let given = owner(page, seat).map(given).unwrap_or_default();
    StateLine { number: seat.number, given, text, tone }
}

const fn lock_words(lock: &phone::LockCard) -> (&'static str, &'static str) {
    use phone::LockCard;
    match lock {
        LockCard::Ready { .. } => ("Ready for use", "ok"),
        LockCard::Locked { .. } => ("Temporarily locked", "warn"),
        LockCard::Blocked => ("Blocked", "stop"),
        LockCard::Frozen => ("Frozen", "stop"),
        LockCard::AwaitingFirstPin => ("Waits for its first PIN", "warn"),
        LockCard::Unbound => ("Unbound", "stop"),
        LockCard::Unknown => ("Not known yet", "busy"),
    }
}

fn message(page: &StartPage, item: Item, clock: impl Fn(jiff::Timestamp) -> String) -> MessageCard {
    let whose =
        page.parts.people.profiles.iter().find(|it| it.phone == item.to || it.email == item.to);
    let whose = whose.map(|profile| format!("{} {}", given(profile), profile.family));
    let at = clock(item.at);
    match item.content {
        Content::Sms { text, .. } => MessageCard {
            by: "SMS",
            to: item.to,
            whose,
            at,
            subject: None,
            text: with_addresses(&text),
            with_calendar: false,
        },
        Content::Mail { subject, text, calendar, .. } => MessageCard {
            by: "Mail",
            to: item.to,
            whose,
            at,
            subject: Some(subject),
            text: with_addresses(&text),
            with_calendar: calendar.is_some(),
        },
    }
}

/// Parts a text at what is an address of this sandbox; other addresses stay words.
fn with_addresses(text: &str) -> Vec<(String, bool)> {
    let mut parts: Vec<(String, bool)> = Vec::new();
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        let plain = word.trim_end_matches(['.', ',', ')', '>']);
        let host = plain.strip_prefix("http://").and_then(|rest| rest.split(['/', ':']).next());
        if host.is_some_and(|host| host == "localhost" || host.ends_with(".localhost")) {
            parts.push((plain.to_owned(), true));
            parts.push((piece.get(plain.len()..).unwrap_or_default().to_owned(), false));
        } else {
            match parts.last_mut() {
                Some((words, false)) => words.push_str(piece),
                _ => parts.push((piece.to_owned(), false)),
            }
        }
    }
    parts
}

fn asked(page: &StartPage, clock: impl Fn(jiff::Timestamp) -> String) -> Vec<AskedLine> {
    let asked = page.asked.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let line = |asked: &super::Asked| {
        let status = page.parts.operator.sign_in(&asked.id).map(|view| view.status);
        let waits = format!("types the number {} in the app", asked.number);
        let (text, tone) = match status {
            Ok(SignInStatus::Waiting) => (waits.as_str(), "busy"),
            Ok(SignInStatus::Approved) => ("signed in: approved with the PIN", "ok"),
            Ok(SignInStatus::Refused) => ("refused in the app", "stop"),
            Ok(SignInStatus::Lapsed) => ("nobody answered in time", "warn"),
            Ok(SignInStatus::Replaced) => ("replaced: the shop asked again", "warn"),
            Ok(SignInStatus::NumberWrong) => ("ended after two wrong numbers", "stop"),
            Err(_) => ("over", "warn"),
        };
        let seat = page.parts.seats.iter().find(|seat| seat.number == asked.seat);
        let given = seat.and_then(|seat| owner(page, seat)).map(given).unwrap_or_default();
        AskedLine { given, at: clock(asked.at), text: text.to_owned(), tone }
    };
    asked.iter().rev().map(line).collect()
}

impl SeatCard {
    fn nobody() -> Self {
        Self {
            number: 0,
            host: String::new(),
            given: String::new(),
            full_name: String::new(),
            story: "",
            pin: "",
            p_code: None,
            held: None,
            before: Before::Visitor.name(),
            reader: reader_name(ReaderState::Ready),
            documents: Vec::new(),
            papers: Vec::new(),
            who: Vec::new(),
            knows: Vec::new(),
        }
    }
}

fn card(page: &StartPage, seat: &Seat) -> SeatCard {
    let Some(profile) = owner(page, seat) else { return SeatCard::nobody() };
    let people = &page.parts.people;
    let person = people.people.iter().find(|person| person.person == profile.person);
    let places = registers::Places::built_in();
    let mut who = vec![("Born", profile.born.strftime("%d-%m-%Y").to_string())];
    if let Some(cpr) = &profile.cpr {
        who.push(("CPR number", cpr.hyphenated()));
    }
    who.push(("Phone number", profile.phone.clone()));
    who.push(("E-mail", profile.email.clone()));
    if let Some(residence) = person.and_then(registers::Person::residence) {
        who.push(("Lives at", knowledge::line(&residence.address)));
    }
    SeatCard {
        number: seat.number,
        host: seat.host.clone(),
        given: given(profile),
        full_name: format!("{} {}", profile.given, profile.family),
        story: match seat.fate {
            Fate::Locked => "Typed a wrong PIN three times: locked for 3 minutes.",
            Fate::Ready => "The app is ready for use, but the PIN is forgotten.",
            Fate::Blocked => "Typed a wrong PIN nine times: blocked until recovered.",
            Fate::PCode => "Has a foreign passport and no CPR number: uses a P code.",
            Fate::NewNumber => {
                "Changed the phone number two days ago: no temporary PIN by SMS yet."
            }
        },
        pin: seat.pin,
        p_code: seat.p_code.clone(),
        held: seat.slot.name(),
        before: seat.camera.before().name(),
        reader: reader_name(seat.slot.reader()),
        documents: page.parts.drawer.of(profile),
        papers: papers(page, profile),
        who,
        knows: person.map(|person| knowledge::of(person, &places)).unwrap_or_default(),
    }
}

fn reader_name(state: ReaderState) -> &'static str {
    READERS.into_iter().find(|(_, it)| *it == state).map_or("", |(name, _)| name)
}

/// Papers without a chip, which are quoted on the telephone or shown at a desk.
fn papers(page: &StartPage, profile: &Profile) -> Vec<(&'static str, String)> {
    let rows = page.parts.people.documents.iter().filter(|it| it.holder == profile.person);
    rows.filter_map(|document| {
        let kind = match document.kind {
            DocumentKind::DrivingLicence => "Driving licence",
            DocumentKind::HealthCard => "Health card",
            DocumentKind::MunicipalIdCard => "Municipal ID card",
            _ => return None,
        };
        let until = document.expires.map(|day| day.strftime(", valid until %d %m %Y").to_string());
        Some((kind, format!("{}{}", document.number.as_str(), until.unwrap_or_default())))
    })
    .collect()
}

fn found(page: &StartPage, query: &str) -> Found {
    let wanted = query.trim().to_lowercase();
    let people = &page.parts.people;
    let fits = |profile: &&Profile| {
        let name = format!("{} {}", profile.given, profile.family).to_lowercase();
        let story = format!("{:?}", profile.story).to_lowercase();
        let number = people
            .documents
            .iter()
            .any(|it| it.holder == profile.person && it.number.as_str().to_lowercase() == wanted);
        name.contains(&wanted) || story.contains(&wanted) || number
    };
    let mut all: Vec<FoundPerson> = people
        .profiles
        .iter()
        .filter(fits)
        .take(FOUND_MAX + 1)
        .map(|profile| FoundPerson {
            name: format!("{} {}", profile.given, profile.family),
            born: profile.born.strftime("%d-%m-%Y").to_string(),
            story: format!("{:?}", profile.story),
            documents: page.parts.drawer.of(profile),
        })
        .collect();
    let more = all.len() > FOUND_MAX;
    all.truncate(FOUND_MAX);
    Found { query: query.trim().to_owned(), people: all, more }
}
