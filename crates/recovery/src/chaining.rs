//! Which routes are open to a person now, by the person's status, by freezes, and by recent recoveries.

#[cfg(test)]
mod tests;

use crate::person::{FreezeCause, Person, Status};
use crate::policy::Policy;
use crate::route::{RefusalReason, Route};
use crate::time::Timestamp;

/// Permission to use a route now; only [`admit`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Admission {
    two_clerks: bool,
}

impl Admission {
    /// Whether a visit on this admission needs a second clerk.
    #[must_use]
    pub const fn two_clerks(self) -> bool {
        self.two_clerks
    }
}

/// Decides whether a person may use a route now. It is asked when a case opens, and again before the case issues a
/// temporary PIN or grants.
///
/// # Errors
///
/// The [`RefusalReason`], for the audit; a caller on the phone route hears a neutral sentence instead.
pub fn admit(
    person: &Person,
    route: Route,
    policy: &Policy,
    now: Timestamp,
) -> Result<Admission, RefusalReason> {
    check_open(route, policy)?;
    check_status(person.status, route)?;
    check_freeze(person, route, policy, now)?;
    if person.instances.is_empty() {
        return Err(RefusalReason::NoAppBound);
    }
    check_chain(person, route, policy, now)
}

const fn check_open(route: Route, policy: &Policy) -> Result<(), RefusalReason> {
    let open = match route {
        Route::ChipFace | Route::Desk => true,
        Route::Phone => policy.phone.open,
        Route::SelfService => policy.self_service.open,
    };
    if open { Ok(()) } else { Err(RefusalReason::RouteClosed) }
}

const fn check_status(status: Status, route: Route) -> Result<(), RefusalReason> {
    let allowed = match status {
        Status::Active | Status::Emigrated => true,
        // Nothing may be asked about them by phone.
        Status::Protected | Status::Administrative => match route {
            Route::ChipFace | Route::Desk | Route::SelfService => true,
            Route::Phone => false,
        },
        Status::Guardianship => match route {
            Route::Desk => true,
            Route::ChipFace | Route::Phone | Route::SelfService => false,
        },
        Status::Disappeared | Status::Dead | Status::Annulled => false,
    };
    if allowed { Ok(()) } else { Err(RefusalReason::StatusForbids) }
}

/// PROTOCOLS.md 12: a freeze by a veto link is ended by chip + face after 24 hours at the earliest, by a visit at once;
/// after a second veto within 30 days only by a visit.
fn check_freeze(
    person: &Person,
    route: Route,
    policy: &Policy,
    now: Timestamp,
) -> Result<(), RefusalReason> {
    let Some(freeze) = person.freeze else { return Ok(()) };
    let allowed = match (route, freeze.cause) {
        (Route::Desk, _) | (Route::ChipFace, FreezeCause::Owner) => true,
        (Route::ChipFace, FreezeCause::Veto(_)) => now >= freeze.at.plus(policy.veto.freeze_min),
        (Route::ChipFace, FreezeCause::SecondVeto(_)) | (Route::Phone | Route::SelfService, _) => {
            false
        }
    };
    if allowed { Ok(()) } else { Err(RefusalReason::RecoveryFrozen) }
}

/// PROTOCOLS.md 11: within 48 hours of a recovery the next one needs stronger or other evidence. Every recovery in that
/// window is considered.
fn check_chain(
    person: &Person,
    route: Route,
    policy: &Policy,
    now: Timestamp,
) -> Result<Admission, RefusalReason> {
    let window = policy.chaining.window;
    let mut two_clerks = false;
    for past in person.recoveries.iter().filter(|past| now < past.at.plus(window)) {
        match (past.route, route) {
            (Route::Phone | Route::SelfService, Route::ChipFace | Route::Desk)
            | (Route::ChipFace, Route::Desk)
            | (Route::Desk, Route::ChipFace) => {}
            (Route::Desk, Route::Desk) => two_clerks = true,
            (Route::ChipFace, Route::ChipFace)
            | (
                Route::Phone | Route::SelfService | Route::ChipFace | Route::Desk,
                Route::Phone | Route::SelfService,
            ) => return Err(RefusalReason::RecoveredRecently),
        }
    }
    Ok(Admission { two_clerks })
}
