//! The folders of a start, and the configuration that its server is given.

use super::StartError;
use crate::drawer::ISSUERS;
use crate::operator;
use server::Config;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// What is kept between starts, and what is this start's own.
pub(super) fn folders(port: u16, fresh: bool) -> Result<(PathBuf, PathBuf), StartError> {
    let set =
        |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")));
    let cache = cache.ok_or(StartError::NoCache)?.join("genvej").join("sandbox");
    let folder = cache.join(format!("start-{port}"));
    let of = |path: &Path| {
        let path = path.to_owned();
        move |source| StartError::Folder { path, source }
    };
    if fresh && cache.join(ISSUERS).exists() {
        std::fs::remove_dir_all(cache.join(ISSUERS)).map_err(of(&cache))?;
    }
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(of(&folder))?;
    }
    std::fs::create_dir_all(&folder).map_err(of(&folder))?;
    Ok((cache, folder))
}

/// The face models of a start.
pub(super) enum Models {
    Default(PathBuf),
    /// The folder of the strong set, which `GENVEJ_FACE_MODELS` names.
    Strong(PathBuf),
}

impl Models {
    fn folder(&self) -> &Path {
        match self {
            Self::Default(folder) | Self::Strong(folder) => folder,
        }
    }

    /// The thresholds that the manifests fix; a server that is given another one does not start.
    const fn threshold(&self) -> &'static str {
        match self {
            Self::Default(_) => "0.56",
            Self::Strong(_) => "0.52",
        }
    }
}

/// The default models, where `cargo xtask models` lays them: in a folder named after their manifest.
pub(super) fn models() -> Option<Models> {
    const MANIFEST: &str = include_str!("../../../face/models/default.toml");
    let set =
        |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("GENVEJ_MODELS").or_else(|| {
        let cache =
            set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")))?;
        let name: String = hex::encode(Sha256::digest(MANIFEST)).chars().take(16).collect();
        Some(cache.join("genvej").join("models").join(name))
    });
    let default = folder.filter(|folder| folder.join("manifest.toml").is_file())?;
    Some(set("GENVEJ_FACE_MODELS").map_or(Models::Default(default), Models::Strong))
}

/// What the configuration of the sandbox's server is written from.
pub(super) struct Places<'a> {
    pub(super) port: u16,
    pub(super) folder: &'a Path,
    pub(super) trust: &'a Path,
    pub(super) models: &'a Models,
    pub(super) smpp: String,
    pub(super) smtp_port: u16,
    pub(super) secret: &'a str,
    pub(super) policy: Option<&'a Path>,
    pub(super) database: Option<&'a str>,
}

impl Places<'_> {
    /// The policy that was named, else the one of a public service.
    fn policy_lines(&self) -> String {
        let of_the_sandbox = || "profile = \"public-service\"".to_owned();
        self.policy.map_or_else(of_the_sandbox, |file| format!("file = {}", quoted(file)))
    }

    /// The database that was named, else a file; the folder of this server; and the servers that share the database, where there are
    /// several. Each has a folder of its own, as each has a machine of its own elsewhere.
    fn database_lines(&self, number: u8, servers: &[SocketAddr]) -> String {
        let file = || format!("path = {}", quoted(&self.folder.join("genvej.sqlite")));
        let store = self.database.map_or_else(file, |url| format!("url = {}", toml_string(url)));
        let own = match number {
            1 => self.folder.to_owned(),
            further => self.folder.join(format!("server-{further}")),
        };
        let keys = quoted(&own.join("genvej.keys"));
        let mut lines = format!("[store]\n{store}\n[keys]\nfile = {keys}");
        if !servers.is_empty() {
            let servers: Vec<String> =
                servers.iter().map(|it| toml_string(&it.to_string())).collect();
            let servers = servers.join(", ");
            lines.push_str(&format!("\n[cluster]\nservers = [{servers}]\nthis = {number}"));
        }
        lines
    }

    /// The configuration of the server of this number among those at `servers`.
    pub(super) fn config(&self, number: u8, servers: &[SocketAddr]) -> Result<Config, StartError> {
        let Self { port, smtp_port, smpp, .. } = self;
        let hash = hex::encode(Sha256::digest(self.secret.as_bytes()));
        let client = operator::CLIENT;
        let signin = crate::signin::CLIENT;
        let text = format!(
            r#"
[http]
listen = "127.0.0.1:{port}"
# One port is what a visitor is promised: health and metrics share it.
operations = "listen"
exempt = ["127.0.0.0/8", "::1/128"]
drain_secs = 2
[sites]
public = "http://localhost:{port}"
citizen = "http://citizen.localhost:{port}"
support = "http://support.localhost:{port}"
desk = "http://desk.localhost:{port}"
screen = "http://screen.localhost:{port}"
[clock]
unsynchronised = "believe"
accept_persons = 1
{database}
[policy]
{policy}
[face]
models = {models}
threshold = {threshold}
workers = 1
[chip]
trust = {trust}
[registers]
folder = {folder}
[sms]
by = "smpp"
address = "{smpp}"
protection = "none"
system_id = "genvej"
password = "sandbox"
sender = "Genvej"
[mail]
by = "smtp"
host = "127.0.0.1"
port = {smtp_port}
protection = "none"
our_name = "genvej.example"
from_name = "Genvej"
from = "no-reply@genvej.example"
[operator]
clients = [{{ id = "{client}", secret_sha256 = "{hash}", scopes = ["enrolments", "apps", "channels", "documents", "sign-ins"] }}]
[staff.oidc]
issuer = "http://signin.localhost:{port}"
client_id = "{signin}"
[support]
phone = "+45 00 00 00 01"
"#,
            policy = self.policy_lines(),
            database = self.database_lines(number, servers),
            models = quoted(self.models.folder()),
            threshold = self.models.threshold(),
            trust = quoted(self.trust),
            folder = quoted(self.folder),
        );
        // Variables of a real installation say nothing about the sandbox.
        Config::read(&text, &BTreeMap::new()).map_err(StartError::Config)
    }
}

/// A path as a basic string of TOML.
fn quoted(path: &Path) -> String {
    toml_string(&path.to_string_lossy())
}

/// A basic string of TOML.
fn toml_string(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}
