//! Passkeys: a key pair in the member's own device, registered from an invitation, then used to sign in (WebAuthn Level 3).
//!
//! Attestation is not asked for: whoever holds the invitation may bring any device. So the public key is taken as the browser
//! hands it out, in SPKI, and nothing here reads CBOR.

use super::{Account, Site, head};
use crate::work::Work;
use crate::{Failure, Service};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use chip::curve::Curve;
use chip::key::PublicKey;
use chip::signature::{HashAlgorithm, SignatureAlgorithm};
use recovery::id::StaffId;
use recovery::policy::Policy;
use recovery::time::{Duration, Timestamp};
use sha2::{Digest as _, Sha256};
use store::codec::{CodecError, Reader, Writer};
use store::facade::{Aggregate, Owner};
use store::{Id, Kind};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// Passkeys; the id is the head of a keyed hash of the credential's own id.
pub const PASSKEY: Kind = Kind::new(44, "passkey");
/// Challenges that were answered; kept until they lapse.
pub const USED_CHALLENGE: Kind = Kind::new(45, "used passkey challenge");

/// How long a challenge can be answered.
const CHALLENGE_LIFETIME: Duration = Duration::from_mins(5);
const CHALLENGE_BYTES: usize = 40;
const CLIENT_DATA_BYTES_MAX: usize = 2_048;
const AUTHENTICATOR_DATA_BYTES_MAX: usize = 4_096;
const CREDENTIAL_BYTES_MAX: usize = 1_023;
const SPKI_BYTES_MAX: usize = 256;
/// The bytes before what is there only at registration (WebAuthn section 6.1).
const HEAD_BYTES: usize = 37;
const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const CREDENTIAL_INCLUDED: u8 = 0x40;

const NOT_ACCEPTED: &str = "passkey-not-accepted";

/// A registered key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    id: u128,
    /// Whose.
    pub staff: StaffId,
    spki: Vec<u8>,
    sign_count: u32,
}

/// Remembers that a challenge was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedChallenge {
    id: u128,
    until: Timestamp,
}

/// Where a passkey is used: the console's own name for itself.
#[derive(Clone, Copy, Debug)]
pub struct RelyingParty<'a> {
    /// Which console.
    pub site: Site,
    /// Scheme, host and port.
    pub origin: &'a str,
    /// The host alone.
    pub id: &'a str,
}

/// What the browser hands over when a passkey was made.
#[derive(Clone, Debug)]
pub struct Registration {
    /// `clientDataJSON`.
    pub client_data: Vec<u8>,
    /// `getAuthenticatorData()`.
    pub authenticator_data: Vec<u8>,
    /// `getPublicKey()`.
    pub public_key: Vec<u8>,
}

/// What the browser hands over when a passkey was used.
#[derive(Clone, Debug)]
pub struct Assertion {
    /// `rawId`.
    pub credential: Vec<u8>,
    /// `clientDataJSON`.
    pub client_data: Vec<u8>,
    /// `authenticatorData`.
    pub authenticator_data: Vec<u8>,
    /// ECDSA in DER.
    pub signature: Vec<u8>,
}

impl Aggregate for Passkey {
    const KIND: Kind = PASSKEY;

    fn id(&self) -> Id {
        Id(self.id)
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }

    fn write(&self, w: &mut Writer) {
        w.u128(self.id);
        w.u128(self.staff.0);
        w.bytes(&self.spki);
        w.u32(self.sign_count);
    }

    fn read(_: u16, r: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            id: r.u128("passkey")?,
            staff: StaffId(r.u128("staff")?),
            spki: r.bytes("public key", SPKI_BYTES_MAX)?.to_vec(),
            sign_count: r.u32("sign count")?,
        })
    }
}

impl Aggregate for UsedChallenge {
    const KIND: Kind = USED_CHALLENGE;

    fn id(&self) -> Id {
        Id(self.id)
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }

    fn deadline(&self, _: &Policy) -> Option<store::Timestamp> {
        Some(self.until.into())
    }

    fn write(&self, w: &mut Writer) {
        w.u128(self.id);
        w.i64(self.until.0);
    }

    fn read(_: u16, r: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self { id: r.u128("challenge")?, until: Timestamp(r.i64("until")?) })
    }
}

impl Service {
    /// A challenge for a browser. It carries its own time and a mark of ours, so that asking for one keeps nothing here.
    ///
    /// # Errors
    ///
    /// The store is away, or the clock stepped back.
    pub async fn passkey_challenge(&self, site: Site) -> Result<[u8; CHALLENGE_BYTES], Failure> {
        let random: [u8; 16] = self.draw();
        let at = self.now().await?.0.to_be_bytes();
        let mark = self.challenge_mark(site, &random, &at);
        let mut challenge = [0; CHALLENGE_BYTES];
        let parts = random.iter().chain(&at).chain(&mark);
        challenge.iter_mut().zip(parts).for_each(|(to, from)| *to = *from);
        Ok(challenge)
    }

    /// Makes the account of an invitation, with this passkey as its way in, and opens a session. The link is over.
    ///
    /// # Errors
    ///
    /// `invitation-not-valid`, `passkey-not-accepted`, `role-not-allowed`.
    pub async fn register_passkey(
        &self,
        invitation: &str,
        registration: &Registration,
        party: RelyingParty<'_>,
    ) -> Result<Zeroizing<String>, Failure> {
        let no = || Failure::refused(NOT_ACCEPTED);
        let challenge = challenge_of(&registration.client_data, "webauthn.create", party)?;
        let seen = Seen::read(&registration.authenticator_data, party)?;
        let credential = seen.credential.ok_or_else(no)?;
        key(&registration.public_key)?;
        let staff = StaffId(self.draw_id());
        attempt!(self, |work| {
            let invitation = work.invitation(invitation).await?;
            if !invitation.value.roles.iter().any(|role| party.site.is_for(*role)) {
                return Err(Failure::refused("role-not-allowed"));
            }
            work.spend_challenge(&challenge, party.site).await?;
            let id = work.passkey_id(credential, party);
            if work.load::<Passkey>(id).await?.is_some() {
                return Err(no());
            }
            work.insert(&Passkey {
                id: id.0,
                staff,
                spki: registration.public_key.clone(),
                sign_count: seen.sign_count,
            });
            work.insert(&Account {
                id: staff,
                name: invitation.value.name.clone(),
                roles: invitation.value.roles.clone(),
                centre: invitation.value.centre,
                kin: invitation.value.kin.clone(),
            });
            work.delete(&invitation);
            Ok(())
        })?;
        self.open_session(staff, party.site).await
    }

    /// Opens a session for whoever holds a registered passkey.
    ///
    /// # Errors
    ///
    /// `passkey-not-accepted`, whatever does not fit; `role-not-allowed`.
    pub async fn sign_in_by_passkey(
        &self,
        assertion: &Assertion,
        party: RelyingParty<'_>,
    ) -> Result<Zeroizing<String>, Failure> {
        let no = || Failure::refused(NOT_ACCEPTED);
        let challenge = challenge_of(&assertion.client_data, "webauthn.get", party)?;
        let seen = Seen::read(&assertion.authenticator_data, party)?;
        if assertion.credential.is_empty() || assertion.credential.len() > CREDENTIAL_BYTES_MAX {
            return Err(no());
        }
        let client_data_hash: [u8; 32] = Sha256::digest(&assertion.client_data).into();
        let signed = [assertion.authenticator_data.as_slice(), &client_data_hash].concat();
        let staff = attempt!(self, |work| {
            work.spend_challenge(&challenge, party.site).await?;
            let id = work.passkey_id(&assertion.credential, party);
            let passkey = work.load::<Passkey>(id).await?.ok_or_else(no)?;
            SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256)
                .verify(&key(&passkey.value.spki)?, &signed, &assertion.signature)
                .map_err(|_| no())?;
            // A counter that does not grow is a copy of the key (WebAuthn section 6.1.1); zero twice means there is none.
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
        self.open_session(staff, party.site).await
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

    /// Accepts a challenge of ours once, while it lives.
    async fn spend_challenge(&mut self, challenge: &[u8], site: Site) -> Result<(), Failure> {
        let no = || Failure::refused(NOT_ACCEPTED);
        let (random, rest) = challenge.split_first_chunk::<16>().ok_or_else(no)?;
        let (at, mark) = rest.split_first_chunk::<8>().ok_or_else(no)?;
        let expected = self.service.challenge_mark(site, random, at);
        let until = Timestamp(i64::from_be_bytes(*at)).plus(CHALLENGE_LIFETIME);
        if !bool::from(expected.as_slice().ct_eq(mark)) || self.now() >= until {
            return Err(no());
        }
        let id = u128::from_be_bytes(*random);
        if self.load::<UsedChallenge>(Id(id)).await?.is_some() {
            return Err(no());
        }
        self.insert(&UsedChallenge { id, until });
        Ok(())
    }
}

/// What an authenticator says (WebAuthn section 6.1).
struct Seen<'a> {
    sign_count: u32,
    credential: Option<&'a [u8]>,
}

impl<'a> Seen<'a> {
    /// Reads it and checks for whom it was said, and that its holder was there and proven to the device.
    fn read(data: &'a [u8], party: RelyingParty<'_>) -> Result<Self, Failure> {
        let no = || Failure::refused(NOT_ACCEPTED);
        if data.len() > AUTHENTICATOR_DATA_BYTES_MAX {
            return Err(no());
        }
        let (fixed, rest) = data.split_first_chunk::<HEAD_BYTES>().ok_or_else(no)?;
        let (party_hash, [flags, count @ ..]) = fixed.split_at(32) else { return Err(no()) };
        let count = <[u8; 4]>::try_from(count).map_err(|_| no())?;
        let own: [u8; 32] = Sha256::digest(party.id.as_bytes()).into();
        if party_hash != own || flags & USER_PRESENT == 0 || flags & USER_VERIFIED == 0 {
            return Err(no());
        }
        let credential = if flags & CREDENTIAL_INCLUDED == 0 {
            None
        } else {
            // The model of the authenticator, 16 bytes, says nothing that is needed.
            let (_, rest) = rest.split_first_chunk::<16>().ok_or_else(no)?;
            let (length, rest) = rest.split_first_chunk::<2>().ok_or_else(no)?;
            let length = usize::from(u16::from_be_bytes(*length));
            if length == 0 || length > CREDENTIAL_BYTES_MAX {
                return Err(no());
            }
            Some(rest.get(..length).ok_or_else(no)?)
        };
        Ok(Self { sign_count: u32::from_be_bytes(count), credential })
    }
}

/// Checks what the browser says it did, and where; returns the challenge that it answered (WebAuthn section 5.8.1).
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

/// A public key on P-256, named so.
fn key(spki: &[u8]) -> Result<PublicKey, Failure> {
    let no = || Failure::refused(NOT_ACCEPTED);
    if spki.len() > SPKI_BYTES_MAX {
        return Err(no());
    }
    let key = PublicKey::from_spki(spki).map_err(|_| no())?;
    let on_p256 = match &key {
        PublicKey::Ec(ec) => {
            ec.declared_curve() == Some(Curve::P256) && ec.point().curve() == Curve::P256
        }
        PublicKey::Rsa(_) => false,
    };
    if on_p256 { Ok(key) } else { Err(no()) }
}
