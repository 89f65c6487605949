//! The parts that a binary hands to the service, and the traits they implement: the binary owns the clock, the random
//! source, the store and the keys.

mod builder;

pub use builder::PartsBuilder;

use async_trait::async_trait;
use chip::csca;
use recovery::policy::Policy;
use recovery::time::{Duration, Timestamp};
use std::fmt;
use std::sync::Arc;
use store::Store;
use store::keys::Keys;
use zeroize::Zeroizing;

/// Identifies one boot of a machine, and with it the period until the next boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BootId(pub u128);

/// The readings of both clocks of a machine at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockReading {
    /// The wall clock, in UTC. Somebody can set it.
    pub wall: Timestamp,
    /// The boot since which the boot clock counts.
    pub boot: BootId,
    /// The boot clock: milliseconds since the boot, sleep included. Nobody can set it.
    pub since_boot_ms: i64,
}

store::stored! { new BootId }
store::stored! { struct ClockReading { wall, boot, since_boot_ms } }

/// How far wall clock and boot clock may diverge between two readings, in milliseconds.
pub const PARTING_MAX_MS: i64 = 5_000;

impl ClockReading {
    /// Whether both clocks have advanced alike since an earlier reading of the same boot, to within 5 s.
    #[must_use]
    pub fn is_in_step_with(&self, earlier: &Self) -> bool {
        let wall = self.wall.0.saturating_sub(earlier.wall.0);
        let since_boot = self.since_boot_ms.saturating_sub(earlier.since_boot_ms);
        let parting_max = PARTING_MAX_MS.unsigned_abs();
        self.boot == earlier.boot && since_boot >= 0 && wall.abs_diff(since_boot) <= parting_max
    }
}

/// The clocks of the machine.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Both clocks, read together.
    fn reading(&self) -> ClockReading;

    /// Whether the system calls its wall clock synchronised.
    fn is_synchronised(&self) -> bool;

    /// Now, in UTC.
    fn now(&self) -> Timestamp {
        self.reading().wall
    }
}

/// Tells when the SIM of a number was changed, or the number ported.
#[async_trait]
pub trait NumberIntelligence: Send + Sync + std::fmt::Debug {
    /// When the SIM was last changed or the number ported; `None` where the networks know of no time.
    ///
    /// # Errors
    ///
    /// The number-intelligence service gave no answer.
    async fn last_change(&self, number: &str) -> Result<Option<Timestamp>, NumbersAway>;
}

/// The number-intelligence service gave no answer.
#[derive(Debug, thiserror::Error)]
#[error("the number-intelligence service gave no answer")]
pub struct NumbersAway {
    /// The failure of the connection to the service.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// Where random bytes come from.
pub trait Random: Send + Sync + fmt::Debug {
    /// Fills the buffer from a cryptographic source.
    fn fill(&self, buffer: &mut [u8]);
}

/// Looks at live frames and compares them with a portrait: the pool in the server, or a vendor behind HTTP.
#[async_trait]
pub trait FaceMatcher: Send + Sync + fmt::Debug {
    /// Looks at one frame while a prompt is asked; the picture is wiped when it returns.
    ///
    /// # Errors
    ///
    /// A pool that is full, or a worker that failed.
    async fn look(&self, frame: FrameToLookAt) -> Result<face::Look, MatcherError>;

    /// Judges a whole capture and compares it with a portrait; the pictures are wiped when it returns.
    ///
    /// # Errors
    ///
    /// Pictures that cannot be judged, or a pool that is full.
    async fn judge(
        &self,
        portrait: Zeroizing<Vec<u8>>,
        capture: CaptureToJudge,
    ) -> Result<face::Comparison, MatcherError>;

    /// The checks that the loaded models cannot make.
    fn missing(&self) -> &[face::Missing];
}

/// A matcher that compares no faces: for a service that is built for something else, such as a test of another route.
#[derive(Clone, Copy, Debug)]
pub struct NoFaces;

#[async_trait]
impl FaceMatcher for NoFaces {
    async fn look(&self, _: FrameToLookAt) -> Result<face::Look, MatcherError> {
        Err(MatcherError::Failed)
    }

    async fn judge(
        &self,
        _: Zeroizing<Vec<u8>>,
        _: CaptureToJudge,
    ) -> Result<face::Comparison, MatcherError> {
        Err(MatcherError::Failed)
    }

    fn missing(&self) -> &[face::Missing] {
        &[]
    }
}

/// One frame of a running capture.
pub struct FrameToLookAt {
    /// JPEG.
    pub jpeg: Zeroizing<Vec<u8>>,
    /// The prompt that was shown when the frame was taken.
    pub step: face::Step,
    /// The pose of the head when it looked straight ahead; `None` before it has.
    pub straight: Option<face::Stance>,
}

impl fmt::Debug for FrameToLookAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameToLookAt").field("step", &self.step).finish_non_exhaustive()
    }
}

/// A finished capture with the frames to judge.
pub struct CaptureToJudge {
    /// The prompts, in order.
    pub steps: Vec<face::Step>,
    /// The frames, in the order in which they were taken.
    pub frames: Vec<FrameToJudge>,
}

impl fmt::Debug for CaptureToJudge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CaptureToJudge({:?}, {} frames)", self.steps, self.frames.len())
    }
}

/// One frame of a finished capture, whose signature was verified.
pub struct FrameToJudge {
    /// JPEG.
    pub jpeg: Zeroizing<Vec<u8>>,
    /// Milliseconds since the first frame.
    pub at_ms: u32,
    /// The index of the prompt that the frame answers.
    pub prompt: u8,
}

impl fmt::Debug for FrameToJudge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameToJudge").field("at_ms", &self.at_ms).finish_non_exhaustive()
    }
}

/// Why the matcher gave no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MatcherError {
    /// All workers are busy and the queue is full.
    #[error("the face pool is full")]
    Full {
        /// Seconds after which to try again.
        retry_after_secs: u64,
    },
    /// The portrait or the frames cannot be judged.
    #[error("a picture cannot be judged: {}", .problem.code())]
    Picture {
        /// The problem with the portrait or the frames.
        problem: face::PictureProblem,
    },
    /// The worker died or took too long.
    #[error("the face worker failed")]
    Failed,
}

/// Numbers and texts that the operator configures and that are not policy.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How often a use case begins again after a concurrent request changed what it had read.
    pub conflict_retries_max: u32,
    /// Scheme and authority under which apps call, without a slash at the end; part of every signature.
    pub public_url: String,
    /// The address of the citizen pages, for links in messages, without a slash at the end.
    pub citizen_url: String,
    /// The address of the site for screens that show codes at desks, without a slash at the end; empty where there is none.
    pub screen_url: String,
    /// The number of this server among those that share the database, counted from 1; 0 where it is alone.
    pub server_number: u8,
    /// Support's telephone number, as it is shown to people.
    pub support_phone: String,
    /// The oldest version of the app that is still served; apps tell people to update an older one.
    pub app_version_min: Option<String>,
    /// How long a server-issued nonce lives, in seconds (PROTOCOLS.md section 2).
    pub nonce_lifetime_secs: u64,
    /// How long a reply is kept for its idempotency key, in seconds.
    pub idempotency_lifetime_secs: u64,
    /// How long a sign-in waits for the app, in seconds.
    pub sign_in_lifetime_secs: u64,
    /// The addresses to which alarms are sent; where there are none, alarms appear in journal, log and metrics alone.
    pub alarm_addresses: Vec<crate::alarm::address::AlarmAddress>,
    /// The language of alarm messages, BCP 47.
    pub alarm_language: String,
    /// The shortest time between two messages about one alarm, in seconds.
    pub alarm_pause_secs: u64,
    /// Whether staff sign in at the operator's provider; passkeys are then refused.
    pub staff_by_provider: bool,
    /// How often the provider has to confirm a session of a member of staff.
    pub staff_confirmed_every: Duration,
    /// Whether a clock is trusted that the system does not call synchronised.
    pub unsynchronised_clock_believed: bool,
    /// How many persons it takes to take back a future that was committed: one with the key file, or besides a second with a
    /// passkey.
    pub time_acceptance_persons: u8,
    /// The epoch of the evidence about rows, which begins with each restore. What this service gave out to be used once in
    /// another epoch is not accepted: whether it was used may be lost.
    pub epoch: u32,
    /// The name of the log of hashes over the journal: where it is served, without the scheme. Where it is empty, nothing is
    /// published.
    pub log_name: String,
    /// How often checkpoints of the log are published.
    pub log_pace: store::log::Pace,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            conflict_retries_max: 16,
            server_number: 0,
            public_url: String::new(),
            citizen_url: String::new(),
            screen_url: String::new(),
            support_phone: String::new(),
            app_version_min: None,
            nonce_lifetime_secs: 120,
            idempotency_lifetime_secs: 24 * 3600,
            sign_in_lifetime_secs: 300,
            alarm_addresses: Vec::new(),
            alarm_language: "en".to_owned(),
            alarm_pause_secs: 3_600,
            staff_by_provider: false,
            staff_confirmed_every: Duration::from_mins(10),
            unsynchronised_clock_believed: false,
            time_acceptance_persons: 2,
            epoch: 1,
            log_name: String::new(),
            log_pace: store::log::Pace { tiles_ms: 3_600_000, rest_ms: 86_400_000 },
        }
    }
}

/// The state's registers.
#[derive(Clone)]
pub struct Registers {
    /// The population register: who a person is.
    pub population: Arc<dyn registers::PopulationRegister>,
    /// The passport register: whose passport it is.
    pub passports: Arc<dyn registers::PassportRegister>,
    /// The licence register: whose driving licence it is.
    pub licences: Arc<dyn registers::LicenceRegister>,
    /// The status register: whether a document is still valid.
    pub document_status: Arc<dyn registers::DocumentStatusRegister>,
}

impl Registers {
    /// All of them from the same tables.
    #[must_use]
    pub fn embedded(registers: &Arc<registers::EmbeddedRegisters>) -> Self {
        Self {
            population: Arc::clone(registers) as _,
            passports: Arc::clone(registers) as _,
            licences: Arc::clone(registers) as _,
            document_status: Arc::clone(registers) as _,
        }
    }
}

impl fmt::Debug for Registers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Registers")
    }
}

/// Everything that the use cases depend on: handles, cheap to copy.
#[derive(Clone)]
pub struct Parts {
    /// The store that holds all rows.
    pub store: Arc<dyn Store>,
    /// The binary's clock.
    pub clock: Arc<dyn Clock>,
    /// The binary's random source.
    pub random: Arc<dyn Random>,
    /// The rules in force.
    pub policy: Arc<Policy>,
    /// The keys outside the database.
    pub keys: Arc<Keys>,
    /// The OPRF seed and key pair of OPAQUE, outside the database too.
    pub pin: Arc<pin::ServerSetup>,
    /// The state's registers of people and documents.
    pub registers: Registers,
    /// Trusted issuing-state certificates.
    pub csca: Arc<csca::Store>,
    /// The checks that a chip has to pass.
    pub chip_policy: chip::verdict::ChipPolicy,
    /// Compares faces.
    pub faces: Arc<dyn FaceMatcher>,
    /// The number-intelligence service, which is asked before a code is sent to a number; absent where the operator has
    /// none.
    pub numbers: Option<Arc<dyn NumberIntelligence>>,
    /// Sends text messages.
    pub sms: Arc<dyn messages::SmsSender>,
    /// Sends e-mail.
    pub mail: Arc<dyn messages::MailSender>,
    /// The texts of every message.
    pub texts: Arc<messages::Texts>,
    /// The operator's own systems that may call the API.
    pub operator_clients: Vec<crate::operator_token::client::Client>,
    /// Numbers and texts that the operator configures.
    pub settings: Settings,
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts")
            .field("store", &self.store)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
