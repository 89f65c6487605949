//! Issuing and redeeming temporary PINs (PROTOCOLS.md section 5).

use crate::caller::App;
use crate::caller::Command;
use crate::state::OpenGrant;
use crate::work::Work;
use crate::{Failure, RefusalCode, Service};
use recovery::Rejection;
use recovery::case::{Event, GrantOf};
use recovery::grant::Grant;
use recovery::id::{CaseId, GrantId, InstanceId, PersonId, TemporaryPinId, TicketId};
use recovery::sensitive::{KeyedHash, Sensitive};
use recovery::temporary_pin::{DrawnCode, Redemption, TemporaryPin};
use store::rows::case::StoredCase;
use zeroize::Zeroizing;

/// The one answer where no temporary PIN was issued, or it has expired, is used up, or belongs to another person.
const NOT_VALID: RefusalCode = RefusalCode::Rejected(Rejection::TemporaryPinInvalid);
/// The answer where a temporary PIN is open and another one was typed.
const WRONG: RefusalCode = RefusalCode::TemporaryPinWrong;

impl Service {
    /// Redeems a temporary PIN in the calling instance. The try is reserved and durable before anything is compared.
    ///
    /// # Errors
    ///
    /// `temporary-pin-wrong` with the tries that remain, or `temporary-pin-not-valid`.
    pub async fn redeem_temporary_pin(&self, app: &App, typed: &str) -> Result<OpenGrant, Failure> {
        let digits: Zeroizing<String> =
            Zeroizing::new(typed.chars().filter(char::is_ascii_digit).take(16).collect());
        let command = app.command();
        let ticket = TicketId(self.draw_id());
        if let Some(before) =
            attempt!(self, |work| work.reserve_redemption(app, command, ticket).await)?
        {
            return before.again(self, app).await;
        }
        let outcome =
            attempt!(self, |work| work.settle_redemption(app, command, ticket, &digits).await)?;
        match outcome {
            Ok(grant) => {
                let mut work = Work::begin(self).await?;
                work.with_birth_date(grant).await
            }
            Err(refusal) => Err(refusal),
        }
    }
}

/// How an earlier request under the same idempotency key ended.
enum Before {
    /// The code was right and a grant was given.
    Granted,
    /// Another code was open.
    Wrong { tries_left: u8 },
    /// No code was open.
    NotValid,
}

impl Before {
    fn of(outcome: &[u8]) -> Self {
        match outcome {
            [0] => Self::Granted,
            [1, tries_left] => Self::Wrong { tries_left: *tries_left },
            _ => Self::NotValid,
        }
    }

    async fn again(self, service: &Service, app: &App) -> Result<OpenGrant, Failure> {
        match self {
            Self::Granted => {
                let mut work = Work::begin(service).await?;
                work.open_grant(app.instance()).await?.ok_or_else(|| Rejection::GrantLapsed.into())
            }
            Self::Wrong { tries_left } => Err(Failure::with_tries(WRONG, tries_left)),
            Self::NotValid => Err(Failure::refused(NOT_VALID)),
        }
    }
}

impl Work<'_> {
    /// The row of a person's temporary PIN.
    pub(crate) async fn temporary_pin_of(
        &mut self,
        person: PersonId,
    ) -> Result<TemporaryPin, Failure> {
        let slot = self.get::<TemporaryPin>(person).await?;
        Ok(slot.unwrap_or_else(|| TemporaryPin::none(person)))
    }

    /// The keyed hash of a temporary PIN, bound to person and case.
    pub(crate) fn temporary_pin_hash(
        &self,
        person: PersonId,
        case: CaseId,
        digits: &str,
    ) -> KeyedHash {
        KeyedHash(self.service.parts().keys.code_hash(
            "temporary PIN",
            &[&person.0.to_be_bytes(), &case.0.to_be_bytes(), digits.as_bytes()],
        ))
    }

    /// Draws a temporary PIN, for a decision that may issue it.
    pub(crate) fn draw_code(&self, person: PersonId, case: CaseId) -> DrawnCode {
        let id = TemporaryPinId(self.service.draw_id());
        let digits = self.service.draw_digits(self.service.parts().policy.temporary_pin.digits);
        let hash = self.temporary_pin_hash(person, case, &digits);
        DrawnCode { id, digits: Sensitive::new(digits.to_string()), hash }
    }

    async fn reserve_redemption(
        &mut self,
        app: &App,
        command: Command<'_>,
        ticket: TicketId,
    ) -> Result<Option<Before>, Failure> {
        if let Some(outcome) = self.recall(command).await? {
            return Ok(Some(Before::of(&outcome)));
        }
        self.refuse_frozen(app).await?;
        let policy = self.service.parts().policy.clone();
        let slot = self.temporary_pin_of(app.person()).await?;
        let step =
            slot.reserve(ticket, app.instance(), &policy, self.now()).map_err(|rejection| {
                if rejection == Rejection::TryInProgress {
                    Failure::from(rejection)
                } else {
                    Failure::refused(NOT_VALID)
                }
            })?;
        let next = self.take(app.person(), step);
        self.set(&next);
        Ok(None)
    }

    async fn settle_redemption(
        &mut self,
        app: &App,
        command: Command<'_>,
        ticket: TicketId,
        digits: &str,
    ) -> Result<Result<Grant, Failure>, Failure> {
        let policy = self.service.parts().policy.clone();
        let slot = self.temporary_pin_of(app.person()).await?;
        let Some(living) = slot.living(&policy, self.now()).cloned() else {
            return Ok(Err(Failure::refused(NOT_VALID)));
        };
        let presented = self.temporary_pin_hash(app.person(), living.case, digits);
        match slot.settle(ticket, presented, &policy, self.now()) {
            Ok(Redemption::Right(step, redeemed)) => {
                let next = self.take(app.person(), step);
                self.set(&next);
                let outcome = self.grant_redeemed(app, redeemed).await?;
                let code = if outcome.is_ok() { vec![0] } else { vec![2] };
                self.remember(command, Some(app.person()), code);
                Ok(outcome)
            }
            Ok(Redemption::Wrong(step)) => {
                let next = self.take(app.person(), step);
                self.set(&next);
                let tries_left = tries_left(&next, app.instance(), policy.temporary_pin.tries_max);
                let (kept, refusal) = match tries_left {
                    Some(left) => (vec![1, left], Failure::with_tries(WRONG, left)),
                    None => (vec![2], Failure::refused(NOT_VALID)),
                };
                self.remember(command, Some(app.person()), kept);
                Ok(Err(refusal))
            }
            Err(Rejection::TryExpired) => {
                if let Some(step) = slot.elapse(&policy, self.now()) {
                    let next = self.take(app.person(), step);
                    self.set(&next);
                }
                Ok(Err(Failure::refused(NOT_VALID)))
            }
            Err(other) => Err(other.into()),
        }
    }

    /// Moves the case from "code issued" to "granted".
    async fn grant_redeemed(
        &mut self,
        app: &App,
        redeemed: recovery::temporary_pin::Redeemed,
    ) -> Result<Result<Grant, Failure>, Failure> {
        let policy = self.service.parts().policy.clone();
        let case = self
            .get::<StoredCase>(redeemed.case())
            .await?
            .ok_or_else(|| Failure::fault("a temporary PIN has no case", "missing case"))?;
        let person = self.load_person(app.person()).await?;
        let veto = self.new_veto();
        let grant = GrantId(self.service.draw_id());
        let granted = GrantOf { grant, veto };
        let event = Event::Redeemed { redeemed, person: &person, granted };
        let step = case.case.apply(event, &policy, self.now())?;
        let next = self.take(app.person(), step);
        self.set(&case.after(next.clone()));
        // Another recovery or a freeze may have come in between: then the case refused.
        Ok(Grant::of_case(&next).map_err(|_| Failure::refused(NOT_VALID)))
    }
}

/// The tries that this app has left; `None` where it has none.
fn tries_left(slot: &TemporaryPin, instance: InstanceId, tries_max: u8) -> Option<u8> {
    let wrong = slot.state.wrong_of(instance)?;
    (wrong < tries_max).then(|| tries_max.saturating_sub(wrong))
}
