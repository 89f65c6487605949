//! A server that keeps the app's side of PROTOCOLS.md in memory and can be told to lose a request
//! before, or an answer after, the deed; and a phone's key store, vault and reader beside it.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![expect(unreachable_pub, reason = "shared by the tests of this folder")]

mod chip_side;
pub mod phone;
mod service;

pub use chip_side::ChipSide;
pub use phone::{Chips, Phone, typed};
pub use service::{Lose, World};

use std::collections::{HashMap, HashSet};

use pin::{CredentialIdentifier, Record, ServerSetup};
use request_signature::PublicKey;
use wire::face::FaceCapture;
use wire::grant::GrantView;
use wire::pin::TryPurpose;
use wire::recovery::RecoveryView;
use wire::sign_in::SignInView;

/// What the server knows.
pub struct State {
    pub setup: ServerSetup,
    pub codes: HashMap<String, Option<String>>,
    pub instances: HashMap<String, Instance>,
    pub nonces: HashSet<String>,
    pub replies: HashMap<(String, String), (u16, Vec<u8>)>,
    pub lose: Vec<(Lose, &'static str)>,
    pub offline: bool,
    pub draws: u64,
    /// What arrived, by method and path, retries included.
    pub seen: Vec<String>,
    pub chip: ChipSide,
    pub app_version_min: Option<String>,
}

pub struct Instance {
    pub key: PublicKey,
    pub pin: Option<(CredentialIdentifier, Record)>,
    pub wrong: u8,
    pub locked: Option<u64>,
    pub blocked: bool,
    pub ticket: Option<Ticket>,
    pub temporary_pin: Option<String>,
    pub temporary_tries: u8,
    pub grant: Option<GrantView>,
    pub blinded: Option<(Vec<u8>, CredentialIdentifier)>,
    pub sign_ins: Vec<(String, SignInView)>,
    pub wrong_numbers: u8,
    pub recovery: Option<RecoveryView>,
    pub capture: Option<wire::face::CaptureView>,
    pub looked_at: Vec<u32>,
    pub captured: Option<FaceCapture>,
    /// The next capture is refused with 503.
    pub pool_is_full: bool,
    pub unbound: bool,
}

pub struct Ticket {
    pub id: String,
    pub state: [u8; pin::LOGIN_STATE_BYTES],
    pub purpose: TryPurpose,
}
