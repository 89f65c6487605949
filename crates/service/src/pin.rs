//! PIN registration and PIN tries (PROTOCOLS.md sections 3 and 4).

mod ticket;

use crate::caller::{App, Asking};
use crate::sign_in::SignIn;
use crate::work::Work;
use crate::{Failure, RefusalCode, Service};
use pin::{Account, CredentialIdentifier, Holder, LoginState, Record};
use recovery::authenticator::{Authenticator, Outcome, PinRecord, View};
use recovery::case::Event;
use recovery::grant::{Grant, Origin, Registration};
use recovery::id::CredentialId;
use recovery::id::{CaseId, GrantId, TicketId};
use recovery::rejection::Rejection;
use recovery::sensitive::KeyedHash;
use store::rows::case::StoredCase;
use ticket::{PinTicket, Settled};

pub use ticket::Purpose;

/// The answer to the first message of a PIN try.
#[derive(Clone, Debug)]
pub struct TryReserved {
    /// The id of the reserved try.
    pub ticket: TicketId,
    /// The OPAQUE message KE2.
    pub ke2: [u8; pin::KE2_BYTES],
    /// Seconds until a try that was not finished counts as a wrong PIN.
    pub expires_in_secs: u64,
}

/// The result of a PIN try.
#[derive(Clone, Debug)]
pub struct TrySettled {
    /// Whether the PIN was right.
    pub right: bool,
    /// The state of the app instance after the try.
    pub view: View,
    /// The sign-in that the right PIN approved, where the try was for one.
    pub approved: Option<SignIn>,
}

impl Service {
    /// Evaluates a blinded PIN for an unspent grant of this instance, once for each grant.
    ///
    /// # Errors
    ///
    /// The refusal of the grant. Without a grant there is no answer, so that registration is no oracle for PINs.
    pub async fn registration_start(
        &self,
        app: &App,
        grant: GrantId,
        request: &[u8; pin::REGISTRATION_REQUEST_BYTES],
    ) -> Result<[u8; pin::REGISTRATION_RESPONSE_BYTES], Failure> {
        let fresh = CredentialId(self.draw());
        let credential = attempt!(self, |work| {
            let loaded = work.grant_of(app, grant).await?;
            work.refuse_frozen(app).await?;
            let blinded = KeyedHash(self.parts().keys.code_hash("blinded element", &[request]));
            let policy = &self.parts().policy;
            match loaded.begin(app.instance(), blinded, fresh, policy, work.now())? {
                Registration::Begun(step, credential) => {
                    let next = work.take(app.person(), *step);
                    work.set(&next);
                    Ok(credential)
                }
                Registration::Again(credential) => Ok(credential),
            }
        })?;
        let identifier = CredentialIdentifier::from_bytes(credential.0);
        self.parts()
            .pin
            .answer_registration(&identifier, request)
            .map_err(|_| Failure::refused(RefusalCode::MalformedPinMessage))
    }

    /// Sets the PIN: spends the grant, and completes the case that led to it.
    ///
    /// The same request, sent again after a lost answer, gets the same answer.
    ///
    /// # Errors
    ///
    /// The refusal of the grant, the instance or the case.
    pub async fn registration_finish(
        &self,
        app: &App,
        grant: GrantId,
        record: &[u8; pin::RECORD_BYTES],
    ) -> Result<View, Failure> {
        Record::from_bytes(record)
            .map_err(|_| Failure::refused(RefusalCode::MalformedPinMessage))?;
        attempt!(self, |work| {
            let now = work.now();
            let policy = self.parts().policy.clone();
            let loaded = work.grant_of(app, grant).await?;
            let instance = work.instance(app).await?;
            let (step, spent, credential) = match loaded.spend(app.instance(), &policy, now) {
                Ok(spent) => spent,
                Err(Rejection::GrantSpent) if holds(&instance, record) => {
                    return work.view(&instance).await;
                }
                Err(other) => return Err(other.into()),
            };
            let next = work.take(app.person(), step);
            work.set(&next);
            // The case looks again for a freeze or another recovery, so it is asked before the PIN is set.
            if let Origin::Case(case) = spent.origin() {
                work.complete_case(app, case, spent).await?;
            } else {
                work.refuse_frozen(app).await?;
            }
            let pin = PinRecord { credential, registration: record.to_vec(), set_at: now };
            let step = instance.set_pin(&spent, pin)?;
            let next = work.take(app.person(), step);
            work.set(&next);
            work.view(&next).await
        })
    }

    /// Reserves a try and answers KE1. The try is counted and durable when this returns.
    ///
    /// # Errors
    ///
    /// `try-in-progress`, `temporarily-locked`, `blocked` …
    pub async fn try_start(
        &self,
        Asking { app, nonce }: &Asking,
        purpose: Purpose,
        ke1: &[u8; pin::KE1_BYTES],
    ) -> Result<TryReserved, Failure> {
        let keys = &self.parts().keys;
        let request = KeyedHash(keys.code_hash(
            "first message of a try",
            &[ke1, app.idempotency_key().as_bytes(), &purpose.to_bytes()],
        ));
        let reserved = attempt!(self, |work| {
            work.spend(*nonce);
            let policy = self.parts().policy.clone();
            let loaded = work.instance(app).await?;
            work.refuse_frozen(app).await?;
            if let Some(open) = loaded.open_ticket(&policy, work.now()) {
                if open.request == request
                    && let Some(ticket) = work.get::<PinTicket>(open.id).await?
                {
                    let lives_until = open.reserved_at.plus(policy.pin.ticket_lifetime);
                    return Ok(ticket.reserved(lives_until.seconds_from(work.now())));
                }
                return Err(Rejection::TryInProgress.into());
            }
            if let Purpose::ApproveSignIn(id) = purpose {
                // The sign-in is looked at again once the PIN is right, and what a rival decides about it must not make this try
                // fail.
                work.glance_at_open_sign_in(app, id).await?;
            }
            let id = TicketId(self.draw_id_in_order(work.now()));
            let step = loaded.reserve(id, request, &policy, work.now())?;
            let next = work.take(app.person(), step);
            work.set(&next);
            let ticket = self.answer(&next, id, purpose, ke1, work)?;
            let reserved = ticket.reserved(policy.pin.ticket_lifetime.as_secs_rounded_up());
            work.insert(&ticket);
            Ok(reserved)
        });
        self.spent_anyhow(*nonce, reserved).await
    }

    /// Finishes a try by KE3, or by the app's statement that the PIN was wrong. A wrong PIN is a result and no error.
    ///
    /// # Errors
    ///
    /// `no-such-try` for a ticket that belongs to another instance or was never reserved.
    pub async fn try_finish(
        &self,
        Asking { app, nonce }: &Asking,
        ticket: TicketId,
        ke3: Option<&[u8; pin::KE3_BYTES]>,
    ) -> Result<TrySettled, Failure> {
        let settled = attempt!(self, |work| {
            work.spend(*nonce);
            let policy = self.parts().policy.clone();
            let stored = work
                .get::<PinTicket>(ticket)
                .await?
                .filter(|stored| stored.instance == app.instance())
                .ok_or(Rejection::NoSuchTry)?;
            let loaded = work.instance(app).await?;
            if let Settled::Yes { right } = stored.settled {
                return work.settled(app, &loaded, stored.purpose, right).await;
            }
            let right = stored.judge(ke3);
            let outcome = if right { Outcome::Right } else { Outcome::Wrong };
            let (step, right) = match loaded.settle(ticket, outcome, &policy, work.now()) {
                Ok(step) => (step, right),
                Err(Rejection::TryExpired) => match loaded.elapse(&policy, work.now()) {
                    Some(step) => (step, false),
                    None => return Err(Rejection::NoSuchTry.into()),
                },
                Err(other) => return Err(other.into()),
            };
            let next = work.take(app.person(), step);
            work.set(&next);
            let done = stored.settled(right);
            work.set(&done);
            if right && let Purpose::ApproveSignIn(id) = done.purpose {
                work.approve(app, id).await?;
            }
            work.settled(app, &next, done.purpose, right).await
        });
        self.spent_anyhow(*nonce, settled).await
    }

    fn answer(
        &self,
        instance: &Authenticator,
        id: TicketId,
        purpose: Purpose,
        ke1: &[u8; pin::KE1_BYTES],
        work: &Work<'_>,
    ) -> Result<PinTicket, Failure> {
        let pin = instance.pin().ok_or(Rejection::NoPinYet)?;
        let bytes: &[u8; pin::RECORD_BYTES] =
            pin.registration.as_slice().try_into().map_err(|_| {
                Failure::fault("a stored PIN record has a wrong length", "corrupt instance")
            })?;
        let record = Record::from_bytes(bytes)
            .map_err(|error| Failure::fault("a stored PIN record cannot be used", error))?;
        let identifier = CredentialIdentifier::from_bytes(pin.credential.0);
        let name = instance.id.to_string();
        let answered = self
            .parts()
            .pin
            .answer_login(
                Account::Registered { identifier, record: &record },
                Holder(name.as_bytes()),
                ke1,
                &mut |buffer| self.parts().random.fill(buffer),
            )
            .map_err(|_| Failure::refused(RefusalCode::MalformedPinMessage))?;
        Ok(PinTicket {
            id,
            instance: instance.id,
            person: instance.person,
            purpose,
            ke2: answered.ke2,
            state: LoginState::from_bytes(answered.state.as_bytes()),
            reserved_at: work.now(),
            settled: Settled::No,
        })
    }
}

/// Whether this OPAQUE record is the one that the instance holds.
fn holds(instance: &Authenticator, record: &[u8; pin::RECORD_BYTES]) -> bool {
    instance.pin().is_some_and(|pin| pin.registration == record)
}

impl Work<'_> {
    /// The row of the calling instance.
    pub(crate) async fn instance(&mut self, app: &App) -> Result<Authenticator, Failure> {
        self.get::<Authenticator>(app.instance())
            .await?
            .ok_or_else(|| Failure::refused(RefusalCode::SignatureNotAccepted))
    }

    /// The state that the app may show.
    pub(crate) async fn view(&mut self, instance: &Authenticator) -> Result<View, Failure> {
        // Whether the apps are frozen is only shown here.
        let person = self.glance_at_person(instance.person).await?;
        let policy = &self.service.parts().policy;
        Ok(instance.view(person.apps_are_frozen(), policy, self.now()))
    }

    /// Refuses every try and every new PIN while the person is frozen; such a try is not counted.
    pub(crate) async fn refuse_frozen(&mut self, app: &App) -> Result<(), Failure> {
        // This is asked before each PIN: a freeze of the same instant counts as one that came just after, and whatever else
        // changes about the person must not make a PIN try fail. Where a recovery ends, its case expects the person.
        let person = self.glance_at_person(app.person()).await?;
        if person.apps_are_frozen() { Err(Rejection::Frozen.into()) } else { Ok(()) }
    }

    async fn grant_of(&mut self, app: &App, grant: GrantId) -> Result<Grant, Failure> {
        self.get::<Grant>(grant)
            .await?
            .filter(|grant| grant.instance == app.instance())
            .ok_or_else(|| Rejection::GrantOfAnotherApp.into())
    }

    async fn settled(
        &mut self,
        app: &App,
        instance: &Authenticator,
        purpose: Purpose,
        right: bool,
    ) -> Result<TrySettled, Failure> {
        let view = self.view(instance).await?;
        let approved = match purpose {
            Purpose::ApproveSignIn(id) if right => self.sign_in_after(app, id).await?,
            Purpose::ApproveSignIn(_) | Purpose::Unlock => None,
        };
        Ok(TrySettled { right, view, approved })
    }

    /// Completes the case under which a new PIN was set, and records it with the person.
    async fn complete_case(
        &mut self,
        app: &App,
        id: CaseId,
        spent: recovery::grant::SpentGrant,
    ) -> Result<(), Failure> {
        let policy = self.service.parts().policy.clone();
        let case = self
            .get::<StoredCase>(id)
            .await?
            .ok_or_else(|| Failure::fault("a grant has no case", "missing case"))?;
        let person = self.load_person(app.person()).await?;
        let p_code = self.p_code_of(&case.case).await?;
        let (veto, p_code) = (self.new_veto(), p_code.as_ref());
        let event = Event::PinSet { spent, person: &person, p_code, veto };
        let step = case.case.apply(event, &policy, self.now())?;
        let next = self.take(app.person(), step);
        self.set(&case.after(next));
        Ok(())
    }
}
