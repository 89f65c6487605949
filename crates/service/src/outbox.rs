//! Runs the effects of decisions from the outbox: each at least once, and each safe to run twice.

use crate::outgoing::{ALARM, Outgoing, SECURITY_EVENT, SEND_CODE, SEND_MESSAGE, Says};
use crate::work::Work;
use crate::{Failure, Service};
use jiff::Zoned;
use jiff::tz::TimeZone;
use messages::texts::{Message, Notice};
use messages::{Blame, Mail, MailAddress, PhoneNumber, Reference, Retry, SendError, Sms};
use recovery::alarm::Alarm;
use recovery::effect::{AppointmentMessage, News};
use recovery::id::AppointmentId;
use recovery::person::ChannelKind;
use recovery::time::Timestamp;
use std::time::Duration;
use store::appointment::{StoredAppointment, StoredCentre};
use store::codec::{self, Reader};
use store::keys::MasterNumber;
use store::seal::{self, Binding};
use store::{Claimed, Id, person_key};
use tokio::task::JoinSet;
use zeroize::Zeroizing;

/// How long a row that is being tried is hidden from other runners, in milliseconds.
const LEASE_MS: u32 = 60_000;
/// The number of rows that are claimed at once.
const BATCH: usize = 32;
/// The longest pause between two tries, in milliseconds.
const PAUSE_MAX_MS: i64 = 10 * 60_000;
/// The number of tries after which a row without a deadline of its own is given up.
const TRIES_MAX: u32 = 50;

/// The counts of one pass over the outbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// Rows that were run and deleted.
    pub done: usize,
    /// Rows that are to be tried again later.
    pub postponed: usize,
    /// Rows that were given up: refused for good, or no longer readable.
    pub dropped: usize,
}

/// What happens to a row of the outbox after it was tried.
enum Fate {
    /// It was run and is deleted.
    Done,
    /// It is tried again later.
    Later,
    /// It is given up and deleted.
    Never,
}

impl Service {
    /// Claims the rows that are due and runs them; returns when no more are due.
    ///
    /// # Errors
    ///
    /// Store errors. A message that could not be sent is no error here: it is tried again.
    pub async fn run_outbox(&self) -> Result<Ran, Failure> {
        let mut ran = Ran::default();
        loop {
            let now = self.now().await?;
            let claimed = self.parts().store.claim_effects(now, LEASE_MS, BATCH).await?;
            if claimed.is_empty() {
                return Ok(ran);
            }
            // All at once: what hangs holds back nothing else. Codes first, for they are over soon.
            let (codes, others): (Vec<_>, Vec<_>) =
                claimed.into_iter().partition(|it| it.row.effect == SEND_CODE);
            let mut under_way = JoinSet::new();
            for claimed in codes.into_iter().chain(others) {
                let service = self.clone();
                under_way.spawn(async move { service.run_one(&claimed, now).await });
            }
            while let Some(one) = under_way.join_next().await {
                let one = one.map_err(|error| Failure::fault("running an effect", error))??;
                ran.done = ran.done.saturating_add(one.done);
                ran.postponed = ran.postponed.saturating_add(one.postponed);
                ran.dropped = ran.dropped.saturating_add(one.dropped);
            }
        }
    }

    async fn run_one(&self, claimed: &Claimed, now: Timestamp) -> Result<Ran, Failure> {
        let key = claimed.row.key;
        let (done, postponed, dropped) = match self.carry_out(claimed).await {
            Fate::Done => {
                self.parts().store.finish_effect(key).await?;
                (1, 0, 0)
            }
            Fate::Never => {
                self.parts().store.finish_effect(key).await?;
                (0, 0, 1)
            }
            Fate::Later if claimed.attempt >= TRIES_MAX => {
                tracing::error!(effect = %key, attempts = claimed.attempt, "an effect is given up");
                self.raise_alarm(Alarm::EffectGivenUp);
                self.parts().store.finish_effect(key).await?;
                (0, 0, 1)
            }
            Fate::Later => {
                let at = Timestamp(now.0.saturating_add(pause_ms(claimed.attempt)));
                self.parts().store.postpone_effect(key, claimed.attempt, at).await?;
                (0, 1, 0)
            }
        };
        Ok(Ran { done, postponed, dropped })
    }

    async fn carry_out(&self, claimed: &Claimed) -> Fate {
        let row = &claimed.row;
        if row.effect == ALARM {
            return match self.tell_of_alarm(&row.payload).await {
                Ok(()) => Fate::Done,
                Err(
                    Failure::Unavailable { .. } | Failure::ClockNotTrusted { .. } | Failure::Rival,
                ) => Fate::Later,
                Err(error) => {
                    tracing::error!(effect = %row.key, %error, "an alarm cannot be read");
                    Fate::Never
                }
            };
        }
        let clear = match self.opened(claimed).await {
            Ok(Some(clear)) => clear,
            // The person was erased: nothing of theirs goes out any more.
            Ok(None) => return Fate::Never,
            Err(Failure::Unavailable { .. } | Failure::ClockNotTrusted { .. }) => {
                return Fate::Later;
            }
            Err(error) => {
                tracing::error!(effect = %row.key, %error, "an effect cannot be read");
                return Fate::Never;
            }
        };
        if row.effect == SECURITY_EVENT {
            // Relying parties are told by the transmitter of security events; without one the journal alone knows.
            return Fate::Done;
        }
        if row.effect != SEND_CODE && row.effect != SEND_MESSAGE {
            tracing::error!(effect = %row.key, kind = row.effect.0, "an effect of an unknown kind");
            return Fate::Never;
        }
        match codec::from_bytes::<Outgoing>(&clear) {
            Ok(outgoing) => self.send(&outgoing, claimed).await,
            Err(error) => {
                tracing::error!(effect = %row.key, %error, "an effect does not decode");
                Fate::Never
            }
        }
    }

    async fn opened(&self, claimed: &Claimed) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
        let row = &claimed.row;
        let parts = self.parts();
        let mut reader = Reader::new(&row.payload);
        let fault = |error| Failure::fault("opening an effect", error);
        let binding = Binding::effect(row.key);
        match reader.u8("owner").map_err(fault)? {
            0 => {
                let number = MasterNumber(reader.u32("master number").map_err(fault)?);
                let sealed =
                    reader.bytes("payload", store::transaction::SEALED_BYTES_MAX).map_err(fault)?;
                let Some(key) = parts.keys.service_key(number) else {
                    return Err(Failure::fault("opening an effect", "unknown master key"));
                };
                seal::open(&key, &binding, sealed, "payload").map(Some).map_err(fault)
            }
            _ => {
                let sealed =
                    reader.bytes("payload", store::transaction::SEALED_BYTES_MAX).map_err(fault)?;
                let Some((key, _)) =
                    person_key::load(&*parts.store, &parts.keys, Id(row.person.0)).await?
                else {
                    return Ok(None);
                };
                seal::open(&key.key, &binding, sealed, "payload").map(Some).map_err(fault)
            }
        }
    }

    async fn send(&self, outgoing: &Outgoing, claimed: &Claimed) -> Fate {
        // The store hands out no row that is over; but whatever was sent before it in the same
        // batch has taken its time.
        let Ok(now) = self.now().await else { return Fate::Later };
        if outgoing.over(now) {
            tracing::warn!(effect = %claimed.row.key, attempt = claimed.attempt, "a code was over before it could be sent");
            return Fate::Never;
        }
        let Some(_place) = self.lanes.enter(outgoing) else { return Fate::Later };
        let reference = Reference(claimed.row.key.owner.0 ^ u128::from(claimed.row.key.index));
        match self.deliver(outgoing, reference, now).await {
            Ok(()) => Fate::Done,
            Err(Unsent::Unmade(reason)) => {
                tracing::error!(effect = %claimed.row.key, reason, "a message could not be made");
                Fate::Never
            }
            Err(Unsent::Refused(error)) => {
                let (effect, attempt) = (claimed.row.key, claimed.attempt);
                match error.blame() {
                    Blame::Operator => {
                        tracing::error!(%effect, %error, attempt, "no message goes out: sender, name, password or certificate in the configuration has to be mended");
                        self.raise_alarm(Alarm::SendersRefused);
                    }
                    Blame::Message => {
                        tracing::warn!(%effect, %error, attempt, "a message did not go out");
                    }
                }
                match error.retry() {
                    Retry::Later | Retry::Unsure => Fate::Later,
                    Retry::Never => Fate::Never,
                }
            }
        }
    }

    /// Sends one message by SMS or e-mail.
    pub(crate) async fn deliver(
        &self,
        outgoing: &Outgoing,
        reference: Reference,
        now: Timestamp,
    ) -> Result<(), Unsent> {
        match outgoing.by {
            ChannelKind::Phone => self.send_sms(outgoing, reference, now).await,
            ChannelKind::Email => self.send_mail(outgoing, reference).await,
        }
    }

    async fn send_sms(
        &self,
        outgoing: &Outgoing,
        reference: Reference,
        now: Timestamp,
    ) -> Result<(), Unsent> {
        let to = PhoneNumber::parse(&outgoing.to).map_err(|_| Unsent::Unmade("not a number"))?;
        let words = self.words(outgoing).await?;
        let text = words
            .with(|message| self.parts().texts.sms(&outgoing.language, message))
            .map_err(|_| Unsent::Unmade("no such text"))?;
        let keep_trying = match &outgoing.says {
            // The network may try for as long as the code is still good, not as it once was.
            Says::TemporaryPin { until, .. } => Some(left(*until, now)),
            Says::Notice { .. }
            | Says::Appointment { .. }
            | Says::AppointmentCode { .. }
            | Says::Alarm { .. } => None,
        };
        let sms = Sms { to, text, keep_trying, reference };
        self.parts().sms.send(&sms).await.map(|_| ()).map_err(Unsent::Refused)
    }

    async fn send_mail(&self, outgoing: &Outgoing, reference: Reference) -> Result<(), Unsent> {
        let to = MailAddress::parse(&outgoing.to).map_err(|_| Unsent::Unmade("not an address"))?;
        let words = self.words(outgoing).await?;
        let text = words
            .with(|message| self.parts().texts.mail(&outgoing.language, message))
            .map_err(|_| Unsent::Unmade("no such text"))?;
        let mail = Mail {
            to,
            subject: text.subject,
            text: text.body,
            invitation: None,
            reference,
            written_at: jiff::Timestamp::from_millisecond(outgoing.at.0)
                .unwrap_or(jiff::Timestamp::UNIX_EPOCH),
        };
        self.parts().mail.send(&mail).await.map_err(Unsent::Refused)
    }

    /// The values that the text of this message names.
    async fn words(&self, outgoing: &Outgoing) -> Result<Words, Unsent> {
        let zone = registers::home_zone();
        Ok(match &outgoing.says {
            Says::TemporaryPin { code, until } => Words::Code {
                code: code.clone(),
                now: zoned(outgoing.at, &zone),
                until: zoned(*until, &zone),
            },
            Says::Notice { news, token } => {
                let link = token.as_ref().map(|token| {
                    Zeroizing::new(format!(
                        "{}/stop/{}",
                        self.parts().settings.citizen_url,
                        &**token
                    ))
                });
                Words::Notice { news: *news, at: zoned(outgoing.at, &zone), link }
            }
            Says::Appointment { message, appointment } => {
                let facts = self
                    .appointment_facts(*appointment)
                    .await
                    .map_err(|_| Unsent::Unmade("no such booking"))?;
                Words::Appointment { message: *message, facts }
            }
            Says::AppointmentCode { appointment, reference, code } => {
                let facts = self
                    .appointment_facts(*appointment)
                    .await
                    .map_err(|_| Unsent::Unmade("no such booking"))?;
                Words::AppointmentCode {
                    reference: reference.clone(),
                    code: code.clone(),
                    until: facts.at,
                }
            }
            Says::Alarm { alarm, times } => {
                Words::Alarm { alarm: *alarm, times: *times, at: zoned(outgoing.at, &zone) }
            }
        })
    }
}

impl Service {
    /// The facts about a booking that messages and pages show.
    ///
    /// # Errors
    ///
    /// `no-such-booking`, or store errors.
    pub async fn appointment_facts(&self, id: AppointmentId) -> Result<AppointmentFacts, Failure> {
        let mut work = Work::begin(self).await?;
        let no = || Failure::from(recovery::Rejection::NoSuchBooking);
        let stored = work.load::<StoredAppointment>(Id(id.0)).await?.ok_or_else(no)?.value;
        let appointment = &stored.appointment;
        let centre =
            work.load::<StoredCentre>(Id(appointment.centre.0)).await?.ok_or_else(no)?.value.centre;
        let zone = TimeZone::get(&centre.time_zone).unwrap_or(TimeZone::UTC);
        Ok(AppointmentFacts {
            at: zoned(appointment.begins_at, &zone),
            centre: centre.name,
            address: format!("{}, {} {}", centre.address, centre.postcode, centre.town),
            link: format!("{}/booking", self.parts().settings.citizen_url),
            reference: stored.reference,
        })
    }
}

/// Why a message was not sent.
#[derive(Debug)]
pub(crate) enum Unsent {
    /// The message could not be composed, and trying again would not help.
    Unmade(&'static str),
    /// The sender did not accept the message.
    Refused(SendError),
}

/// The facts about a booking that messages and pages show.
#[derive(Clone, Debug)]
pub struct AppointmentFacts {
    /// The beginning of the visit, on the centre's clock.
    pub at: Zoned,
    /// The centre's name.
    pub centre: String,
    /// The address of the centre, in one line.
    pub address: String,
    /// The reference of the booking.
    pub reference: String,
    /// The address of the page on which the booking is moved or cancelled.
    pub link: String,
}

/// The values that the text of a message names.
enum Words {
    Code { code: Zeroizing<String>, now: Zoned, until: Zoned },
    Notice { news: News, at: Zoned, link: Option<Zeroizing<String>> },
    Appointment { message: AppointmentMessage, facts: AppointmentFacts },
    AppointmentCode { reference: String, code: Zeroizing<String>, until: Zoned },
    Alarm { alarm: Alarm, times: u32, at: Zoned },
}

impl Words {
    fn with<T>(&self, make: impl FnOnce(&Message<'_>) -> T) -> T {
        match self {
            Self::Code { code, now, until } => make(&Message::TemporaryPin { code, now, until }),
            Self::Notice { news, at, link } => {
                let link = link.as_ref().map_or("", |link| link.as_str());
                make(&Message::Notice(match news {
                    News::TemporaryPinIssued => Notice::TemporaryPinIssued { at, link },
                    News::WaitBegun => Notice::WaitBegun { at, link },
                    News::NewPinAllowed => Notice::NewPinAllowed { at, link },
                    News::Recovered => Notice::Recovered { at, link },
                    News::ChannelsChanged => Notice::ChannelsChanged { at, link },
                    News::DocumentRecorded => Notice::DocumentRecorded { at, link },
                    News::Stopped => Notice::Stopped { at },
                }))
            }
            Self::Appointment { message, facts } => {
                let news = match message {
                    AppointmentMessage::Booked => messages::texts::AppointmentNews::Booked,
                    AppointmentMessage::Moved => messages::texts::AppointmentNews::Moved,
                    AppointmentMessage::Cancelled => messages::texts::AppointmentNews::Cancelled,
                    AppointmentMessage::Reminder => messages::texts::AppointmentNews::Reminder,
                };
                make(&Message::Appointment(
                    news,
                    messages::texts::Appointment {
                        at: &facts.at,
                        centre: &facts.centre,
                        address: &facts.address,
                        reference: &facts.reference,
                        link: &facts.link,
                    },
                ))
            }
            Self::AppointmentCode { reference, code, until } => {
                make(&Message::AppointmentCode { reference, code, until })
            }
            Self::Alarm { alarm, times, at } => {
                make(&Message::Alarm { alarm: alarm.code(), times: *times, at })
            }
        }
    }
}

fn zoned(at: Timestamp, zone: &TimeZone) -> Zoned {
    jiff::Timestamp::from_millisecond(at.0)
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
        .to_zoned(zone.clone())
}

/// How long a code is still valid.
fn left(until: Timestamp, now: Timestamp) -> Duration {
    let millis = until.0.saturating_sub(now.0);
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}

/// The pause before the next try: 1 s, 2 s, 4 s … 10 min.
fn pause_ms(attempt: u32) -> i64 {
    let doublings = attempt.saturating_sub(1).min(20);
    1_000_i64.checked_shl(doublings).unwrap_or(PAUSE_MAX_MS).clamp(1_000, PAUSE_MAX_MS)
}

#[cfg(test)]
mod tests {
    use super::pause_ms;

    #[test]
    fn pauses_double_up_to_ten_minutes() {
        assert_eq!([1, 2, 3, 40].map(pause_ms), [1_000, 2_000, 4_000, 600_000]);
    }

    #[test]
    fn times_without_a_place_in_messages_are_of_the_registers_home_zone() {
        assert_eq!(messages::texts::HOME_ZONE, registers::HOME_ZONE);
    }
}
