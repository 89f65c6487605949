//! The data that are stored for a session by the provider, so that the provider can confirm and end it.

use super::session::Session;
use super::{Claims, NOT_ACCEPTED, Site, head};
use crate::work::Work;
use crate::{Failure, Service};
use recovery::id::StaffId;
use recovery::policy::Policy;
use recovery::sensitive::Sensitive;
use recovery::time::{Duration, Timestamp};
use store::facade::{Aggregate, Owner};
use store::keys::Keys;
use store::kinds;
use store::{Id, Index, Kind, Lookup};

/// The index of sessions by the provider's id.
const BY_SID: Index = Index::shared(1);

/// How long a session continues after its confirmation was due, while the provider cannot be asked.
pub const CONFIRMATION_GRACE: Duration = Duration::from_mins(5);
/// How long one server may take to ask the provider before another one tries.
const ASKING_MAX: Duration = Duration::from_secs(30);
/// The longest token that is stored, in bytes; a longer one is discarded.
pub const TOKEN_BYTES_MAX: usize = 16 * 1024;
/// The longest id of a session at the provider, in bytes.
pub const SID_BYTES_MAX: usize = 255;

/// The tokens of the provider. Only the ID token is ever sent to a browser, as a hint at the end of the session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderTokens {
    /// The ID token.
    pub id_token: Option<Sensitive<String>>,
    /// The access token, with which the provider is asked for claims.
    pub access_token: Option<Sensitive<String>>,
    /// The refresh token, with which new tokens are requested.
    pub refresh_token: Option<Sensitive<String>>,
    /// The provider's id of the session (`sid`).
    pub sid: Option<String>,
    /// The nonce of the ID token.
    pub nonce: String,
}

/// The provider's data of a session that began with a sign-in at the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ProviderSession {
    pub(super) id: u128,
    pub(super) staff: StaffId,
    pub(super) site: Site,
    pub(super) until: Timestamp,
    pub(super) tokens: ProviderTokens,
    /// Until when another request is asking the provider.
    pub(super) asking_until: Timestamp,
}

impl ProviderTokens {
    /// The tokens without those that are too long to be stored.
    #[must_use]
    pub(super) fn kept(mut self) -> Self {
        let fits = |token: &Sensitive<String>| token.expose().len() <= TOKEN_BYTES_MAX;
        self.id_token = self.id_token.filter(fits);
        self.access_token = self.access_token.filter(fits);
        self.refresh_token = self.refresh_token.filter(fits);
        self.sid = self.sid.filter(|sid| sid.len() <= SID_BYTES_MAX);
        self
    }
}

fn by_sid(keys: &Keys, sid: &str) -> Lookup {
    let key = keys.lookup_key(kinds::STAFF_PROVIDER_SESSION, BY_SID, sid.as_bytes());
    Lookup { index: BY_SID, key }
}

impl Aggregate for ProviderSession {
    const KIND: Kind = kinds::STAFF_PROVIDER_SESSION;

    fn id(&self) -> Id {
        Id(self.id)
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }

    fn deadline(&self, _: &Policy) -> Option<Timestamp> {
        Some(self.until)
    }

    fn lookups(&self, keys: &Keys) -> Vec<Lookup> {
        self.tokens.sid.iter().map(|sid| by_sid(keys, sid)).collect()
    }
}

store::stored! { struct ProviderSession { id, staff, site, until, tokens, asking_until } }
store::stored! { struct ProviderTokens { id_token, access_token, refresh_token, sid, nonce } }

/// A verified logout token of the provider (OpenID Connect Back-Channel Logout 1.0).
#[derive(Clone, Debug)]
pub struct ProviderLogout {
    /// The issuer, which identifies the provider.
    pub issuer: String,
    /// The member of staff at the provider, all of whose sessions end where there is no `sid`.
    pub subject: Option<String>,
    /// The session at the provider that ends, where it is a single one.
    pub sid: Option<String>,
    /// The id of the logout token.
    pub token_id: String,
    /// Until when the logout token could be sent again.
    pub until: Timestamp,
}

impl Service {
    /// The tokens with which the provider is asked to confirm a session; `None` where no confirmation is due or another
    /// request is asking.
    ///
    /// # Errors
    ///
    /// `session-not-accepted` where the provider issued no token for it; such a session ends when its confirmation is
    /// due.
    pub async fn begin_confirming(
        &self,
        token: &str,
        site: Site,
    ) -> Result<Option<ProviderTokens>, Failure> {
        attempt!(self, |work| {
            let no = || Failure::refused(NOT_ACCEPTED);
            let id = work.session_id(token, site);
            let session = work.load::<Session>(id).await?.ok_or_else(no)?;
            let kept = work.load::<ProviderSession>(id).await?.ok_or_else(no)?;
            let now = work.now();
            if !work.word_is_due(&session.value) || now < kept.value.asking_until {
                return Ok(None);
            }
            let tokens = &kept.value.tokens;
            if tokens.refresh_token.is_none() && tokens.access_token.is_none() {
                return Err(no());
            }
            let asking_until = now.plus(ASKING_MAX);
            work.put(&kept, &ProviderSession { asking_until, ..kept.value.clone() });
            Ok(Some(kept.value.tokens))
        })
    }

    /// Records that the provider confirmed a session, and updates the account from the claims.
    ///
    /// # Errors
    ///
    /// `session-not-accepted` where the claims are about another member of staff; the errors of a sign-in at the
    /// provider.
    pub async fn confirm_session(
        &self,
        token: &str,
        site: Site,
        claims: &Claims,
        tokens: &ProviderTokens,
    ) -> Result<(), Failure> {
        attempt!(self, |work| {
            let no = || Failure::refused(NOT_ACCEPTED);
            let id = work.session_id(token, site);
            let session = work.load::<Session>(id).await?.ok_or_else(no)?;
            let kept = work.load::<ProviderSession>(id).await?.ok_or_else(no)?;
            if work.take_over(claims).await? != session.value.staff {
                return Err(no());
            }
            let now = work.now();
            work.put(&session, &Session { confirmed_at: Some(now), ..session.value.clone() });
            let tokens = tokens.clone().kept();
            let next = ProviderSession { tokens, asking_until: now, ..kept.value.clone() };
            work.put(&kept, &next);
            Ok(())
        })
    }

    /// Ends the sessions that a logout token names. A logout token that arrives again changes nothing.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn sign_out_by_provider(&self, logout: &ProviderLogout) -> Result<(), Failure> {
        attempt!(self, |work| {
            let said = [logout.issuer.as_bytes(), logout.token_id.as_bytes()];
            let once = work.once_id("staff logout token", &said);
            if work.was_used(once).await? {
                return Ok(());
            }
            work.use_once(once, logout.until, NOT_ACCEPTED).await?;
            let Some(sid) = &logout.sid else {
                return work.end_sessions_of(logout).await;
            };
            let keys = work.service.parts().keys.clone();
            for kept in work.find::<ProviderSession>(by_sid(&keys, sid)).await? {
                // The look-up only finds candidates; the content of the row decides.
                let same = kept.value.tokens.sid.as_ref() == Some(sid);
                let theirs = logout.subject.as_ref().is_none_or(|subject| {
                    work.subject_id(&logout.issuer, subject) == kept.value.staff
                });
                if same && theirs {
                    if let Some(session) = work.load::<Session>(Id(kept.value.id)).await? {
                        work.delete(&session);
                    }
                    work.delete(&kept);
                }
            }
            Ok(())
        })
    }
}

impl Work<'_> {
    /// The account id of a subject at a provider.
    pub(super) fn subject_id(&self, issuer: &str, subject: &str) -> StaffId {
        let keys = &self.service.parts().keys;
        StaffId(head(keys.code_hash("staff subject", &[issuer.as_bytes(), subject.as_bytes()])).0)
    }

    /// Whether the provider has to confirm a session again.
    pub(super) fn word_is_due(&self, session: &Session) -> bool {
        let every = self.service.parts().settings.staff_confirmed_every;
        session.confirmed_at.is_some_and(|at| self.now() >= at.plus(every))
    }

    async fn end_sessions_of(&mut self, logout: &ProviderLogout) -> Result<(), Failure> {
        let Some(subject) = &logout.subject else { return Ok(()) };
        let staff = self.subject_id(&logout.issuer, subject);
        if let Some(account) = self.account(staff).await? {
            let mut next = account.value.clone();
            next.end_sessions(self.now());
            self.put(&account, &next);
        }
        Ok(())
    }
}
