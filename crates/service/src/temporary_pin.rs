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
use recovery::sensitive::KeyedHash;
use recovery::temporary_pin::{Code, Redemption, TemporaryPin};
use store::Id;
use store::case::StoredCase;
use store::facade::Loaded;
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
    ) -> Result<(Option<Loaded<TemporaryPin>>, TemporaryPin), Failure> {
        let loaded = self.load::<TemporaryPin>(Id(person.0)).await?;
        let value =
            loaded.as_ref().map_or_else(|| TemporaryPin::none(person), |it| it.value.clone());
        Ok((loaded, value))
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

    /// Draws a temporary PIN and saves it in the person's row, in the transaction of the case that issues it.
    pub(crate) async fn place_code(
        &mut self,
        person: PersonId,
        case: CaseId,
        id: TemporaryPinId,
        instance: Option<InstanceId>,
    ) -> Result<(), Failure> {
        let policy = self.service.parts().policy.clone();
        let digits = self.service.draw_digits(policy.temporary_pin.digits);
        let hash = self.temporary_pin_hash(person, case, &digits);
        let (loaded, slot) = self.temporary_pin_of(person).await?;
        let code = Code { id, case, instance, hash, issued_at: self.now() };
        let step = slot.issue(code, &policy, self.now())?;
        let next = self.take(person, step);
        self.save(loaded.as_ref(), &next);
        self.codes.insert(id, digits);
        Ok(())
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
        let (loaded, slot) = self.temporary_pin_of(app.person()).await?;
        let step =
            slot.reserve(ticket, app.instance(), &policy, self.now()).map_err(|rejection| {
                if rejection == Rejection::TryInProgress {
                    Failure::from(rejection)
                } else {
                    Failure::refused(NOT_VALID)
                }
            })?;
        let next = self.take(app.person(), step);
        self.save(loaded.as_ref(), &next);
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
        let (loaded, slot) = self.temporary_pin_of(app.person()).await?;
        let Some(living) = slot.living(&policy, self.now()).cloned() else {
            return Ok(Err(Failure::refused(NOT_VALID)));
        };
        let presented = self.temporary_pin_hash(app.person(), living.case, digits);
        match slot.settle(ticket, presented, &policy, self.now()) {
            Ok(Redemption::Right(step, redeemed)) => {
                let next = self.take(app.person(), step);
                self.save(loaded.as_ref(), &next);
                let outcome = self.grant_redeemed(app, redeemed).await?;
                let code = if outcome.is_ok() { vec![0] } else { vec![2] };
                self.remember(command, Some(app.person()), code);
                Ok(outcome)
            }
            Ok(Redemption::Wrong(step)) => {
                let next = self.take(app.person(), step);
                self.save(loaded.as_ref(), &next);
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
                    self.save(loaded.as_ref(), &next);
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
            .load::<StoredCase>(Id(redeemed.case().0))
            .await?
            .ok_or_else(|| Failure::fault("a temporary PIN has no case", "missing case"))?;
        let person = self.load_person(app.person()).await?;
        let veto = self.new_veto(redeemed.case());
        let grant = GrantId(self.service.draw_id());
        let granted = GrantOf { grant, veto };
        let event = Event::Redeemed { redeemed, person: &person.value, granted };
        let step = case.value.case.apply(event, &policy, self.now())?;
        let next = self.take(app.person(), step);
        self.put(&case, &case.value.after(next.clone()));
        self.expect(&person);
        match Grant::of_case(&next) {
            Ok(grant) => {
                self.insert(&grant);
                Ok(Ok(grant))
            }
            // Another recovery or a freeze came in between: the case refused.
            Err(_) => Ok(Err(Failure::refused(NOT_VALID))),
        }
    }
}

/// The tries that this app has left; `None` where it has none.
fn tries_left(slot: &TemporaryPin, instance: InstanceId, tries_max: u8) -> Option<u8> {
    let wrong = slot.state.wrong_of(instance)?;
    (wrong < tries_max).then(|| tries_max.saturating_sub(wrong))
}
