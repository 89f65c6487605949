//! Rows of recovery cases.

mod evidence;
mod questions;

pub(crate) use questions::{read_set_key, write_set_key};

use crate::codec::{CodecError, Reader, Writer};
use crate::facade::{Aggregate, Owner};
use crate::fields::{read_instant, unknown, write_instant};
use crate::keys::Keys;
use crate::kinds;
use crate::person::{read_route, route_tag};
use crate::{Id, Index, Kind, Lookup, Timestamp};
use evidence::{
    read_app, read_call, read_chip, read_consent, read_ground, read_proof, read_seen, read_visit,
    write_app, write_call, write_chip, write_consent, write_ground, write_proof, write_seen,
    write_visit,
};
use questions::{read_run, write_run};
use recovery::case::{Case, CaseState, RefusalReason};
use recovery::id::{CaseId, CentreId, GrantId, InstanceId, PersonId, StaffId, TemporaryPinId};
use recovery::policy::Policy;

const OPEN_OF_PERSON: Index = Index::shared(1);
const OPEN_AT_DESK: Index = Index::shared(2);

/// A case together with the person whose key seals it: once known, it stays.
///
/// A case of a caller or visitor is nobody's until a person is found, and is saved under the service's key then and later:
/// what it holds of a person are random ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCase {
    /// The domain's part.
    pub case: Case,
    /// Whether the row was begun under the service's key.
    pub begun_for_nobody: bool,
}

impl StoredCase {
    /// A case that is saved for the first time.
    #[must_use]
    pub fn begin(case: Case) -> Self {
        let begun_for_nobody = case.person().is_none();
        Self { case, begun_for_nobody }
    }

    /// The same row after a step.
    #[must_use]
    pub fn after(&self, case: Case) -> Self {
        Self { case, begun_for_nobody: self.begun_for_nobody }
    }
}

/// The look-up of a person's open cases.
#[must_use]
pub fn open_of_person(keys: &Keys, person: PersonId) -> Lookup {
    let key = keys.lookup_key(kinds::CASE, OPEN_OF_PERSON, &person.0.to_be_bytes());
    Lookup { index: OPEN_OF_PERSON, key }
}

/// The look-up of the open cases at the desks of a centre.
#[must_use]
pub fn open_at_desk(keys: &Keys, centre: CentreId) -> Lookup {
    let key = keys.lookup_key(kinds::CASE, OPEN_AT_DESK, &centre.0.to_be_bytes());
    Lookup { index: OPEN_AT_DESK, key }
}

impl Aggregate for StoredCase {
    const KIND: Kind = kinds::CASE;

    fn id(&self) -> Id {
        Id(self.case.id.0)
    }

    fn owner(&self) -> Owner {
        match self.case.person() {
            Some(person) if !self.begun_for_nobody => Owner::Person(person),
            Some(_) | None => Owner::Service,
        }
    }

    fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        self.case.deadline(policy).map(Into::into)
    }

    fn lookups(&self, keys: &Keys) -> Vec<Lookup> {
        if self.case.is_closed() {
            return Vec::new();
        }
        let of_person = self.case.person().map(|person| open_of_person(keys, person));
        let at_desk = desk_of(&self.case.state).map(|centre| open_at_desk(keys, centre));
        of_person.into_iter().chain(at_desk).collect()
    }

    fn write(&self, w: &mut Writer) {
        w.bool(self.begun_for_nobody);
        w.u128(self.case.id.0);
        write_instant(w, self.case.opened_at);
        write_state(w, &self.case.state);
    }

    fn read(_: u16, r: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            begun_for_nobody: r.bool("begun for nobody")?,
            case: Case {
                id: CaseId(r.u128("case")?),
                opened_at: read_instant(r, "opened at")?,
                state: read_state(r)?,
            },
        })
    }
}

fn desk_of(state: &CaseState) -> Option<CentreId> {
    match state {
        CaseState::AtDesk { visit }
        | CaseState::DocumentsAccepted { visit, .. }
        | CaseState::AskingAtDesk { visit, .. }
        | CaseState::Identified { visit, .. } => Some(visit.centre),
        CaseState::AwaitingConsent { .. }
        | CaseState::AwaitingChip { .. }
        | CaseState::AwaitingFace { .. }
        | CaseState::AwaitingNumber { .. }
        | CaseState::Asking { .. }
        | CaseState::EnoughAnswers { .. }
        | CaseState::Waiting { .. }
        | CaseState::CodeIssued { .. }
        | CaseState::Granted { .. }
        | CaseState::Completed { .. }
        | CaseState::Refused { .. }
        | CaseState::Stopped { .. }
        | CaseState::Lapsed { .. } => None,
    }
}

fn write_maybe_person(w: &mut Writer, person: Option<PersonId>) {
    w.option(person.as_ref(), |w, person| w.u128(person.0));
}

fn read_maybe_person(r: &mut Reader<'_>) -> Result<Option<PersonId>, CodecError> {
    r.option("person", |r| r.u128("person").map(PersonId))
}

#[expect(clippy::too_many_lines, reason = "one arm a state; splitting it would need a wildcard")]
fn write_state(w: &mut Writer, state: &CaseState) {
    match state {
        CaseState::AwaitingConsent { app } => {
            w.u8(0);
            write_app(w, app);
        }
        CaseState::AwaitingChip { app, consent, p_code_given, wrong_p_codes } => {
            w.u8(1);
            write_app(w, app);
            write_consent(w, consent);
            w.bool(*p_code_given);
            w.u8(*wrong_p_codes);
        }
        CaseState::AwaitingFace { app, consent, chip, tries } => {
            w.u8(2);
            write_app(w, app);
            write_consent(w, consent);
            write_chip(w, chip);
            w.u8(*tries);
        }
        CaseState::AwaitingNumber { call } => {
            w.u8(3);
            write_call(w, call);
        }
        CaseState::Asking { call, person, run } => {
            w.u8(4);
            write_call(w, call);
            write_maybe_person(w, *person);
            write_run(w, run);
        }
        CaseState::EnoughAnswers { call, person } => {
            w.u8(5);
            write_call(w, call);
            w.u128(person.0);
        }
        CaseState::AtDesk { visit } => {
            w.u8(6);
            write_visit(w, visit);
        }
        CaseState::DocumentsAccepted { visit, person, seen } => {
            w.u8(7);
            write_visit(w, visit);
            w.u128(person.0);
            write_seen(w, seen);
        }
        CaseState::AskingAtDesk { visit, person, seen, run } => {
            w.u8(8);
            write_visit(w, visit);
            w.u128(person.0);
            write_seen(w, seen);
            write_run(w, run);
        }
        CaseState::Identified { visit, person, seen, proof, second_clerk } => {
            w.u8(9);
            write_visit(w, visit);
            w.u128(person.0);
            write_seen(w, seen);
            write_proof(w, proof);
            w.option(second_clerk.as_ref(), |w, clerk| w.u128(clerk.0));
        }
        CaseState::Waiting { person, until } => {
            w.u8(10);
            w.u128(person.0);
            write_instant(w, *until);
        }
        CaseState::CodeIssued { person, ground, temporary_pin, instance, issued_at } => {
            w.u8(11);
            w.u128(person.0);
            write_ground(w, ground);
            w.u128(temporary_pin.0);
            w.option(instance.as_ref(), |w, instance| w.u128(instance.0));
            write_instant(w, *issued_at);
        }
        CaseState::Granted { person, ground, instance, grant, at } => {
            w.u8(12);
            w.u128(person.0);
            write_ground(w, ground);
            w.u128(instance.0);
            w.u128(grant.0);
            write_instant(w, *at);
        }
        CaseState::Completed { person, ground, instance, at } => {
            w.u8(13);
            w.u128(person.0);
            write_ground(w, ground);
            w.u128(instance.0);
            write_instant(w, *at);
        }
        CaseState::Refused { person, route, reason, at } => {
            w.u8(14);
            write_maybe_person(w, *person);
            w.u8(route_tag(*route));
            w.str(reason.code());
            write_instant(w, *at);
        }
        CaseState::Stopped { person, route, at } => {
            w.u8(15);
            w.u128(person.0);
            w.u8(route_tag(*route));
            write_instant(w, *at);
        }
        CaseState::Lapsed { person, route } => {
            w.u8(16);
            write_maybe_person(w, *person);
            w.u8(route_tag(*route));
        }
    }
}

fn read_state(r: &mut Reader<'_>) -> Result<CaseState, CodecError> {
    let person = |r: &mut Reader<'_>| r.u128("person").map(PersonId);
    Ok(match r.u8("case state")? {
        0 => CaseState::AwaitingConsent { app: read_app(r)? },
        1 => CaseState::AwaitingChip {
            app: read_app(r)?,
            consent: read_consent(r)?,
            p_code_given: r.bool("P code given")?,
            wrong_p_codes: r.u8("wrong P codes")?,
        },
        2 => CaseState::AwaitingFace {
            app: read_app(r)?,
            consent: read_consent(r)?,
            chip: read_chip(r)?,
            tries: r.u8("tries")?,
        },
        3 => CaseState::AwaitingNumber { call: read_call(r)? },
        4 => CaseState::Asking {
            call: read_call(r)?,
            person: read_maybe_person(r)?,
            run: read_run(r)?,
        },
        5 => CaseState::EnoughAnswers { call: read_call(r)?, person: person(r)? },
        6 => CaseState::AtDesk { visit: read_visit(r)? },
        7 => CaseState::DocumentsAccepted {
            visit: read_visit(r)?,
            person: person(r)?,
            seen: read_seen(r)?,
        },
        8 => CaseState::AskingAtDesk {
            visit: read_visit(r)?,
            person: person(r)?,
            seen: read_seen(r)?,
            run: read_run(r)?,
        },
        9 => CaseState::Identified {
            visit: read_visit(r)?,
            person: person(r)?,
            seen: read_seen(r)?,
            proof: read_proof(r)?,
            second_clerk: r.option("second clerk", |r| r.u128("second clerk").map(StaffId))?,
        },
        10 => CaseState::Waiting { person: person(r)?, until: read_instant(r, "until")? },
        11 => CaseState::CodeIssued {
            person: person(r)?,
            ground: read_ground(r)?,
            temporary_pin: TemporaryPinId(r.u128("temporary PIN")?),
            instance: r.option("instance", |r| r.u128("instance").map(InstanceId))?,
            issued_at: read_instant(r, "issued at")?,
        },
        12 => CaseState::Granted {
            person: person(r)?,
            ground: read_ground(r)?,
            instance: InstanceId(r.u128("instance")?),
            grant: GrantId(r.u128("grant")?),
            at: read_instant(r, "granted at")?,
        },
        13 => CaseState::Completed {
            person: person(r)?,
            ground: read_ground(r)?,
            instance: InstanceId(r.u128("instance")?),
            at: read_instant(r, "completed at")?,
        },
        14 => CaseState::Refused {
            person: read_maybe_person(r)?,
            route: read_route(r)?,
            reason: RefusalReason::from_code(r.str("reason", 64)?)
                .ok_or(CodecError::Invalid { what: "reason" })?,
            at: read_instant(r, "refused at")?,
        },
        15 => CaseState::Stopped {
            person: person(r)?,
            route: read_route(r)?,
            at: read_instant(r, "stopped at")?,
        },
        16 => CaseState::Lapsed { person: read_maybe_person(r)?, route: read_route(r)? },
        other => return Err(unknown("case state", other)),
    })
}
