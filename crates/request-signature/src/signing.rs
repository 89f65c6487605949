//! The phone's side.

use base64ct::{Base64, Encoding};

use crate::base::{COMPONENTS, Message, signature_base};
use crate::digest;
use crate::header::{
    ALGORITHM, HeaderError, IDEMPOTENCY_KEY_CHARS_MAX, LABEL, NONCE_CHARS_MAX, SignedBy, is_keyid,
    is_token,
};
use crate::key::SIGNATURE_BYTES;

/// A request about to be signed. The key may sit in hardware: take [`Self::to_sign`] there and
/// bring the signature back.
#[derive(Debug, Clone)]
pub struct SigningInput {
    parameters: String,
    content_digest: String,
    idempotency_key: String,
    base: String,
}

/// The headers to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHeaders {
    pub signature_input: String,
    pub signature: String,
    pub content_digest: String,
    pub idempotency_key: String,
}

impl SigningInput {
    /// Builds the signature base.
    ///
    /// # Errors
    ///
    /// [`HeaderError::Form`] where key id, nonce, idempotency key, method or URI have characters
    /// that the profile does not allow.
    pub fn new(
        message: &Message<'_>,
        keyid: &str,
        nonce: &str,
        idempotency_key: &str,
    ) -> Result<Self, HeaderError> {
        Self::by(SignedBy::App, message, keyid, (nonce, idempotency_key))
    }

    /// The same for a device of another sort; `once` is the nonce and the idempotency key.
    ///
    /// # Errors
    ///
    /// As [`Self::new`].
    pub fn by(
        signer: SignedBy,
        message: &Message<'_>,
        keyid: &str,
        once: (&str, &str),
    ) -> Result<Self, HeaderError> {
        let ((nonce, idempotency_key), tag) = (once, signer.tag());
        if !is_keyid(keyid) || !is_token(nonce, NONCE_CHARS_MAX) {
            return Err(HeaderError::Form("signature-input"));
        }
        if !is_token(idempotency_key, IDEMPOTENCY_KEY_CHARS_MAX) {
            return Err(HeaderError::Form("idempotency-key"));
        }
        let parameters = format!(
            "{COMPONENTS};keyid=\"{keyid}\";alg=\"{ALGORITHM}\";nonce=\"{nonce}\";tag=\"{tag}\""
        );
        let content_digest = digest::content_digest(message.body);
        let base = signature_base(message, &content_digest, idempotency_key, &parameters)
            .ok_or(HeaderError::Form("signature-input"))?;
        Ok(Self { parameters, content_digest, idempotency_key: idempotency_key.to_owned(), base })
    }

    /// The bytes that the device key signs with ECDSA and SHA-256.
    #[must_use]
    pub fn to_sign(&self) -> &[u8] {
        self.base.as_bytes()
    }

    /// Puts the signature (`r ‖ s`) into headers.
    #[must_use]
    pub fn signed(self, signature: &[u8; SIGNATURE_BYTES]) -> SignedHeaders {
        SignedHeaders {
            signature_input: format!("{LABEL}={}", self.parameters),
            signature: format!("{LABEL}=:{}:", Base64::encode_string(signature)),
            content_digest: self.content_digest,
            idempotency_key: self.idempotency_key,
        }
    }
}

impl SignedHeaders {
    /// Name and value of each, names in lower case.
    #[must_use]
    pub fn pairs(&self) -> [(&'static str, &str); 4] {
        [
            ("signature-input", &self.signature_input),
            ("signature", &self.signature),
            ("content-digest", &self.content_digest),
            ("idempotency-key", &self.idempotency_key),
        ]
    }
}
