//! A real pcscd with vsmartcard's virtual reader, and simulated cards that are put on it and taken away.
//!
//! The driver of the virtual reader listens on every interface, and programs find pcscd below `/run`. So a test that wants
//! one runs again as a process with a network of its own that has nothing but a loopback, and with a `/run` of its own:
//! [`with_virtual_reader`]. Needs Linux, and the Debian packages of [`NEEDS`].

use std::ffi::OsString;
use std::io;
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::card::Card;
use crate::vpcd::serve;

/// What has to be installed.
pub const NEEDS: &str = "apt-get install -y pcscd vsmartcard-vpcd iproute2 util-linux";

/// Set in the process that has the machine to itself.
const ALONE: &str = "GENVEJ_VIRTUAL_READER";
const DRIVER: &str = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";
const SOCKET: &str = "/run/pcscd/pcscd.comm";
/// The first slot's port; the second has the one after.
const PORT: u16 = 0x8C7B;
const LOOKS_MAX: usize = 200;
const PAUSE: Duration = Duration::from_millis(50);

const SCRIPT: &str = r#"
set -e
ip link set lo up
mount -t tmpfs tmpfs /run
mkdir -p /run/pcscd
exec "$@"
"#;

/// The reader did not come up, or the test on it failed.
#[derive(Debug, thiserror::Error)]
pub enum VirtualReaderError {
    /// A program is missing, or may not be run here.
    #[error("the virtual reader cannot be started ({NEEDS})")]
    Start(#[source] io::Error),
    /// The driver of the virtual reader is missing.
    #[error("{DRIVER} is missing ({NEEDS})")]
    Driver,
    /// The daemon did not open its socket in time.
    #[error("pcscd did not come up ({NEEDS})")]
    Daemon,
    /// The process that had the machine to itself.
    #[error("with a virtual reader: {0}")]
    Failed(String),
}

/// Plays a test before a virtual reader with nothing on it. `test` is its full name in this test binary: the binary runs
/// it again, alone.
///
/// # Errors
///
/// A [`VirtualReaderError`] with all that the other process said.
pub fn with_virtual_reader(
    test: &str,
    play: impl FnOnce(&mut VirtualReader),
) -> Result<(), VirtualReaderError> {
    if std::env::var_os(ALONE).is_some() {
        play(&mut VirtualReader::start()?);
        return Ok(());
    }
    let this = std::env::current_exe().map_err(VirtualReaderError::Start)?;
    let output = Command::new("unshare")
        .args(["--map-root-user", "--net", "--mount", "--pid", "--fork", "--kill-child"])
        .args(["--mount-proc", "sh", "-c", SCRIPT, "sh"])
        .arg(this)
        .args(["--exact", test, "--nocapture"])
        .env(ALONE, "1")
        .stdin(Stdio::null())
        .output()
        .map_err(VirtualReaderError::Start)?;
    if output.status.success() {
        return Ok(());
    }
    let mut told = String::from_utf8_lossy(&output.stdout).into_owned();
    told.push_str(&String::from_utf8_lossy(&output.stderr));
    Err(VirtualReaderError::Failed(told))
}

/// One place of the reader.
#[derive(Default)]
struct Slot {
    card: Option<Card>,
    /// Counts cards put and taken, so that one that was taken away does not come back.
    changes: u64,
    /// The line of the card to the driver.
    line: Option<TcpStream>,
}

type Shared = Arc<Mutex<Slot>>;

/// A reader with two slots, as the driver always has.
pub struct VirtualReader {
    daemon: Option<Child>,
    folder: PathBuf,
    slots: [Shared; 2],
}

impl std::fmt::Debug for VirtualReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VirtualReader").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Drop for VirtualReader {
    fn drop(&mut self) {
        self.stop();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl VirtualReader {
    fn start() -> Result<Self, VirtualReaderError> {
        if !Path::new(DRIVER).exists() {
            return Err(VirtualReaderError::Driver);
        }
        let folder = PathBuf::from("/run/genvej-virtual-reader");
        std::fs::create_dir_all(&folder).map_err(VirtualReaderError::Start)?;
        let reader = format!(
            "FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:{PORT:#X}\nLIBPATH {DRIVER}\nCHANNELID {PORT:#X}\n"
        );
        std::fs::write(folder.join("vpcd"), reader).map_err(VirtualReaderError::Start)?;
        let slots = <[Shared; 2]>::default();
        for (port, slot) in (PORT..).zip(&slots) {
            let slot = Arc::clone(slot);
            thread::spawn(move || hold(port, &slot));
        }
        let mut reader = Self { daemon: None, folder, slots };
        reader.start_daemon()?;
        Ok(reader)
    }

    /// Starts the daemon where it was stopped.
    ///
    /// # Errors
    ///
    /// A [`VirtualReaderError`] that says what is missing.
    pub fn start_daemon(&mut self) -> Result<(), VirtualReaderError> {
        let _ = std::fs::remove_file(SOCKET);
        let config = [OsString::from("--config"), self.folder.clone().into()];
        let daemon = Command::new("pcscd")
            .arg("--foreground")
            .args(config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(VirtualReaderError::Start)?;
        self.daemon = Some(daemon);
        for _ in 0..LOOKS_MAX {
            if std::os::unix::net::UnixStream::connect(SOCKET).is_ok() {
                return Ok(());
            }
            thread::sleep(PAUSE);
        }
        Err(VirtualReaderError::Daemon)
    }

    /// Ends the daemon, as if the service of the machine had been stopped.
    pub fn stop(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }

    /// Puts a card on the first slot (0) or the second (1); there is no third.
    pub fn insert(&self, slot: usize, card: Card) {
        self.replace(slot, Some(card));
    }

    /// Takes the card away, in the middle of a command too.
    pub fn remove(&self, slot: usize) {
        self.replace(slot, None);
    }

    fn replace(&self, slot: usize, card: Option<Card>) {
        let Some(slot) = self.slots.get(slot) else { return };
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = slot.line.take() {
            let _ = line.shutdown(Shutdown::Both);
        }
        slot.changes = slot.changes.wrapping_add(1);
        slot.card = card;
    }
}

/// Brings what lies on the slot to the driver, again where the line broke.
fn hold(port: u16, shared: &Shared) {
    loop {
        thread::sleep(PAUSE);
        if shared.lock().unwrap_or_else(PoisonError::into_inner).card.is_none() {
            continue;
        }
        let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { continue };
        let _ = stream.set_nodelay(true);
        let Some((mut card, change)) = lift(shared, &stream) else { continue };
        card.reset();
        let _ = serve(&mut card, &mut stream, &mut thread::sleep);
        let mut slot = shared.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.changes == change {
            slot.card = Some(card);
        }
    }
}

/// The card of the slot, while the driver talks to it on this line.
fn lift(shared: &Shared, line: &TcpStream) -> Option<(Card, u64)> {
    let mut slot = shared.lock().unwrap_or_else(PoisonError::into_inner);
    let card = slot.card.take()?;
    slot.line = line.try_clone().ok();
    Some((card, slot.changes))
}
