//! Pairing of a screen: one member of staff begins it and gets a code, the device sends the code and its key, and a second
//! member confirms it by a number that only the device shows.

use super::row::{NAME_CHARS_MAX, PairingId, paired_at, pairing_by_key, pairings_at};
use super::{PairedScreen, Screen, ScreenPairing, name_of};
use crate::caller::Clerk;
use crate::signed_request::SignedRequest;
use crate::work::{Subject, Work};
use crate::{Failure, RefusalCode, Service};
use recovery::event::JournalEvent;
use recovery::id::{CentreId, ScreenId};
use recovery::rejection::Rejection;
use recovery::time::{Duration, Timestamp};
use request_signature::PUBLIC_KEY_BYTES;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// The longest time that a pairing may take.
const PAIRING_LIFETIME: Duration = Duration::from_mins(10);
/// The characters of a pairing code: 50 bits, which nobody guesses in ten minutes.
const CODE_CHARS: usize = 10;
/// The characters of a pairing code, without the letters that are mistaken for digits.
const ALPHABET: [u8; 32] = *b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
/// The largest number of pairings under way at one centre.
const PAIRINGS_MAX: usize = 4;
/// The largest number of paired screens of one centre.
const SCREENS_MAX: usize = 40;
/// The number of wrong check numbers that ends a pairing.
const WRONG_MAX: u8 = 5;
const CHECK_DIGITS_MODULUS: u32 = 1_000_000;

const NOT_VALID: RefusalCode = RefusalCode::PairingNotValid;

/// A pairing that one member of staff began.
pub struct PairingBegun {
    /// The pairing code, which is typed or scanned on the device.
    pub code: Zeroizing<String>,
    /// When the pairing lapses.
    pub until: Timestamp,
}

impl std::fmt::Debug for PairingBegun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PairingBegun").field("until", &self.until).finish_non_exhaustive()
    }
}

/// A paired screen as staff of its centre see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairedScreenView {
    /// The id of the screen.
    pub id: ScreenId,
    /// The name that staff gave the screen.
    pub name: String,
    /// When the screen was paired.
    pub paired_at: Timestamp,
    /// The first moment at which the pairing is over.
    pub until: Timestamp,
    /// The names of the members of staff who began the pairing and who confirmed it.
    pub by: [String; 2],
}

impl Service {
    /// Begins to pair a screen.
    ///
    /// # Errors
    ///
    /// `screen-name-invalid`; `pairings-full`; `role-not-allowed` for a clerk without a centre; `staff-person-missing` for
    /// an account that carries no person, since it could belong to the second member too.
    pub async fn begin_pairing(&self, clerk: &Clerk, name: &str) -> Result<PairingBegun, Failure> {
        self.screen_url()?;
        let name = name.trim();
        let fits = (1..=NAME_CHARS_MAX).contains(&name.chars().count())
            && !name.chars().any(char::is_control);
        if !fits {
            return Err(Failure::refused(RefusalCode::ScreenNameInvalid));
        }
        let code = self.draw_pairing_code();
        let id = self.pairing_id(&code);
        attempt!(self, |work| {
            let centre = centre_of(clerk)?;
            work.standing(clerk.member().id).await?;
            let keys = self.parts().keys.clone();
            let (now, until) = (work.now(), work.now().plus(PAIRING_LIFETIME));
            // The rows are only counted, against a cap of the centre, and a screen that shows a code meanwhile changes no
            // count.
            let open = work.glance_at::<ScreenPairing>(pairings_at(&keys, centre)).await?;
            let open = open.iter().filter(|it| now < it.until).count();
            let paired = work.glance_at::<PairedScreen>(paired_at(&keys, centre)).await?.len();
            if open >= PAIRINGS_MAX || paired >= SCREENS_MAX {
                return Err(Failure::refused(RefusalCode::PairingsFull));
            }
            work.insert(&ScreenPairing {
                id,
                centre,
                name: name.to_owned(),
                first: clerk.member().id,
                key: None,
                wrong: 0,
                until,
            });
            Ok(until)
        })
        .map(|until| PairingBegun { code, until })
    }

    /// Takes the pairing code from a device, in a request that is signed by the key that it carries.
    ///
    /// # Errors
    ///
    /// `pairing-not-valid` for a code that is unknown, expired or used by another device; the refusals of signatures.
    pub async fn offer_screen_key(
        &self,
        code: &str,
        public_key: &[u8; PUBLIC_KEY_BYTES],
        request: SignedRequest<'_>,
    ) -> Result<Screen, Failure> {
        self.verify_carried_key(request, public_key).await?;
        let id = self.pairing_id(&plain(code));
        attempt!(self, |work| {
            let no = || Failure::refused(NOT_VALID);
            let pairing = work.get::<ScreenPairing>(id).await?.ok_or_else(no)?;
            let taken = pairing.key.is_some_and(|key| key != *public_key);
            if work.now() >= pairing.until || taken {
                return Err(no());
            }
            if work.paired(public_key).await?.is_some() {
                return Err(no());
            }
            // A device has one pairing: an earlier one of the same key is over.
            if let Some(earlier) = work.pairing_of(public_key).await?
                && earlier.id != id
            {
                work.remove(&earlier);
            }
            if pairing.key.is_none() {
                work.set(&ScreenPairing { key: Some(*public_key), ..pairing });
            }
            Ok(Screen { key: *public_key })
        })
    }

    /// Confirms, as a second member of staff, the device that shows this check number.
    ///
    /// # Errors
    ///
    /// `same-clerk`; `pairing-check-wrong`; `pairing-not-valid` where no device waits; `staff-person-missing`.
    pub async fn confirm_pairing(&self, clerk: &Clerk, check: &str) -> Result<ScreenId, Failure> {
        let typed: String = check.chars().filter(char::is_ascii_digit).take(12).collect();
        attempt!(self, |work| work.confirm_pairing(clerk, &typed).await)?
    }

    /// The paired screens of the clerk's centre.
    ///
    /// # Errors
    ///
    /// `role-not-allowed` for a clerk without a centre.
    pub async fn screens(&self, clerk: &Clerk) -> Result<Vec<PairedScreenView>, Failure> {
        Work::begin(self).await?.screens_at(centre_of(clerk)?).await
    }

    /// Ends a pairing at once; one member of staff is enough. Ending one that is over already is not an error.
    ///
    /// # Errors
    ///
    /// `not-found` for a screen of another centre.
    pub async fn end_screen(&self, clerk: &Clerk, screen: ScreenId) -> Result<(), Failure> {
        attempt!(self, |work| {
            let Some(paired) = work.get::<PairedScreen>(screen).await? else { return Ok(()) };
            if paired.centre != centre_of(clerk)? {
                return Err(Failure::refused(RefusalCode::NotFound));
            }
            if let Some(showing) = paired.showing
                && let Some(reveal) = work.reveal_of(showing.temporary_pin).await?
            {
                work.remove(&reveal);
            }
            work.remove(&paired);
            let said = JournalEvent::ScreenEnded { screen, by: clerk.member().id };
            work.say(Subject::Nobody { matter: screen.0 }, said);
            Ok(())
        })
    }

    fn pairing_id(&self, code: &str) -> PairingId {
        PairingId(crate::head(self.parts().keys.code_hash("screen pairing", &[code.as_bytes()])))
    }

    fn draw_pairing_code(&self) -> Zeroizing<String> {
        let mut code = Zeroizing::new(String::with_capacity(CODE_CHARS));
        for byte in self.draw::<CODE_CHARS>() {
            // 256 is a multiple of 32: no character is likelier than another.
            let at = usize::from(byte % 32);
            code.extend(ALPHABET.get(at).copied().map(char::from));
        }
        code
    }
}

impl Work<'_> {
    /// The paired screens of a centre, ordered by name.
    pub(crate) async fn screens_at(
        &mut self,
        centre: CentreId,
    ) -> Result<Vec<PairedScreenView>, Failure> {
        let lookup = paired_at(&self.service.parts().keys, centre);
        // The screens are only listed, and one that changes meanwhile undoes nothing.
        let (found, now) = (self.glance_at::<PairedScreen>(lookup).await?, self.now());
        let mut views = Vec::with_capacity(found.len());
        for screen in found.into_iter().filter(|it| now < it.until()) {
            let by = [name_of(self, screen.first).await?, name_of(self, screen.second).await?];
            let (paired_at, until) = (screen.paired_at, screen.until());
            views.push(PairedScreenView { id: screen.id, name: screen.name, paired_at, until, by });
        }
        views.sort_by(|one, two| one.name.cmp(&two.name));
        Ok(views)
    }

    pub(super) async fn pairing_of(
        &mut self,
        key: &[u8; PUBLIC_KEY_BYTES],
    ) -> Result<Option<ScreenPairing>, Failure> {
        let thumbprint = request_signature::thumbprint(key);
        let lookup = pairing_by_key(&self.service.parts().keys, &thumbprint);
        let now = self.now();
        Ok(self.find_one::<ScreenPairing>(lookup).await?.filter(|it| now < it.until))
    }

    /// The check number that the device shows and the second member of staff types.
    pub(super) fn check_number(&self, pairing: &ScreenPairing) -> String {
        let key = pairing.key.unwrap_or([0; PUBLIC_KEY_BYTES]);
        let parts: [&[u8]; 2] = [&pairing.id.0.to_be_bytes(), &key];
        let hash = self.service.parts().keys.code_hash("screen check", &parts);
        let head = hash.first_chunk::<4>().map_or(0, |head| u32::from_be_bytes(*head));
        format!("{:06}", head % CHECK_DIGITS_MODULUS)
    }

    /// Checks the number that a second member typed. The inner result is the answer; a wrong number is counted and saved
    /// with it.
    async fn confirm_pairing(
        &mut self,
        clerk: &Clerk,
        typed: &str,
    ) -> Result<Result<ScreenId, Failure>, Failure> {
        let (centre, now) = (centre_of(clerk)?, self.now());
        self.standing(clerk.member().id).await?;
        let lookup = pairings_at(&self.service.parts().keys, centre);
        let waiting: Vec<_> = self
            .find::<ScreenPairing>(lookup)
            .await?
            .into_iter()
            .filter(|it| now < it.until && it.key.is_some())
            .collect();
        if waiting.is_empty() {
            return Ok(Err(Failure::refused(NOT_VALID)));
        }
        for pairing in &waiting {
            let right = self.check_number(pairing);
            if !bool::from(right.as_bytes().ct_eq(typed.as_bytes())) {
                continue;
            }
            if pairing.first == clerk.member().id {
                return Ok(Err(Rejection::SameClerk.into()));
            }
            return Ok(Ok(self.pair(clerk, pairing)?));
        }
        for pairing in &waiting {
            let wrong = pairing.wrong.saturating_add(1);
            if wrong >= WRONG_MAX {
                self.remove(pairing);
            } else {
                self.set(&ScreenPairing { wrong, ..pairing.clone() });
            }
        }
        Ok(Err(Failure::refused(RefusalCode::PairingCheckWrong)))
    }

    fn pair(&mut self, clerk: &Clerk, of: &ScreenPairing) -> Result<ScreenId, Failure> {
        let key = of.key.ok_or(Failure::refused(NOT_VALID))?;
        let (id, second) = (ScreenId(self.service.draw_id()), clerk.member().id);
        let said =
            JournalEvent::ScreenPaired { screen: id, centre: of.centre, first: of.first, second };
        self.say(Subject::Nobody { matter: id.0 }, said);
        self.insert(&PairedScreen {
            id,
            centre: of.centre,
            name: of.name.clone(),
            key,
            paired_at: self.now(),
            first: of.first,
            second,
            showing: None,
        });
        self.remove(of);
        Ok(id)
    }
}

fn centre_of(clerk: &Clerk) -> Result<CentreId, Failure> {
    Ok(clerk.member().centre.ok_or(Rejection::RoleNotAllowed)?)
}

/// Normalises a pairing code that was typed or scanned: without spaces and hyphens, in capitals.
fn plain(text: &str) -> Zeroizing<String> {
    let kept = text.chars().filter(char::is_ascii_alphanumeric).take(32);
    Zeroizing::new(kept.map(|c| c.to_ascii_uppercase()).collect())
}
