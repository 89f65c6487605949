//! The people whose phones stand on the table, enrolled through the operator's API as any operator would.
//!
//! Each phone is activated and gets its first PIN by what its app does on a person's behalf; a locked phone is locked
//! by real wrong PINs.

use crate::camera::SampleCamera;
use crate::clock::MovedClock;
use crate::drawer::{Drawer, HeldDocument};
use crate::operator::{CallError, OperatorClient};
use crate::people::{Generated, Profile, Story};
use crate::portraits::Portraits;
use jiff::ToSpan as _;
use jiff::civil::Date;
use phone::{Action, Language, Phone, PhoneConfig, Screen, Stretch, TypedText};
use registers::{DocumentKind, Sex, Standing};
use server::Random;
use std::path::Path;
use std::sync::Arc;
use wire::operator::{Channel, ChannelKind, EnrolmentRequest, PCodeRequest};

/// Long enough for a new device to be trusted with a temporary PIN by SMS.
const OLD_NUMBER_DAYS: i64 = 400;
const NEW_NUMBER_DAYS: i64 = 2;
/// So many facts make several sets of questions.
const FACTS_MIN: usize = 6;
const WRONG_PIN: &str = "190527";

/// What happened to a phone before the visitor comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Three wrong PINs.
    Locked,
    /// Nothing: its owner forgot the PIN.
    Ready,
    /// Nine wrong PINs.
    Blocked,
    /// Its owner has no national number, and got a P code by letter.
    PCode,
    /// The phone number was changed two days ago.
    NewNumber,
}

/// One phone on the table.
#[derive(Clone, Debug)]
pub struct Seat {
    /// From 1.
    pub number: usize,
    /// Its page.
    pub host: String,
    /// The app.
    pub phone: Phone,
    /// Its reader.
    pub slot: HeldDocument,
    /// Its camera.
    pub camera: Arc<SampleCamera>,
    /// The row of its owner.
    pub owner: usize,
    /// What happened to it.
    pub fate: Fate,
    /// The PIN that its owner chose.
    pub pin: &'static str,
    /// The letter with the P code.
    pub p_code: Option<String>,
}

/// A phone could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// Nobody among the people fits.
    #[error("nobody among the people fits a phone that is {0:?}; try another seed")]
    Nobody(Fate),
    /// The operator's API.
    #[error("a person could not be enrolled")]
    Enrol(#[source] CallError),
    /// The phone.
    #[error("a phone could not be started")]
    Phone(#[source] phone::StartError),
    /// The app did not go where it was led.
    #[error("a phone shows {shown} where {wanted} was due")]
    Screen {
        /// What it shows.
        shown: String,
        /// What was due.
        wanted: &'static str,
    },
}

/// Everything that the phones stand on.
pub struct Table<'a> {
    /// The port that everything is on.
    pub port: u16,
    /// Folder of this start.
    pub folder: &'a Path,
    /// Who there is.
    pub people: &'a Generated,
    /// The documents.
    pub drawer: &'a Drawer,
    /// The pictures.
    pub portraits: &'a Arc<Portraits>,
    /// The clock.
    pub clock: &'a MovedClock,
    /// The operator.
    pub operator: &'a OperatorClient,
    /// Randomness for keys.
    pub random: &'a Arc<dyn Random>,
}

impl std::fmt::Debug for Table<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table").field("port", &self.port).finish_non_exhaustive()
    }
}

/// What happened to each phone, and its PIN.
const WANTED: [(Fate, &str); 5] = [
    (Fate::Locked, "740291"),
    (Fate::Ready, "385106"),
    (Fate::Blocked, "629514"),
    (Fate::PCode, "507382"),
    (Fate::NewNumber, "816047"),
];

/// Gives the first two owners the names by which every guide speaks of them: Anna, and Bo.
///
/// # Errors
///
/// [`SeedError::Nobody`] where nobody fits a phone.
pub fn introduce(people: &mut Generated, clock: &MovedClock) -> Result<(), SeedError> {
    for (fate, row, _) in owners(people, today(clock))? {
        let name = match fate {
            Fate::Locked => "Anna",
            Fate::Ready => "Bo",
            Fate::Blocked | Fate::PCode | Fate::NewNumber => continue,
        };
        let Some(profile) = people.profiles.get_mut(row) else { continue };
        let rest = profile.email.split_once('.').map_or("", |(_, rest)| rest).to_owned();
        name.clone_into(&mut profile.given);
        profile.email = format!("{}.{rest}", name.to_lowercase());
        let person = people.people.iter_mut().find(|person| person.person == profile.person);
        if let Some(current) = person.and_then(|person| person.names.first_mut()) {
            current.given = registers::Sensitive::from(name);
            current.middle = registers::Sensitive::from("");
        }
    }
    Ok(())
}

fn today(clock: &MovedClock) -> Date {
    clock.instant().to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// Whose phone each is: the first of the people whom it fits.
fn owners(people: &Generated, today: Date) -> Result<Vec<(Fate, usize, &'static str)>, SeedError> {
    let mut owners: Vec<(Fate, usize, &'static str)> = Vec::new();
    for (fate, pin) in WANTED {
        let fits = |(row, profile): &(usize, &Profile)| {
            let story = if fate == Fate::PCode { Story::WithoutNumber } else { Story::Ordinary };
            let sex = match fate {
                Fate::Locked => Some(Sex::Female),
                Fate::Ready => Some(Sex::Male),
                Fate::Blocked | Fate::PCode | Fate::NewNumber => None,
            };
            profile.story == story
                && sex.is_none_or(|sex| sex == profile.sex)
                && owners.iter().all(|(_, owner, _)| owner != row)
                && has_papers(people, profile, today)
        };
        let owner = people.profiles.iter().enumerate().find(fits).map(|(row, _)| row);
        owners.push((fate, owner.ok_or(SeedError::Nobody(fate))?, pin));
    }
    Ok(owners)
}

/// A passport in force, and for residents a driving licence and something to ask about.
fn has_papers(people: &Generated, profile: &Profile, today: Date) -> bool {
    let has = |kind: DocumentKind| {
        people.documents.iter().any(|document| {
            document.holder == profile.person
                && document.kind == kind
                && document.standing == Standing::InForce
                && document.expires.is_some_and(|end| end > today)
        })
    };
    let before = |years: i64| today.checked_sub(years.years()).is_ok_and(|day| profile.born < day);
    let grown = before(25) && !before(65);
    let danish = profile.language == "da";
    let resident = profile.cpr.is_some();
    has(DocumentKind::Passport)
        && (!resident
            || (danish && grown && has(DocumentKind::DrivingLicence) && is_known(people, profile)))
}

/// The register knows enough of them to ask about.
fn is_known(people: &Generated, profile: &Profile) -> bool {
    let person = people.people.iter().find(|person| person.person == profile.person);
    let places = registers::Places::built_in();
    person.is_some_and(|person| crate::knowledge::of(person, &places).len() >= FACTS_MIN)
}

impl Table<'_> {
    /// Sets every phone up. Blocks.
    ///
    /// # Errors
    ///
    /// [`SeedError`] for the first that cannot be.
    pub fn lay(&self) -> Result<Vec<Seat>, SeedError> {
        let owners = owners(self.people, today(self.clock))?;
        let mut seats = Vec::new();
        for (at, (fate, owner, pin)) in owners.into_iter().enumerate() {
            seats.push(self.seat(at + 1, fate, owner, pin)?);
        }
        // The block takes an hour and three minutes of the sandbox's clock; the fresh lock comes after it.
        for seat in seats.iter().filter(|seat| seat.fate == Fate::Blocked) {
            self.wrong_pins(seat, 3)?;
            self.clock.forward(181);
            self.wrong_pins(seat, 3)?;
            self.clock.forward(3_601);
            self.wrong_pins(seat, 3)?;
        }
        for seat in seats.iter().filter(|seat| seat.fate == Fate::Locked) {
            self.wrong_pins(seat, 3)?;
        }
        Ok(seats)
    }

    fn seat(
        &self,
        number: usize,
        fate: Fate,
        owner: usize,
        pin: &'static str,
    ) -> Result<Seat, SeedError> {
        let profile = self.people.profiles.get(owner).ok_or(SeedError::Nobody(fate))?;
        let enrolment =
            self.operator.enrol(&self.enrolment(profile, fate)).map_err(SeedError::Enrol)?;
        let slot = HeldDocument::default();
        let camera =
            Arc::new(SampleCamera::new(Arc::clone(self.portraits), profile.sex == Sex::Female));
        let host = format!("phone{number}.localhost:{}", self.port);
        let random = Arc::clone(self.random);
        let given = profile.given.split(' ').next().unwrap_or_default().to_owned();
        let device_name = format!("{given}'s phone");
        let phone = Phone::start(PhoneConfig {
            server_base_url: format!("http://localhost:{}", self.port),
            data_dir: self.folder.join(format!("phone{number}")),
            host: host.clone(),
            framed_by: Some(format!("http://localhost:{}", self.port)),
            device_name: device_name.clone(),
            language: Language::English,
            card_slot: Box::new(slot.clone()),
            camera: Some(Arc::clone(&camera) as _),
            random: Arc::new(move |bytes: &mut [u8]| random.fill(bytes)),
            stretch: Stretch::ON_THE_PHONE,
        })
        .map_err(SeedError::Phone)?;
        let label = format!("{given} {}", profile.family);
        let activate = Action::Activate {
            offer: TypedText::new(enrolment.offer_id),
            code: TypedText::new(enrolment.activation_code),
            device_name,
            label,
        };
        act(&phone, activate, "the first PIN", |screen| matches!(screen, Screen::PinPad { .. }))?;
        act(&phone, typed(pin), "the PIN again", |screen| matches!(screen, Screen::PinPad { .. }))?;
        act(&phone, typed(pin), "a set PIN", |screen| !matches!(screen, Screen::PinPad { .. }))?;
        act(&phone, Action::Home, "the state card", |screen| matches!(screen, Screen::Home(_)))?;
        let p_code = self.p_code(profile, fate)?;
        Ok(Seat { number, host, phone, slot, camera, owner, fate, pin, p_code })
    }

    fn enrolment(&self, profile: &Profile, fate: Fate) -> EnrolmentRequest {
        let ago = |days: i64| {
            let hours = days.saturating_mul(24).hours();
            self.clock.instant().checked_sub(hours).unwrap_or_default().to_string()
        };
        let old = ago(OLD_NUMBER_DAYS);
        let number_since = if fate == Fate::NewNumber { ago(NEW_NUMBER_DAYS) } else { old.clone() };
        let channel = |kind, address: &str, since: &str| Channel {
            kind,
            address: address.to_owned(),
            changed_at: since.to_owned(),
            confirmed_at: since.to_owned(),
            sim_changed_at: None,
        };
        EnrolmentRequest {
            person: profile.person.as_str().to_owned(),
            national_number: profile.cpr.as_ref().map(|cpr| cpr.digits().to_owned()),
            channels: vec![
                channel(ChannelKind::Sms, &profile.phone, &number_since),
                channel(ChannelKind::Email, &profile.email, &old),
            ],
            language: profile.language.to_owned(),
        }
    }

    fn p_code(&self, profile: &Profile, fate: Fate) -> Result<Option<String>, SeedError> {
        if fate != Fate::PCode {
            return Ok(None);
        }
        let document = self
            .drawer
            .of(profile)
            .into_iter()
            .find_map(|printed| self.people.documents.get(printed.row))
            .ok_or(SeedError::Nobody(fate))?;
        let request = PCodeRequest {
            person: profile.person.as_str().to_owned(),
            issuing_state: document.state.as_str().to_owned(),
            document_number: document.number.as_str().to_owned(),
        };
        self.operator.p_code(&request).map(|issued| Some(issued.code)).map_err(SeedError::Enrol)
    }

    fn wrong_pins(&self, seat: &Seat, count: usize) -> Result<(), SeedError> {
        for _ in 0..count {
            let _ = seat.phone.act(Action::Home);
            let _ = seat.phone.act(Action::Refresh);
            act(&seat.phone, Action::Open, "the PIN pad", |screen| {
                matches!(screen, Screen::PinPad { .. })
            })?;
            act(&seat.phone, typed(WRONG_PIN), "a wrong PIN", |screen| {
                !matches!(screen, Screen::Interrupted { .. })
            })?;
        }
        let _ = seat.phone.act(Action::Home);
        Ok(())
    }
}

fn typed(digits: &str) -> Action {
    Action::Pin { digits: TypedText::new(digits) }
}

fn act(
    phone: &Phone,
    action: Action,
    wanted: &'static str,
    fits: impl Fn(&Screen) -> bool,
) -> Result<(), SeedError> {
    match phone.act(action) {
        Ok(view) if fits(&view.screen) => Ok(()),
        Ok(view) => {
            let shown = format!("{:?}, saying {:?}", view.screen, view.notice);
            Err(SeedError::Screen { shown, wanted })
        }
        Err(error) => Err(SeedError::Screen { shown: error.to_string(), wanted }),
    }
}
