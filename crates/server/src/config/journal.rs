//! `[journal]`: what of the journal is published.

use crate::witness::{NotAPlace, WitnessPlace};
use audit::note::{NoteError, VerifierKey};
use serde::Deserialize;
use store::log::Pace;

/// `[journal]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Journal {
    /// How often a checkpoint of the log of hashes is published of whole tiles, in seconds.
    pub publish_secs: u32,
    /// How often one is published of everything, in seconds.
    pub publish_rest_secs: u32,
    /// The witnesses that are asked to cosign what is published.
    pub witnesses: Vec<LogWitness>,
}

/// `[[journal.witnesses]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogWitness {
    /// Its submission prefix: https, or http on this machine.
    pub address: LogWitnessAddress,
    /// Its public key.
    pub key: LogWitnessKey,
}

impl LogWitness {
    pub(crate) fn url(&self) -> String {
        format!("{}/add-checkpoint", self.address.0.trim_end_matches('/'))
    }
}

/// The address of a witness.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct LogWitnessAddress(String);

impl TryFrom<String> for LogWitnessAddress {
    type Error = NotAPlace;

    fn try_from(text: String) -> Result<Self, NotAPlace> {
        match WitnessPlace::try_from(text)? {
            WitnessPlace::Address(address) => Ok(Self(address)),
            WitnessPlace::Folder(_) => Err(NotAPlace),
        }
    }
}

/// The public key of a witness, in the text form of C2SP signed-note.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct LogWitnessKey(pub VerifierKey);

impl TryFrom<String> for LogWitnessKey {
    type Error = NoteError;

    fn try_from(text: String) -> Result<Self, NoteError> {
        VerifierKey::parse(&text).map(Self)
    }
}

impl Default for Journal {
    fn default() -> Self {
        Self { publish_secs: 3_600, publish_rest_secs: 86_400, witnesses: Vec::new() }
    }
}

impl Journal {
    pub(crate) fn pace(&self) -> Pace {
        let ms = |secs: u32| i64::from(secs).saturating_mul(1_000);
        Pace { tiles_ms: ms(self.publish_secs), rest_ms: ms(self.publish_rest_secs) }
    }
}
