//! Why a server cannot start.

use crate::backend;
use crate::epoch_file::EpochError;
use crate::faces::FacesError;
use crate::key_file::KeyFileError;
use crate::number_service::NumberServiceError;
use crate::provider::ProviderError;
use crate::senders::SendersError;
use crate::trust::TrustError;
use std::io;
use std::path::PathBuf;

/// The server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The key file.
    #[error("the keys cannot be read")]
    Keys(#[source] KeyFileError),
    /// The database.
    #[error("the database cannot be opened")]
    Store(#[source] backend::StoreOpenError),
    /// The policy file cannot be read.
    #[error("the policy file cannot be read")]
    PolicyFile(#[source] io::Error),
    /// The policy is wrong.
    #[error("the policy cannot be used")]
    Policy(#[source] recovery::policy::LoadError),
    /// The face models.
    #[error("faces cannot be compared")]
    Faces(#[source] FacesError),
    /// The trusted states.
    #[error("the trusted issuing states cannot be read")]
    Trust(#[source] TrustError),
    /// The registers.
    #[error("the registers cannot be read")]
    Registers(#[source] registers::embedded::FileError),
    /// Who is asked about phone numbers.
    #[error("phone numbers cannot be asked about")]
    Numbers(#[source] NumberServiceError),
    /// SMS or mail.
    #[error("messages cannot be sent")]
    Senders(#[source] SendersError),
    /// The line to the provider of staff sign-in.
    #[error("staff cannot sign in")]
    Provider(#[source] ProviderError),
    /// The mark beside the key file.
    #[error("the mark beside the key file")]
    Epoch(#[source] EpochError),
    /// The database was never brought to the layout that evidence is kept in.
    #[error("no evidence is kept about the rows of the database yet: run `genvej migrate`")]
    NotMigrated,
    /// Receipts cannot be written.
    #[error("the receipts beside the checkpoint {} cannot be written: what is committed could be dropped unseen", path.display())]
    Receipts {
        /// The checkpoint.
        path: PathBuf,
        /// What the layer below says.
        #[source]
        source: io::Error,
    },
    /// The second witness.
    #[error("the witness of checkpoints cannot be told")]
    Witness(#[source] io::Error),
    /// The texts of messages, pages or policy.
    #[error("a part of the service cannot start")]
    Service(#[source] Box<dyn std::error::Error + Send + Sync>),
}
