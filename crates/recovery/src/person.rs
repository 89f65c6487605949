//! What the service knows of one person that decisions need.

#[cfg(test)]
mod tests;

use crate::case::Route;
use crate::effect::{Effect, SecurityEvent, Step};
use crate::event::JournalEvent;
use crate::id::{CaseId, ChannelId, InstanceId, PersonId, VetoId};
use crate::policy::{DAY, Policy};
use crate::rejection::Rejection;
use crate::sensitive::{KeyedHash, Sensitive};
use crate::time::{Duration, Instants, Timestamp};

/// Channels that a person may have, removed ones included.
pub const CHANNELS_MAX: usize = 32;

/// One person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: PersonId,
    /// BCP 47 tag of the language that the person reads.
    pub language: String,
    pub status: Status,
    pub channels: Vec<Channel>,
    /// Apps that are bound now.
    pub instances: Vec<BoundApp>,
    /// Completed recoveries of the last 365 days, oldest first.
    pub recoveries: Vec<PastRecovery>,
    /// When recoveries were stopped by a link.
    pub vetoes: Instants,
    pub freeze: Option<Freeze>,
    /// Chip + face cases opened.
    pub chip_cases: Instants,
    /// Calls that ended without enough answers.
    pub failed_calls: Instants,
    /// When this person vouched for others at a desk.
    pub witnessed: Instants,
}

/// The register's word on a person, as far as it bears on recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    Active,
    /// Name and address are protected: agents must not ask about them.
    Protected,
    /// An administrative number: the register knows too little to ask about.
    Administrative,
    /// Under guardianship: in person only.
    Guardianship,
    Emigrated,
    Disappeared,
    Dead,
    /// The number was annulled, deleted as a double, or never a person's.
    Annulled,
}

/// A phone number or e-mail address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    pub id: ChannelId,
    pub kind: ChannelKind,
    pub address: Sensitive<String>,
    pub confirmed_at: Option<Timestamp>,
    /// When it was registered or last changed; the age of a number counts from here.
    pub changed_at: Timestamp,
    /// When the SIM was last changed or the number ported, where the operator is told.
    pub sim_changed_at: Option<Timestamp>,
    pub removed_at: Option<Timestamp>,
}

/// See [`Channel`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChannelKind {
    Phone,
    Email,
}

/// An app as its owner and a clerk know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundApp {
    pub instance: InstanceId,
    /// The owner's name for it.
    pub name: Sensitive<String>,
    pub bound_at: Timestamp,
}

/// A completed recovery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastRecovery {
    pub case: CaseId,
    pub route: Route,
    pub at: Timestamp,
    /// The document whose chip could not prove that it was there.
    pub without_presence: Option<KeyedHash>,
}

/// Why and since when recovery is frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Freeze {
    pub at: Timestamp,
    pub cause: FreezeCause,
}

/// See [`Freeze`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FreezeCause {
    /// The owner froze the identity: the apps are frozen too.
    Owner,
    /// A link stopped a recovery.
    Veto(VetoId),
    /// The second link within 30 days: only a visit ends this.
    SecondVeto(VetoId),
}

/// Why a phone number may not get a temporary PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NumberRefusal {
    /// There is none, or none that was confirmed.
    NoNumber,
    /// It was registered or changed too recently.
    TooNew,
}

/// How long recoveries are kept: the longest window that looks back at them.
const RECOVERIES_KEPT: Duration = Duration::from_days(365);

impl Person {
    /// A person of whom nothing has happened yet.
    #[must_use]
    pub fn new(id: PersonId, language: String, status: Status) -> Self {
        Self {
            id,
            language,
            status,
            channels: Vec::new(),
            instances: Vec::new(),
            recoveries: Vec::new(),
            vetoes: Instants::EMPTY,
            freeze: None,
            chip_cases: Instants::EMPTY,
            failed_calls: Instants::EMPTY,
            witnessed: Instants::EMPTY,
        }
    }

    /// The channel that a temporary PIN may be sent to now.
    ///
    /// # Errors
    ///
    /// A [`NumberRefusal`]; the caller of the phone route never hears which.
    pub fn number_for_code(
        &self,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<ChannelId, NumberRefusal> {
        let age_min = policy.temporary_pin.phone_number_age_min;
        let phones = self.channels.iter().filter(|channel| {
            channel.kind == ChannelKind::Phone
                && channel.removed_at.is_none()
                && channel.confirmed_at.is_some()
        });
        // The longest kept number first: a thief adds a number more easily than an age.
        let oldest = phones.min_by_key(|channel| channel.unchanged_since());
        let Some(oldest) = oldest else { return Err(NumberRefusal::NoNumber) };
        if now >= oldest.unchanged_since().plus(age_min) {
            Ok(oldest.id)
        } else {
            Err(NumberRefusal::TooNew)
        }
    }

    /// Every channel that a notice goes to: registered now, or until 30 days ago.
    pub fn channels_to_notify(
        &self,
        policy: &Policy,
        now: Timestamp,
    ) -> impl Iterator<Item = &Channel> {
        let kept = policy.veto.removed_channels_notified_for;
        self.channels
            .iter()
            .filter(move |channel| channel.removed_at.is_none_or(|at| now < at.plus(kept)))
    }

    /// When a removed channel has had its last notice and is to be forgotten; `None` where there is no such.
    #[must_use]
    pub fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        let kept = policy.veto.removed_channels_notified_for;
        self.channels.iter().filter_map(|channel| channel.removed_at).min().map(|at| at.plus(kept))
    }

    /// Forgets removed channels whose time is over.
    #[must_use]
    pub fn elapse(&self, policy: &Policy, now: Timestamp) -> Option<Step<Self>> {
        let mut next = self.clone();
        next.forget_channels(policy, now);
        (next.channels.len() < self.channels.len()).then(|| Step::to(next))
    }

    fn forget_channels(&mut self, policy: &Policy, now: Timestamp) {
        let kept = policy.veto.removed_channels_notified_for;
        self.channels.retain(|old| old.removed_at.is_none_or(|at| now < at.plus(kept)));
    }

    /// Adds a channel, unconfirmed.
    ///
    /// # Errors
    ///
    /// [`Rejection::TooManyChannels`].
    pub fn add_channel(
        &self,
        id: ChannelId,
        kind: ChannelKind,
        address: Sensitive<String>,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Step<Self>, Rejection> {
        let mut next = self.clone();
        next.forget_channels(policy, now);
        if next.channels.len() >= CHANNELS_MAX {
            return Err(Rejection::TooManyChannels);
        }
        next.channels.push(Channel {
            id,
            kind,
            address,
            confirmed_at: None,
            changed_at: now,
            sim_changed_at: None,
            removed_at: None,
        });
        Ok(self.recovery_information_changed(next, JournalEvent::ChannelAdded { person: self.id }))
    }

    /// Confirms a channel. Its age goes on counting from its registration.
    ///
    /// # Errors
    ///
    /// [`Rejection::NoSuchChannel`].
    pub fn confirm_channel(&self, id: ChannelId, now: Timestamp) -> Result<Step<Self>, Rejection> {
        let mut next = self.clone();
        let channel = next.current_channel(id)?;
        channel.confirmed_at = channel.confirmed_at.or(Some(now));
        Ok(Step::to(next).saying(JournalEvent::ChannelConfirmed { person: self.id }))
    }

    /// Removes a channel; it gets notices for 30 more days.
    ///
    /// # Errors
    ///
    /// [`Rejection::NoSuchChannel`].
    pub fn remove_channel(&self, id: ChannelId, now: Timestamp) -> Result<Step<Self>, Rejection> {
        let mut next = self.clone();
        next.current_channel(id)?.removed_at = Some(now);
        let said = JournalEvent::ChannelRemoved { person: self.id };
        Ok(self.recovery_information_changed(next, said))
    }

    /// Records that the SIM behind a number was changed or the number ported.
    ///
    /// # Errors
    ///
    /// [`Rejection::NoSuchChannel`].
    pub fn sim_changed(&self, id: ChannelId, at: Timestamp) -> Result<Step<Self>, Rejection> {
        let mut next = self.clone();
        let channel = next.current_channel(id)?;
        channel.sim_changed_at = channel.sim_changed_at.max(Some(at));
        Ok(Step::to(next))
    }

    /// Adds an app that an enrolment has bound.
    pub fn app_bound(&self, app: BoundApp) -> Step<Self> {
        let mut next = self.clone();
        next.instances.retain(|old| old.instance != app.instance);
        next.instances.push(app);
        Step::to(next)
    }

    /// Takes an app off the list.
    pub fn app_unbound(&self, instance: InstanceId) -> Step<Self> {
        let mut next = self.clone();
        next.instances.retain(|app| app.instance != instance);
        Step::to(next)
    }

    /// Whether the app is this person's.
    #[must_use]
    pub fn has_app(&self, instance: InstanceId) -> bool {
        self.instances.iter().any(|app| app.instance == instance)
    }

    /// Counts a chip + face case that is being opened.
    ///
    /// # Errors
    ///
    /// [`Rejection::TooManyCases`] where the day's are used up.
    pub fn count_chip_case(
        &self,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Step<Self>, Rejection> {
        if self.chip_cases.count_within(DAY, now) >= usize::from(policy.chip_face.cases_per_day_max)
        {
            return Err(Rejection::TooManyCases);
        }
        Ok(Step::to(Self { chip_cases: self.chip_cases.with(now, DAY), ..self.clone() }))
    }

    /// Counts a call that ended without enough answers; it raises the bar of the phone route only.
    pub fn count_failed_call(&self, policy: &Policy, now: Timestamp) -> Step<Self> {
        let failed_calls = self.failed_calls.with(now, policy.phone.raised_bar_for);
        Step::to(Self { failed_calls, ..self.clone() })
    }

    /// Whether a failed call still raises the bar of the phone route.
    #[must_use]
    pub fn phone_bar_is_raised(&self, policy: &Policy, now: Timestamp) -> bool {
        self.failed_calls.count_within(policy.phone.raised_bar_for, now) > 0
    }

    /// Records a completed recovery. A freeze that allowed it is over.
    pub fn recovered(&self, past: PastRecovery) -> Step<Self> {
        let mut next = self.clone();
        let (case, now) = (past.case, past.at);
        next.recoveries.retain(|old| now < old.at.plus(RECOVERIES_KEPT));
        next.recoveries.push(past);
        let step = if next.freeze.take().is_some() {
            Step::to(next).saying(JournalEvent::IdentityUnfrozen { person: self.id, case })
        } else {
            Step::to(next)
        };
        step.owing(Effect::EmitSecurityEvent {
            person: self.id,
            event: SecurityEvent::RecoveryActivated,
        })
        .owing(Effect::EmitSecurityEvent { person: self.id, event: SecurityEvent::PinChanged })
    }

    /// The owner freezes the identity. A freeze by veto stays as it is: it ends harder.
    pub fn freeze_by_owner(&self, now: Timestamp) -> Step<Self> {
        let freeze = self.freeze.or(Some(Freeze { at: now, cause: FreezeCause::Owner }));
        Step::to(Self { freeze, ..self.clone() })
            .saying(JournalEvent::IdentityFrozen { person: self.id })
    }

    /// A link stopped a recovery.
    pub fn freeze_by_veto(&self, veto: VetoId, policy: &Policy, now: Timestamp) -> Step<Self> {
        let window = policy.veto.second_veto_window;
        let again = self.vetoes.count_within(window, now) > 0;
        let cause = if again { FreezeCause::SecondVeto(veto) } else { FreezeCause::Veto(veto) };
        let next = Self {
            freeze: Some(Freeze { at: now, cause }),
            vetoes: self.vetoes.with(now, window),
            ..self.clone()
        };
        Step::to(next).saying(JournalEvent::IdentityFrozen { person: self.id })
    }

    /// Whether the apps of this person show "frozen".
    #[must_use]
    pub fn apps_are_frozen(&self) -> bool {
        self.freeze.is_some_and(|freeze| match freeze.cause {
            FreezeCause::Owner => true,
            // The app in which no recovery was completed is its owner's and stays usable; the
            // other one is blocked itself.
            FreezeCause::Veto(_) | FreezeCause::SecondVeto(_) => false,
        })
    }

    fn current_channel(&mut self, id: ChannelId) -> Result<&mut Channel, Rejection> {
        self.channels
            .iter_mut()
            .find(|channel| channel.id == id && channel.removed_at.is_none())
            .ok_or(Rejection::NoSuchChannel)
    }

    fn recovery_information_changed(&self, next: Self, said: JournalEvent) -> Step<Self> {
        Step::to(next)
            .owing(Effect::EmitSecurityEvent {
                person: self.id,
                event: SecurityEvent::RecoveryInformationChanged,
            })
            .saying(said)
    }
}

impl Channel {
    /// Since when nothing about it has changed.
    #[must_use]
    pub fn unchanged_since(&self) -> Timestamp {
        self.sim_changed_at.map_or(self.changed_at, |sim| sim.max(self.changed_at))
    }
}

impl Person {
    /// Whether this person may vouch for another.
    #[must_use]
    pub fn is_in_good_standing(&self) -> bool {
        let alive = match self.status {
            Status::Active | Status::Protected | Status::Emigrated => true,
            Status::Administrative
            | Status::Guardianship
            | Status::Disappeared
            | Status::Dead
            | Status::Annulled => false,
        };
        alive && self.freeze.is_none()
    }

    /// Counts a time that this person vouched for another.
    pub fn count_witnessed(&self, policy: &Policy, now: Timestamp) -> Step<Self> {
        let witnessed = self.witnessed.with(now, policy.desk.witness_window);
        Step::to(Self { witnessed, ..self.clone() })
    }
}
