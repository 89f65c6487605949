//! From view to page: askama templates that escape by default.

use app_core::{
    Argument, CaptureEvent, CodeEntry, Home, LiveCapture, LockCard, NoticeKind, NoticeText,
    PhoneCheck, ReaderState, Screen, Steps, Text, View,
};
use askama::Template;
use serde::Serialize;
use wire::face::{FaceLight, FacePrompt};

use crate::phone_check::Point;
use crate::words::{Language, Words};

/// How often the state card asks how things stand: a sign-in may have come.
const ASK_AGAIN_SECS: u32 = 4;

/// A view and what the templates need beside it.
pub(crate) struct Picture {
    view: View,
    words: Words,
    device_name: String,
    /// The phone has a camera of its own that shows somebody.
    camera: bool,
}

/// The answer to a command of the live capture.
#[derive(Serialize)]
pub(crate) struct Captured {
    #[serde(skip_serializing_if = "Option::is_none")]
    running: Option<Running>,
    /// What is shown once the capture is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    fragment: Option<Fragment>,
}

/// A capture that goes on.
#[derive(Serialize)]
struct Running {
    prompt: FacePrompt,
    /// For a camera of the phone's own, which does what is asked as a person does.
    turn_degrees: Option<u8>,
    /// What the screen shines with.
    light: Option<FaceLight>,
    hint_code: Option<String>,
    words: String,
    hint: Option<String>,
    event: CaptureEvent,
    frames_met: u8,
    frames_needed: u8,
    pause_ms: u32,
}

/// The whole page.
#[derive(Template)]
#[template(path = "page.html")]
pub(crate) struct Page<'a> {
    picture: &'a Picture,
    w: Words,
    title: String,
    token: &'a str,
}

/// The part that changes.
#[derive(Template)]
#[template(path = "screen.html")]
struct ScreenPart<'a> {
    picture: &'a Picture,
    screen: &'a Screen,
    w: Words,
}

/// The answer to a command.
#[derive(Serialize)]
pub(crate) struct Fragment {
    html: String,
    title: String,
    language: &'static str,
    /// Ask again after so many seconds; absent where nothing can have changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    ask_again_secs: Option<u32>,
    /// What is shown: tests and the page's script know it by this name.
    screen: String,
    skip: String,
}

impl Picture {
    pub(crate) fn new(view: View, device_name: String, camera: bool) -> Self {
        let words = Words(view.language.parse().unwrap_or(Language::English));
        Self { view, words, device_name, camera }
    }

    /// What the top of the screen says, and the window's title.
    fn heading(&self) -> String {
        let w = self.words;
        match &self.view.screen {
            Screen::Activate { .. } => w.t("activate-heading"),
            Screen::Home(home) => w.t(home_heading(home)),
            Screen::SignInNumber => w.t("sign-in-number-heading"),
            Screen::SignIn { sign_in, .. } => w.s("sign-in-lead", "service", &sign_in.service),
            Screen::PinPad { entry, .. } => match entry {
                CodeEntry::Open { .. } => w.t("pad-open-heading"),
                CodeEntry::Approve { service, .. } => {
                    w.s("pad-approve-heading", "service", service)
                }
                CodeEntry::NewPin { first_ever: true, .. } => w.t("pad-first-heading"),
                CodeEntry::NewPin { .. } => w.t("pad-new-heading"),
                CodeEntry::NewPinAgain => w.t("pad-again-heading"),
            },
            Screen::Interrupted { .. } => w.t("interrupted-heading"),
            Screen::Settings => w.t("settings-heading"),
            Screen::PinSettings => w.t("pin-heading"),
            Screen::ForgotPin(_) => w.t("ways-heading"),
            Screen::OtherWays(_) => w.t("other-heading"),
            Screen::PhoneCheck { check, .. } if check.can_now() => w.t("check-yes-heading"),
            Screen::PhoneCheck { .. } => w.t("check-no-heading"),
            Screen::TemporaryPin { .. } => w.t("temporary-heading"),
            Screen::Consent { .. } => w.t("consent-heading"),
            Screen::DocumentKind { .. } => w.t("kind-heading"),
            Screen::PCode { .. } => w.t("p-code-heading"),
            Screen::Document { .. } => w.t("document-heading"),
            Screen::Hold { .. } => w.t("hold-heading"),
            Screen::ReadingHelp(_) => w.t("help-heading"),
            Screen::Face { .. } => w.t("face-heading"),
            Screen::Refused { title, .. } => title.clone(),
            Screen::Done { .. } => w.t("done-heading"),
        }
    }

    fn title(&self) -> String {
        let heading = self.heading();
        let error = self.view.notice.as_ref().is_some_and(|n| n.kind == NoticeKind::Error);
        let heading =
            if error { format!("{} {heading}", self.words.t("error-prefix")) } else { heading };
        self.words.s("page-title", "heading", &heading)
    }

    fn screen_html(&self) -> askama::Result<String> {
        ScreenPart { picture: self, screen: &self.view.screen, w: self.words }.render()
    }

    fn language(&self) -> &'static str {
        self.words.0.tag()
    }

    fn other_language(&self) -> &'static str {
        self.words.0.other().tag()
    }

    /// The notice in paragraphs, the first of them the loudest.
    fn notice(&self) -> Vec<String> {
        let Some(notice) = &self.view.notice else { return Vec::new() };
        match &notice.text {
            NoticeText::App(text) => vec![self.words.text(text)],
            // The server's own words are for whoever writes an app.
            NoticeText::Server { code, .. } => self.words.problem(code).into(),
        }
    }

    /// Its first sentence, said again at the field.
    fn notice_line(&self) -> String {
        self.notice().into_iter().next().unwrap_or_default()
    }

    fn notice_class(&self) -> &'static str {
        match self.view.notice.as_ref().map(|notice| notice.kind) {
            Some(NoticeKind::Good) => "note ok",
            Some(NoticeKind::Warning) => "note warn",
            Some(NoticeKind::Error) | None => "note stop",
        }
    }

    fn notice_is_error(&self) -> bool {
        self.view.notice.as_ref().is_some_and(|notice| notice.kind == NoticeKind::Error)
    }

    /// The field that the notice is about.
    fn wrong_field(&self) -> &'static str {
        let Some(notice) = &self.view.notice else { return "" };
        match (&notice.text, &self.view.screen) {
            (NoticeText::App(text), _) => match text.key {
                "notice-activation-code-form" | "notice-activation-refused" => "code",
                "notice-offer-form" => "offer",
                "notice-sign-in-number-form" => "digits",
                "notice-device-name-form" => "device_name",
                "notice-label-form" => "label",
                "notice-temporary-pin-form" | "notice-p-code-form" | "notice-offline-code" => {
                    "code"
                }
                "notice-number-form" | "notice-chip-refused" => "number",
                "notice-birth-form" => "birth",
                "notice-expiry-form" => "expiry",
                "notice-lines-form" => "lines",
                "notice-can-form" | "notice-needs-card-access-number" => "digits",
                _ => "",
            },
            (
                NoticeText::Server { .. },
                Screen::TemporaryPin { .. } | Screen::PCode { .. } | Screen::Activate { .. },
            ) => "code",
            (NoticeText::Server { .. }, Screen::SignInNumber) => "digits",
            (NoticeText::Server { .. }, _) => "",
        }
    }

    fn is_wrong(&self, field: &str) -> bool {
        self.notice_is_error() && self.wrong_field() == field
    }

    /// Whether a capture waits to be sent again.
    fn is_held_back(&self, capture: &Option<LiveCapture>) -> bool {
        capture.as_ref().is_some_and(|capture| capture.held_back)
    }

    fn points(&self, check: &PhoneCheck) -> Vec<Point> {
        crate::phone_check::points(self.words, check)
    }

    fn face_reason(&self, code: &str) -> String {
        crate::face_words::reason(self.words, code)
    }

    fn face_next(&self, code: &str) -> String {
        crate::face_words::next(self.words, code)
    }

    /// "0 of 6 digits typed" … "6 of 6 digits typed", for the script to say.
    fn counts(&self) -> String {
        let counts: Vec<String> =
            (0..=6_u64).map(|count| self.words.n("pad-typed", "count", count)).collect();
        serde_json::to_string(&counts).unwrap_or_default()
    }

    /// `MM:SS`, or `H:MM:SS`; the script counts it down.
    fn clock(&self, seconds: &u64) -> String {
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        if hours > 0 {
            format!("{hours}:{minutes:02}:{seconds:02}")
        } else {
            format!("{minutes:02}:{seconds:02}")
        }
    }

    /// The sentence with the time of the last answer, cut where the time stands: the script puts it
    /// into the clock of the person.
    fn as_of(&self) -> (String, String) {
        let sentence = self.words.s("as-of", "time", "\u{a7}");
        let (before, after) = sentence.split_once('\u{a7}').unwrap_or((&sentence, ""));
        (before.to_owned(), after.to_owned())
    }

    /// Whether the screen has to do with codes: then it says that nobody asks for one.
    fn warns(&self) -> bool {
        match &self.view.screen {
            Screen::Settings
            | Screen::PhoneCheck { .. }
            | Screen::Hold { .. }
            | Screen::ReadingHelp(_)
            | Screen::Face { .. }
            | Screen::Document { .. }
            | Screen::DocumentKind { .. } => false,
            Screen::Activate { .. }
            | Screen::Home(_)
            | Screen::SignInNumber
            | Screen::SignIn { .. }
            | Screen::PinPad { .. }
            | Screen::Interrupted { .. }
            | Screen::PinSettings
            | Screen::ForgotPin(_)
            | Screen::OtherWays(_)
            | Screen::TemporaryPin { .. }
            | Screen::Consent { .. }
            | Screen::PCode { .. }
            | Screen::Refused { .. }
            | Screen::Done { .. } => true,
        }
    }

    fn name(&self) -> String {
        let screen = serde_json::to_value(&self.view.screen).unwrap_or_default();
        screen.get("screen").and_then(|name| name.as_str()).unwrap_or_default().to_owned()
    }

    fn ask_again_secs(&self) -> Option<u32> {
        matches!(self.view.screen, Screen::Home(_)).then_some(ASK_AGAIN_SECS)
    }

    /// "Step 2 of 4".
    fn step_words(&self, steps: &Steps) -> String {
        let at = ("at", Argument::Number(u64::from(steps.at)));
        let of = ("of", Argument::Number(u64::from(steps.of)));
        self.words.text(&Text { key: "step", arguments: vec![at, of] })
    }

    /// The address behind a telephone number.
    fn call(&self, phone: &str) -> String {
        let dialled: String = phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
        format!("tel:{dialled}")
    }

    fn steps(&self) -> Option<Steps> {
        match &self.view.screen {
            Screen::PinPad { steps, .. } => *steps,
            Screen::Consent { steps }
            | Screen::DocumentKind { steps }
            | Screen::PCode { steps }
            | Screen::Document { steps, .. }
            | Screen::Hold { steps }
            | Screen::Face { steps, .. } => Some(*steps),
            Screen::TemporaryPin { .. } => Some(Steps { at: 1, of: 2 }),
            Screen::Activate { .. }
            | Screen::Home(_)
            | Screen::SignInNumber
            | Screen::SignIn { .. }
            | Screen::Interrupted { .. }
            | Screen::Settings
            | Screen::PinSettings
            | Screen::ForgotPin(_)
            | Screen::OtherWays(_)
            | Screen::PhoneCheck { .. }
            | Screen::ReadingHelp(_)
            | Screen::Refused { .. }
            | Screen::Done { .. } => None,
        }
    }
}

impl<'a> Page<'a> {
    pub(crate) fn of(picture: &'a Picture, token: &'a str) -> Self {
        Self { picture, w: picture.words, title: picture.title(), token }
    }

    pub(crate) fn render_html(&self) -> askama::Result<String> {
        self.render()
    }
}

impl Fragment {
    pub(crate) fn of(picture: &Picture) -> askama::Result<Self> {
        Ok(Self {
            html: picture.screen_html()?,
            title: picture.title(),
            language: picture.language(),
            ask_again_secs: picture.ask_again_secs(),
            screen: picture.name(),
            skip: picture.words.t("skip"),
        })
    }
}

impl Captured {
    pub(crate) fn of(picture: &Picture) -> askama::Result<Self> {
        let capture = match &picture.view.screen {
            Screen::Face { capture, .. } => capture.as_ref().filter(|capture| !capture.held_back),
            Screen::Activate { .. }
            | Screen::Home(_)
            | Screen::SignInNumber
            | Screen::SignIn { .. }
            | Screen::PinPad { .. }
            | Screen::Interrupted { .. }
            | Screen::Settings
            | Screen::PinSettings
            | Screen::ForgotPin(_)
            | Screen::OtherWays(_)
            | Screen::PhoneCheck { .. }
            | Screen::TemporaryPin { .. }
            | Screen::Consent { .. }
            | Screen::DocumentKind { .. }
            | Screen::PCode { .. }
            | Screen::Document { .. }
            | Screen::Hold { .. }
            | Screen::ReadingHelp(_)
            | Screen::Refused { .. }
            | Screen::Done { .. } => None,
        };
        let Some(capture) = capture.filter(|_| picture.view.notice.is_none()) else {
            return Ok(Self { running: None, fragment: Some(Fragment::of(picture)?) });
        };
        let hint = capture.hint.as_ref();
        let running = Running {
            prompt: capture.prompt,
            turn_degrees: capture.turn_degrees,
            light: capture.light,
            words: crate::face_words::prompt(
                picture.words,
                capture.way,
                capture.prompt,
                capture.turn_degrees,
            ),
            hint_code: capture.hint.clone(),
            hint: hint.and_then(|code| {
                crate::face_words::hint(picture.words, code, capture.way, capture.prompt)
            }),
            event: capture.event,
            frames_met: capture.frames_met,
            frames_needed: capture.frames_needed,
            pause_ms: capture.pause_ms,
        };
        Ok(Self { running: Some(running), fragment: None })
    }
}

fn home_heading(home: &Home) -> &'static str {
    match home.lock {
        LockCard::Ready { .. } if home.opened => "ready-open",
        LockCard::Ready { .. } => "ready-heading",
        LockCard::Locked { .. } => "locked-heading",
        LockCard::Blocked => "blocked-heading",
        LockCard::Frozen => "frozen-heading",
        LockCard::AwaitingFirstPin => "awaiting-heading",
        LockCard::Unbound => "unbound-heading",
        LockCard::Unknown => "unknown-heading",
    }
}
