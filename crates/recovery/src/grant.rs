//! Grants: the only way to set a new PIN (PROTOCOLS.md 4).

#[cfg(test)]
mod tests;

use crate::effect::Step;
use crate::enrolment::{self, Enrolment};
use crate::event::JournalEvent;
use crate::id::CredentialId;
use crate::id::{CaseId, EnrolmentId, GrantId, InstanceId, PersonId};
use crate::policy::Policy;
use crate::rejection::Rejection;
use crate::sensitive::KeyedHash;
use crate::time::Timestamp;

/// Permission to register one PIN in one app instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub id: GrantId,
    pub person: PersonId,
    pub instance: InstanceId,
    pub origin: Origin,
    pub issued_at: Timestamp,
    pub state: State,
}

/// What a grant was given for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The first PIN of a newly bound app.
    Enrolment(EnrolmentId),
    /// A new PIN after a recovery case.
    Case(CaseId),
}

/// The state of a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// The grant can be used until it lapses.
    Open,
    /// The registration was evaluated once, for the first message with this hash and under this fresh credential
    /// identifier.
    Registering { blinded_element: KeyedHash, credential: CredentialId },
    /// A PIN was registered with the grant.
    Spent { at: Timestamp },
    /// The grant was withdrawn by a veto link, or because its case or app instance ended.
    Withdrawn,
}

/// How a registration may continue.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "the first message may be evaluated only after the step was saved"]
pub enum Registration {
    /// The registration begins: save the step, then evaluate the first message under this identifier.
    Begun(Box<Step<Grant>>, CredentialId),
    /// The same first message was repeated: evaluate it under the same identifier. There is nothing to save.
    Again(CredentialId),
}

/// Proof that a grant was spent; [`crate::authenticator::Authenticator::set_pin`] requires it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpentGrant {
    grant: GrantId,
    person: PersonId,
    instance: InstanceId,
    origin: Origin,
}

impl SpentGrant {
    #[must_use]
    pub const fn grant(&self) -> GrantId {
        self.grant
    }

    #[must_use]
    pub const fn person(&self) -> PersonId {
        self.person
    }

    #[must_use]
    pub const fn instance(&self) -> InstanceId {
        self.instance
    }

    #[must_use]
    pub const fn origin(&self) -> Origin {
        self.origin
    }
}

impl Grant {
    /// The grant for the first PIN of the app instance that an enrolment has bound.
    ///
    /// # Errors
    ///
    /// [`Rejection::ActivationCodeInvalid`] where the enrolment has bound no app instance.
    pub fn of_enrolment(id: GrantId, enrolment: &Enrolment) -> Result<Self, Rejection> {
        let enrolment::State::Redeemed { instance, at } = enrolment.state else {
            return Err(Rejection::ActivationCodeInvalid);
        };
        Ok(Self {
            id,
            person: enrolment.person,
            instance,
            origin: Origin::Enrolment(enrolment.id),
            issued_at: at,
            state: State::Open,
        })
    }

    /// Begins a PIN registration, or repeats one that begins with the same first message.
    ///
    /// `fresh` is a new random identifier; it is used only the first time.
    ///
    /// # Errors
    ///
    /// A [`Rejection`] where the grant belongs to another app instance, has lapsed, is spent, or was begun with another
    /// first message: evaluating a second message under the same identifier would make registration an oracle.
    pub fn begin(
        &self,
        instance: InstanceId,
        blinded_element: KeyedHash,
        fresh: CredentialId,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Registration, Rejection> {
        self.check(instance, policy, now)?;
        match &self.state {
            State::Open => {
                let state = State::Registering { blinded_element, credential: fresh };
                let step = Step::to(self.in_state(state))
                    .saying(JournalEvent::RegistrationBegun { grant: self.id });
                Ok(Registration::Begun(Box::new(step), fresh))
            }
            State::Registering { blinded_element: first, credential } => {
                if *first == blinded_element {
                    Ok(Registration::Again(*credential))
                } else {
                    Err(Rejection::BlindedElementChanged)
                }
            }
            State::Spent { .. } => Err(Rejection::GrantSpent),
            State::Withdrawn => Err(Rejection::GrantLapsed),
        }
    }

    /// Ends the registration: the grant is spent. The identifier says under which the PIN record is kept.
    ///
    /// # Errors
    ///
    /// A [`Rejection`] as for [`Self::begin`], or where no registration was begun.
    pub fn spend(
        &self,
        instance: InstanceId,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<(Step<Self>, SpentGrant, CredentialId), Rejection> {
        self.check(instance, policy, now)?;
        match &self.state {
            State::Open => Err(Rejection::RegistrationNotBegun),
            State::Registering { credential, .. } => {
                let spent = SpentGrant {
                    grant: self.id,
                    person: self.person,
                    instance: self.instance,
                    origin: self.origin,
                };
                let step = Step::to(self.in_state(State::Spent { at: now }));
                Ok((step, spent, *credential))
            }
            State::Spent { .. } => Err(Rejection::GrantSpent),
            State::Withdrawn => Err(Rejection::GrantLapsed),
        }
    }

    /// Withdraws the grant, unless it is spent or withdrawn already.
    #[must_use]
    pub fn withdraw(&self) -> Option<Step<Self>> {
        match &self.state {
            State::Open | State::Registering { .. } => Some(
                Step::to(self.in_state(State::Withdrawn))
                    .saying(JournalEvent::GrantWithdrawn { grant: self.id }),
            ),
            State::Spent { .. } | State::Withdrawn => None,
        }
    }

    /// When the grant lapses.
    #[must_use]
    pub fn lapses_at(&self, policy: &Policy) -> Timestamp {
        self.issued_at.plus(policy.pin.grant_lifetime)
    }

    fn check(
        &self,
        instance: InstanceId,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<(), Rejection> {
        if instance != self.instance {
            return Err(Rejection::GrantOfAnotherApp);
        }
        // A spent grant says so even later: the app that lost the last answer asks again.
        let spent = matches!(self.state, State::Spent { .. });
        if !spent && now >= self.lapses_at(policy) {
            return Err(Rejection::GrantLapsed);
        }
        Ok(())
    }

    fn in_state(&self, state: State) -> Self {
        Self { state, ..self.clone() }
    }
}

impl State {
    /// The stable code of the state.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Registering { .. } => "registering",
            Self::Spent { .. } => "spent",
            Self::Withdrawn => "withdrawn",
        }
    }
}
