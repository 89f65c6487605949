//! Reading the document's chip over a card that is handed in (SERVICE.md R1, R4).

mod drive;
mod relayed;
mod typed_date;

use chip::mrz::Mrz;
use chip::password::{Password, PasswordError};
use pin::weak::BirthDate;
use serde::Serialize;
use wire::chip::ChipReading;
use wire::recovery::{RecoveryStep, RecoveryView};

use crate::action::Typed;
use crate::app::{ActError, App};
use crate::handed_in::NoCard;
use crate::place::{FromChip, Place};
use crate::session::{CallError, Command};
use crate::view::{Notice, TypedDocument};
use drive::Broken;
use relayed::Judged;

pub(crate) use drive::Document;

/// How far a reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Progress {
    pub part: ReadPart,
    /// Bytes read of those that the chip said it has; 100 only when all are read.
    pub percent: u8,
}

/// What is being done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadPart {
    /// Opening the chip with what stands on the document.
    Opening,
    /// The page with the data.
    Data,
    /// The picture, by far the largest part.
    Picture,
    /// The chip proves that it is the genuine one.
    Proof,
    /// What was read goes to the server.
    Sending,
}

impl App {
    pub(crate) fn document_fields(
        &mut self,
        number: &Typed,
        birth: &Typed,
        expiry: &Typed,
    ) -> Result<(), ActError> {
        if !matches!(self.place, Place::TypingDocument { .. }) {
            return Err(ActError::OutOfPlace);
        }
        self.typed =
            TypedDocument { number: number.clone(), birth: birth.clone(), expiry: expiry.clone() };
        let birth = typed_date::mrz_date(birth.text());
        let expiry = typed_date::mrz_date(expiry.text());
        let password = match (birth, expiry) {
            (None, _) => Err("notice-birth-form"),
            (_, None) => Err("notice-expiry-form"),
            (Some(birth), Some(expiry)) => {
                Password::mrz(number.text(), &birth, &expiry).map_err(|error| match error {
                    PasswordError::BirthDate => "notice-birth-form",
                    PasswordError::ExpiryDate => "notice-expiry-form",
                    PasswordError::DocumentNumber
                    | PasswordError::MrzInformation
                    | PasswordError::Digits => "notice-number-form",
                })
            }
        };
        self.hold(password)
    }

    pub(crate) fn document_lines(&mut self, lines: &Typed) -> Result<(), ActError> {
        let password = Mrz::parse(lines.text())
            .map_err(|_| "notice-lines-form")
            .and_then(|mrz| mrz.password().map_err(|_| "notice-lines-form"));
        self.hold(password)
    }

    pub(crate) fn card_access_number(&mut self, digits: &Typed) -> Result<(), ActError> {
        let password = Password::card_access_number(digits.text()).map_err(|_| "notice-can-form");
        self.hold(password)
    }

    /// Goes on to "Hold the phone on the chip", or says what does not fit.
    fn hold(&mut self, password: Result<Password, &'static str>) -> Result<(), ActError> {
        let Place::TypingDocument { case } = &self.place else {
            return Err(ActError::OutOfPlace);
        };
        match password {
            Ok(password) => {
                let (case, document) = (case.clone(), Box::new(Document::new(password)));
                self.place = Place::Reading { case, document };
            }
            Err(key) => self.say(key),
        }
        Ok(())
    }

    pub(crate) fn reading_help(&mut self) -> Result<(), ActError> {
        let (case, document) = self.take_reading()?;
        self.place = Place::ReadingHelp { case, document };
        Ok(())
    }

    /// Another document, or a slip in what was typed.
    pub(crate) fn type_again(&mut self) -> Result<(), ActError> {
        let (case, _) = self.take_reading()?;
        self.place = Place::TypingDocument { case };
        Ok(())
    }

    fn take_reading(&mut self) -> Result<(RecoveryView, Box<Document>), ActError> {
        if !matches!(self.place, Place::Reading { .. } | Place::ReadingHelp { .. }) {
            return Err(ActError::OutOfPlace);
        }
        let taken = std::mem::replace(&mut self.place, Place::Home);
        let (Place::Reading { case, document } | Place::ReadingHelp { case, document }) = taken
        else {
            return Err(ActError::OutOfPlace);
        };
        Ok((case, document))
    }

    /// Reads as long as the contact holds. What was read stays: the next contact goes on there.
    pub(crate) fn read(&mut self) -> Result<(), ActError> {
        let (case, mut document) = self.take_reading()?;
        let by_server = matches!(case.step, RecoveryStep::Chip { read_by_server: true, .. });
        let outcome = if by_server {
            self.relay_once(&case, &mut document).map(Brought::Judged)
        } else {
            self.read_once(&case, &mut document).map(Brought::Reading)
        };
        match outcome {
            Ok(Brought::Reading(reading)) => self.send_reading(case, document, reading),
            Ok(Brought::Judged(judged)) => self.follow(judged.case, judged.from_chip),
            Err(Broken::WrongPassword) => {
                self.say("notice-chip-refused");
                self.place = Place::TypingDocument { case };
            }
            Err(Broken::NeedsCardAccessNumber) => {
                self.say("notice-needs-card-access-number");
                self.place = Place::TypingDocument { case };
            }
            Err(Broken::Call(error)) => self.say_reading_error(error, case, document, None),
            Err(broken) => {
                self.say(match broken {
                    Broken::NoCard(NoCard::Nothing) => "notice-no-document",
                    Broken::NoCard(NoCard::NoReader) => "notice-no-reader",
                    Broken::Unreadable => "notice-chip-unreadable",
                    Broken::Lost
                    | Broken::WrongPassword
                    | Broken::NeedsCardAccessNumber
                    | Broken::Call(_) => "notice-chip-lost",
                });
                self.place = Place::Reading { case, document };
            }
        }
        Ok(())
    }

    fn send_reading(
        &mut self,
        case: RecoveryView,
        document: Box<Document>,
        mut reading: ChipReading,
    ) {
        let Some(dg2) = reading.files.get("dg2").cloned() else {
            self.place = Place::Reading { case, document };
            self.say("notice-chip-unreadable");
            return;
        };
        let from_chip = FromChip { birth_date: birth_date(&reading), dg2 };
        if matches!(case.step, RecoveryStep::Face { .. }) {
            // Read again for the picture alone: the server has accepted the document already.
            self.place = Place::Face { case, from_chip, capture: None };
            return;
        }
        reading.p_code = self.p_code.as_ref().map(|code| code.to_string());
        (self.progress)(Progress { part: ReadPart::Sending, percent: 100 });
        let sent = self.signer().map_err(|_| CallError::Fault).and_then(|signer| {
            let path = format!("/v1/app/recoveries/{}/chip", case.case_id);
            let idempotency_key = self.line.fresh_id();
            let command = Command::new("POST", &path, &reading, &idempotency_key)?;
            self.line.command::<RecoveryView>(&signer, &command)
        });
        match sent {
            Ok(case) => self.follow(case, Some(from_chip)),
            Err(error) => self.say_reading_error(error, case, document, Some(from_chip)),
        }
    }

    /// The server said no to a reading; another P code may do.
    fn say_reading_error(
        &mut self,
        error: CallError,
        case: RecoveryView,
        document: Box<Document>,
        from_chip: Option<FromChip>,
    ) {
        match error {
            CallError::Problem(problem) if problem.code == "p-code-invalid" => {
                self.p_code = None;
                self.place = Place::PCode { case, document: Some(document) };
                self.notice = Some(Notice::problem(*problem));
            }
            error @ (CallError::Problem(_)
            | CallError::Offline
            | CallError::NotKnown
            | CallError::Fault) => {
                self.place = Place::Reading { case, document };
                self.say_case_error(error, from_chip);
            }
        }
    }
}

/// What the contacts brought.
enum Brought {
    /// A reading by this phone, for the server to judge.
    Reading(ChipReading),
    /// The server has read for itself.
    Judged(Judged),
}

/// The holder's birth date from DG1, for the rule against birth-date PINs alone.
fn birth_date(reading: &ChipReading) -> Option<BirthDate> {
    let dg1 = reading.files.get("dg1")?;
    let mrz = Mrz::read(&drive::mrz_of(dg1.as_ref())?).ok()?;
    let birth = mrz.birth;
    BirthDate::mrz(birth.year?, birth.month.unwrap_or(0), birth.day.unwrap_or(0)).ok()
}
