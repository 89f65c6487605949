//! A service for one measurement on this disk, set up as `genvej serve` does it and removed afterwards.

use super::app::SECRET;
use super::models;
use crate::command::{EXAMPLE, Failed, block_on};
use server::config::DatabasePlace;
use server::key_file::KeyFile;
use server::system::{Stopwatch, SystemClock, SystemRandom};
use server::{Config, Overrides, Random, Running, build};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// How long `genvej serve` may take to be ready.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// A service with its own folder, database and configuration.
pub(super) struct House {
    folder: PathBuf,
    file: PathBuf,
    config: Config,
}

impl House {
    pub(super) fn build(on: &Path, models: &Path) -> Result<Self, Failed> {
        let folder = on.join(format!("genvej-bench-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("registers"))?;
        let threshold = models::threshold(models)?;
        let here = folder.display().to_string();
        let mut text: toml::Table =
            EXAMPLE.replace("/var/lib/genvej", &here).replace("/etc/genvej", &here).parse()?;
        let (public, operations) = (free_port()?, free_port()?);
        set(&mut text, "http", "listen", format!("127.0.0.1:{public}"));
        set(&mut text, "http", "operations", format!("127.0.0.1:{operations}"));
        set(&mut text, "face", "models", models.display().to_string());
        set(&mut text, "face", "threshold", threshold);
        set(&mut text, "clock", "unsynchronised", "believe".to_owned());
        set(&mut text, "log", "filter", "error".to_owned());
        text.insert("sms".to_owned(), none());
        text.insert("mail".to_owned(), none());
        let mut client = toml::Table::new();
        client.insert("id".to_owned(), "bench".into());
        client.insert(
            "secret_sha256".to_owned(),
            hex::encode(Sha256::digest(SECRET.as_bytes())).into(),
        );
        client.insert("scopes".to_owned(), vec!["enrolments"].into());
        set(&mut text, "operator", "clients", vec![toml::Value::Table(client)]);
        // What is measured is the load, not the rules: the default set has no check for prints and screens.
        let rules: toml::Table =
            "profile = \"public-service\"\n[overrides.chip_face]\npassive_pad_required = false\n"
                .parse()?;
        text.insert("policy".to_owned(), toml::Value::Table(rules));
        let text = toml::to_string(&text)?;
        let config = Config::read(&text, &BTreeMap::new())?;
        let file = folder.join("genvej.toml");
        std::fs::write(&file, text)?;
        let keys = KeyFile::generate(&SystemRandom);
        keys.create(&config.keys.file)?;
        let (keys, random): (_, Arc<dyn Random>) = (keys.keys, Arc::new(SystemRandom));
        block_on(async { Ok(server::migrate(&config, &keys, &SystemClock, &random).await?) })?;
        Ok(Self { folder, file, config })
    }

    pub(super) fn origin(&self) -> String {
        self.config.sites.public.0.to_string()
    }

    /// The service in this process.
    fn running(&self, overrides: Overrides) -> Result<Running, Failed> {
        Ok(build(&self.config, Arc::new(SystemClock), Arc::new(SystemRandom), overrides)?)
    }

    pub(super) fn public(&self) -> SocketAddr {
        self.config.http.listen
    }

    pub(super) fn key_file(&self) -> &Path {
        &self.config.keys.file
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    #[expect(clippy::cast_precision_loss, reason = "a figure for readers")]
    pub(super) fn database_bytes(&self) -> Result<f64, Failed> {
        let DatabasePlace::File(path) = &self.config.store.database else {
            return Err("its database is no file".into());
        };
        Ok(std::fs::metadata(path)?.len() as f64)
    }

    /// Accepts the database as it is, as `genvej audit accept-restore` does.
    pub(super) fn accept_restore(&self) -> Result<(), Failed> {
        let keys = KeyFile::read(self.key_file())?.keys;
        let random: Arc<dyn Random> = Arc::new(SystemRandom);
        block_on(async {
            server::accept_restore(&self.config, &keys, &SystemClock, &random).await?;
            Ok(())
        })
    }

    pub(super) fn operations(&self) -> Result<SocketAddr, Failed> {
        Ok(self.config.http.operations_address().ok_or("no address for operations")?)
    }

    /// Starts `genvej serve` as a process of its own, and waits until it is ready.
    pub(super) fn serve(&self) -> Result<Served, Failed> {
        let served = Command::new(std::env::current_exe()?)
            .arg("--config")
            .arg(&self.file)
            .arg("serve")
            .stderr(Stdio::null())
            .spawn()?;
        let served = Served(served);
        let ready = format!("http://{}/readyz", self.operations()?);
        let watch = Stopwatch::start();
        while direct().get(&ready).call().is_err() {
            if watch.elapsed() > READY_WITHIN {
                return Err("genvej serve did not become ready".into());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(served)
    }

    /// Starts `genvej serve` as a process of its own and asks how much it holds, in MB.
    pub(super) fn memory_at_rest(&self) -> Result<f64, Failed> {
        let served = self.serve()?;
        std::thread::sleep(Duration::from_secs(3));
        let process = served.0.id();
        let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib: f64 = line
            .and_then(|line| line.split_whitespace().next())
            .and_then(|number| number.parse().ok())
            .ok_or("the system does not say how much memory a process holds")?;
        Ok(kib * 1_024.0 / 1e6)
    }

    pub(super) fn remove(&self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.remove();
    }
}

/// A server in a process of its own, which ends when this value is dropped.
pub(super) struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs against the service in this process and stops it afterwards.
pub(super) fn with_running<T>(
    house: &House,
    act: impl AsyncFnOnce(&Running) -> Result<T, Failed>,
) -> Result<T, Failed> {
    with_running_over(house, Overrides::default(), act)
}

/// As [`with_running`], with parts put in place of those that the configuration names.
pub(super) fn with_running_over<T>(
    house: &House,
    overrides: Overrides,
    act: impl AsyncFnOnce(&Running) -> Result<T, Failed>,
) -> Result<T, Failed> {
    block_on(async {
        let mut running = house.running(overrides)?;
        running.ready().await?;
        let outcome = act(&running).await;
        running.stop().await;
        outcome
    })
}

fn set(text: &mut toml::Table, section: &str, key: &str, value: impl Into<toml::Value>) {
    let section = text.entry(section.to_owned()).or_insert_with(|| toml::Table::new().into());
    if let Some(table) = section.as_table_mut() {
        table.insert(key.to_owned(), value.into());
    }
}

fn none() -> toml::Value {
    let mut table = toml::Table::new();
    table.insert("by".to_owned(), "none".into());
    toml::Value::Table(table)
}

/// Calls on this machine alone: no proxy of the environment is asked.
pub(super) fn direct() -> ureq::Agent {
    ureq::Agent::config_builder().proxy(None).timeout_global(Some(READY_WITHIN)).build().into()
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
