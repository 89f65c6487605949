//! A device that holds a passkey: the bytes that a browser hands over (WebAuthn Level 3).
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test stops at the first surprise"
)]

use base64ct::{Base64UrlUnpadded, Encoding as _};
use chip_sim::{Curve, CurveForm, Digest as Hash, KeyKind, KeyPair, Scheme, Seeded};
use ciborium::{Value, cbor};
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest as _, Sha256};

/// The user was there and was proven, and a credential follows.
pub const REGISTERED: u8 = 0x45;
/// The user was there and was proven.
pub const SIGNED: u8 = 0x05;

enum Secret {
    Es256(KeyPair),
    Rs256(KeyPair),
    EdDsa(Box<SigningKey>),
}

/// A device with one passkey, whose key and credential come from a number.
pub struct Authenticator {
    secret: Secret,
    /// The id of the credential.
    pub credential: Vec<u8>,
    /// How often it has signed in.
    pub count: u32,
}

impl std::fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authenticator").field("count", &self.count).finish_non_exhaustive()
    }
}

impl Authenticator {
    fn of(name: u8, secret: Secret) -> Self {
        Self { secret, credential: vec![name; 16], count: 0 }
    }

    /// One that signs with ECDSA on P-256.
    #[must_use]
    pub fn es256(name: u8) -> Self {
        let kind = KeyKind::Ec { curve: Curve::Secp256r1, form: CurveForm::Named };
        Self::of(name, Secret::Es256(KeyPair::generate(kind, &mut Seeded::new([name; 32]))))
    }

    /// One that signs with RSA, as Windows Hello does.
    #[must_use]
    pub fn rs256(name: u8) -> Self {
        let kind = KeyKind::Rsa { modulus_bits: 2048, public_exponent: 65_537 };
        Self::of(name, Secret::Rs256(KeyPair::generate(kind, &mut Seeded::new([name; 32]))))
    }

    /// One that signs with Ed25519.
    #[must_use]
    pub fn ed_dsa(name: u8) -> Self {
        Self::of(name, Secret::EdDsa(Box::new(SigningKey::from_bytes(&[name; 32]))))
    }

    /// The same, which says that it has signed in so often.
    #[must_use]
    pub fn having_signed(self, count: u32) -> Self {
        Self { count, ..self }
    }

    /// `SubjectPublicKeyInfo` of its key, where that is an elliptic curve or RSA.
    #[must_use]
    pub fn public_key_info(&self) -> Option<Vec<u8>> {
        match &self.secret {
            Secret::Es256(key) | Secret::Rs256(key) => Some(key.public_key_info()),
            Secret::EdDsa(_) => None,
        }
    }

    /// `COSE_Key`.
    #[must_use]
    pub fn key(&self) -> Value {
        let pair = |label: i64, value: Value| (Value::from(label), value);
        let text = |bytes: &[u8]| Value::Bytes(bytes.to_vec());
        Value::Map(match &self.secret {
            Secret::Es256(key) => {
                let info = key.public_key_info();
                let point = &info[info.len() - 64..];
                vec![
                    pair(1, 2.into()),
                    pair(3, (-7).into()),
                    pair(-1, 1.into()),
                    pair(-2, text(&point[..32])),
                    pair(-3, text(&point[32..])),
                ]
            }
            Secret::Rs256(key) => {
                let info = key.public_key_info();
                let (modulus, exponent) = (&info[33..289], &info[291..294]);
                vec![
                    pair(1, 3.into()),
                    pair(3, (-257).into()),
                    pair(-1, text(modulus)),
                    pair(-2, text(exponent)),
                ]
            }
            Secret::EdDsa(key) => vec![
                pair(1, 1.into()),
                pair(3, (-8).into()),
                pair(-1, 6.into()),
                pair(-2, text(key.verifying_key().as_bytes())),
            ],
        })
    }

    /// Signs, in the form that the algorithm has.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = &mut Seeded::new([5; 32]);
        match &self.secret {
            Secret::Es256(key) => chip_sim::sign(key, Scheme::Ecdsa(Hash::Sha256), message, random),
            Secret::Rs256(key) => {
                chip_sim::sign(key, Scheme::RsaPkcs1(Hash::Sha256), message, random)
            }
            Secret::EdDsa(key) => key.sign(message).to_bytes().to_vec(),
        }
    }

    /// `authenticatorData` without a credential, for the relying party of this id.
    #[must_use]
    pub fn data(&self, party: &str, flags: u8) -> Vec<u8> {
        let mut data = Sha256::digest(party.as_bytes()).to_vec();
        data.push(flags);
        data.extend(self.count.to_be_bytes());
        data
    }

    /// `authenticatorData` with the credential.
    #[must_use]
    pub fn new_credential(&self, party: &str, flags: u8) -> Vec<u8> {
        let mut data = self.data(party, flags);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.credential.len()).unwrap().to_be_bytes());
        data.extend(&self.credential);
        data.extend(bytes(&self.key()));
        data
    }
}

/// A value in CBOR.
#[must_use]
pub fn bytes(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}

/// `attestationObject` around `authenticatorData`, without attestation.
#[must_use]
pub fn attestation_object(data: Vec<u8>) -> Vec<u8> {
    let mut object = cbor!({"fmt" => "none", "attStmt" => {}}).unwrap();
    let members = object.as_map_mut().unwrap();
    members.push((Value::Text("authData".into()), Value::Bytes(data)));
    bytes(&object)
}

/// `clientDataJSON` of a deed at an origin.
#[must_use]
pub fn client_data(deed: &str, challenge: &[u8], origin: &str) -> Vec<u8> {
    let challenge = Base64UrlUnpadded::encode_string(challenge);
    format!(r#"{{"type":"{deed}","challenge":"{challenge}","origin":"{origin}"}}"#).into_bytes()
}
