//! The configuration: one TOML file, every key overridable by `GENVEJ_SECTION__KEY`.
//!
//! An unknown key is an error and never ignored: a misspelt limit must not silently keep its default. Every error names the
//! line of the file, or the variable of the environment.

mod cluster;
mod database;
mod http;
mod journal;
mod read;
mod senders;
mod staff;

pub use cluster::Cluster;
pub use database::{DatabasePlace, DatabaseServer, StoreFile};
pub use http::{Http, NetworkList, OperationsAddress};
pub use journal::{Journal, LogWitness, LogWitnessAddress, LogWitnessKey};
pub use read::{ConfigError, Place};
pub use senders::{
    CentreAlphabet, FromAddress, Mail, MailProtection, MessageCentre, Sms, SmsProtection,
    SmsSenderName,
};
pub use staff::{ClaimNames, ClientAuthentication, Oidc, Scope, Staff};

use crate::checkpoint_file::CheckpointFile;
use crate::epoch_file::EpochFile;
use crate::witness::{NotAPlace, WitnessPlace};
use messages::Sensitive;
use serde::Deserialize;
use service::operator_token::Scope as ClientScope;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use store::keys::Keys;
use web::Origin;

/// Everything that the operator decides about one installation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The addresses and limits of the HTTP server.
    pub http: Http,
    /// The origins of the sites.
    pub sites: SiteOrigins,
    /// The database.
    pub store: StoreFile,
    /// The servers that share the database; none where this one is alone.
    #[serde(default)]
    pub cluster: Option<Cluster>,
    /// The keys outside the database.
    pub keys: KeyFilePath,
    /// The rules: a profile or a policy file.
    #[serde(default)]
    pub policy: PolicySource,
    /// The face models.
    pub face: Face,
    /// The trusted issuing states and the checks of a chip.
    pub chip: Chip,
    /// The embedded registers.
    pub registers: RegisterFolder,
    /// How text messages are sent.
    pub sms: Sms,
    /// How e-mail is sent.
    pub mail: Mail,
    /// The number-intelligence service that is asked before a code is sent to a number.
    #[serde(default)]
    pub numbers: Numbers,
    /// The operator's own systems.
    #[serde(default)]
    pub operator: Operator,
    /// Sign-in of staff.
    #[serde(default)]
    pub staff: Staff,
    /// Support's telephone number, as people are told it.
    pub support: Support,
    /// Which clock is trusted.
    #[serde(default)]
    pub clock: ClockRules,
    /// The versions of the app that are served.
    #[serde(default)]
    pub app: Apps,
    /// Which events are logged.
    #[serde(default)]
    pub log: Log,
    /// What of the journal is published.
    #[serde(default)]
    pub journal: Journal,
}

impl Config {
    /// The path of the list of erased persons: never beside the database, whose backups it has to outlive.
    #[must_use]
    pub fn erased(&self) -> PathBuf {
        self.store.erased.clone().unwrap_or_else(|| self.keys.file.with_extension("erased"))
    }

    /// The checkpoint of the journal: never beside the database, since it shows where that was set back.
    #[must_use]
    pub fn checkpoint(&self, keys: &Arc<Keys>) -> CheckpointFile {
        let path = self.checkpoint_path();
        CheckpointFile::at(path, self.checkpoint_origin(), Arc::clone(keys))
    }

    /// The path of the checkpoint; receipts lie beside it.
    #[must_use]
    pub fn checkpoint_path(&self) -> PathBuf {
        let beside = || self.keys.file.with_extension("checkpoint");
        self.store.checkpoint.clone().unwrap_or_else(beside)
    }

    pub(crate) fn checkpoint_origin(&self) -> String {
        self.sites.public.0.authority().to_owned()
    }

    /// The name of the log of hashes over the journal: where it is served, without the scheme. A restore that was accepted
    /// begins another log: the old one cannot go on from what it has published.
    #[must_use]
    pub fn log_name(&self, epoch: u32) -> String {
        let first = format!("{}/log", self.checkpoint_origin());
        if epoch > 1 { format!("{first}/{epoch}") } else { first }
    }

    /// The mark which says that evidence about rows is kept; it lies beside the key file.
    #[must_use]
    pub fn epoch(&self) -> EpochFile {
        EpochFile::at(self.keys.file.with_extension("epoch"))
    }
}

/// `[sites]`: each site has an origin of its own (PROTOCOLS.md section 16).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteOrigins {
    /// The origin that apps and the operator's systems call; part of every signature.
    pub public: SiteOrigin,
    /// The citizen's pages.
    pub citizen: SiteOrigin,
    /// Support's console.
    pub support: SiteOrigin,
    /// Citizen Service's console.
    pub desk: SiteOrigin,
    /// The second screens at desks; without it no code is shown on a screen.
    #[serde(default)]
    pub screen: Option<SiteOrigin>,
    /// The pages for those who run the service, on the operations address; members with the role `operator` sign in there.
    #[serde(default)]
    pub operations: Option<SiteOrigin>,
}

/// Scheme and host.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct SiteOrigin(pub Origin);

impl TryFrom<String> for SiteOrigin {
    type Error = web::sites::NotAnOrigin;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Origin::parse(&text).map(Self)
    }
}

/// A place for checkpoints, as a configuration names it.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct WitnessSetting(pub WitnessPlace);

impl TryFrom<String> for WitnessSetting {
    type Error = NotAPlace;

    fn try_from(text: String) -> Result<Self, NotAPlace> {
        WitnessPlace::try_from(text).map(Self)
    }
}

/// `[keys]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyFilePath {
    /// The file; `genvej keys init` makes it.
    pub file: PathBuf,
}

/// `[policy]`: a profile, with single values overridden, or a file of its own.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicySource {
    /// The name of the profile; `public-service` by default.
    #[serde(default)]
    pub profile: Option<String>,
    /// A policy file in place of a profile.
    #[serde(default)]
    pub file: Option<PathBuf>,
    /// Sections as in a policy file.
    #[serde(default)]
    pub overrides: toml::Table,
}

/// `[face]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Face {
    /// The folder of a model set, with its `manifest.toml`.
    pub models: PathBuf,
    /// The similarity from which a face is accepted. Has no default: whoever runs this confirms it.
    pub threshold: f64,
    /// The number of comparisons at once; 0 means one for each core.
    #[serde(default)]
    pub workers: u16,
    /// The number of comparisons that may wait.
    #[serde(default = "face_queue")]
    pub queue: u16,
    /// The longest time that one comparison may take, in seconds, waiting included.
    #[serde(default = "face_deadline_secs")]
    pub deadline_secs: u16,
    /// A matcher of another vendor in place of the set's embeddings; its `threshold` is the one that counts then.
    #[serde(default)]
    pub matcher: Option<FaceVendor>,
    /// A check for prints and screens of another vendor.
    #[serde(default)]
    pub passive_check: Option<FaceVendor>,
}

/// `[face.matcher]` and `[face.passive_check]`: a product that speaks the protocol of `docs/faces.md`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaceVendor {
    /// Its address, without a slash at the end: https, or http on this machine.
    pub url: String,
    /// The file with the bearer token, if the vendor asks for one.
    #[serde(default)]
    pub token_file: Option<PathBuf>,
    /// Certificate authorities (PEM) to trust in place of the public ones.
    #[serde(default)]
    pub trust: Option<PathBuf>,
    /// The longest time that one call may take, in milliseconds.
    #[serde(default = "vendor_timeout_millis")]
    pub timeout_millis: u32,
    /// Matcher only: the lowest score that is accepted for each of its models. The threshold itself is `face.threshold`.
    #[serde(default)]
    pub each: Option<f64>,
    /// Matcher only: the score from which a person is asked to try again.
    #[serde(default)]
    pub retry: Option<f64>,
}

const fn vendor_timeout_millis() -> u32 {
    3_000
}

const fn face_queue() -> u16 {
    32
}

const fn face_deadline_secs() -> u16 {
    20
}

/// `[chip]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chip {
    /// The folder that `genvej import csca` fills.
    pub trust: PathBuf,
    /// Names of serious deviations that are accepted all the same.
    #[serde(default)]
    pub accept: Vec<String>,
    /// Names of lesser deviations that are refused.
    #[serde(default)]
    pub refuse: Vec<String>,
    /// Document signers made before this day may use SHA-1 and RSA below 2048 bits; for later ones that is a serious
    /// deviation. 2016-01-01 where nothing is said.
    #[serde(default)]
    pub weak_algorithms_before: Option<jiff::civil::Date>,
}

/// `[clock]`
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockRules {
    /// Whether a clock is trusted that the system does not call synchronised.
    #[serde(default)]
    pub unsynchronised: Unsynchronised,
    /// How many persons it takes to take back a future that was committed.
    #[serde(default)]
    pub accept_persons: Persons,
}

impl Default for ClockRules {
    fn default() -> Self {
        Self { unsynchronised: Unsynchronised::Refuse, accept_persons: Persons(2) }
    }
}

/// How a clock is treated that the system does not call synchronised, after a boot or after it was moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unsynchronised {
    /// It is not trusted until a second source agrees.
    #[default]
    Refuse,
    /// It is trusted. The log and the journal say so at every start.
    Believe,
}

/// A number of persons: 1 or 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u8")]
pub struct Persons(pub u8);

impl Default for Persons {
    fn default() -> Self {
        Self(2)
    }
}

impl TryFrom<u8> for Persons {
    type Error = &'static str;

    fn try_from(persons: u8) -> Result<Self, Self::Error> {
        if matches!(persons, 1 | 2) { Ok(Self(persons)) } else { Err("one or two persons") }
    }
}

/// `[registers]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterFolder {
    /// The folder that `genvej import` fills.
    pub folder: PathBuf,
    /// When the tables were made (RFC 3339); without it they count as live.
    #[serde(default)]
    pub as_of: Option<AsOf>,
}

/// An instant (RFC 3339).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct AsOf(pub jiff::Timestamp);

impl TryFrom<String> for AsOf {
    type Error = jiff::Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

/// A password or token, which is never printed.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "String")]
pub struct Secret(pub Sensitive<String>);

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Sensitive::new(text))
    }
}

/// `[numbers]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(tag = "by", rename_all = "lowercase", deny_unknown_fields)]
pub enum Numbers {
    /// No service: only the operator says when a SIM was changed.
    #[default]
    None,
    /// CAMARA "SIM Swap".
    Camara {
        /// The address of `retrieve-date`.
        url: String,
        /// The file with the bearer token.
        #[serde(default)]
        token_file: Option<PathBuf>,
    },
}

/// `[operator]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    /// Systems that may enrol, issue P codes and ask for sign-ins.
    #[serde(default)]
    pub clients: Vec<OperatorClient>,
    /// The addresses to which alarms are sent, by e-mail or SMS.
    #[serde(default)]
    pub alarms_to: Vec<AlarmAddress>,
    /// The language of alarm messages, BCP 47; English by default.
    #[serde(default)]
    pub alarms_language: Option<String>,
    /// The shortest time between two messages about one alarm, in minutes; 60 by default.
    #[serde(default)]
    pub alarms_pause_minutes: Option<u16>,
}

/// An e-mail address, or a telephone number.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct AlarmAddress(pub service::alarm::AlarmAddress);

impl TryFrom<String> for AlarmAddress {
    type Error = messages::AddressError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        service::alarm::AlarmAddress::parse(&text).map(Self)
    }
}

/// One of the operator's systems.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorClient {
    /// Its name.
    pub id: String,
    /// SHA-256 of its secret, in hex.
    pub secret_sha256: Sha256Hex,
    /// The scopes of the client: `enrolments`, `apps`, `channels`, `documents`, `sign-ins`, `staff`.
    pub scopes: Vec<ScopeName>,
    /// The number of sign-ins that the client may ask for in a minute, over all people together.
    #[serde(default = "sign_ins_per_minute_max")]
    pub sign_ins_per_minute_max: u32,
}

const fn sign_ins_per_minute_max() -> u32 {
    6_000
}

/// One scope of the operator's API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ScopeName(pub ClientScope);

impl TryFrom<String> for ScopeName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        ClientScope::named(&name).map(Self).ok_or_else(|| {
            let known = ClientScope::ALL.map(ClientScope::name).join(", ");
            format!("{name} is no scope; there are {known}")
        })
    }
}

/// A SHA-256, written as 64 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Sha256Hex(pub [u8; 32]);

impl TryFrom<String> for Sha256Hex {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = hex::decode(text).map_err(|_| "not 64 hex digits")?;
        bytes.try_into().map(Self).map_err(|_| "not 64 hex digits")
    }
}

/// `[support]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Support {
    /// Support's telephone number, as it is shown to people.
    pub phone: String,
    /// What the service calls itself in messages.
    #[serde(default = "service_name")]
    pub service_name: String,
}

/// `[app]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Apps {
    /// The oldest version of the app that is still served; without it every version is.
    #[serde(default)]
    pub version_min: Option<AppVersion>,
}

/// A version of the app, `major.minor.patch`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct AppVersion(String);

/// The text is not three numbers with points between them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no version of the app: three numbers with points between them, such as 1.4.0")]
pub struct NotAVersion(String);

impl TryFrom<String> for AppVersion {
    type Error = NotAVersion;

    fn try_from(text: String) -> Result<Self, NotAVersion> {
        let is_number = |part: &str| {
            part.parse::<u32>().is_ok() && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        let fits = text.split('.').count() == 3 && text.split('.').all(is_number);
        if fits { Ok(Self(text)) } else { Err(NotAVersion(text)) }
    }
}

impl fmt::Display for AppVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn service_name() -> String {
    "Genvej".to_owned()
}

/// `[log]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// The filter of the log, such as `info,service=debug`.
    pub filter: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { filter: "info".to_owned() }
    }
}

impl Config {
    /// Reads the text of a configuration file, under the variables of an environment.
    ///
    /// # Errors
    ///
    /// The first [`ConfigError`].
    pub fn read(text: &str, environment: &BTreeMap<String, String>) -> Result<Self, ConfigError> {
        read::read(text, environment)
    }
}

#[cfg(test)]
mod tests;
