//! Passkeys: key pairs on the devices of staff, which are registered by an invitation and then used to sign in
//! (WebAuthn Level 3).
//!
//! Attestation is not requested: the holder of an invitation may use any device.

mod attestation;
mod public_key;

use super::invitation::{Invitation, Purpose};
use super::key_view::{KEYS_MAX, KeyView};
use super::{Account, Site, head};
use crate::work::{Subject, Work};
use crate::{Failure, RefusalCode, Service};
use attestation::{AuthenticatorData, SignedBy};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use public_key::StoredKey;
use recovery::Rejection;
use recovery::event::JournalEvent;
use recovery::id::StaffId;
use recovery::time::{Duration, Timestamp};
use sha2::{Digest as _, Sha256};
use store::facade::{Aggregate, Loaded, Owner};
use store::kinds;
use store::{Id, Kind};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// How long a challenge is valid.
const CHALLENGE_LIFETIME: Duration = Duration::from_mins(5);
const CHALLENGE_BYTES: usize = 40;
const CLIENT_DATA_BYTES_MAX: usize = 2_048;
/// The longest id of a credential, in bytes (WebAuthn section 5.8.3).
const CREDENTIAL_BYTES_MAX: usize = 1_023;

const NOT_ACCEPTED: RefusalCode = RefusalCode::PasskeyNotAccepted;

/// The accepted signature algorithms by their COSE numbers, in order of preference: EdDSA, ES256, and RS256 for Windows
/// Hello.
pub const ALGORITHMS: [i32; 3] = [-8, -7, -257];

/// A registered passkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    id: u128,
    /// The member of staff.
    pub staff: StaffId,
    key: StoredKey,
    sign_count: u32,
    registered: Option<Registered>,
}

/// The properties of a registration that are recorded since schema 2.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Registered {
    at: Timestamp,
    site: Site,
    /// The authenticator's id of the credential, so that it does not make a second one for the same account.
    credential: Vec<u8>,
}

/// A console as the relying party of WebAuthn.
#[derive(Clone, Copy, Debug)]
pub struct RelyingParty<'a> {
    /// The console.
    pub site: Site,
    /// The origin of the console: scheme, host and port.
    pub origin: &'a str,
    /// The id of the relying party, which is the host without the port.
    pub id: &'a str,
}

/// The options with which a browser registers a passkey.
#[derive(Clone, Debug)]
pub struct RegistrationAsked {
    /// The challenge, which can be answered once within 5 minutes.
    pub challenge: [u8; CHALLENGE_BYTES],
    /// The handle of the account, which reveals nothing about the member of staff and is the same for every passkey of
    /// the account.
    pub handle: [u8; 16],
    /// The name of the passkey in the device's list.
    pub name: String,
    /// The credentials of this account at this console, whose authenticators must not make another one.
    pub exclude: Vec<Vec<u8>>,
}

/// The result of a registration, from the browser.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The client data (`clientDataJSON`).
    pub client_data: Vec<u8>,
    /// The attestation object (`attestationObject`).
    pub attestation_object: Vec<u8>,
}

/// The result of a sign-in by a passkey, from the browser.
#[derive(Clone, Debug)]
pub struct Assertion {
    /// The id of the credential (`rawId`).
    pub credential: Vec<u8>,
    /// The client data (`clientDataJSON`).
    pub client_data: Vec<u8>,
    /// The authenticator data (`authenticatorData`).
    pub authenticator_data: Vec<u8>,
    /// The signature, in the form of the key's algorithm (WebAuthn section 6.5.5).
    pub signature: Vec<u8>,
}

impl Passkey {
    pub(super) fn site(&self) -> Option<Site> {
        self.registered.as_ref().map(|it| it.site)
    }

    pub(super) fn view(&self) -> KeyView {
        let registered = self.registered.as_ref();
        KeyView { id: self.id, site: self.site(), made_at: registered.map(|it| it.at) }
    }
}

impl Aggregate for Passkey {
    const KIND: Kind = kinds::PASSKEY;
    /// Schema 2 added keys in COSE, besides SPKI, and the properties of the registration.
    const SCHEMA: u16 = 2;

    fn id(&self) -> Id {
        Id(self.id)
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }
}

store::stored! { struct Passkey { id, staff, key, sign_count } since 2 { registered } }
store::stored! { struct Registered { at, site, credential } }

impl Service {
    /// Issues a challenge for a browser. The challenge contains its time and a mark of this service, so that nothing
    /// has to be stored for it.
    ///
    /// # Errors
    ///
    /// `staff-by-provider`; an error where the store does not answer or the clock is not trusted.
    pub async fn passkey_challenge(&self, site: Site) -> Result<[u8; CHALLENGE_BYTES], Failure> {
        self.require_passkeys(site)?;
        let random: [u8; 16] = self.draw();
        let at = self.now().await?.0.to_be_bytes();
        let mark = self.challenge_mark(site, &random, &at);
        let mut challenge = [0; CHALLENGE_BYTES];
        let parts = random.iter().chain(&at).chain(&mark);
        challenge.iter_mut().zip(parts).for_each(|(to, from)| *to = *from);
        Ok(challenge)
    }

    /// The options with which the browser of an invited member of staff registers a passkey.
    ///
    /// # Errors
    ///
    /// `invitation-not-valid`, `staff-by-provider`.
    pub async fn ask_for_passkey(
        &self,
        invitation: &str,
        site: Site,
    ) -> Result<RegistrationAsked, Failure> {
        let challenge = self.passkey_challenge(site).await?;
        let mut work = Work::begin(self).await?;
        let invitation = work.invitation(invitation, site).await?.value;
        let exclude = match invitation.purpose {
            Purpose::NewAccount => Vec::new(),
            Purpose::AddKey => work
                .keys_of(invitation.staff)
                .await?
                .into_iter()
                .filter_map(|it| it.value.registered)
                .filter(|it| it.site == site)
                .map(|it| it.credential)
                .collect(),
        };
        Ok(RegistrationAsked {
            challenge,
            handle: invitation.staff.0.to_be_bytes(),
            name: invitation.name,
            exclude,
        })
    }

    /// Registers a passkey by an invitation, which is then used up: opens the account where the invitation is for a new
    /// one, adds the passkey to it, and opens a session.
    ///
    /// # Errors
    ///
    /// `invitation-not-valid`, `passkey-not-accepted`, `role-not-allowed`, `account-disabled`, `staff-by-provider`.
    pub async fn register_passkey(
        &self,
        invitation: &str,
        registration: &Registration,
        party: RelyingParty<'_>,
    ) -> Result<Zeroizing<String>, Failure> {
        let no = || Failure::refused(NOT_ACCEPTED);
        self.require_passkeys(party.site)?;
        let challenge = challenge_of(&registration.client_data, "webauthn.create", party)?;
        let data = attestation::data_of(&registration.attestation_object).ok_or_else(no)?;
        let seen = AuthenticatorData::read(&data, SignedBy::Registration).ok_or_else(no)?;
        let made = checked(&seen, party)?.credential.as_ref().ok_or_else(no)?;
        let staff = attempt!(self, |work| {
            let invitation = work.invitation(invitation, party.site).await?;
            work.spend_challenge(&challenge, party.site).await?;
            let staff = work.account_of_invitation(&invitation.value, party.site).await?;
            let id = work.passkey_id(made.id, party);
            if work.load::<Passkey>(id).await?.is_some() {
                return Err(no());
            }
            work.insert(&Passkey {
                id: id.0,
                staff,
                key: made.key.clone(),
                sign_count: seen.sign_count,
                registered: Some(Registered {
                    at: work.now(),
                    site: party.site,
                    credential: made.id.to_vec(),
                }),
            });
            work.person_of_invitation(invitation.value.id(), staff).await?;
            let roles = invitation.value.roles.iter().map(|role| role.code()).collect();
            let said = match invitation.value.purpose {
                Purpose::NewAccount => JournalEvent::StaffAccountMade { staff, roles },
                Purpose::AddKey => JournalEvent::StaffAccountChanged { staff, roles },
            };
            work.say(Subject::Nobody { matter: staff.0 }, said);
            work.delete(&invitation);
            Ok(staff)
        })?;
        self.open_session(staff, party.site, None).await
    }

    /// Opens a session for the holder of a registered passkey.
    ///
    /// # Errors
    ///
    /// `passkey-not-accepted`, whatever part of the assertion is wrong; `role-not-allowed`, `account-disabled`,
    /// `staff-by-provider`.
    pub async fn sign_in_by_passkey(
        &self,
        assertion: &Assertion,
        party: RelyingParty<'_>,
    ) -> Result<Zeroizing<String>, Failure> {
        let no = || Failure::refused(NOT_ACCEPTED);
        self.require_passkeys(party.site)?;
        let challenge = challenge_of(&assertion.client_data, "webauthn.get", party)?;
        let seen = AuthenticatorData::read(&assertion.authenticator_data, SignedBy::Passkey)
            .ok_or_else(no)?;
        checked(&seen, party)?;
        if assertion.credential.is_empty() || assertion.credential.len() > CREDENTIAL_BYTES_MAX {
            return Err(no());
        }
        let client_data_hash: [u8; 32] = Sha256::digest(&assertion.client_data).into();
        let signed = [assertion.authenticator_data.as_slice(), &client_data_hash].concat();
        let staff = attempt!(self, |work| {
            work.spend_challenge(&challenge, party.site).await?;
            let id = work.passkey_id(&assertion.credential, party);
            let passkey = work.load::<Passkey>(id).await?.ok_or_else(no)?;
            let key = passkey.value.key.parsed().ok_or_else(no)?;
            if !key.verifies(&signed, &assertion.signature) {
                return Err(no());
            }
            // A counter that does not increase indicates a copy of the key (WebAuthn section 6.1.1). Two zeros mean
            // that the authenticator has no counter.
            let counts = seen.sign_count != 0 || passkey.value.sign_count != 0;
            if counts && seen.sign_count <= passkey.value.sign_count {
                return Err(no());
            }
            if counts {
                let next = Passkey { sign_count: seen.sign_count, ..passkey.value.clone() };
                work.put(&passkey, &next);
            }
            Ok(passkey.value.staff)
        })?;
        self.open_session(staff, party.site, None).await
    }

    fn challenge_mark(&self, site: Site, random: &[u8], at: &[u8]) -> [u8; 16] {
        let hash =
            self.parts().keys.code_hash("passkey challenge", &[site.code().as_bytes(), random, at]);
        let mut mark = [0; 16];
        mark.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        mark
    }
}

impl Work<'_> {
    fn passkey_id(&self, credential: &[u8], party: RelyingParty<'_>) -> Id {
        head(self.service.parts().keys.code_hash("passkey", &[party.id.as_bytes(), credential]))
    }

    /// The account of an accepted invitation, which is made where the invitation is for a new one.
    async fn account_of_invitation(
        &mut self,
        invitation: &Invitation,
        site: Site,
    ) -> Result<StaffId, Failure> {
        let staff = invitation.staff;
        let known: Option<Loaded<Account>> = self.account(staff).await?;
        let account = match (invitation.purpose, known) {
            (Purpose::NewAccount, None) => {
                let mut account =
                    Account::new(staff, invitation.name.clone(), invitation.roles.clone());
                account.centre = invitation.centre;
                account.kin.clone_from(&invitation.kin);
                self.insert(&account);
                account
            }
            (Purpose::AddKey, Some(known)) => {
                if self.keys_of(staff).await?.len() >= KEYS_MAX {
                    return Err(Failure::refused(RefusalCode::TooManyKeys));
                }
                known.value
            }
            // The account was already opened by this invitation, or no longer exists.
            (Purpose::NewAccount, Some(_)) | (Purpose::AddKey, None) => {
                return Err(Failure::refused(RefusalCode::InvitationNotValid));
            }
        };
        if account.disabled_at.is_some() {
            return Err(Failure::refused(RefusalCode::AccountDisabled));
        }
        if !account.roles.iter().any(|role| site.is_for(*role)) {
            return Err(Failure::refused(Rejection::RoleNotAllowed));
        }
        Ok(staff)
    }

    /// Accepts a challenge of this service once, while it is valid.
    async fn spend_challenge(&mut self, challenge: &[u8], site: Site) -> Result<(), Failure> {
        let no = || Failure::refused(NOT_ACCEPTED);
        let (random, rest) = challenge.split_first_chunk::<16>().ok_or_else(no)?;
        let (at, mark) = rest.split_first_chunk::<8>().ok_or_else(no)?;
        let expected = self.service.challenge_mark(site, random, at);
        let until = Timestamp(i64::from_be_bytes(*at)).plus(CHALLENGE_LIFETIME);
        if !bool::from(expected.as_slice().ct_eq(mark)) || self.now() >= until {
            return Err(no());
        }
        self.use_once(u128::from_be_bytes(*random), until, NOT_ACCEPTED).await
    }
}

/// Checks the relying party in the authenticator data, and that the device verified its present holder.
fn checked<'a, 'd>(
    data: &'a AuthenticatorData<'d>,
    party: RelyingParty<'_>,
) -> Result<&'a AuthenticatorData<'d>, Failure> {
    let own: [u8; 32] = Sha256::digest(party.id.as_bytes()).into();
    if data.party_hash != own || !data.holder_was_proven() {
        return Err(Failure::refused(NOT_ACCEPTED));
    }
    Ok(data)
}

/// Checks the ceremony and the origin that the browser states, and returns the challenge that it answered (WebAuthn
/// section 5.8.1).
fn challenge_of(
    client_data: &[u8],
    deed: &str,
    party: RelyingParty<'_>,
) -> Result<Vec<u8>, Failure> {
    let no = || Failure::refused(NOT_ACCEPTED);
    if client_data.len() > CLIENT_DATA_BYTES_MAX {
        return Err(no());
    }
    let said: serde_json::Value = serde_json::from_slice(client_data).map_err(|_| no())?;
    let text = |name: &str| said.get(name).and_then(serde_json::Value::as_str);
    let framed = said.get("crossOrigin").and_then(serde_json::Value::as_bool).unwrap_or(false);
    if text("type") != Some(deed) || text("origin") != Some(party.origin) || framed {
        return Err(no());
    }
    text("challenge").and_then(|it| Base64UrlUnpadded::decode_vec(it).ok()).ok_or_else(no)
}

#[cfg(test)]
mod tests;
