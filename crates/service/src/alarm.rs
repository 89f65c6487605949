//! Alarms: each one becomes a journal entry, a counter and a message to the operator, all from one place.
//!
//! A decision raises an alarm as an effect, which is saved with the decision. Code that has no transaction (the HTTP server,
//! the connection to a message centre, the clock) calls [`Service::raise_alarm`], which never waits;
//! [`Service::tell_alarms`] writes the alarm to the journal soon after. Where nothing can be written because the database or
//! the clock is not trusted, the message is sent all the same, and the journal entry follows once the journal can be written
//! again.

pub(crate) mod address;
mod notice;
#[cfg(test)]
mod tests;

pub use address::AlarmAddress;
pub use notice::AlarmNotice;

use crate::outgoing::{ALARM, Outgoing, Says};
use crate::work::{Subject, Work};
use crate::{Failure, Service};
use messages::Reference;
use notice::{AlarmNoticeId, Telling};
use recovery::alarm::Alarm;
use recovery::event::JournalEvent;
use recovery::time::Timestamp;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};
use store::codec::{self, CodecError, Reader, Stored};
use store::{EffectKey, Id, OutboxRow};
use zeroize::Zeroizing;

/// The shortest time between two writes of one kind of alarm to journal and outbox, where it was raised outside of a
/// transaction.
const WRITTEN_EVERY_MS: i64 = 60_000;
/// The pause before a message that could not be sent without the outbox is tried again.
const DIRECT_AGAIN_MS: i64 = 60_000;
const NEVER: i64 = i64::MIN;

/// The counters of all alarms in this process.
#[derive(Debug)]
pub(crate) struct Alarms(Vec<Watched>);

/// The counters of one kind of alarm in this process.
#[derive(Debug)]
struct Watched {
    /// How often it was raised since the process began.
    raised: AtomicU64,
    /// How often it was raised outside of a transaction and not yet written to the journal.
    unwritten: AtomicU32,
    /// When an alarm from outside of a transaction was last written to the journal.
    written_at: AtomicI64,
    /// When it was last written to the log.
    logged_at: AtomicI64,
    /// When a message was last sent, or tried, without the outbox.
    direct: Mutex<Direct>,
}

#[derive(Debug)]
struct Direct {
    sent_at: i64,
    tried_at: i64,
}

impl Default for Alarms {
    fn default() -> Self {
        let watched = |_: &Alarm| Watched {
            raised: AtomicU64::new(0),
            unwritten: AtomicU32::new(0),
            written_at: AtomicI64::new(NEVER),
            logged_at: AtomicI64::new(NEVER),
            direct: Mutex::new(Direct { sent_at: NEVER, tried_at: NEVER }),
        };
        Self(Alarm::ALL.iter().map(watched).collect())
    }
}

/// Whether `span_ms` milliseconds have passed since `since`. A clock that went back counts as passed: an alarm told twice is
/// better than one told late.
fn passed(since: i64, now: i64, span_ms: i64) -> bool {
    now < since || now.saturating_sub(since) >= span_ms
}

impl Service {
    /// Raises an alarm outside of a transaction. Never waits and never fails.
    pub fn raise_alarm(&self, alarm: Alarm) {
        self.count_alarm(alarm);
        if let Some(watched) = self.alarms.0.get(alarm.index()) {
            let _ = watched.unwritten.fetch_update(Ordering::AcqRel, Ordering::Acquire, |times| {
                Some(times.saturating_add(1))
            });
        }
    }

    /// How often each alarm was raised in this process.
    pub fn alarms_raised(&self) -> impl Iterator<Item = (Alarm, u64)> + '_ {
        let raised = self.alarms.0.iter().map(|it| it.raised.load(Ordering::Acquire));
        Alarm::ALL.iter().copied().zip(raised)
    }

    /// Counts an alarm and logs it, at most once a minute.
    pub(crate) fn count_alarm(&self, alarm: Alarm) {
        let Some(watched) = self.alarms.0.get(alarm.index()) else { return };
        watched.raised.fetch_add(1, Ordering::AcqRel);
        let now = self.parts().clock.now().0;
        let last = watched.logged_at.load(Ordering::Acquire);
        let due = passed(last, now, WRITTEN_EVERY_MS);
        let ours =
            watched.logged_at.compare_exchange(last, now, Ordering::AcqRel, Ordering::Acquire);
        if due && ours.is_ok() {
            tracing::error!(alarm = alarm.code(), "alarm");
        }
    }

    /// Writes the alarms that were raised outside of transactions to journal and outbox. Where that is impossible, the
    /// operator gets a message without them, and the alarm stays to be written.
    pub async fn tell_alarms(&self) {
        for alarm in Alarm::ALL.iter().copied() {
            let Some(watched) = self.alarms.0.get(alarm.index()) else { continue };
            let now = self.parts().clock.now().0;
            let last = watched.written_at.load(Ordering::Acquire);
            if watched.unwritten.load(Ordering::Acquire) == 0
                || !passed(last, now, WRITTEN_EVERY_MS)
            {
                continue;
            }
            let times = watched.unwritten.swap(0, Ordering::AcqRel);
            let written = attempt!(self, |work| {
                work.raise(Subject::Nobody { matter: 0 }, alarm, times);
                // Counted when it was raised.
                work.alarms.clear();
                Ok(())
            });
            match written {
                Ok(()) => watched.written_at.store(now, Ordering::Release),
                Err(_) => {
                    watched.unwritten.fetch_add(times, Ordering::AcqRel);
                    self.tell_past_the_database(alarm, times).await;
                }
            }
        }
    }

    /// Sends the message of an alarm without outbox or journal, for the time in which neither can be written.
    async fn tell_past_the_database(&self, alarm: Alarm, times: u32) {
        let Some(watched) = self.alarms.0.get(alarm.index()) else { return };
        let now = self.parts().clock.now();
        {
            let mut direct =
                watched.direct.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let pause = self.alarm_pause_ms();
            if !passed(direct.sent_at, now.0, pause)
                || !passed(direct.tried_at, now.0, DIRECT_AGAIN_MS)
            {
                return;
            }
            direct.tried_at = now.0;
        }
        let mut sent = false;
        for message in self.alarm_messages(alarm, times, now) {
            match self.deliver(&message, Reference(self.draw_id()), now).await {
                Ok(()) => sent = true,
                Err(error) => {
                    tracing::error!(alarm = alarm.code(), ?error, "the operator could not be told");
                }
            }
        }
        if sent {
            let mut direct =
                watched.direct.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            direct.sent_at = now.0;
        }
    }

    /// Runs the outbox row of an alarm: queues messages to the operator, or adds the alarm to those that the next message
    /// counts.
    pub(crate) async fn tell_of_alarm(&self, payload: &[u8]) -> Result<(), Failure> {
        let fault = |error| Failure::fault("reading an alarm", error);
        let due = DueAlarm::from_bytes(payload).map_err(fault)?;
        if self.parts().settings.alarm_addresses.is_empty() {
            return Ok(());
        }
        attempt!(self, |work| {
            let id = work.notice_id(due.alarm);
            let before = work.get::<AlarmNotice>(id).await?;
            let before = before.unwrap_or_else(|| AlarmNotice::new(due.alarm, id));
            let pause = self.alarm_pause_ms();
            let (next, telling) = before.after(due.times, work.now(), pause);
            work.set(&next);
            match telling {
                Telling::Now { times } => {
                    for message in self.alarm_messages(due.alarm, times, work.now()) {
                        work.owe_to_nobody(&message);
                    }
                }
                Telling::Later { at } => {
                    work.owe_alarm_row(&DueAlarm { alarm: due.alarm, times: 0 }, at);
                }
                Telling::Nothing => {}
            }
            Ok(())
        })
    }

    fn alarm_messages(&self, alarm: Alarm, times: u32, now: Timestamp) -> Vec<Outgoing> {
        let settings = &self.parts().settings;
        let message = |address: &AlarmAddress| Outgoing {
            by: address.by,
            to: Zeroizing::new(address.to.clone()),
            language: settings.alarm_language.clone(),
            says: Says::Alarm { alarm, times },
            at: now,
        };
        settings.alarm_addresses.iter().map(message).collect()
    }

    fn alarm_pause_ms(&self) -> i64 {
        let secs = self.parts().settings.alarm_pause_secs;
        i64::try_from(secs).unwrap_or(i64::MAX).saturating_mul(1_000)
    }
}

/// The outbox row of an alarm. It holds no personal data and is therefore not sealed.
struct DueAlarm {
    alarm: Alarm,
    /// How often the alarm was raised. 0: the message about alarms that were held back is due.
    times: u32,
}

impl DueAlarm {
    fn to_bytes(&self) -> Vec<u8> {
        codec::to_bytes(&(LAYOUT, self.alarm, self.times)).to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut r = Reader::new(bytes);
        let (layout, alarm) = <(u8, Alarm)>::restore(&mut r, "alarm")?;
        // Layout 2 had no count.
        let times = if layout == LAYOUT { r.u32("times")? } else { 1 };
        Ok(Self { alarm, times })
    }
}

const LAYOUT: u8 = 3;

impl Work<'_> {
    /// Raises an alarm as part of this transaction.
    pub(crate) fn raise(&mut self, subject: impl Into<Subject>, alarm: Alarm, times: u32) {
        self.say(subject, JournalEvent::AlarmRaised { alarm, times });
        self.owe_alarm_row(&DueAlarm { alarm, times }, self.now());
        self.alarms.push(alarm);
    }

    fn owe_alarm_row(&mut self, due: &DueAlarm, at: Timestamp) {
        let row = OutboxRow {
            key: EffectKey { owner: Id(self.service.draw_id()), version: 0, index: 0 },
            effect: ALARM,
            person: Id(0),
            payload: due.to_bytes(),
            not_before: at,
            expires_at: None,
        };
        self.change(|it| it.effect(row));
    }

    fn notice_id(&self, alarm: Alarm) -> AlarmNoticeId {
        let keys = &self.service.parts().keys;
        AlarmNoticeId(crate::head(keys.code_hash("alarm", &[alarm.code().as_bytes()])))
    }
}
