//! The parts that the phone around this crate provides.

use std::sync::Arc;

use pin::Stretch;
use serde::Serialize;
use zeroize::Zeroizing;

/// Everything that the phone provides to the app.
pub struct AppParts {
    /// The way to the server.
    pub server: Box<dyn Server>,
    /// The key store of the phone.
    pub keys: Box<dyn DeviceKeys>,
    /// The storage of the app.
    pub vault: Box<dyn Vault>,
    /// The chip reader of the phone.
    pub card_slot: Box<dyn CardSlot>,
    /// The report of the phone on its camera and its system.
    pub device: Box<dyn Device>,
    /// The random source.
    pub random: Random,
    /// Receives the progress of a chip reading while [`crate::App::act`] is busy with it.
    pub progress: Box<dyn Fn(Progress) + Send>,
}

impl std::fmt::Debug for AppParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppParts").finish_non_exhaustive()
    }
}

/// The progress of a chip reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// The part of the reading that goes on now.
    pub part: ReadPart,
    /// The bytes read, in percent of those that the chip announced; 100 only when all are read.
    pub percent: u8,
}

/// A part of a chip reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadPart {
    /// The chip is opened with the fields of the document.
    Opening,
    /// The data page is read.
    Data,
    /// The picture is read, by far the largest part.
    Picture,
    /// The chip proves that it is genuine.
    Proof,
    /// The reading is sent to the server.
    Sending,
}

/// The settings of the app.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The language of the person: `da` or `en`.
    pub language: String,
    /// The version of the app: `major.minor.patch`.
    pub version: String,
    /// The cost of Argon2id on this phone.
    pub stretch: Stretch,
}

/// The server cannot be reached. Whether the request arrived is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server cannot be reached")]
pub struct Offline;

/// The way to the public HTTP API of the server. Calls may block.
pub trait Server: Send {
    /// The beginning of every target URI: scheme, host and port, without a slash at the end.
    fn origin(&self) -> &str;

    /// Sends one request and waits for the answer, whatever its status.
    ///
    /// # Errors
    ///
    /// [`Offline`] where no answer came.
    fn call(&mut self, request: &ServerRequest) -> Result<ServerResponse, Offline>;
}

/// One HTTP request.
#[derive(Clone)]
pub struct ServerRequest {
    /// The HTTP method.
    pub method: &'static str,
    /// The path below the origin, with a slash in front.
    pub path: String,
    /// The headers, with names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body: JSON, or empty.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for ServerRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} [{} bytes]", self.method, self.path, self.body.len())
    }
}

/// One HTTP response.
#[derive(Clone)]
pub struct ServerResponse {
    /// The HTTP status.
    pub status: u16,
    /// The value of [`wire::NONCE_HEADER`].
    pub nonce: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for ServerResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} [{} bytes]", self.status, self.body.len())
    }
}

/// The name of a key in the key store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyHandle(pub String);

/// The key store refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key store of the phone refused")]
pub struct KeyError;

/// The key store of the phone: P-256 keys that are made in the store and never leave it.
pub trait DeviceKeys: Send {
    /// Makes a key.
    ///
    /// # Errors
    ///
    /// [`KeyError`] where the store refuses.
    fn generate(&mut self) -> Result<KeyHandle, KeyError>;

    /// Returns the public key, SEC 1 uncompressed.
    ///
    /// # Errors
    ///
    /// [`KeyError`] where there is no such key.
    fn public_key(&self, handle: &KeyHandle) -> Result<[u8; 65], KeyError>;

    /// Signs the SHA-256 of the message with ECDSA; the signature is `r ‖ s`.
    ///
    /// # Errors
    ///
    /// [`KeyError`] where there is no such key.
    fn sign(&self, handle: &KeyHandle, message: &[u8]) -> Result<[u8; 64], KeyError>;

    /// Deletes a key; a key that is not there is no error.
    ///
    /// # Errors
    ///
    /// [`KeyError`] where the store refuses.
    fn delete(&mut self, handle: &KeyHandle) -> Result<(), KeyError>;
}

/// The storage of the app could not be read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what the app keeps could not be read or written")]
pub struct VaultError;

/// The storage of the app: one small document with ids and the last known state, and no secret.
pub trait Vault: Send {
    /// Returns the document that was saved last; `None` on a new phone.
    ///
    /// # Errors
    ///
    /// [`VaultError`] where it cannot be read.
    fn load(&self) -> Result<Option<Vec<u8>>, VaultError>;

    /// Replaces the document, whole or not at all.
    ///
    /// # Errors
    ///
    /// [`VaultError`] where it cannot be written.
    fn save(&mut self, document: &[u8]) -> Result<(), VaultError>;
}

/// The reason why no chip answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoCard {
    /// No document is held to the phone.
    #[error("no document is held to the phone")]
    Nothing,
    /// The phone has no reader, or the reader is switched off.
    #[error("this phone cannot read chips")]
    NoReader,
}

/// The contact to the chip broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the contact to the chip broke")]
pub struct CardLost;

/// A chip that is powered by the reader.
pub trait Card: Send {
    /// Sends one command APDU and returns the response with its status word.
    ///
    /// # Errors
    ///
    /// [`CardLost`] where the contact broke.
    fn transmit(&mut self, command: &[u8]) -> Result<Zeroizing<Vec<u8>>, CardLost>;
}

/// The state of the chip reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReaderState {
    /// The reader can read a chip now.
    Ready,
    /// The reader is switched off or not plugged in: the person can change that.
    Off,
    /// This phone has no reader and will never read a chip.
    Missing,
}

/// The chip reader of the phone.
pub trait CardSlot: Send {
    /// Returns whether this phone can read chips (SERVICE.md R5). Asking may take long.
    fn reader(&self) -> ReaderState;

    /// Returns whether the reader can read a chip now.
    fn has_reader(&self) -> bool {
        self.reader() == ReaderState::Ready
    }

    /// Returns whether a chip is in the field now, so that a reading can begin without another press.
    fn is_present(&self) -> bool;

    /// Powers the chip that is held to the phone.
    ///
    /// # Errors
    ///
    /// [`NoCard`] where there is none.
    fn connect(&mut self) -> Result<Box<dyn Card>, NoCard>;
}

/// The state of the camera that sees the face of the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CameraState {
    /// The camera can be used.
    Ready,
    /// The phone has no camera that the app may use.
    Missing,
    /// The phone does not report the camera before the app asks to use it.
    Unknown,
}

/// Whether a version is recent enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Release {
    /// The version is recent enough.
    NewEnough,
    /// The version must be updated.
    TooOld,
    /// The version was not reported.
    Unknown,
}

/// The report of the phone on itself, beside its chip reader (SERVICE.md R5).
pub trait Device: Send {
    /// Returns the state of the camera that sees the face of the person.
    fn camera(&self) -> CameraState;

    /// Returns whether the operating system of the phone is recent enough for the app.
    fn system(&self) -> Release;
}

/// A random source that fills a buffer with unpredictable bytes.
pub type Random = Arc<dyn Fn(&mut [u8]) + Send + Sync>;
