//! The configuration: one TOML file, every key overridable by `GENVEJ_SECTION__KEY`.
//!
//! A key that nobody reads is an error, never ignored: a limit that was misspelt must not silently
//! keep its default. Every error names the line of the file, or the variable of the environment.

mod read;
mod staff;

pub use read::{ConfigError, Place};
pub use staff::{ClaimNames, ClientAuthentication, Oidc, Scope, Staff};

use crate::checkpoint_file::CheckpointFile;
use crate::epoch_file::EpochFile;
use crate::witness::{NotAPlace, WitnessPlace};
use edge::{Limits, Networks};
use messages::{MailAddress, SenderName, Sensitive};
use serde::Deserialize;
use service::operator_token::Scope as ClientScope;
use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::{NonZeroU16, NonZeroU32};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::keys::Keys;
use web::Origin;

/// Everything that the operator decides about one installation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the server listens.
    pub http: Http,
    /// The addresses by which it is known.
    pub sites: SiteOrigins,
    /// The database.
    pub store: StoreFile,
    /// The keys outside the database.
    pub keys: KeyFilePath,
    /// The rules.
    #[serde(default)]
    pub policy: PolicySource,
    /// The face models.
    pub face: Face,
    /// Which issuing states are trusted.
    pub chip: Chip,
    /// The embedded registers.
    pub registers: RegisterFolder,
    /// The way of text messages.
    pub sms: Sms,
    /// The way of mail.
    pub mail: Mail,
    /// Who is asked about a phone number before a code goes there.
    #[serde(default)]
    pub numbers: Numbers,
    /// The operator's own systems.
    #[serde(default)]
    pub operator: Operator,
    /// Sign-in of staff.
    #[serde(default)]
    pub staff: Staff,
    /// What people are told about Support.
    pub support: Support,
    /// What is asked of apps.
    #[serde(default)]
    pub app: Apps,
    /// What is logged.
    #[serde(default)]
    pub log: Log,
}

impl Config {
    /// Where the list of erased persons lies: never beside the database, whose backups it has to outlive.
    #[must_use]
    pub fn erased(&self) -> PathBuf {
        self.store.erased.clone().unwrap_or_else(|| self.keys.file.with_extension("erased"))
    }

    /// Where the checkpoint of the journal lies: never beside the database, which it exposes where that is set back.
    #[must_use]
    pub fn checkpoint(&self, keys: &Arc<Keys>) -> CheckpointFile {
        let path = self.checkpoint_path();
        CheckpointFile::at(path, self.checkpoint_origin(), Arc::clone(keys))
    }

    /// The file of the checkpoint; receipts lie beside it.
    #[must_use]
    pub fn checkpoint_path(&self) -> PathBuf {
        let beside = || self.keys.file.with_extension("checkpoint");
        self.store.checkpoint.clone().unwrap_or_else(beside)
    }

    pub(crate) fn checkpoint_origin(&self) -> String {
        self.sites.public.0.authority().to_owned()
    }

    /// The mark that rows are kept evidence about; it lies beside the key file.
    #[must_use]
    pub fn epoch(&self) -> EpochFile {
        EpochFile::at(self.keys.file.with_extension("epoch"))
    }
}

/// `[http]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Address and port.
    pub listen: SocketAddr,
    /// Where `/metrics`, `/healthz` and `/readyz` answer, however full `listen` is.
    #[serde(default)]
    pub operations: OperationsAddress,
    /// For how long `/readyz` says 503, and connections are still taken, when the server is asked to stop.
    #[serde(default = "unready_secs")]
    pub unready_secs: u16,
    /// How long requests under way may take after that.
    #[serde(default = "drain_secs")]
    pub drain_secs: u16,
    /// Proxies whose `X-Forwarded-For` is believed.
    #[serde(default)]
    pub proxies: NetworkList,
    /// Networks that no limit of one client holds for.
    #[serde(default)]
    pub exempt: NetworkList,
    /// Connections at once, as far as the system has descriptors for them.
    #[serde(default = "connections_max")]
    pub connections_max: NonZeroU32,
    /// Connections at once of one client, or requests at once of one client behind a proxy.
    #[serde(default = "client_connections_max")]
    pub client_connections_max: NonZeroU32,
    /// How long the head of a request may take.
    #[serde(default = "head_secs")]
    pub head_secs: NonZeroU16,
    /// How long the body of a request may take.
    #[serde(default = "body_secs")]
    pub body_secs: NonZeroU16,
    /// How long a connection may wait for its next request.
    #[serde(default = "idle_secs")]
    pub idle_secs: NonZeroU16,
    /// How long the server may take over one answer.
    #[serde(default = "answer_secs")]
    pub answer_secs: NonZeroU16,
    /// Requests a second of one client that need neither signature nor sign-in.
    #[serde(default = "open_per_second")]
    pub open_per_second: NonZeroU32,
    /// How many of them may come at once.
    #[serde(default = "open_burst")]
    pub open_burst: NonZeroU32,
}

const fn unready_secs() -> u16 {
    3
}

const fn drain_secs() -> u16 {
    20
}

/// The number, which is not zero.
const fn number(value: u32) -> NonZeroU32 {
    match NonZeroU32::new(value) {
        Some(value) => value,
        None => NonZeroU32::MIN,
    }
}

/// So many seconds, which are not none.
const fn seconds(value: u16) -> NonZeroU16 {
    match NonZeroU16::new(value) {
        Some(value) => value,
        None => NonZeroU16::MIN,
    }
}

const fn connections_max() -> NonZeroU32 {
    number(16_384)
}

const fn client_connections_max() -> NonZeroU32 {
    number(512)
}

const fn head_secs() -> NonZeroU16 {
    seconds(10)
}

const fn body_secs() -> NonZeroU16 {
    seconds(60)
}

const fn idle_secs() -> NonZeroU16 {
    seconds(75)
}

const fn answer_secs() -> NonZeroU16 {
    seconds(30)
}

const fn open_per_second() -> NonZeroU32 {
    number(100)
}

const fn open_burst() -> NonZeroU32 {
    number(1_000)
}

impl Http {
    /// Where health and metrics answer, if not on `listen`.
    #[must_use]
    pub fn operations_address(&self) -> Option<SocketAddr> {
        match self.operations {
            OperationsAddress::WithListen => None,
            OperationsAddress::At(address) => Some(address),
            OperationsAddress::Beside => {
                let port = match self.listen.port() {
                    0 => 0,
                    u16::MAX => u16::MAX - 1,
                    port => port + 1,
                };
                Some(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
            }
        }
    }

    /// The limits of `listen`, for a process that may have so many descriptors.
    #[must_use]
    pub fn limits(&self, descriptors: u64) -> Limits {
        let span = |secs: NonZeroU16| Duration::from_secs(u64::from(secs.get()));
        let count = |number: NonZeroU32| usize::try_from(number.get()).unwrap_or(usize::MAX);
        let wanted = count(self.connections_max);
        Limits {
            connections_max: edge::descriptors::connections_within(wanted, descriptors),
            client_connections_max: count(self.client_connections_max),
            head: span(self.head_secs),
            body: span(self.body_secs),
            idle: span(self.idle_secs),
            exempt: self.exempt.0.clone(),
            proxies: self.proxies.0.clone(),
            ..Limits::default()
        }
    }
}

/// Where health and metrics answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum OperationsAddress {
    /// On 127.0.0.1, at the port after that of `listen`.
    #[default]
    Beside,
    /// At this address.
    At(SocketAddr),
    /// `"listen"`: they share the address of everything else, and what fills that one.
    WithListen,
}

impl TryFrom<String> for OperationsAddress {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == "listen" {
            return Ok(Self::WithListen);
        }
        let no = || format!("{text:?} is neither an address and port nor \"listen\"");
        text.parse().map(Self::At).map_err(|_| no())
    }
}

/// Networks, each as `10.0.0.0/8` or as one address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct NetworkList(pub Networks);

impl TryFrom<Vec<String>> for NetworkList {
    type Error = edge::client::NotANetwork;

    fn try_from(texts: Vec<String>) -> Result<Self, Self::Error> {
        Networks::parse(texts.iter().map(String::as_str)).map(Self)
    }
}

/// `[sites]`: each site has an origin of its own (PROTOCOLS.md section 16).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteOrigins {
    /// What apps and the operator's systems call; part of every signature.
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

/// `[store]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreFile {
    /// The SQLite file; `genvej migrate` makes it.
    pub path: PathBuf,
    /// The list of erased persons, which is replayed after a restore; beside the key file where nothing is said.
    #[serde(default)]
    pub erased: Option<PathBuf>,
    /// The checkpoint of the journal, written as it grows and compared at every start; beside the key file where nothing is
    /// said.
    #[serde(default)]
    pub checkpoint: Option<PathBuf>,
    /// A second place that each checkpoint goes to.
    #[serde(default)]
    pub witness: Option<WitnessSetting>,
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
    /// `public-service` where nothing is said.
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
    /// Comparisons at once; 0: one for each core.
    #[serde(default)]
    pub workers: u16,
    /// Comparisons that may wait.
    #[serde(default = "face_queue")]
    pub queue: u16,
    /// How long one may take, waiting included.
    #[serde(default = "face_deadline_secs")]
    pub deadline_secs: u16,
    /// Another matcher, elsewhere, in the place of the set's embeddings; its `threshold` is the one that counts then.
    #[serde(default)]
    pub matcher: Option<FaceVendor>,
    /// Another check for prints and screens, elsewhere.
    #[serde(default)]
    pub passive_check: Option<FaceVendor>,
}

/// `[face.matcher]` and `[face.passive_check]`: a product that speaks the protocol of `docs/faces.md`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaceVendor {
    /// Its address, without a slash at the end: https, or http on this machine.
    pub url: String,
    /// The file with the bearer token, if it wants one.
    #[serde(default)]
    pub token_file: Option<PathBuf>,
    /// Certificate authorities (PEM) to trust in place of the public ones.
    #[serde(default)]
    pub trust: Option<PathBuf>,
    /// How long one call may take.
    #[serde(default = "vendor_timeout_millis")]
    pub timeout_millis: u32,
    /// Matcher only: the lowest score that is accepted for each of its models. The threshold itself is `face.threshold`.
    #[serde(default)]
    pub each: Option<f64>,
    /// Matcher only: from here a person is asked to try again.
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
    /// Serious deviations that are accepted all the same, by name.
    #[serde(default)]
    pub accept: Vec<String>,
    /// Lesser deviations that are refused, by name.
    #[serde(default)]
    pub refuse: Vec<String>,
    /// Document signers made before this day may use SHA-1 and RSA below 2048 bits; for later ones that is a serious
    /// deviation. 2016-01-01 where nothing is said.
    #[serde(default)]
    pub weak_algorithms_before: Option<jiff::civil::Date>,
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

/// `[sms]`
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "by", rename_all = "lowercase", deny_unknown_fields)]
pub enum Sms {
    /// A message centre that speaks SMPP 3.4.
    Smpp(MessageCentre),
    /// A gateway behind HTTPS.
    Http {
        /// Its address.
        url: String,
        /// The bearer token.
        token: Secret,
        /// What the phone shows.
        sender: SmsSenderName,
        /// Certificate authorities (PEM) to trust in place of the public ones.
        #[serde(default)]
        trust: Option<PathBuf>,
        /// Whether plain `http` to another machine is accepted, where codes can be read on the way.
        #[serde(default)]
        accept_unencrypted: bool,
    },
    /// No way: temporary PINs are given at the desk alone.
    None,
}

/// `[sms]` with `by = "smpp"`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageCentre {
    /// `host:port`.
    pub address: String,
    /// How the connection is protected.
    #[serde(default)]
    pub protection: SmsProtection,
    /// Certificate authorities (PEM) to trust in place of the public ones.
    #[serde(default)]
    pub trust: Option<PathBuf>,
    /// Whether an unprotected connection to another machine is accepted, where codes can be read on
    /// the way.
    #[serde(default)]
    pub accept_unencrypted: bool,
    /// Our name there.
    pub system_id: String,
    /// At most 8 characters.
    pub password: Secret,
    /// Often empty.
    #[serde(default)]
    pub system_type: String,
    /// What the phone shows.
    pub sender: SmsSenderName,
    /// What the centre reads in texts of its default alphabet.
    #[serde(default)]
    pub alphabet: CentreAlphabet,
    /// Requests that may wait for the centre's answer.
    #[serde(default = "window")]
    pub window: NonZeroU16,
}

const fn window() -> NonZeroU16 {
    messages::smpp::WINDOW_DEFAULT
}

/// How the connection to the message centre is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmsProtection {
    /// TLS from the first byte.
    #[default]
    Tls,
    /// Only towards this machine, or with `accept_unencrypted`.
    None,
}

/// What a message centre reads in texts of `data_coding` 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CentreAlphabet {
    /// The GSM alphabet.
    #[default]
    Gsm,
    /// ISO 8859-1.
    #[serde(rename = "latin-1")]
    Latin1,
    /// Unknown: everything goes as UCS-2.
    #[serde(rename = "ucs-2")]
    Ucs2,
}

/// A sender that networks take.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct SmsSenderName(pub SenderName);

impl TryFrom<String> for SmsSenderName {
    type Error = messages::SenderNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        SenderName::parse(&text).map(Self)
    }
}

/// `[mail]`
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "by", rename_all = "lowercase", deny_unknown_fields)]
pub enum Mail {
    /// A mail server.
    Smtp {
        /// Its name.
        host: String,
        /// 465 for TLS, 587 for STARTTLS.
        port: u16,
        /// `tls`, `starttls`, or `none` towards this machine.
        protection: MailProtection,
        /// Whether `none` to another machine is accepted, where codes can be read on the way.
        #[serde(default)]
        accept_unencrypted: bool,
        /// A certificate (PEM) to trust besides the public ones.
        #[serde(default)]
        trust: Option<PathBuf>,
        /// Name and password, where the server wants them.
        #[serde(default)]
        user: Option<String>,
        /// The password.
        #[serde(default)]
        password: Option<Secret>,
        /// Our own name in the greeting.
        our_name: String,
        /// The name shown as sender.
        from_name: String,
        /// The address shown as sender.
        from: FromAddress,
    },
    /// No mail.
    None,
}

/// How the line to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailProtection {
    /// From the first byte.
    Tls,
    /// After STARTTLS, and nothing without it.
    StartTls,
    /// Only towards this machine, or with `accept_unencrypted`.
    None,
}

/// A sender's address.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct FromAddress(pub MailAddress);

impl TryFrom<String> for FromAddress {
    type Error = messages::AddressError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        MailAddress::parse(&text).map(Self)
    }
}

/// A password or token: never printed.
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
    /// Nobody: the operator alone says when a SIM was changed.
    #[default]
    None,
    /// CAMARA "SIM Swap".
    Camara {
        /// The address of `retrieve-date`.
        url: String,
        /// Holds the bearer token.
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
    /// Who is told of alarms, by mail or SMS.
    #[serde(default)]
    pub alarms_to: Vec<AlarmAddress>,
    /// The language of alarm messages; English where nothing is said.
    #[serde(default)]
    pub alarms_language: Option<String>,
    /// The shortest time between two messages about one alarm; 60 where nothing is said.
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
    /// What it may do: `enrolments`, `apps`, `channels`, `documents`, `sign-ins`, `staff`. All but `staff` where the key is absent, which is
    /// warned of at every start.
    #[serde(default)]
    pub scopes: Option<Vec<ScopeName>>,
    /// How many sign-ins it may ask for in a minute, of all people together.
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

/// 64 hex digits.
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
    /// Support's telephone number, as it is read.
    pub phone: String,
    /// What the service calls itself in messages.
    #[serde(default = "service_name")]
    pub service_name: String,
}

/// `[app]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Apps {
    /// The oldest version that is still served; none: every one.
    #[serde(default)]
    pub version_min: Option<AppVersion>,
}

/// `major.minor.patch`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct AppVersion(String);

/// Not three numbers with points between them.
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
    /// As in `info,service=debug`.
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
