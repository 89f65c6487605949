//! A second screen that shows a temporary PIN to the person at the desk (PROTOCOLS.md section 5).
//!
//! The screen is a device of its own with a key of its own, paired by two members of staff. It fetches a code by a request
//! that its key signed; no session of a member of staff can fetch one. The code's row is deleted a minute after it was
//! fetched, and the screen goes blank when the code is used, when somebody touches it, or after five minutes.

mod pairing;
pub(crate) mod reveal;
mod row;
#[cfg(test)]
mod tests;

pub use pairing::{PairedScreenView, PairingBegun};
pub use reveal::Reveal;
pub use row::{PairedScreen, ScreenPairing};

use crate::signed_request::SignedRequest;
use crate::staff::Account;
use crate::work::Work;
use crate::{Failure, RefusalCode, Service};
use recovery::event::JournalEvent;
use recovery::id::{CentreId, PersonId, ScreenId, StaffId, TemporaryPinId};
use recovery::time::{Duration, Timestamp};
use request_signature::{Message, PUBLIC_KEY_BYTES, PublicKey, SignedBy};
use zeroize::Zeroizing;

/// How long after its first fetch a code may be fetched again, since an answer can be lost on the way.
pub const FETCHED_AGAIN_FOR: Duration = Duration::from_secs(60);
/// The longest time that a code stays on the screen.
pub const SHOWN_MAX: Duration = Duration::from_mins(5);

const NO: RefusalCode = RefusalCode::SignatureNotAccepted;

/// What a screen has to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScreenState {
    /// The screen's key waits for a second member of staff, who types this number.
    Confirming {
        /// The check number, six digits.
        check: String,
    },
    /// The screen is paired and has to be blank.
    Ready {
        /// The name that staff gave the screen.
        name: String,
    },
    /// A code waits to be fetched by the screen.
    CodeWaits,
    /// The screen may go on showing the code that it fetched.
    Showing,
}

/// A code that a screen may show.
pub struct ShownCode {
    /// The digits of the code.
    pub code: Zeroizing<String>,
    /// When the code expires.
    pub until: Timestamp,
    /// Seconds for which it may be shown.
    pub seconds: u64,
}

impl std::fmt::Debug for ShownCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShownCode").field("until", &self.until).finish_non_exhaustive()
    }
}

/// A screen whose signature was verified. Built by [`Service::verify_screen`] alone.
#[derive(Clone, Debug)]
pub struct Screen {
    key: [u8; PUBLIC_KEY_BYTES],
}

/// Whether a request spends its nonce. A request that only reads the state may use one nonce until it expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nonce {
    /// The request changes something, and its nonce is spent.
    Spent,
    /// The request changes nothing and its answer carries no code.
    Kept,
}

impl Service {
    /// Verifies which screen signed a request.
    ///
    /// # Errors
    ///
    /// One refusal for an unknown key, a bad signature and a signature by an app; `nonce-not-accepted`.
    pub async fn verify_screen(
        &self,
        request: SignedRequest<'_>,
        nonce: Nonce,
    ) -> Result<Screen, Failure> {
        let presented = request.presented;
        let target_uri = format!("{}{}", self.screen_url()?, request.path_and_query);
        let message =
            Message { method: request.method, target_uri: &target_uri, body: request.body };
        let Some(key) = self.screen_key(presented.keyid()).await? else {
            let _ = presented.verify_unknown(&message);
            return Err(Failure::refused(NO));
        };
        let public = PublicKey::from_bytes(&key).map_err(|_| Failure::refused(NO))?;
        if presented.signed_by() != SignedBy::Screen || presented.verify(&message, &public).is_err()
        {
            return Err(Failure::refused(NO));
        }
        match nonce {
            Nonce::Spent => self.spend_nonce(self.live_nonce(presented).await?).await?,
            Nonce::Kept => {
                self.live_nonce(presented).await?;
            }
        }
        Ok(Screen { key })
    }

    /// What the screen is to do now.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn screen_state(&self, screen: &Screen) -> Result<ScreenState, Failure> {
        attempt!(self, |work| work.screen_state(screen).await)
    }

    /// The code that waits for this screen. Within a minute it can be fetched again.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn fetch_code(&self, screen: &Screen) -> Result<Option<ShownCode>, Failure> {
        attempt!(self, |work| work.fetch_code(screen).await)
    }

    /// Blanks the screen because somebody touched it, and deletes the code's row.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn blank_screen(&self, screen: &Screen) -> Result<(), Failure> {
        attempt!(self, |work| {
            if let Some(paired) = work.paired(&screen.key).await? {
                work.blank(&paired).await?;
            }
            Ok(())
        })
    }

    /// Verifies a request that is signed by the key which it carries, as a pairing is.
    async fn verify_carried_key(
        &self,
        request: SignedRequest<'_>,
        public_key: &[u8; PUBLIC_KEY_BYTES],
    ) -> Result<(), Failure> {
        let presented = request.presented;
        let target_uri = format!("{}{}", self.screen_url()?, request.path_and_query);
        let message =
            Message { method: request.method, target_uri: &target_uri, body: request.body };
        let key = PublicKey::from_bytes(public_key).map_err(|_| Failure::refused(NO))?;
        let named = presented.keyid() == request_signature::thumbprint(public_key);
        let by_screen = presented.signed_by() == SignedBy::Screen;
        if !named || !by_screen || presented.verify(&message, &key).is_err() {
            return Err(Failure::refused(NO));
        }
        self.spend_nonce(self.live_nonce(presented).await?).await
    }

    fn screen_url(&self) -> Result<&str, Failure> {
        let url = self.parts().settings.screen_url.as_str();
        if url.is_empty() { Err(Failure::refused(RefusalCode::NotFound)) } else { Ok(url) }
    }

    /// The key with this thumbprint: of a paired screen, or of one that waits to be confirmed.
    async fn screen_key(&self, keyid: &str) -> Result<Option<[u8; PUBLIC_KEY_BYTES]>, Failure> {
        let mut work = Work::begin(self).await?;
        let now = work.now();
        let keys = self.parts().keys.clone();
        let paired = work.find_one::<PairedScreen>(row::paired_by_key(&keys, keyid)).await?;
        if let Some(paired) = paired.filter(|it| now < it.until()) {
            return Ok(Some(paired.key));
        }
        let waiting = work.find_one::<ScreenPairing>(row::pairing_by_key(&keys, keyid)).await?;
        Ok(waiting.filter(|it| now < it.until).and_then(|it| it.key))
    }
}

/// The code that a screen shows or is about to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Showing {
    pub(crate) temporary_pin: TemporaryPinId,
    pub(crate) person: PersonId,
    /// When the code was first fetched.
    pub(crate) fetched_at: Option<Timestamp>,
}

impl Work<'_> {
    /// Assigns a code that is about to be issued to a paired screen of the centre.
    ///
    /// # Errors
    ///
    /// `screen-not-paired`, or `screen-busy` while it shows another code.
    pub(crate) async fn show_on(
        &mut self,
        screen: ScreenId,
        centre: CentreId,
        showing: Showing,
    ) -> Result<(), Failure> {
        let no = || Failure::refused(RefusalCode::ScreenNotPaired);
        let paired = self.get::<PairedScreen>(screen).await?.ok_or_else(no)?;
        if paired.centre != centre || self.now() >= paired.until() {
            return Err(no());
        }
        if self.still_shows(&paired).await? {
            return Err(Failure::refused(RefusalCode::ScreenBusy));
        }
        self.set(&PairedScreen { showing: Some(showing), ..paired });
        Ok(())
    }

    async fn paired(
        &mut self,
        key: &[u8; PUBLIC_KEY_BYTES],
    ) -> Result<Option<PairedScreen>, Failure> {
        let thumbprint = request_signature::thumbprint(key);
        let lookup = row::paired_by_key(&self.service.parts().keys, &thumbprint);
        let now = self.now();
        Ok(self.find_one::<PairedScreen>(lookup).await?.filter(|it| now < it.until()))
    }

    async fn screen_state(&mut self, screen: &Screen) -> Result<ScreenState, Failure> {
        let Some(paired) = self.paired(&screen.key).await? else {
            let waiting = self.pairing_of(&screen.key).await?;
            let waiting = waiting.ok_or_else(|| Failure::refused(NO))?;
            return Ok(ScreenState::Confirming { check: self.check_number(&waiting) });
        };
        let Some(showing) = paired.showing else {
            return Ok(ScreenState::Ready { name: paired.name });
        };
        if !self.still_shows(&paired).await? {
            self.blank(&paired).await?;
            return Ok(ScreenState::Ready { name: paired.name });
        }
        Ok(match showing.fetched_at {
            None => ScreenState::CodeWaits,
            Some(_) => ScreenState::Showing,
        })
    }

    /// Whether the code on a screen can still be used and the five minutes are not over.
    async fn still_shows(&mut self, screen: &PairedScreen) -> Result<bool, Failure> {
        let Some(showing) = screen.showing else { return Ok(false) };
        let now = self.now();
        if showing.fetched_at.is_some_and(|at| now >= at.plus(SHOWN_MAX)) {
            return Ok(false);
        }
        let (policy, person) = (self.service.parts().policy.clone(), showing.person);
        let slot = match self.temporary_pin_of(person).await {
            Ok(slot) => slot,
            // The person was erased.
            Err(Failure::Refused(_)) => return Ok(false),
            Err(other) => return Err(other),
        };
        Ok(slot.living(&policy, now).is_some_and(|code| code.id == showing.temporary_pin))
    }

    async fn fetch_code(&mut self, screen: &Screen) -> Result<Option<ShownCode>, Failure> {
        let Some(paired) = self.paired(&screen.key).await? else { return Ok(None) };
        let Some(showing) = paired.showing else { return Ok(None) };
        if !self.still_shows(&paired).await? {
            self.blank(&paired).await?;
            return Ok(None);
        }
        let Some(reveal) = self.reveal_of(showing.temporary_pin).await? else { return Ok(None) };
        let now = self.now();
        if reveal.screen != Some(paired.id) || now >= reveal.ends_at() {
            self.remove(&reveal);
            return Ok(None);
        }
        let fetched_at = reveal.fetched_at.unwrap_or(now);
        if reveal.fetched_at.is_none() {
            self.set(&Reveal { fetched_at: Some(now), ..reveal.clone() });
            let temporary_pin = showing.temporary_pin;
            let showing = Some(Showing { fetched_at: Some(now), ..showing });
            self.set(&PairedScreen { showing, ..paired.clone() });
            let said = JournalEvent::CodeShown { temporary_pin, screen: paired.id };
            self.say(reveal.person, said);
        }
        let ends = fetched_at.plus(SHOWN_MAX).min(reveal.until);
        Ok(Some(ShownCode {
            code: reveal.code.clone(),
            until: reveal.until,
            seconds: ends.seconds_from(now),
        }))
    }

    /// The row of a code that waits to be shown; `None` where the person was erased.
    async fn reveal_of(
        &mut self,
        temporary_pin: TemporaryPinId,
    ) -> Result<Option<Reveal>, Failure> {
        match self.get::<Reveal>(temporary_pin).await {
            Err(Failure::Refused(_)) => Ok(None),
            other => other,
        }
    }

    /// Blanks a screen and deletes the row of the code that it showed.
    async fn blank(&mut self, paired: &PairedScreen) -> Result<(), Failure> {
        let Some(showing) = paired.showing else { return Ok(()) };
        if let Some(reveal) = self.reveal_of(showing.temporary_pin).await? {
            self.remove(&reveal);
        }
        self.set(&PairedScreen { showing: None, ..paired.clone() });
        Ok(())
    }
}

/// The name of the member of staff who paired a screen; empty for an account that was deleted.
async fn name_of(work: &mut Work<'_>, staff: StaffId) -> Result<String, Failure> {
    // The name is only shown, and an account whose name changes meanwhile undoes nothing.
    Ok(work.glance::<Account>(staff).await?.map(|it| it.name).unwrap_or_default())
}
