//! Signing in, the everyday use of the app: a service asks a person to sign in, and an app approves with the PIN.
//!
//! The service's page shows a number; the person types it in the app, which then fetches that one request. Somebody who
//! sends a person three hundred sign-ins therefore hides nothing: the app never shows a request whose number the person has
//! not typed.

mod rate;
mod waiting;

#[cfg(test)]
mod tests;

pub(crate) use rate::SignInRates;
pub use store::rows::sign_in::{Decision, SignIn, SignInId};

use crate::caller::{App, Operator};
use crate::operator_token::scope::Scope;
use crate::work::Work;
use crate::{Failure, RefusalCode, Service};
use recovery::event::JournalEvent;
use recovery::id::PersonId;
use recovery::time::{Duration, Timestamp};
use store::rows::identity::{Identity, by_operator};
use store::rows::sign_in::NUMBER_DIGITS;
use waiting::{Typed, Waiting, WaitingId, WaitingSignIns};

const SERVICE_NAME_CHARS_MAX: usize = 60;
/// The longest person id that is looked up, in bytes.
const PERSON_BYTES_MAX: usize = 256;
/// The number of draws for a number that no other sign-in of the person has; there are ten thousand.
const DRAWS_MAX: usize = 64;

impl Service {
    /// Begins a sign-in that a service asks for. The answer for an unknown person is the same.
    ///
    /// # Errors
    ///
    /// The refusal of a name that is empty or too long, or `sign-in-rate-reached`.
    pub async fn request_sign_in(
        &self,
        operator: &Operator,
        person: &str,
        service_name: &str,
    ) -> Result<(SignIn, Timestamp), Failure> {
        operator.may(Scope::SignIns)?;
        let name = service_name.trim();
        if name.is_empty()
            || name.chars().count() > SERVICE_NAME_CHARS_MAX
            || name.chars().any(crate::text::is_never_shown)
        {
            return Err(Failure::refused(RefusalCode::ServiceNameInvalid));
        }
        if person.len() > PERSON_BYTES_MAX {
            return Err(Failure::refused(RefusalCode::PersonIdInvalid));
        }
        self.count_sign_in(operator)?;
        attempt!(self, |work| {
            if let Some(outcome) = work.recall(operator.command()).await?
                && let Ok(bytes) = <[u8; 16]>::try_from(outcome.as_slice())
                && let Some(before) =
                    work.get::<SignIn>(SignInId(u128::from_be_bytes(bytes))).await?
            {
                return Ok((before, work.now()));
            }
            let sign_in = work.ask_to_sign_in(operator.client(), person, name).await?;
            let outcome = sign_in.id.0.to_be_bytes().to_vec();
            work.remember(operator.command(), sign_in.person, outcome);
            Ok((sign_in, work.now()))
        })
    }

    /// The state of a sign-in, for the client that asked for it.
    ///
    /// # Errors
    ///
    /// `not-found`, also for a sign-in of another client.
    pub async fn sign_in_status(
        &self,
        operator: &Operator,
        id: SignInId,
    ) -> Result<(SignIn, Timestamp), Failure> {
        operator.may(Scope::SignIns)?;
        let mut work = Work::begin(self).await?;
        let loaded = work
            .get::<SignIn>(id)
            .await?
            .filter(|sign_in| sign_in.client == operator.client())
            .ok_or_else(|| Failure::refused(RefusalCode::NotFound))?;
        Ok((loaded, work.now()))
    }

    /// The sign-in whose number the person typed in the app.
    ///
    /// # Errors
    ///
    /// `sign-in-over` where no sign-in waits; `sign-in-number-wrong`; `sign-in-numbers-used` for the second wrong number,
    /// which ends the sign-ins that waited.
    pub async fn find_sign_in(
        &self,
        app: &App,
        typed: &str,
    ) -> Result<(SignIn, Timestamp), Failure> {
        // A wrong number is saved although the answer is no.
        attempt!(self, |work| {
            // Sent again after a lost answer, a wrong number is one wrong number.
            let before = work.recall(app.command()).await?;
            if let Some(code) = before.as_deref().and_then(wrong_before) {
                return Ok(Err(code));
            }
            work.refuse_frozen(app).await?;
            let found = work.find_sign_in(app, number(typed)).await?;
            if let Err(code) = found
                && let Some(at) = WRONG_NUMBER.iter().position(|known| *known == code)
                && before.is_none()
            {
                let outcome = vec![u8::try_from(at).unwrap_or(0)];
                work.remember(app.command(), Some(app.person()), outcome);
            }
            Ok(found.map(|sign_in| (sign_in, work.now())))
        })?
        .map_err(Failure::refused)
    }

    /// Refuses a sign-in in the app; a refusal needs no PIN.
    ///
    /// # Errors
    ///
    /// `sign-in-over` for a sign-in that is decided, has lapsed, or is another person's.
    pub async fn refuse_sign_in(
        &self,
        app: &App,
        id: SignInId,
    ) -> Result<(SignIn, Timestamp), Failure> {
        attempt!(self, |work| {
            if work.recall(app.command()).await?.is_some()
                && let Some(before) = work.get::<SignIn>(id).await?
            {
                return Ok((before, work.now()));
            }
            let loaded = work.open_sign_in(app, id).await?;
            let next = SignIn { decision: Decision::Refused, ..loaded };
            work.set(&next);
            work.remember(app.command(), Some(app.person()), Vec::new());
            Ok((next, work.now()))
        })
    }
}

/// The answers to a wrong number; the stored result of the command is an index into this list.
const WRONG_NUMBER: [RefusalCode; 2] =
    [RefusalCode::SignInNumberWrong, RefusalCode::SignInNumbersUsed];

fn wrong_before(outcome: &[u8]) -> Option<RefusalCode> {
    WRONG_NUMBER.get(usize::from(*outcome.first()?)).copied()
}

/// Parses four digits, with any separators that people put between them.
fn number(typed: &str) -> Option<u16> {
    let plain: String =
        typed.chars().take(32).filter(|c| !c.is_whitespace() && *c != '-').collect();
    let fits = plain.len() == usize::from(NUMBER_DIGITS)
        && plain.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| plain.parse().ok()).flatten()
}

impl Work<'_> {
    /// Begins a sign-in. For an unknown person it answers as if it had begun one.
    pub(crate) async fn ask_to_sign_in(
        &mut self,
        client: &str,
        person: &str,
        name: &str,
    ) -> Result<SignIn, Failure> {
        // Sign-ins are asked for often: one for whoever is enrolled or erased at the same instant lapses like any other.
        let lookup = by_operator(&self.service.parts().keys, person);
        let known = self.glance_at_one::<Identity>(lookup).await?.map(|identity| identity.person);
        let settings = &self.service.parts().settings;
        let until = self.now().plus(Duration::from_secs(settings.sign_in_lifetime_secs));
        let id = self.waiting_id(person);
        let row = self.get::<WaitingSignIns>(id).await?;
        let mut row = row.unwrap_or_else(|| WaitingSignIns::none(id));
        row.forget_lapsed(self.now());
        self.forget_decided(&mut row).await?;
        for replaced in row.make_room(client) {
            self.end_sign_in(replaced, Decision::Replaced).await?;
        }
        if row.is_full() {
            return Err(Failure::with_wait(RefusalCode::SignInRateReached, 60));
        }
        let sign_in = SignIn {
            id: SignInId(self.service.draw_id()),
            person: known,
            client: client.to_owned(),
            service_name: name.to_owned(),
            number: self.free_number(&row)?,
            until,
            decision: Decision::None,
        };
        row.waiting.push(Waiting {
            sign_in: sign_in.id,
            client: client.to_owned(),
            number: sign_in.number,
            until,
            wrong: 0,
        });
        self.insert(&sign_in);
        self.set(&row);
        Ok(sign_in)
    }

    fn waiting_id(&self, person: &str) -> WaitingId {
        let keys = &self.service.parts().keys;
        WaitingId(crate::head(keys.code_hash("waiting sign-ins", &[person.as_bytes()])))
    }

    fn free_number(&self, row: &WaitingSignIns) -> Result<u16, Failure> {
        for _ in 0..DRAWS_MAX {
            let drawn = self.service.draw_digits(NUMBER_DIGITS);
            if let Ok(number) = drawn.parse()
                && !row.has_number(number)
            {
                return Ok(number);
            }
        }
        Err(Failure::busy())
    }

    /// Removes the sign-ins that were decided: deciding one does not change this row.
    async fn forget_decided(&mut self, row: &mut WaitingSignIns) -> Result<(), Failure> {
        for waiting in row.waiting.clone() {
            if !self.still_waits(waiting.sign_in).await? {
                row.forget(waiting.sign_in);
            }
        }
        Ok(())
    }

    async fn still_waits(&mut self, id: SignInId) -> Result<bool, Failure> {
        // A thousand sign-ins may wait for one person; one that is decided meanwhile is forgotten at the next look.
        match self.glance::<SignIn>(id).await {
            Ok(found) => Ok(found.is_some_and(|it| it.decision == Decision::None)),
            // Of a person who was erased.
            Err(Failure::Refused(_)) => Ok(false),
            Err(other) => Err(other),
        }
    }

    async fn end_sign_in(&mut self, id: SignInId, decision: Decision) -> Result<(), Failure> {
        if let Some(sign_in) = self.get::<SignIn>(id).await?
            && sign_in.decision == Decision::None
        {
            self.set(&SignIn { decision, ..sign_in });
        }
        Ok(())
    }

    /// The row of the sign-ins that wait for the person of this app.
    async fn waiting_of(&mut self, person: PersonId) -> Result<Option<WaitingSignIns>, Failure> {
        let identity = self
            .get::<Identity>(person)
            .await?
            .ok_or_else(|| Failure::fault("a person has no identity", "missing identity"))?;
        let id = self.waiting_id(identity.operator_id.expose());
        self.get::<WaitingSignIns>(id).await
    }

    async fn find_sign_in(
        &mut self,
        app: &App,
        number: Option<u16>,
    ) -> Result<Result<SignIn, RefusalCode>, Failure> {
        let Some(mut row) = self.waiting_of(app.person()).await? else {
            return Ok(Err(RefusalCode::SignInOver));
        };
        self.forget_decided(&mut row).await?;
        match row.typed(number, self.now()) {
            Typed::Nothing => Ok(Err(RefusalCode::SignInOver)),
            Typed::Found(id) => match self.open_sign_in(app, id).await {
                Ok(found) => Ok(Ok(found)),
                Err(Failure::Refused(_)) => Ok(Err(RefusalCode::SignInOver)),
                Err(other) => Err(other),
            },
            Typed::Wrong { ended, left: _ } => {
                self.say(
                    app.person(),
                    JournalEvent::SignInNumberWrong {
                        instance: app.instance(),
                        ended: u16::try_from(ended.len()).unwrap_or(u16::MAX),
                    },
                );
                let over = !ended.is_empty();
                for id in ended {
                    self.end_sign_in(id, Decision::NumberWrong).await?;
                }
                self.set(&row);
                Ok(Err(if over { WRONG_NUMBER[1] } else { WRONG_NUMBER[0] }))
            }
        }
    }

    /// A sign-in of this person that still waits.
    pub(crate) async fn open_sign_in(
        &mut self,
        app: &App,
        id: SignInId,
    ) -> Result<SignIn, Failure> {
        let found = self.get::<SignIn>(id).await?;
        self.open_of(app, found)
    }

    /// The same sign-in, of which the commit requires nothing. Whoever calls says why.
    pub(crate) async fn glance_at_open_sign_in(
        &mut self,
        app: &App,
        id: SignInId,
    ) -> Result<SignIn, Failure> {
        let found = self.glance::<SignIn>(id).await?;
        self.open_of(app, found)
    }

    fn open_of(&self, app: &App, found: Option<SignIn>) -> Result<SignIn, Failure> {
        let now = self.now();
        found
            .filter(|it| it.person == Some(app.person()))
            .filter(|it| it.decision == Decision::None && now < it.until)
            .ok_or_else(|| Failure::refused(RefusalCode::SignInOver))
    }

    pub(crate) async fn approve(&mut self, app: &App, id: SignInId) -> Result<(), Failure> {
        // It may have lapsed while the PIN was typed: the try is settled all the same.
        if let Ok(sign_in) = self.open_sign_in(app, id).await {
            self.set(&SignIn { decision: Decision::Approved, ..sign_in });
        }
        Ok(())
    }

    pub(crate) async fn sign_in_after(
        &mut self,
        app: &App,
        id: SignInId,
    ) -> Result<Option<SignIn>, Failure> {
        let found = self.get::<SignIn>(id).await?;
        Ok(found.filter(|it| it.person == Some(app.person())))
    }

    /// Whether any sign-in waits for this person.
    pub(crate) async fn sign_in_waits(&mut self, person: PersonId) -> Result<bool, Failure> {
        let Some(mut row) = self.waiting_of(person).await? else {
            return Ok(false);
        };
        row.forget_lapsed(self.now());
        // The newest first: it is the likeliest to wait.
        for waiting in row.waiting.iter().rev() {
            if self.still_waits(waiting.sign_in).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
