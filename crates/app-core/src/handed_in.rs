//! What the phone around this crate provides.

use std::sync::Arc;

use serde::Serialize;
use zeroize::Zeroizing;

/// The server cannot be reached. Whether the request arrived is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server cannot be reached")]
pub struct Offline;

/// Carries requests to the server's public HTTP API. Blocking is fine.
pub trait Server: Send {
    /// Scheme, host and port without a slash at the end: the front of every target URI.
    fn origin(&self) -> &str;

    /// Sends one request and waits for the answer, whatever its status.
    ///
    /// # Errors
    ///
    /// [`Offline`] where no answer came.
    fn call(&mut self, request: &ServerRequest) -> Result<ServerResponse, Offline>;
}

/// One request.
#[derive(Clone)]
pub struct ServerRequest {
    pub method: &'static str,
    /// Path below the origin, with a slash in front.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// JSON, or nothing.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for ServerRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} [{} bytes]", self.method, self.path, self.body.len())
    }
}

/// One answer.
#[derive(Clone)]
pub struct ServerResponse {
    pub status: u16,
    /// The value of [`wire::NONCE_HEADER`].
    pub nonce: Option<String>,
    pub body: Vec<u8>,
}

impl std::fmt::Debug for ServerResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} [{} bytes]", self.status, self.body.len())
    }
}

/// Names a key in the key store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyHandle(pub String);

/// The key store refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key store of the phone refused")]
pub struct KeyError;

/// Device keys: P-256, made in the store, never leaving it.
pub trait DeviceKeys: Send {
    /// Makes a key.
    ///
    /// # Errors
    ///
    /// [`KeyError`] where the store refuses.
    fn generate(&mut self) -> Result<KeyHandle, KeyError>;

    /// The public half, SEC 1 uncompressed.
    ///
    /// # Errors
    ///
    /// [`KeyError`] where there is no such key.
    fn public_key(&self, handle: &KeyHandle) -> Result<[u8; 65], KeyError>;

    /// Signs SHA-256 of the message; `r ‖ s`.
    ///
    /// # Errors
    ///
    /// [`KeyError`] where there is no such key.
    fn sign(&self, handle: &KeyHandle, message: &[u8]) -> Result<[u8; 64], KeyError>;

    /// Forgets a key; one that is not there is no error.
    ///
    /// # Errors
    ///
    /// [`KeyError`] where the store refuses.
    fn delete(&mut self, handle: &KeyHandle) -> Result<(), KeyError>;
}

/// What the app keeps between starts could not be read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what the app keeps could not be read or written")]
pub struct VaultError;

/// Keeps one small document between starts of the app: ids and the last known state; no secret.
pub trait Vault: Send {
    /// What was saved last; `None` on a new phone.
    ///
    /// # Errors
    ///
    /// [`VaultError`] where it cannot be read.
    fn load(&self) -> Result<Option<Vec<u8>>, VaultError>;

    /// Replaces it, whole or not at all.
    ///
    /// # Errors
    ///
    /// [`VaultError`] where it cannot be written.
    fn save(&mut self, document: &[u8]) -> Result<(), VaultError>;
}

/// No document is at the phone, or the phone cannot read chips.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoCard {
    /// Nothing is held to the phone.
    #[error("no document is held to the phone")]
    Nothing,
    /// The phone has no reader, or it is switched off.
    #[error("this phone cannot read chips")]
    NoReader,
}

/// The contact to the chip broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the contact to the chip broke")]
pub struct CardLost;

/// A chip in the field.
pub trait Card: Send {
    /// Sends one command APDU and takes the response with its status word.
    ///
    /// # Errors
    ///
    /// [`CardLost`] where the contact broke.
    fn transmit(&mut self, command: &[u8]) -> Result<Zeroizing<Vec<u8>>, CardLost>;
}

/// Whether the phone can read chips.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReaderState {
    Ready,
    /// There is one, and it is switched off or not plugged in: the person can mend that.
    Off,
    /// This phone will never read a chip.
    Missing,
}

/// The reader of the phone.
pub trait CardSlot: Send {
    /// Whether this phone can read chips (SERVICE.md R5).
    fn reader(&self) -> ReaderState;

    /// Whether it can read one now.
    fn has_reader(&self) -> bool {
        self.reader() == ReaderState::Ready
    }

    /// Whether a chip is in the field now, so that a reading can begin without another press.
    fn is_present(&self) -> bool;

    /// Powers the chip that is held to the phone.
    ///
    /// # Errors
    ///
    /// [`NoCard`] where there is none.
    fn connect(&mut self) -> Result<Box<dyn Card>, NoCard>;
}

/// Whether a face can be shown to the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CameraState {
    Ready,
    /// None that the app may use.
    Missing,
    /// Not told before it is asked for.
    Unknown,
}

/// Whether something is up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Release {
    NewEnough,
    TooOld,
    /// Nobody has told yet.
    Unknown,
}

/// What the phone around the app says of itself, beside its reader (SERVICE.md R5).
pub trait Device: Send {
    /// The camera that sees the face of the one who holds the phone.
    fn camera(&self) -> CameraState;

    /// Whether the phone's system can do what the app needs of it.
    fn system(&self) -> Release;
}

/// Fills a buffer with unpredictable bytes.
pub type Random = Arc<dyn Fn(&mut [u8]) + Send + Sync>;
