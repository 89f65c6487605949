//! The reasons for which a server cannot start.

use crate::backend;
use crate::epoch_file::EpochError;
use crate::faces::FacesError;
use crate::key_file::KeyFileError;
use crate::number_service::NumberServiceError;
use crate::policy_file::PolicyError;
use crate::provider::ProviderError;
use crate::senders::SendersError;
use crate::trust::TrustError;
use std::io;
use std::path::PathBuf;

/// The server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The key file cannot be read.
    #[error("the keys cannot be read")]
    Keys(#[source] KeyFileError),
    /// The database cannot be opened.
    #[error("the database cannot be opened")]
    Store(#[source] backend::StoreOpenError),
    /// The policy cannot be read or is not valid.
    #[error("the policy cannot be used")]
    Policy(#[source] PolicyError),
    /// The face models or vendors cannot be used.
    #[error("faces cannot be compared")]
    Faces(#[source] FacesError),
    /// The folder of trusted issuing states cannot be read.
    #[error("the trusted issuing states cannot be read")]
    Trust(#[source] TrustError),
    /// The register folder cannot be read.
    #[error("the registers cannot be read")]
    Registers(#[source] registers::embedded::FileError),
    /// The number-intelligence service cannot be used.
    #[error("phone numbers cannot be asked about")]
    Numbers(#[source] NumberServiceError),
    /// The settings for SMS or e-mail are not valid.
    #[error("messages cannot be sent")]
    Senders(#[source] SendersError),
    /// The provider of staff sign-in cannot be used.
    #[error("staff cannot sign in")]
    Provider(#[source] ProviderError),
    /// The mark of the epoch beside the key file cannot be used.
    #[error("the mark beside the key file")]
    Epoch(#[source] EpochError),
    /// The database was never upgraded to the layout in which evidence about rows is kept.
    #[error("no evidence is kept about the rows of the database yet: run `genvej migrate`")]
    NotMigrated,
    /// Receipts cannot be written.
    #[error("the receipts beside the checkpoint {} cannot be written: what is committed could be dropped unseen", path.display())]
    Receipts {
        /// The path of the checkpoint.
        path: PathBuf,
        /// The I/O error.
        #[source]
        source: io::Error,
    },
    /// The second place for checkpoints cannot be used.
    #[error("the witness of checkpoints cannot be told")]
    Witness(#[source] io::Error),
    /// The texts of messages, the pages or the policy cannot be loaded.
    #[error("a part of the service cannot start")]
    Service(#[source] Box<dyn std::error::Error + Send + Sync>),
}
