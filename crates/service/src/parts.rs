//! What a binary hands in: it owns the clock, the random source, the backend, the keys.

use async_trait::async_trait;
use chip::csca;
use recovery::policy::Policy;
use recovery::time::{Duration, Timestamp};
use std::fmt;
use std::sync::Arc;
use store::Store;
use store::keys::Keys;
use zeroize::Zeroizing;

/// One run of a machine, from its boot to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BootId(pub u128);

/// What the two clocks of a machine say at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockReading {
    /// The wall clock, in UTC. Somebody can set it.
    pub wall: Timestamp,
    /// Since which boot the other one counts.
    pub boot: BootId,
    /// The boot clock: milliseconds since the boot, sleep included. Nobody can set it.
    pub since_boot_ms: i64,
}

store::stored! { new BootId }
store::stored! { struct ClockReading { wall, boot, since_boot_ms } }

/// How far wall clock and boot clock may part between two looks.
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

/// What time it is, and what speaks for it.
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

/// Knows when the SIM behind a number was changed, or the number ported.
#[async_trait]
pub trait NumberIntelligence: Send + Sync + std::fmt::Debug {
    /// When that last happened; `None` where the networks know of no time.
    ///
    /// # Errors
    ///
    /// No answer.
    async fn last_change(&self, number: &str) -> Result<Option<Timestamp>, NumbersAway>;
}

/// The number-intelligence service gave no answer.
#[derive(Debug, thiserror::Error)]
#[error("the number-intelligence service gave no answer")]
pub struct NumbersAway {
    /// What the layer below says.
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

    /// Checks that its models cannot make.
    fn missing(&self) -> &[face::Missing];
}

/// Compares no faces: for a service that is built for something else, such as a test of another route.
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
    /// What was asked when it was taken.
    pub step: face::Step,
    /// How the head stood when it looked straight ahead, once it has.
    pub straight: Option<face::Stance>,
}

impl fmt::Debug for FrameToLookAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameToLookAt").field("step", &self.step).finish_non_exhaustive()
    }
}

/// A whole capture.
pub struct CaptureToJudge {
    /// What was asked, in order.
    pub steps: Vec<face::Step>,
    /// In the order they were taken.
    pub frames: Vec<FrameToJudge>,
}

impl fmt::Debug for CaptureToJudge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CaptureToJudge({:?}, {} frames)", self.steps, self.frames.len())
    }
}

/// One frame of a whole capture; its signature was checked.
pub struct FrameToJudge {
    /// JPEG.
    pub jpeg: Zeroizing<Vec<u8>>,
    /// Since the first frame.
    pub at_ms: u32,
    /// Which of the prompts it answers.
    pub prompt: u8,
}

impl fmt::Debug for FrameToJudge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameToJudge").field("at_ms", &self.at_ms).finish_non_exhaustive()
    }
}

/// Why there is no comparison.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MatcherError {
    /// All workers are busy and the queue is full.
    #[error("the face pool is full")]
    Full {
        /// When to come back.
        retry_after_secs: u64,
    },
    /// The portrait or the frames cannot be judged.
    #[error("a picture cannot be judged: {}", .problem.code())]
    Picture {
        /// What is wrong with them.
        problem: face::PictureProblem,
    },
    /// The worker died or took too long.
    #[error("the face worker failed")]
    Failed,
}

/// Numbers and texts that are the operator's and no policy.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How often a use case begins again after a rival was faster.
    pub conflict_retries_max: u32,
    /// Scheme and authority that apps call; part of every signature. Without a slash at the end.
    pub public_url: String,
    /// The citizen pages, for links in messages. Without a slash at the end.
    pub citizen_url: String,
    /// The site of screens that show codes at desks; empty where there is none. Without a slash at the end.
    pub screen_url: String,
    /// Support's telephone number, as it is read.
    pub support_phone: String,
    /// The oldest version of the app that is still served; apps tell people to update an older one.
    pub app_version_min: Option<String>,
    /// How long a server-issued nonce lives, in seconds (PROTOCOLS.md section 2).
    pub nonce_lifetime_secs: u64,
    /// How long a reply is kept for its idempotency key, in seconds.
    pub idempotency_lifetime_secs: u64,
    /// How long a sign-in waits for the app, in seconds.
    pub sign_in_lifetime_secs: u64,
    /// Where alarms are told; nowhere but journal, log and metrics if there is none.
    pub alarm_addresses: Vec<crate::alarm::address::AlarmAddress>,
    /// The language of alarm messages, BCP 47.
    pub alarm_language: String,
    /// The shortest time between two messages about one alarm, in seconds.
    pub alarm_pause_secs: u64,
    /// Whether staff sign in at the operator's provider; then passkeys are no second door.
    pub staff_by_provider: bool,
    /// How often the provider has to stand by a session that it opened.
    pub staff_confirmed_every: Duration,
    /// The operator believes a clock that the system does not call synchronised.
    pub unsynchronised_clock_believed: bool,
    /// How many persons take back a future that was committed: one with the key file, or a second with a passkey besides.
    pub time_acceptance_persons: u8,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            conflict_retries_max: 16,
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
        }
    }
}

/// The state's registers.
#[derive(Clone)]
pub struct Registers {
    /// Who is who.
    pub population: Arc<dyn registers::PopulationRegister>,
    /// Whose passport.
    pub passports: Arc<dyn registers::PassportRegister>,
    /// Whose driving licence.
    pub licences: Arc<dyn registers::LicenceRegister>,
    /// Whether a document still counts.
    pub document_status: Arc<dyn registers::DocumentStatusRegister>,
}

impl fmt::Debug for Registers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Registers")
    }
}

/// Everything the use cases stand on: handles, cheap to copy.
#[derive(Clone)]
pub struct Parts {
    /// Where rows lie.
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
    /// What the state knows of people and documents.
    pub registers: Registers,
    /// Trusted issuing-state certificates.
    pub csca: Arc<csca::Store>,
    /// What is asked of a chip.
    pub chip_policy: chip::verdict::ChipPolicy,
    /// The face pool.
    pub faces: Arc<dyn FaceMatcher>,
    /// Asked about a number before a code goes there; absent where the operator has no such service.
    pub numbers: Option<Arc<dyn NumberIntelligence>>,
    /// Where text messages go.
    pub sms: Arc<dyn messages::SmsSender>,
    /// Where e-mail goes.
    pub mail: Arc<dyn messages::MailSender>,
    /// The words of every message.
    pub texts: Arc<messages::Texts>,
    /// The operator's own systems that may call.
    pub operator_clients: Vec<crate::operator_token::client::Client>,
    /// The operator's own numbers and texts.
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
