use std::fmt;

use opaque_ke::generic_array::{ArrayLength, GenericArray};
use opaque_ke::{CipherSuite, Identifiers, Ristretto255, TripleDh};
use zeroize::Zeroizing;

use crate::random::Fill;
use crate::stretch::Stretch;

/// OPRF seed (64), server private key (32), public key of the dummy record (32).
pub const SERVER_SETUP_BYTES: usize = 128;
/// A blinded element.
pub const REGISTRATION_REQUEST_BYTES: usize = 32;
/// An evaluated element (32) and the server's public key (32).
pub const REGISTRATION_RESPONSE_BYTES: usize = 64;
/// Client public key (32), masking key (64), envelope (96).
pub const RECORD_BYTES: usize = 192;
/// A blinded element (32), a nonce (32), an ephemeral key (32).
pub const KE1_BYTES: usize = 96;
/// Evaluated element (32), masking nonce (32), masked response (128), nonce (32), key (32), MAC (64).
pub const KE2_BYTES: usize = 320;
/// A MAC.
pub const KE3_BYTES: usize = 64;
/// Session key (64) and the MAC that the server expects (64).
pub const LOGIN_STATE_BYTES: usize = 128;
/// What both sides share after a login with the right PIN.
pub const SESSION_KEY_BYTES: usize = 64;
/// A credential identifier; chooses the OPRF key of one registration.
pub const CREDENTIAL_IDENTIFIER_BYTES: usize = 32;

/// Bound into every login (RFC 9807 §3.3): a transcript of another protocol or version proves nothing here.
pub(crate) const CONTEXT: &[u8] = b"genvej-pin-1";
const SERVER_IDENTITY: &[u8] = b"genvej";

pub(crate) struct Suite;

impl CipherSuite for Suite {
    type OprfCs = Ristretto255;
    type KeyExchange = TripleDh<Ristretto255, sha2_0_10::Sha512>;
    type Ksf = Stretch;
}

/// Chooses the OPRF key of one registration, and is stored with its record.
///
/// Drawn afresh for **every** registration. A stable one would make the registration endpoint an
/// uncounted oracle for the old PIN: a client could blind a guess, have it evaluated under the key
/// of the live record, and test the result offline against a KE2 (PROTOCOLS.md section 3).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CredentialIdentifier([u8; CREDENTIAL_IDENTIFIER_BYTES]);

impl CredentialIdentifier {
    /// Draws a fresh identifier.
    pub fn generate(random: &mut Fill<'_>) -> Self {
        let mut bytes = [0; CREDENTIAL_IDENTIFIER_BYTES];
        random(&mut bytes);
        Self(bytes)
    }

    /// Takes a stored identifier.
    #[must_use]
    pub fn from_bytes(bytes: [u8; CREDENTIAL_IDENTIFIER_BYTES]) -> Self {
        Self(bytes)
    }

    /// The bytes to store with the record.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; CREDENTIAL_IDENTIFIER_BYTES] {
        &self.0
    }
}

impl fmt::Debug for CredentialIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CredentialIdentifier([hidden])")
    }
}

/// Whose PIN it is: the app instance id as it travels, 32 lower-case hex digits.
///
/// Bound into envelope and transcript, so that a record moved to another instance's row opens
/// nothing there.
#[derive(Debug, Clone, Copy)]
pub struct Holder<'a>(pub &'a [u8]);

impl<'a> Holder<'a> {
    pub(crate) fn identifiers(self) -> Identifiers<'a> {
        Identifiers { client: Some(self.0), server: Some(SERVER_IDENTITY) }
    }
}

/// What both sides share after a login with the right PIN; wiped on drop, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionKey(pub(crate) Zeroizing<[u8; SESSION_KEY_BYTES]>);

impl SessionKey {
    /// The key's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; SESSION_KEY_BYTES] {
        &self.0
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey([hidden])")
    }
}

/// Copies what the library serialised into an array of the length this crate promises.
pub(crate) fn bytes<const N: usize, L: ArrayLength<u8>>(
    serialised: &GenericArray<u8, L>,
) -> [u8; N] {
    assert_eq!(L::USIZE, N, "the length of each message is fixed by the suite");
    let mut bytes = [0; N];
    bytes.copy_from_slice(serialised);
    bytes
}
