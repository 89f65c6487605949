//! The effects of a decision as rows of the outbox: one row for each message to each channel, sealed under the person's key.

use crate::Failure;
use crate::screen::reveal::Reveal;
use crate::work::{Subject, Work};
use recovery::alarm::Alarm;
use recovery::appointment::{Appointment, Contact};
use recovery::effect::{AppointmentMessage, Effect, Medium, News, Notice, SecurityEvent};
use recovery::grant::Grant;
use recovery::id::{AppointmentId, ChannelId, PersonId, TemporaryPinId};
use recovery::person::{ChannelKind, Person};
use recovery::time::Timestamp;
use store::codec::{self, Writer};
use store::seal::{self, Binding};
use store::{EffectKey, EffectKind, Id, OutboxRow, Withdrawal};
use zeroize::Zeroizing;

/// An SMS with a temporary PIN; it is dropped when the code expires.
pub const SEND_CODE: EffectKind = EffectKind(1);
/// Any other message.
pub const SEND_MESSAGE: EffectKind = EffectKind(2);
/// A security event for relying parties.
pub const SECURITY_EVENT: EffectKind = EffectKind(3);
/// An alarm to the operator.
pub const ALARM: EffectKind = EffectKind(4);

/// How long a notice is tried, in milliseconds: one that comes after its link has expired helps nobody.
const MESSAGE_TRIED_MAX_MS: i64 = 7 * 24 * 3_600_000;

/// One message to one address.
#[derive(Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The channel: SMS or e-mail.
    pub by: ChannelKind,
    /// The telephone number or e-mail address.
    pub to: Zeroizing<String>,
    /// The language of the message, BCP 47.
    pub language: String,
    /// The content of the message.
    pub says: Says,
    /// When the event happened that the message reports.
    pub at: Timestamp,
}

impl std::fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outgoing").field("by", &self.by).finish_non_exhaustive()
    }
}

/// The content of a message.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_debug_implementations, reason = "it holds codes and tokens")]
pub enum Says {
    /// The temporary PIN.
    TemporaryPin { code: Zeroizing<String>, until: Timestamp },
    /// A notice; `token` makes the link that stops the case which the notice reports.
    Notice { news: News, token: Option<Zeroizing<String>> },
    /// A message about a booking.
    Appointment { message: AppointmentMessage, appointment: AppointmentId },
    /// The code that moves or cancels a booking.
    AppointmentCode { appointment: AppointmentId, reference: String, code: Zeroizing<String> },
    /// An alarm to the operator; `times` counts how often it was raised since the last message about it.
    Alarm { alarm: Alarm, times: u32 },
}

impl Work<'_> {
    /// Turns the effects of this unit of work into rows of the outbox, in the same transaction.
    pub(crate) async fn settle_effects(&mut self) -> Result<(), Failure> {
        // An effect may owe others: a withdrawn grant says so in the journal.
        while let Some((subject, effect)) = self.effects.pop() {
            self.settle(subject, effect).await?;
        }
        Ok(())
    }

    async fn settle(&mut self, subject: Subject, effect: Effect) -> Result<(), Failure> {
        match effect {
            Effect::SendTemporaryPin { temporary_pin, channel, until } => {
                self.owe_code(subject, temporary_pin, channel, until).await
            }
            Effect::RevealOnce { temporary_pin, medium, until } => {
                let Subject::Person(person) = subject else { return Err(owed_to_nobody()) };
                let code = self.code_of(temporary_pin)?;
                self.ensure_key(person).await?;
                let screen = match medium {
                    Medium::Screen(screen) => Some(screen),
                    Medium::Paper => None,
                };
                let fetched_at = None;
                self.insert(&Reveal { temporary_pin, person, code, until, screen, fetched_at });
                Ok(())
            }
            Effect::WithdrawCode { temporary_pin } => {
                let owner = Id(temporary_pin.0);
                self.change(|it| it.withdraw(Withdrawal::OfOwner { owner, effect: SEND_CODE }));
                if let Some(reveal) = self.load::<Reveal>(owner).await? {
                    self.delete(&reveal);
                }
                Ok(())
            }
            Effect::NotifyEveryChannel { person, case: _, notice }
            | Effect::NotifyOfChange { person, notice } => self.notify(person, notice).await,
            Effect::SendAppointment { appointment, message } => {
                self.owe_appointment(appointment, message)
            }
            Effect::EmitSecurityEvent { person, event } => self.owe_event(person, event).await,
            Effect::WithdrawGrant { grant } => {
                if let Some(loaded) = self.load::<Grant>(Id(grant.0)).await?
                    && let Some(step) = loaded.value.withdraw()
                {
                    let next = self.take(loaded.value.person, step);
                    self.put(&loaded, &next);
                }
                Ok(())
            }
            Effect::Alarm { alarm } => {
                self.raise(subject, alarm, 1);
                Ok(())
            }
            // Apps ask for their state by themselves.
            Effect::WakeApp { .. } => Ok(()),
        }
    }

    /// The person before this transaction. That is enough: no transaction that sends notices changes channels.
    async fn person(&mut self, person: PersonId) -> Result<Person, Failure> {
        self.load::<Person>(Id(person.0))
            .await?
            .map(|loaded| loaded.value)
            .ok_or_else(|| Failure::fault("a message is owed to nobody", "no such person"))
    }

    fn code_of(&self, temporary_pin: TemporaryPinId) -> Result<Zeroizing<String>, Failure> {
        self.codes
            .get(&temporary_pin)
            .cloned()
            .ok_or_else(|| Failure::fault("a code is owed that was not drawn", "no clear code"))
    }

    async fn owe_code(
        &mut self,
        subject: Subject,
        temporary_pin: TemporaryPinId,
        channel: ChannelId,
        until: Timestamp,
    ) -> Result<(), Failure> {
        let Subject::Person(person) = subject else { return Err(owed_to_nobody()) };
        let person = self.person(person).await?;
        let Some(channel) = person.channels.iter().find(|known| known.id == channel) else {
            return Err(Failure::fault("a code is owed to no channel", "no such channel"));
        };
        let says = Says::TemporaryPin { code: self.code_of(temporary_pin)?, until };
        let message = self.message_to(&person, channel, says);
        let key = EffectKey { owner: Id(temporary_pin.0), version: 0, index: 0 };
        self.owe(person.id, key, SEND_CODE, &message, Some(until))
    }

    async fn notify(&mut self, person: PersonId, notice: Notice) -> Result<(), Failure> {
        let person = self.person(person).await?;
        let policy = self.service.parts().policy.clone();
        let owner = Id(self.service.draw_id());
        let now = self.now();
        let mut messages = Vec::new();
        // As the channels stood before this work: who is new hears nothing, and who goes hears of it.
        for channel in person.channels_to_notify(&policy, now) {
            let token =
                notice.veto().and_then(|named| self.offer_link(person.id, channel.id, named));
            let says = Says::Notice { news: notice.news(), token };
            messages.push(self.message_to(&person, channel, says));
        }
        for (index, message) in messages.iter().enumerate() {
            let index = u16::try_from(index).unwrap_or(u16::MAX);
            let key = EffectKey { owner, version: 0, index };
            let until = Timestamp(self.now().0.saturating_add(MESSAGE_TRIED_MAX_MS));
            self.owe(person.id, key, SEND_MESSAGE, message, Some(until))?;
        }
        Ok(())
    }

    fn owe_appointment(
        &mut self,
        id: AppointmentId,
        message: AppointmentMessage,
    ) -> Result<(), Failure> {
        let Some(appointment) = self.appointments.get(&id).cloned() else {
            return Err(Failure::fault(
                "a message is owed about an unknown booking",
                "no such booking",
            ));
        };
        let outgoing =
            self.to_contact(&appointment, Says::Appointment { message, appointment: id });
        self.owe_to_nobody(&outgoing);
        Ok(())
    }

    /// Builds a message to the contact of a booking.
    pub(crate) fn to_contact(&self, appointment: &Appointment, says: Says) -> Outgoing {
        let (by, to) = match &appointment.contact {
            Contact::Sms(number) => (ChannelKind::Phone, number),
            Contact::Email(address) => (ChannelKind::Email, address),
        };
        Outgoing {
            by,
            to: Zeroizing::new(to.expose().clone()),
            language: appointment.language.clone(),
            says,
            at: self.now(),
        }
    }

    /// Queues a message that belongs to no person of the service; it is sealed under the service's key.
    pub(crate) fn owe_to_nobody(&mut self, message: &Outgoing) {
        let key = EffectKey { owner: Id(self.service.draw_id()), version: 0, index: 0 };
        let (number, service_key) = self.service.parts().keys.newest_service_key();
        let mut payload = Writer::new();
        payload.u8(0);
        payload.u32(number.0);
        payload.bytes(&seal::seal(
            &service_key,
            self.nonce(),
            &Binding::effect(key),
            &codec::to_bytes(message),
        ));
        let until = Timestamp(self.now().0.saturating_add(MESSAGE_TRIED_MAX_MS));
        let row = OutboxRow {
            key,
            effect: SEND_MESSAGE,
            person: Id(0),
            payload: payload.finish(),
            not_before: self.now(),
            expires_at: Some(until),
        };
        self.change(|it| it.effect(row));
    }

    async fn owe_event(&mut self, person: PersonId, event: SecurityEvent) -> Result<(), Failure> {
        self.ensure_key(person).await?;
        let key = EffectKey { owner: Id(self.service.draw_id()), version: 0, index: 0 };
        let clear = codec::to_bytes(&(event, self.now()));
        self.owe_sealed(person, key, SECURITY_EVENT, &clear, None)
    }

    fn message_to(
        &self,
        person: &Person,
        channel: &recovery::person::Channel,
        says: Says,
    ) -> Outgoing {
        Outgoing {
            by: channel.kind,
            to: Zeroizing::new(channel.address.expose().clone()),
            language: person.language.clone(),
            says,
            at: self.now(),
        }
    }

    fn owe(
        &mut self,
        person: PersonId,
        key: EffectKey,
        effect: EffectKind,
        message: &Outgoing,
        until: Option<Timestamp>,
    ) -> Result<(), Failure> {
        self.owe_sealed(person, key, effect, &codec::to_bytes(message), until)
    }

    fn owe_sealed(
        &mut self,
        person: PersonId,
        key: EffectKey,
        effect: EffectKind,
        clear: &[u8],
        until: Option<Timestamp>,
    ) -> Result<(), Failure> {
        let Some(data_key) = self.key_of(person) else {
            return Err(Failure::fault(
                "a message is owed under no key",
                "the person's key is not loaded",
            ));
        };
        let mut payload = Writer::new();
        payload.u8(1);
        payload.bytes(&seal::seal(data_key, self.nonce(), &Binding::effect(key), clear));
        let row = OutboxRow {
            key,
            effect,
            person: Id(person.0),
            payload: payload.finish(),
            not_before: self.now(),
            expires_at: until,
        };
        self.change(|it| it.effect(row));
        Ok(())
    }
}

/// A code without a person is a defect of this service: whoever waits for it would wait forever.
fn owed_to_nobody() -> Failure {
    Failure::fault("a code is owed to nobody", "the decision is about no person")
}

impl Outgoing {
    /// Whether the message is about a code that is no longer valid.
    #[must_use]
    pub fn over(&self, now: Timestamp) -> bool {
        match &self.says {
            Says::TemporaryPin { until, .. } => now >= *until,
            Says::Notice { .. }
            | Says::Appointment { .. }
            | Says::AppointmentCode { .. }
            | Says::Alarm { .. } => false,
        }
    }
}

store::stored! { struct Outgoing { by, to, language, at, says } }
store::stored! { enum Says {
    0 => TemporaryPin { code, until },
    1 => Notice { news, token },
    2 => Appointment { message, appointment },
    3 => AppointmentCode { appointment, reference, code },
    4 => Alarm { alarm, times },
} }

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{NOW, in_memory};

    #[tokio::test]
    async fn a_code_that_is_owed_to_nobody_is_a_fault_and_not_silence() {
        let (service, _) = in_memory();
        let temporary_pin = TemporaryPinId(5);
        let owed = [
            Effect::SendTemporaryPin { temporary_pin, channel: ChannelId(1), until: NOW },
            Effect::RevealOnce { temporary_pin, medium: Medium::Paper, until: NOW },
        ];
        for effect in owed {
            let mut work = Work::begin(&service).await.unwrap();
            work.effects.push((Subject::Nobody { matter: 0 }, effect.clone()));

            let failed = work.commit().await.unwrap_err();

            assert!(failed.to_string().contains("owed to nobody"), "{effect:?}: {failed}");
        }
    }
}
