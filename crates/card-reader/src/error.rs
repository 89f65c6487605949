//! Why a reader or a chip cannot be used.

/// What the smart card service said.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why no chip can be talked to.
#[derive(Debug, thiserror::Error)]
pub enum ReaderError {
    /// The program was built without the system library.
    #[error(
        "this build knows no smart card readers: build it with --features pcsc (it needs the system's libpcsclite)"
    )]
    NotBuilt,
    /// The service does not run, or went away.
    #[error("the smart card service of this machine cannot be reached (is pcscd running?)")]
    Service(#[source] Cause),
    /// Nothing is plugged in.
    #[error("no reader is connected")]
    None,
    /// Readers are plugged in, and none of them is meant.
    #[error("no reader is called {wanted}; there are: {there}")]
    Unknown { wanted: String, there: String },
    /// Readers are plugged in, and one has to be named.
    #[error("several readers are connected; name one by --reader: {0}")]
    Several(String),
    /// The reader was unplugged after it had been found.
    #[error("the reader is gone")]
    Gone(#[source] Cause),
    /// Nothing lies on the reader.
    #[error("no chip lies on the reader")]
    NoChip,
    /// Another program holds the chip.
    #[error("another program uses the chip on the reader")]
    Busy(#[source] Cause),
    /// Something lies there and does not wake up.
    #[error("what lies on the reader does not answer")]
    Mute(#[source] Cause),
}

/// The contact to the chip broke.
#[derive(Debug, thiserror::Error)]
#[error("the contact to the chip broke")]
pub struct ChipLost(#[source] pub(crate) Cause);
