use std::fmt;

use opaque_ke::errors::ProtocolError;
use opaque_ke::{
    ClientLogin, ClientLoginFinishParameters, ClientRegistration,
    ClientRegistrationFinishParameters, CredentialResponse, RegistrationResponse,
};
use zeroize::Zeroizing;

use crate::code::Pin;
use crate::random::{Fill, HandedIn};
use crate::stretch::Stretch;
use crate::suite::{
    CONTEXT, Holder, KE1_BYTES, KE2_BYTES, KE3_BYTES, RECORD_BYTES, REGISTRATION_REQUEST_BYTES,
    REGISTRATION_RESPONSE_BYTES, SessionKey, Suite, bytes,
};

/// A registration under way on the phone. Kept as long as the answer may still come: a retry must
/// resend the identical request.
#[derive(Clone)]
pub struct Registration {
    state: ClientRegistration<Suite>,
    request: [u8; REGISTRATION_REQUEST_BYTES],
    pin: Pin,
}

/// A registration that cannot be finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationError {
    /// The server's answer is not one.
    #[error("the server's answer is not a valid OPAQUE registration response")]
    Malformed,
    /// The phone could not compute, for example for want of memory.
    #[error("the phone could not compute the record")]
    Phone,
}

/// A login under way on the phone.
#[derive(Clone)]
pub struct Login {
    state: ClientLogin<Suite>,
    ke1: [u8; KE1_BYTES],
    pin: Pin,
}

/// A login that cannot be finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// The PIN is wrong, or the answer was made by somebody who does not hold the record: the
    /// protocol cannot tell them apart.
    #[error("the PIN was wrong")]
    WrongPin,
    /// The server's answer is not one.
    #[error("the server's answer is not a valid OPAQUE login response")]
    Malformed,
    /// The phone could not compute, for example for want of memory.
    #[error("the phone could not compute the answer")]
    Phone,
}

/// The third message, and the key that both sides now share.
#[derive(Debug)]
pub struct LoginFinished {
    pub ke3: [u8; KE3_BYTES],
    pub session_key: SessionKey,
}

impl Registration {
    /// Blinds the new PIN.
    ///
    /// # Errors
    ///
    /// [`RegistrationError::Phone`] should the blinding fail, which no six digits make it do.
    pub fn start(pin: Pin, random: &mut Fill<'_>) -> Result<Self, RegistrationError> {
        let started = ClientRegistration::start(&mut HandedIn(random), pin.digits())
            .map_err(|_| RegistrationError::Phone)?;
        Ok(Self { state: started.state, request: bytes(&started.message.serialize()), pin })
    }

    /// The message for the server; the same bytes on every retry.
    #[must_use]
    pub fn request(&self) -> &[u8; REGISTRATION_REQUEST_BYTES] {
        &self.request
    }

    /// Turns the server's answer into the record to upload.
    ///
    /// # Errors
    ///
    /// A [`RegistrationError`]; nothing has changed on either side.
    pub fn finish(
        &self,
        response: &[u8; REGISTRATION_RESPONSE_BYTES],
        holder: Holder<'_>,
        stretch: &Stretch,
        random: &mut Fill<'_>,
    ) -> Result<Zeroizing<[u8; RECORD_BYTES]>, RegistrationError> {
        let response = RegistrationResponse::deserialize(response)
            .map_err(|_| RegistrationError::Malformed)?;
        let finished = self
            .state
            .clone()
            .finish(
                &mut HandedIn(random),
                self.pin.digits(),
                response,
                ClientRegistrationFinishParameters::new(holder.identifiers(), Some(stretch)),
            )
            .map_err(|error| match error {
                ProtocolError::ReflectedValueError
                | ProtocolError::SerializationError
                | ProtocolError::SizeError { .. }
                | ProtocolError::InvalidLoginError => RegistrationError::Malformed,
                ProtocolError::LibraryError(_) => RegistrationError::Phone,
                ProtocolError::Custom(never) => match never {},
            })?;
        Ok(Zeroizing::new(bytes(&finished.message.serialize())))
    }
}

impl Login {
    /// Blinds the typed PIN. The same randomness gives the same KE1.
    ///
    /// # Errors
    ///
    /// [`LoginError::Phone`] should the blinding fail, which no six digits make it do.
    pub fn start(pin: Pin, random: &mut Fill<'_>) -> Result<Self, LoginError> {
        let started = ClientLogin::start(&mut HandedIn(random), pin.digits())
            .map_err(|_| LoginError::Phone)?;
        Ok(Self { state: started.state, ke1: bytes(&started.message.serialize()), pin })
    }

    /// The first message; the same bytes on every retry of one try.
    #[must_use]
    pub fn ke1(&self) -> &[u8; KE1_BYTES] {
        &self.ke1
    }

    /// Opens the server's answer with the PIN.
    ///
    /// # Errors
    ///
    /// [`LoginError::WrongPin`] for a PIN that does not fit. The server counts the try either way:
    /// it was reserved before the answer left.
    pub fn finish(
        &self,
        ke2: &[u8; KE2_BYTES],
        holder: Holder<'_>,
        stretch: &Stretch,
        random: &mut Fill<'_>,
    ) -> Result<LoginFinished, LoginError> {
        let ke2 = CredentialResponse::deserialize(ke2).map_err(|_| LoginError::Malformed)?;
        let finished = self
            .state
            .clone()
            .finish(
                &mut HandedIn(random),
                self.pin.digits(),
                ke2,
                ClientLoginFinishParameters::new(
                    Some(CONTEXT),
                    holder.identifiers(),
                    Some(stretch),
                ),
            )
            .map_err(|error| match error {
                ProtocolError::InvalidLoginError => LoginError::WrongPin,
                ProtocolError::ReflectedValueError
                | ProtocolError::SerializationError
                | ProtocolError::SizeError { .. } => LoginError::Malformed,
                ProtocolError::LibraryError(_) => LoginError::Phone,
                ProtocolError::Custom(never) => match never {},
            })?;
        Ok(LoginFinished {
            ke3: bytes(&finished.message.serialize()),
            session_key: SessionKey(Zeroizing::new(bytes(&finished.session_key))),
        })
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Registration([hidden])")
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login([hidden])")
    }
}
