//! Use cases: load, let `recovery` decide, save state, journal and outbox in one transaction; then run the effects.

#[macro_use]
mod attempt;

pub mod caller;
mod even_time;
pub mod failure;
pub mod parts;
pub mod refusal;

pub mod alarm;
pub mod journal;
pub mod log;
pub mod outgoing;
pub mod reading;
pub mod reply;
pub mod work;

pub mod conduct;
pub mod operator_token;
pub mod signed_request;
pub mod staff;

pub mod enrolment;
pub mod identity;
pub mod pin;
pub mod sign_in;
pub mod state;
mod text;

pub mod chip_face;
pub mod chip_relay;
pub mod foreign_document;
pub mod numbers;
pub mod p_code;
pub mod temporary_pin;
pub mod veto;

pub mod appointment;
pub mod desk;
mod facts;
pub mod phone_call;
mod rewrap;
pub mod screen;

pub mod erasure;
mod lanes;
pub mod outbox;
pub mod restore;
pub mod sweep;
pub mod trusted_clock;

#[cfg(test)]
mod tests;

pub use failure::{Failure, Refused};
pub use parts::{BootId, Clock, ClockReading, Parts, Random, Settings};
pub use refusal::{RefusalClass, RefusalCode};
pub use registers::{HOME_ZONE, home_zone};

use recovery::alarm::Alarm;
use recovery::time::Timestamp;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// The number of bits that are time in an id that rises with time.
const ORDER_BITS: u32 = 48;

/// The service: a cheap handle that every handler holds.
#[derive(Clone, Debug)]
pub struct Service {
    parts: Arc<Parts>,
    relays: Arc<chip_relay::Relays>,
    alarms: Arc<alarm::Alarms>,
    lanes: Arc<lanes::Lanes>,
    /// Whether the database was found to have been set back under this process.
    distrusted: Arc<AtomicBool>,
    refused_activations: Arc<Mutex<enrolment::RefusedActivations>>,
    sign_in_rates: Arc<Mutex<sign_in::SignInRates>>,
    clock: Arc<trusted_clock::TrustedClock>,
    /// Whether time stands still at the last commit while the clock is not trusted, where other handles fail: for those who
    /// correct it.
    stands_still: bool,
}

impl Service {
    /// Builds the service from its parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self {
            parts: Arc::new(parts),
            relays: Arc::default(),
            alarms: Arc::default(),
            lanes: Arc::default(),
            distrusted: Arc::default(),
            refused_activations: Arc::default(),
            sign_in_rates: Arc::default(),
            clock: Arc::default(),
            stands_still: false,
        }
    }

    /// The parts that the service was built from.
    #[must_use]
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// `max(clock, last committed time)`; fails closed where the clock is not trusted (PROTOCOLS.md section 14).
    ///
    /// # Errors
    ///
    /// The store does not answer, the store is not trusted any more, or the clock is not trusted.
    pub async fn now(&self) -> Result<Timestamp, Failure> {
        if self.distrusted.load(Ordering::Acquire) {
            return Err(Failure::fault("the database is not to be believed", "see the log"));
        }
        match self.believed_now().await {
            Err(Failure::ClockNotTrusted { .. }) if self.stands_still => self.last_moment().await,
            told => told,
        }
    }

    /// The same service for those who correct a clock that is not trusted: for them alone, time then stands still at the
    /// last commit instead of failing.
    #[must_use]
    pub fn with_time_standing_still(&self) -> Self {
        Self { stands_still: true, ..self.clone() }
    }

    pub(crate) fn clock(&self) -> &trusted_clock::TrustedClock {
        &self.clock
    }

    /// Records that the database was set back under this process: from now on nothing is decided (CHECKLIST attack 8).
    pub fn distrust(&self) {
        if !self.distrusted.swap(true, Ordering::AcqRel) {
            self.raise_alarm(Alarm::DatabaseSetBack);
        }
    }

    /// 128 fresh random bits.
    pub(crate) fn draw_id(&self) -> u128 {
        u128::from_be_bytes(self.draw())
    }

    /// The id of a row that lives for minutes: 48 bits of time in milliseconds, then 80 fresh random bits. Rows that are
    /// written and deleted together then lie together, in the backend's own trees and in the tree of evidence, and change
    /// few nodes of either.
    pub(crate) fn draw_id_in_order(&self, at: Timestamp) -> u128 {
        let random = self.draw_id() >> ORDER_BITS;
        let order = u128::from(at.0.unsigned_abs()) << (u128::BITS - ORDER_BITS);
        order | random
    }

    /// Fresh random bytes.
    pub(crate) fn draw<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.parts.random.fill(&mut bytes);
        bytes
    }

    /// `digits` decimal digits without bias, from the random source (CHECKLIST O1).
    pub(crate) fn draw_digits(&self, digits: u8) -> zeroize::Zeroizing<String> {
        let mut text = zeroize::Zeroizing::new(String::with_capacity(usize::from(digits)));
        while text.len() < usize::from(digits) {
            let [byte] = self.draw::<1>();
            // 250 is the largest multiple of ten in a byte: what lies above would favour low digits.
            if byte < 250 {
                text.push(char::from(b'0' + byte % 10));
            }
        }
        text
    }
}

/// The first half of a keyed hash, as the number of an id.
pub(crate) fn head(hash: [u8; 32]) -> u128 {
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    u128::from_be_bytes(bytes)
}

/// Parses an id of 32 lower-case hex digits.
#[must_use]
pub fn id(text: &str) -> Option<u128> {
    recovery::id::digits(text).ok()
}
