use std::fmt;

use opaque_ke::errors::ProtocolError;
use opaque_ke::{
    CredentialFinalization, CredentialRequest, RegistrationRequest, RegistrationUpload,
    ServerLogin, ServerLoginParameters, ServerRegistration,
};
use zeroize::Zeroizing;

use crate::random::{Fill, HandedIn};
use crate::suite::{
    CONTEXT, CredentialIdentifier, Holder, KE1_BYTES, KE2_BYTES, KE3_BYTES, LOGIN_STATE_BYTES,
    RECORD_BYTES, REGISTRATION_REQUEST_BYTES, REGISTRATION_RESPONSE_BYTES, SERVER_SETUP_BYTES,
    SessionKey, Suite, bytes,
};

/// The server's OPRF seed and key pair.
///
/// Lies outside the database: whoever holds a copy of the database alone cannot try one PIN.
pub struct ServerSetup(opaque_ke::ServerSetup<Suite>);

/// The setup's bytes are damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these bytes are not an OPAQUE server setup")]
pub struct LoadError;

/// A message from a phone that cannot be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// The message holds no valid group element; an honest client never sends it.
    #[error("the phone's message is not a valid OPAQUE message")]
    Malformed,
    /// The record or setup cannot be used.
    #[error("the stored OPAQUE record or setup cannot be used")]
    Stored,
}

/// The KE3 does not come from somebody who knew the PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the PIN was wrong")]
pub struct WrongPin;

/// What the server keeps of a PIN: useless without the [`ServerSetup`].
#[derive(Clone, PartialEq, Eq)]
pub struct Record(Zeroizing<[u8; RECORD_BYTES]>);

/// Whose login is answered.
#[derive(Debug, Clone, Copy)]
pub enum Account<'a> {
    /// A registered PIN.
    Registered { identifier: CredentialIdentifier, record: &'a Record },
    /// No PIN is registered: the answer has the same shape and takes the same time, and no PIN
    /// fits it. The stand-in must be stable for one name (RFC 9807 §10.9), for example a keyed
    /// hash of it, so that asking twice tells nothing either.
    Unknown { stand_in: CredentialIdentifier },
}

/// The second message, and what the server needs to judge the third.
#[derive(Debug)]
pub struct LoginAnswered {
    pub ke2: [u8; KE2_BYTES],
    pub state: LoginState,
}

/// Between KE2 and KE3; lives sealed in the ticket.
#[derive(Clone)]
pub struct LoginState(Zeroizing<[u8; LOGIN_STATE_BYTES]>);

impl ServerSetup {
    /// Makes a new setup. Done once for a service: every record depends on it.
    pub fn generate(random: &mut Fill<'_>) -> Self {
        Self(opaque_ke::ServerSetup::new(&mut HandedIn(random)))
    }

    /// Loads a setup that [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    ///
    /// [`LoadError`] where key or point are not valid.
    pub fn from_bytes(bytes: &[u8; SERVER_SETUP_BYTES]) -> Result<Self, LoadError> {
        opaque_ke::ServerSetup::deserialize(bytes).map(Self).map_err(|_| LoadError)
    }

    /// The bytes to keep in the key file.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; SERVER_SETUP_BYTES]> {
        Zeroizing::new(bytes(&self.0.serialize()))
    }

    /// Answers a registration under a fresh identifier.
    ///
    /// The caller evaluates only for an unspent grant, once per grant, and never under the
    /// identifier of a live record (PROTOCOLS.md section 3). The answer is deterministic: a retry
    /// with the same blinded element gets the same bytes.
    ///
    /// # Errors
    ///
    /// [`AnswerError::Malformed`] for a request that is no group element.
    pub fn answer_registration(
        &self,
        identifier: &CredentialIdentifier,
        request: &[u8; REGISTRATION_REQUEST_BYTES],
    ) -> Result<[u8; REGISTRATION_RESPONSE_BYTES], AnswerError> {
        let request =
            RegistrationRequest::deserialize(request).map_err(|_| AnswerError::Malformed)?;
        let answered = ServerRegistration::<Suite>::start(&self.0, request, identifier.as_bytes())
            .map_err(|_| AnswerError::Stored)?;
        Ok(bytes(&answered.message.serialize()))
    }

    /// Answers KE1. The caller has reserved a try, durably, before these bytes leave: KE2 is what
    /// lets a client learn whether the PIN was right.
    ///
    /// # Errors
    ///
    /// [`AnswerError::Malformed`] for a KE1 without valid group elements,
    /// [`AnswerError::Stored`] for a damaged record.
    pub fn answer_login(
        &self,
        account: Account<'_>,
        holder: Holder<'_>,
        ke1: &[u8; KE1_BYTES],
        random: &mut Fill<'_>,
    ) -> Result<LoginAnswered, AnswerError> {
        let request = CredentialRequest::deserialize(ke1).map_err(|_| AnswerError::Malformed)?;
        let (identifier, record) = match account {
            Account::Registered { identifier, record } => (identifier, Some(record.opened()?)),
            Account::Unknown { stand_in } => (stand_in, None),
        };
        let answered = ServerLogin::start(
            &mut HandedIn(random),
            &self.0,
            record,
            request,
            identifier.as_bytes(),
            parameters(holder),
        )
        .map_err(|_| AnswerError::Stored)?;
        Ok(LoginAnswered {
            ke2: bytes(&answered.message.serialize()),
            state: LoginState(Zeroizing::new(bytes(&answered.state.serialize()))),
        })
    }
}

impl Record {
    /// Takes the record a phone sent, or one from the store.
    ///
    /// # Errors
    ///
    /// [`AnswerError::Malformed`] where the client's public key is no valid group element.
    pub fn from_bytes(bytes: &[u8; RECORD_BYTES]) -> Result<Self, AnswerError> {
        RegistrationUpload::<Suite>::deserialize(bytes).map_err(|_| AnswerError::Malformed)?;
        Ok(Self(Zeroizing::new(*bytes)))
    }

    /// The bytes to store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; RECORD_BYTES] {
        &self.0
    }

    fn opened(&self) -> Result<ServerRegistration<Suite>, AnswerError> {
        ServerRegistration::deserialize(self.0.as_slice()).map_err(|_: ProtocolError| {
            // `from_bytes` has parsed these bytes once.
            AnswerError::Stored
        })
    }
}

impl LoginState {
    /// Takes the state out of a ticket.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; LOGIN_STATE_BYTES]) -> Self {
        Self(Zeroizing::new(*bytes))
    }

    /// The bytes to seal into the ticket.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; LOGIN_STATE_BYTES] {
        &self.0
    }

    /// Judges KE3; the state is spent.
    ///
    /// # Errors
    ///
    /// [`WrongPin`] for every KE3 but the one a right PIN gives.
    pub fn finish(self, holder: Holder<'_>, ke3: &[u8; KE3_BYTES]) -> Result<SessionKey, WrongPin> {
        let login = ServerLogin::<Suite>::deserialize(self.0.as_slice()).map_err(|_| WrongPin)?;
        let ke3 = CredentialFinalization::deserialize(ke3).map_err(|_| WrongPin)?;
        let finished = login.finish(ke3, parameters(holder)).map_err(|_| WrongPin)?;
        Ok(SessionKey(Zeroizing::new(bytes(&finished.session_key))))
    }
}

fn parameters(holder: Holder<'_>) -> ServerLoginParameters<'_, '_> {
    ServerLoginParameters { context: Some(CONTEXT), identifiers: holder.identifiers() }
}

impl fmt::Debug for ServerSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerSetup([hidden])")
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Record([hidden])")
    }
}

impl fmt::Debug for LoginState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginState([hidden])")
    }
}
