//! Signed requests of an app: nonces, and the verification of who signed (PROTOCOLS.md section 2).

use crate::caller::{App, Asking, LiveNonce};
use crate::{Failure, RefusalCode, Service};
use hmac::{Hmac, KeyInit, Mac};
use recovery::authenticator::Authenticator;
use recovery::id::InstanceId;
use recovery::time::{Duration, Timestamp};
use request_signature::{Message, Presented, PublicKey, SignedBy};
use sha2::Sha256;
use std::net::IpAddr;
use store::kinds;
use store::{Id, Record};
use subtle::ConstantTimeEq;

/// How much longer than its lifetime a spent nonce is kept. A request whose nonce was good when it arrived may finish after
/// the nonce expired; if the row were swept before, the same request could be sent once more.
const WORK_MAX: Duration = Duration::from_secs(60);

/// The length of a nonce: 16 bytes of id, 8 bytes of expiry, 16 bytes of MAC.
const NONCE_BYTES: usize = 40;
/// The one answer for an unknown key, a bad signature, an unknown person and a stale nonce.
const NO: RefusalCode = RefusalCode::SignatureNotAccepted;

/// One signed request as it arrived.
#[derive(Clone, Copy)]
pub struct SignedRequest<'a> {
    /// Upper-case method.
    pub method: &'a str,
    /// Path and query, as they arrived.
    pub path_and_query: &'a str,
    /// The exact body.
    pub body: &'a [u8],
    /// The parsed signature headers.
    pub presented: &'a Presented,
}

impl std::fmt::Debug for SignedRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedRequest").field("method", &self.method).finish_non_exhaustive()
    }
}

impl LiveNonce {
    fn record(self) -> Record {
        let kept_until = self.expires.plus(WORK_MAX);
        Record::new(kinds::USED_NONCE, self.id, 1, Vec::new()).deadline(kept_until)
    }
}

/// A device key that signed the request which carries it. It belongs to no known person yet.
#[derive(Clone, Debug)]
pub struct NewKey {
    public_key: [u8; request_signature::PUBLIC_KEY_BYTES],
    /// Bytes that tell clients apart: a network, or the key itself.
    client: Vec<u8>,
    nonce: LiveNonce,
}

impl NewKey {
    pub(crate) const fn public_key(&self) -> &[u8; request_signature::PUBLIC_KEY_BYTES] {
        &self.public_key
    }

    /// Tells one client from another, for rate limits.
    pub(crate) fn client(&self) -> &[u8] {
        &self.client
    }

    pub(crate) const fn nonce(&self) -> LiveNonce {
        self.nonce
    }
}

/// The client of a request that carries its key. Keys can be made at will, so a client is the network it calls from (IPv6: a
/// /64); where the address is this machine's own and therefore says nothing, the key stands for the client.
fn client_of(
    peer: Option<IpAddr>,
    public_key: &[u8; request_signature::PUBLIC_KEY_BYTES],
) -> Vec<u8> {
    match peer.map(|peer| peer.to_canonical()).filter(|peer| !peer.is_loopback()) {
        Some(IpAddr::V4(address)) => address.octets().to_vec(),
        Some(IpAddr::V6(address)) => {
            address.octets().first_chunk::<8>().map(|net| net.to_vec()).unwrap_or_default()
        }
        None => public_key.to_vec(),
    }
}

impl crate::work::Work<'_> {
    /// Spends a nonce with the rest of this work; the commit is refused where it was spent before.
    pub(crate) fn spend(&mut self, nonce: LiveNonce) {
        self.change(|transaction| transaction.insert(nonce.record()));
    }
}

impl Service {
    /// A fresh nonce for the key `keyid`. The answer does not show whether such a key is known.
    ///
    /// # Errors
    ///
    /// The clock cannot be trusted.
    pub async fn nonce(&self, keyid: &str) -> Result<String, Failure> {
        let lifetime = Duration::from_secs(self.parts().settings.nonce_lifetime_secs);
        let expires = self.now().await?.plus(lifetime);
        let random = self.draw_id_in_order(expires).to_be_bytes();
        let mut bytes = Vec::with_capacity(NONCE_BYTES);
        bytes.extend_from_slice(&random);
        bytes.extend_from_slice(&expires.0.to_be_bytes());
        bytes.extend_from_slice(&self.nonce_mac(&random, expires, keyid));
        Ok(base64(&bytes))
    }

    /// Verifies which instance signed, and spends the nonce.
    ///
    /// # Errors
    ///
    /// One identical refusal for every request that cannot be verified.
    pub async fn verify_app(&self, request: SignedRequest<'_>) -> Result<App, Failure> {
        let Asking { app, nonce } = self.verify_asking_app(request).await?;
        self.spend_nonce(nonce).await?;
        Ok(app)
    }

    /// Verifies which instance signed. The nonce is checked here, and spent by the use case in the same commit as its
    /// result.
    ///
    /// # Errors
    ///
    /// One identical refusal for every request that cannot be verified.
    pub async fn verify_asking_app(&self, request: SignedRequest<'_>) -> Result<Asking, Failure> {
        let target_uri = format!("{}{}", self.parts().settings.public_url, request.path_and_query);
        let message =
            Message { method: request.method, target_uri: &target_uri, body: request.body };
        let presented = request.presented;
        let Some(instance) = self.signer(presented.keyid()).await? else {
            let _ = presented.verify_unknown(&message);
            return Err(Failure::refused(NO));
        };
        let key = device_key(&instance)?;
        presented.verify(&message, &key).map_err(|_| Failure::refused(NO))?;
        if presented.signed_by() != SignedBy::App {
            return Err(Failure::refused(NO));
        }
        let nonce = self.live_nonce(presented).await?;
        let app = App {
            instance: instance.id,
            person: instance.person,
            idempotency_key: presented.idempotency_key().to_owned(),
            request: crate::caller::fingerprint(
                request.method,
                request.path_and_query,
                request.body,
            ),
            name: instance.id.to_string(),
        };
        Ok(Asking { app, nonce })
    }

    /// Verifies a request that is signed by the key it carries, as an activation is. `peer` is the address that it came
    /// from, where known.
    ///
    /// The nonce is checked and not spent: the use case spends it once the code has been found right, since strangers would
    /// otherwise write a row with every guess.
    ///
    /// # Errors
    ///
    /// The same refusal as for any other signature.
    pub async fn verify_new_key(
        &self,
        request: SignedRequest<'_>,
        public_key: &[u8; request_signature::PUBLIC_KEY_BYTES],
        peer: Option<IpAddr>,
    ) -> Result<NewKey, Failure> {
        let target_uri = format!("{}{}", self.parts().settings.public_url, request.path_and_query);
        let message =
            Message { method: request.method, target_uri: &target_uri, body: request.body };
        let thumbprint = request_signature::thumbprint(public_key);
        let key = PublicKey::from_bytes(public_key).map_err(|_| Failure::refused(NO))?;
        let named = bool::from(request.presented.keyid().as_bytes().ct_eq(thumbprint.as_bytes()));
        let by_app = request.presented.signed_by() == SignedBy::App;
        if !named || !by_app || request.presented.verify(&message, &key).is_err() {
            return Err(Failure::refused(NO));
        }
        let nonce = self.live_nonce(request.presented).await?;
        Ok(NewKey { public_key: *public_key, client: client_of(peer, public_key), nonce })
    }

    async fn signer(&self, keyid: &str) -> Result<Option<Authenticator>, Failure> {
        let Some(id) = instance_id(keyid) else { return Ok(None) };
        let mut work = crate::work::Work::begin(self).await?;
        match work.load::<Authenticator>(Id(id.0)).await {
            Ok(found) => Ok(found.map(|loaded| loaded.value)),
            // An erased person: nothing of theirs opens, and nobody is told why.
            Err(Failure::Refused(_)) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// Spends a nonce in a transaction of its own.
    pub(crate) async fn spend_nonce(&self, nonce: LiveNonce) -> Result<(), Failure> {
        let mut work = crate::work::Work::begin(self).await?;
        work.spend(nonce);
        work.commit().await
    }

    /// Spends the nonce also where the use case that was to spend it failed: otherwise the same request could be sent again
    /// when it would succeed.
    pub(crate) async fn spent_anyhow<T>(
        &self,
        nonce: LiveNonce,
        outcome: Result<T, Failure>,
    ) -> Result<T, Failure> {
        if outcome.is_err() {
            self.spend_nonce(nonce).await?;
        }
        outcome
    }

    /// A nonce that this service issued for this key and that has not expired; whether it was used shows when it is spent.
    pub(crate) async fn live_nonce(&self, presented: &Presented) -> Result<LiveNonce, Failure> {
        let no = || Failure::refused(RefusalCode::NonceNotAccepted);
        let bytes = unbase64(presented.nonce()).ok_or_else(no)?;
        let (random, rest) = bytes.split_first_chunk::<16>().ok_or_else(no)?;
        let (expires, mac) = rest.split_first_chunk::<8>().ok_or_else(no)?;
        let expires = Timestamp(i64::from_be_bytes(*expires));
        let right = self.nonce_mac(random, expires, presented.keyid());
        let now = self.now().await?;
        if !bool::from(right.as_slice().ct_eq(mac)) || now >= expires {
            return Err(no());
        }
        Ok(LiveNonce { id: Id(u128::from_be_bytes(*random)), expires })
    }

    fn nonce_mac(&self, random: &[u8; 16], expires: Timestamp, keyid: &str) -> [u8; 16] {
        let secret = self.parts().keys.secret_for("nonce of a signed request");
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&*secret) else {
            unreachable!("HMAC takes a key of any length")
        };
        mac.update(random);
        mac.update(&expires.0.to_be_bytes());
        mac.update(keyid.as_bytes());
        let full: [u8; 32] = mac.finalize().into_bytes().into();
        let mut half = [0; 16];
        half.iter_mut().zip(full).for_each(|(to, from)| *to = from);
        half
    }
}

/// The device key of an instance.
pub(crate) fn device_key(instance: &Authenticator) -> Result<PublicKey, Failure> {
    let bytes: &[u8; request_signature::PUBLIC_KEY_BYTES] =
        instance.device_key.as_slice().try_into().map_err(|_| {
            Failure::fault("a stored device key has a wrong length", "corrupt instance")
        })?;
    PublicKey::from_bytes(bytes)
        .map_err(|error| Failure::fault("a stored device key is invalid", error))
}

/// Parses an instance id of 32 lower-case hex digits.
#[must_use]
pub fn instance_id(text: &str) -> Option<InstanceId> {
    crate::id(text).map(InstanceId)
}

fn base64(bytes: &[u8]) -> String {
    use base64ct::Encoding as _;
    base64ct::Base64UrlUnpadded::encode_string(bytes)
}

fn unbase64(text: &str) -> Option<Vec<u8>> {
    use base64ct::Encoding as _;
    (text.len() <= 64).then(|| base64ct::Base64UrlUnpadded::decode_vec(text).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{NOW, in_memory};

    /// A request that came in time may be at work when its nonce ends, and the sweep goes on meanwhile.
    #[tokio::test]
    async fn a_spent_nonce_stays_spent_while_work_that_began_in_time_goes_on() {
        let (service, clock) = in_memory();
        let nonce = LiveNonce { id: Id(7), expires: NOW.plus(Duration::from_secs(120)) };
        service.spend_nonce(nonce).await.unwrap();
        clock.advance_ms(130_000);
        service.sweep().await.unwrap();

        let again = service.spend_nonce(nonce).await.unwrap_err();

        assert!(
            matches!(again, Failure::Refused(why) if why.code == RefusalCode::NonceNotAccepted)
        );
        clock.advance_ms(60_000);
        service.sweep().await.unwrap();
        let used = service.parts().store.scan(kinds::USED_NONCE, None, 10).await.unwrap();
        assert!(used.is_empty(), "and it goes");
    }
}
