//! The normal job: a service asks a person to sign in, an app approves with the PIN.
//!
//! The service's page shows a number; the person types it in the app, which then fetches that one request. So whoever asks a
//! person three hundred times to sign in hides nothing: what is not on the person's own screen is never seen.

mod rate;
pub(crate) mod row;
mod waiting;

#[cfg(test)]
mod tests;

pub(crate) use rate::SignInRates;
pub use row::{Decision, SignIn, SignInId};

use crate::caller::{App, Operator};
use crate::identity::Identity;
use crate::operator_token::scope::Scope;
use crate::work::Work;
use crate::{Failure, RefusalCode, Service};
use recovery::event::JournalEvent;
use recovery::id::PersonId;
use recovery::time::{Duration, Timestamp};
use row::NUMBER_DIGITS;
use store::Id;
use store::facade::Loaded;
use waiting::{Typed, Waiting, WaitingSignIns};

const SERVICE_NAME_CHARS_MAX: usize = 60;
/// The longest person id that is looked up, in bytes.
const PERSON_BYTES_MAX: usize = 256;
/// Draws of a number that no other sign-in of the person has; there are ten thousand.
const DRAWS_MAX: usize = 64;

impl Service {
    /// A service wants this person to sign in. The answer is the same for a person who is not known.
    ///
    /// # Errors
    ///
    /// A name that is empty or too long, or `sign-in-rate-reached`.
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
                && let Some(before) = work.load::<SignIn>(Id(u128::from_be_bytes(bytes))).await?
            {
                return Ok((before.value, work.now()));
            }
            let sign_in = work.ask_to_sign_in(operator.client(), person, name).await?;
            let outcome = sign_in.id.0.to_be_bytes().to_vec();
            work.remember(operator.command(), sign_in.person, outcome);
            Ok((sign_in, work.now()))
        })
    }

    /// Where a sign-in stands, for the client that asked.
    ///
    /// # Errors
    ///
    /// `not-found`, also for another client's.
    pub async fn sign_in_status(
        &self,
        operator: &Operator,
        id: SignInId,
    ) -> Result<(SignIn, Timestamp), Failure> {
        operator.may(Scope::SignIns)?;
        let mut work = Work::begin(self).await?;
        let loaded = work
            .load::<SignIn>(Id(id.0))
            .await?
            .filter(|loaded| loaded.value.client == operator.client())
            .ok_or_else(|| Failure::refused(RefusalCode::NotFound))?;
        Ok((loaded.value, work.now()))
    }

    /// The one sign-in whose number the person typed.
    ///
    /// # Errors
    ///
    /// `sign-in-over` where none waits, `sign-in-number-wrong`, and `sign-in-numbers-used` for the second wrong number, which
    /// ends what waited.
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

    /// The person refuses it in the app. No PIN is needed for a no.
    ///
    /// # Errors
    ///
    /// `sign-in-over` where it is decided, lapsed, or not theirs.
    pub async fn refuse_sign_in(
        &self,
        app: &App,
        id: SignInId,
    ) -> Result<(SignIn, Timestamp), Failure> {
        attempt!(self, |work| {
            if work.recall(app.command()).await?.is_some()
                && let Some(before) = work.load::<SignIn>(Id(id.0)).await?
            {
                return Ok((before.value, work.now()));
            }
            let loaded = work.open_sign_in(app, id).await?;
            let next = SignIn { decision: Decision::Refused, ..loaded.value.clone() };
            work.put(&loaded, &next);
            work.remember(app.command(), Some(app.person()), Vec::new());
            Ok((next, work.now()))
        })
    }
}

/// What a wrong number can be answered with; the place of each is kept under the command's key.
const WRONG_NUMBER: [RefusalCode; 2] =
    [RefusalCode::SignInNumberWrong, RefusalCode::SignInNumbersUsed];

fn wrong_before(outcome: &[u8]) -> Option<RefusalCode> {
    WRONG_NUMBER.get(usize::from(*outcome.first()?)).copied()
}

/// Four digits, with whatever people put between them.
fn number(typed: &str) -> Option<u16> {
    let plain: String =
        typed.chars().take(32).filter(|c| !c.is_whitespace() && *c != '-').collect();
    let fits = plain.len() == usize::from(NUMBER_DIGITS)
        && plain.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| plain.parse().ok()).flatten()
}

impl Work<'_> {
    /// Asks, or answers for a person who is not known as if it asked.
    pub(crate) async fn ask_to_sign_in(
        &mut self,
        client: &str,
        person: &str,
        name: &str,
    ) -> Result<SignIn, Failure> {
        let known = self.identity_of(person).await?.map(|identity| identity.value.person);
        let settings = &self.service.parts().settings;
        let until = self.now().plus(Duration::from_secs(settings.sign_in_lifetime_secs));
        let id = self.waiting_id(person);
        let loaded = self.load::<WaitingSignIns>(id).await?;
        let mut row =
            loaded.as_ref().map_or_else(|| WaitingSignIns::none(id.0), |it| it.value.clone());
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
        self.save(loaded.as_ref(), &row);
        Ok(sign_in)
    }

    fn waiting_id(&self, person: &str) -> Id {
        let hash = self.service.parts().keys.code_hash("waiting sign-ins", &[person.as_bytes()]);
        let mut head = [0; 16];
        head.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        Id(u128::from_be_bytes(head))
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

    /// A decided sign-in waits no longer; whoever decides leaves the row alone.
    async fn forget_decided(&mut self, row: &mut WaitingSignIns) -> Result<(), Failure> {
        for waiting in row.waiting.clone() {
            if !self.still_waits(waiting.sign_in).await? {
                row.forget(waiting.sign_in);
            }
        }
        Ok(())
    }

    async fn still_waits(&mut self, id: SignInId) -> Result<bool, Failure> {
        match self.load::<SignIn>(Id(id.0)).await {
            Ok(found) => Ok(found.is_some_and(|it| it.value.decision == Decision::None)),
            // Of a person who was erased.
            Err(Failure::Refused(_)) => Ok(false),
            Err(other) => Err(other),
        }
    }

    async fn end_sign_in(&mut self, id: SignInId, decision: Decision) -> Result<(), Failure> {
        if let Some(loaded) = self.load::<SignIn>(Id(id.0)).await?
            && loaded.value.decision == Decision::None
        {
            let next = SignIn { decision, ..loaded.value.clone() };
            self.put(&loaded, &next);
        }
        Ok(())
    }

    /// The row of what waits for the person of this app.
    async fn waiting_of(
        &mut self,
        person: PersonId,
    ) -> Result<Option<Loaded<WaitingSignIns>>, Failure> {
        let identity = self
            .load::<Identity>(Id(person.0))
            .await?
            .ok_or_else(|| Failure::fault("a person has no identity", "missing identity"))?;
        let id = self.waiting_id(identity.value.operator_id.expose());
        self.load::<WaitingSignIns>(id).await
    }

    async fn find_sign_in(
        &mut self,
        app: &App,
        number: Option<u16>,
    ) -> Result<Result<SignIn, RefusalCode>, Failure> {
        let Some(loaded) = self.waiting_of(app.person()).await? else {
            return Ok(Err(RefusalCode::SignInOver));
        };
        let mut row = loaded.value.clone();
        self.forget_decided(&mut row).await?;
        match row.typed(number, self.now()) {
            Typed::Nothing => Ok(Err(RefusalCode::SignInOver)),
            Typed::Found(id) => match self.open_sign_in(app, id).await {
                Ok(found) => Ok(Ok(found.value)),
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
                self.put(&loaded, &row);
                Ok(Err(if over { WRONG_NUMBER[1] } else { WRONG_NUMBER[0] }))
            }
        }
    }

    /// A sign-in of this person that still waits.
    pub(crate) async fn open_sign_in(
        &mut self,
        app: &App,
        id: SignInId,
    ) -> Result<Loaded<SignIn>, Failure> {
        let now = self.now();
        self.load::<SignIn>(Id(id.0))
            .await?
            .filter(|it| it.value.person == Some(app.person()))
            .filter(|it| it.value.decision == Decision::None && now < it.value.until)
            .ok_or_else(|| Failure::refused(RefusalCode::SignInOver))
    }

    pub(crate) async fn approve(&mut self, app: &App, id: SignInId) -> Result<(), Failure> {
        // It may have lapsed while the PIN was typed: the try is settled all the same.
        if let Ok(loaded) = self.open_sign_in(app, id).await {
            let next = SignIn { decision: Decision::Approved, ..loaded.value.clone() };
            self.put(&loaded, &next);
            self.approved = Some(next);
        }
        Ok(())
    }

    pub(crate) async fn sign_in_after(
        &mut self,
        app: &App,
        id: SignInId,
    ) -> Result<Option<SignIn>, Failure> {
        if let Some(approved) = self.approved.clone() {
            return Ok(Some(approved));
        }
        let found = self.load::<SignIn>(Id(id.0)).await?;
        Ok(found.map(|it| it.value).filter(|it| it.person == Some(app.person())))
    }

    /// Whether anything waits for this person.
    pub(crate) async fn sign_in_waits(&mut self, person: PersonId) -> Result<bool, Failure> {
        let Some(mut row) = self.waiting_of(person).await?.map(|loaded| loaded.value) else {
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
