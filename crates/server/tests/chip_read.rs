//! `genvej chip read` through a real pcscd with vsmartcard's virtual reader, and simulated cards on it.
//!
//! vpcd can wait for a card on every interface, or go to one: here it goes to a loopback port, where the test holds the
//! card, and pcscd has a `/run` of its own, so that a pcscd of the machine is left alone.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use chip_sim::{Card, Document, Issuer, Profile, Seeded, profile, serve};
use serde_json::Value;

const NEEDS: &str = "apt-get install -y pcscd vsmartcard-vpcd libpcsclite-dev util-linux";

/// Runs the daemon with a `/run` of its own, and ends it with the shell.
const SCRIPT: &str = r#"
set -e
mount -t tmpfs tmpfs /run
mkdir -p /run/pcscd
exec pcscd --foreground --config "$1" >/dev/null 2>&1
"#;

/// A reader with a slot for each of two cards: vpcd always has two.
struct Desk {
    daemon: Child,
    folder: PathBuf,
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Desk {
    fn with(cards: [Card; 2]) -> Self {
        let (first, listeners) = neighbours();
        for (listener, card) in listeners.into_iter().zip(cards) {
            thread::spawn(move || hold(&listener, card));
        }
        let name = format!("genvej-chip-read-{}-{first}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let library = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";
        assert!(std::path::Path::new(library).exists(), "needs: {NEEDS}");
        let reader = format!(
            "FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME 127.0.0.1:{first}\nLIBPATH {library}\n\
             CHANNELID {first:#X}\n"
        );
        std::fs::write(folder.join("vpcd"), reader).unwrap();
        let daemon = Command::new("unshare")
            .args(["--map-root-user", "--mount", "--pid", "--fork", "--kill-child"])
            .args(["sh", "-c", SCRIPT, "sh"])
            .arg(&folder)
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{error}; needs: {NEEDS}"));
        let desk = Self { daemon, folder };
        for _ in 0..200 {
            if desk.socket().is_some() {
                return desk;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("pcscd did not come up within 10 s; needs: {NEEDS}");
    }

    /// The daemon's socket as seen from outside its mounts.
    fn socket(&self) -> Option<PathBuf> {
        let children = format!("/proc/{0}/task/{0}/children", self.daemon.id());
        let child = std::fs::read_to_string(children).ok()?;
        let child = child.split_whitespace().next()?;
        let socket = PathBuf::from(format!("/proc/{child}/root/run/pcscd/pcscd.comm"));
        socket.exists().then_some(socket)
    }

    fn genvej(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_genvej"))
            .args(["chip", "read", "--wait-secs", "20"])
            .args(arguments)
            .env("PCSCLITE_CSOCK_NAME", self.socket().unwrap())
            .output()
            .unwrap()
    }
}

/// Two ports next to each other: vpcd's second slot takes the one after.
fn neighbours() -> (u16, [TcpListener; 2]) {
    for _ in 0..50 {
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = first.local_addr().unwrap().port();
        if let Some(next) = port.checked_add(1)
            && let Ok(second) = TcpListener::bind((Ipv4Addr::LOCALHOST, next))
        {
            return (port, [first, second]);
        }
    }
    panic!("no two free ports next to each other");
}

/// Keeps the card on its slot.
fn hold(listener: &TcpListener, mut card: Card) {
    while let Ok((mut stream, _)) = listener.accept() {
        let _ = TcpStream::set_nodelay(&stream, true);
        card.reset();
        let _ = serve(&mut card, &mut stream, &mut thread::sleep);
    }
}

fn issued(name: &str, seed: u8) -> (Issuer, Document) {
    let profile: Profile = profile(name).unwrap();
    profile.issue(&mut Seeded::new([seed; 32])).unwrap()
}

fn json(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).unwrap_or_else(|error| {
        panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr))
    })
}

#[test]
fn documents_on_a_real_reader_are_read_whole_and_judged() {
    let (passport_issuer, passport) = issued("td3", 1);
    let (card_issuer, card) = issued("residence-card", 2);
    let folder = tempfile::tempdir().unwrap();
    let csca = |name: &str, issuer: &Issuer| {
        let path = folder.path().join(name);
        std::fs::write(&path, issuer.csca_der()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let passport_csca = csca("passport.cer", &passport_issuer);
    let card_csca = csca("card.cer", &card_issuer);
    let saved = folder.path().join("saved");
    let desk = Desk::with([Card::new(passport.clone(), [3; 32]), Card::new(card.clone(), [4; 32])]);

    // A passport by its zone, with active authentication.
    let zone = ["--reader", "vpcd", "--mrz", passport.mrz()];
    let kept = ["--csca", &passport_csca, "--json", "--save", saved.to_str().unwrap()];
    let output = desk.genvej(&[&zone[..], &kept[..]].concat());
    let read = json(&output);
    assert!(output.status.success(), "{read}");
    assert_eq!(read["examination"]["verdict"], "genuine");
    assert_eq!(read["active_authentication"], true);
    assert!(read["access_control"].as_str().unwrap().starts_with("PACE by the MRZ"));
    let dg2 = passport.file(chip_sim::File::DataGroup(2)).unwrap();
    assert_eq!(std::fs::read(saved.join("dg2.bin")).unwrap(), dg2);
    assert!(read["apdus"].as_u64().unwrap() < 40, "{read}");

    // The residence card in the second slot, by its card access number, with chip authentication.
    let number = ["--reader", "pcd 00 01", "--can", card.can().unwrap()];
    let output = desk.genvej(&[&number[..], &["--csca", &card_csca, "--json"]].concat());
    let read = json(&output);
    assert!(output.status.success(), "{read}");
    assert_eq!(read["examination"]["verdict"], "genuine");
    assert_eq!(read["chip_authentication"], true);

    // Judged by the other state's certificate, the text says so and so does the exit status.
    let output = desk.genvej(&[&zone[..], &["--csca", &card_csca]].concat());
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success());
    assert!(text.contains("verdict: issuer unknown (issuer-unknown)"), "{text}");
    assert!(text.contains("0 resumptions"), "{text}");

    // A wrong key is told apart from a chip that left.
    let output = desk.genvej(&["--reader", "vpcd", "--can", "999999"]);
    assert!(!output.status.success());
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(complaint.contains("password"), "{complaint}");
}
