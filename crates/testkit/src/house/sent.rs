//! Senders that keep what is sent, and a number-intelligence service that knows what it is told.

use crate::ManualClock;
use async_trait::async_trait;
use messages::{Mail, MailSender, MessageId, Retry, SendError, Sms, SmsSender};
use recovery::time::Timestamp;
use service::parts::{NumberIntelligence, NumbersAway};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A sender of text messages and e-mail that keeps the texts, and how long the network may keep trying. It can be told to
/// fail.
#[derive(Debug, Default)]
pub struct Sent {
    texts: Mutex<Vec<String>>,
    validities: Mutex<Vec<Duration>>,
    broken: AtomicBool,
    refused: AtomicBool,
    mail_hangs: AtomicBool,
    /// The clock, and how far each text message moves it, in milliseconds: a network that is slow.
    slow: Mutex<Option<(ManualClock, u32)>>,
}

impl Sent {
    /// What was sent so far, in order.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        locked(&self.texts).clone()
    }

    /// Hands over what was sent since the last time.
    #[must_use]
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *locked(&self.texts))
    }

    /// How long the network was told to keep trying, of each text message with an end.
    #[must_use]
    pub fn validities(&self) -> Vec<Duration> {
        locked(&self.validities).clone()
    }

    /// From now on nothing goes out.
    pub fn break_down(&self) {
        self.broken.store(true, Ordering::SeqCst);
    }

    /// From now on the mail server accepts connections and says nothing.
    pub fn hang_the_mail(&self) {
        self.mail_hangs.store(true, Ordering::SeqCst);
    }

    /// From now on, or no longer, the centre refuses the service itself.
    pub fn refuse(&self, refused: bool) {
        self.refused.store(refused, Ordering::SeqCst);
    }

    /// From now on each text message takes that long.
    pub fn slow_down(&self, clock: &ManualClock, millis: u32) {
        *locked(&self.slow) = Some((clock.clone(), millis));
    }

    fn keep(&self, text: &str) -> Result<(), SendError> {
        if self.refused.load(Ordering::SeqCst) {
            return Err(
                SendError::new(Retry::Later, "signing in with a wrong password").by_operator()
            );
        }
        if self.broken.load(Ordering::SeqCst) {
            return Err(SendError::new(Retry::Later, "sending where nothing goes out"));
        }
        locked(&self.texts).push(text.to_owned());
        Ok(())
    }
}

#[async_trait]
impl SmsSender for Sent {
    async fn send(&self, sms: &Sms) -> Result<Vec<MessageId>, SendError> {
        self.keep(sms.text.expose())?;
        locked(&self.validities).extend(sms.keep_trying);
        if let Some((clock, millis)) = &*locked(&self.slow) {
            clock.advance_ms(*millis);
        }
        Ok(Vec::new())
    }
}

#[async_trait]
impl MailSender for Sent {
    async fn send(&self, mail: &Mail) -> Result<(), SendError> {
        if self.mail_hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        self.keep(mail.text.expose())
    }
}

/// A number-intelligence service that knows what a test tells it, and can be told to give no answer.
#[derive(Debug, Default)]
pub struct KnownChanges {
    changed_at: Mutex<Option<Timestamp>>,
    away: AtomicBool,
    asked: Mutex<Vec<String>>,
}

impl KnownChanges {
    /// From now on every SIM was changed then.
    pub fn changed_at(&self, at: Timestamp) {
        *locked(&self.changed_at) = Some(at);
    }

    /// From now on, or no longer, no answer is given.
    pub fn be_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    /// The numbers that were asked about, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        locked(&self.asked).clone()
    }
}

#[async_trait]
impl NumberIntelligence for KnownChanges {
    async fn last_change(&self, number: &str) -> Result<Option<Timestamp>, NumbersAway> {
        locked(&self.asked).push(number.to_owned());
        if self.away.load(Ordering::SeqCst) {
            return Err(NumbersAway { source: "told to be away".into() });
        }
        Ok(*locked(&self.changed_at))
    }
}

fn locked<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
