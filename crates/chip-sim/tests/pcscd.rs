//! A real pcscd with the virtual reader of vsmartcard, and `genvej-chip-sim` as its card.
//!
//! vpcd listens on every interface, so both run in a network of their own with nothing but a
//! loopback, and with a `/run` of their own, so that a pcscd of the machine is left alone.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

const NEEDS: &str = "apt-get install -y pcscd vsmartcard-vpcd iproute2 util-linux";

/// Starts the daemon, then the card, inside the namespaces; ends both with the shell.
const SCRIPT: &str = r#"
set -e
ip link set lo up
mount -t tmpfs tmpfs /run
mkdir -p /run/pcscd
pcscd --foreground --config "$1" >/dev/null 2>&1 &
exec "$2" --profile plain
"#;

struct Machine {
    process: Child,
    folder: PathBuf,
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Machine {
    fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("genvej-pcscd-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let library = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";
        assert!(std::path::Path::new(library).exists(), "needs: {NEEDS}");
        let reader = format!(
            "FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:0x8C7B\nLIBPATH {library}\n\
             CHANNELID 0x8C7B\n"
        );
        std::fs::write(folder.join("vpcd"), reader).unwrap();
        let process = Command::new("unshare")
            .args(["--map-root-user", "--net", "--mount", "--pid", "--fork", "--kill-child"])
            .args(["sh", "-c", SCRIPT, "sh"])
            .arg(&folder)
            .arg(env!("CARGO_BIN_EXE_genvej-chip-sim"))
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{error}; needs: {NEEDS}"));
        Self { process, folder }
    }

    /// The daemon's socket as seen from outside its mounts.
    fn socket(&self) -> Option<UnixStream> {
        let children = format!("/proc/{0}/task/{0}/children", self.process.id());
        let child = std::fs::read_to_string(children).ok()?;
        let child = child.split_whitespace().next()?;
        UnixStream::connect(format!("/proc/{child}/root/run/pcscd/pcscd.comm")).ok()
    }
}

/// The client's half of pcscd's own protocol, version 4.4: as much as sends APDUs.
struct Client {
    socket: UnixStream,
    card: u32,
    protocol: u32,
}

impl Client {
    fn connect(socket: UnixStream) -> Option<Self> {
        let mut client = Self { socket, card: 0, protocol: 0 };
        client.exchange(0x11, &[4, 4, 0]);
        let context = client.exchange(0x01, &[2, 0, 0])[1];
        let mut name = [0u8; 128];
        let reader = b"Virtual PCD 00 00";
        name[..reader.len()].copy_from_slice(reader);
        let mut request = vec![context];
        request.extend(name.chunks(4).map(|word| u32::from_ne_bytes(word.try_into().unwrap())));
        // Shared, T=0 or T=1.
        request.extend([2, 3, 0, 0, 0]);
        let answer = client.exchange(0x04, &request);
        let [card, protocol, status] = answer[answer.len() - 3..] else { return None };
        client.card = card;
        client.protocol = protocol;
        (status == 0).then_some(client)
    }

    fn exchange(&mut self, command: u32, words: &[u32]) -> Vec<u32> {
        self.send(command, words);
        self.receive(words.len())
    }

    fn send(&mut self, command: u32, words: &[u32]) {
        let mut message = u32::try_from(words.len() * 4).unwrap().to_ne_bytes().to_vec();
        message.extend(command.to_ne_bytes());
        message.extend(words.iter().flat_map(|word| word.to_ne_bytes()));
        self.socket.write_all(&message).unwrap();
    }

    fn receive(&mut self, words: usize) -> Vec<u32> {
        let mut bytes = vec![0; words * 4];
        self.socket.read_exact(&mut bytes).unwrap();
        bytes.chunks(4).map(|word| u32::from_ne_bytes(word.try_into().unwrap())).collect()
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        let length = u32::try_from(command.len()).unwrap();
        let request = [self.card, self.protocol, 8, length, self.protocol, 8, 65_548, 0];
        self.send(0x09, &request);
        self.socket.write_all(command).unwrap();
        let answer = self.receive(request.len());
        assert_eq!(answer[7], 0, "SCardTransmit");
        let mut data = vec![0; usize::try_from(answer[6]).unwrap()];
        self.socket.read_exact(&mut data).unwrap();
        data
    }
}

#[test]
fn a_card_is_read_through_a_real_daemon() {
    let machine = Machine::start();
    let mut client = None;
    for _ in 0..200 {
        client = machine.socket().and_then(Client::connect);
        if client.is_some() {
            break;
        }
        thread::sleep(Duration::from_millis(50));
    }
    let mut client = client.expect("no card in the virtual reader within 10 s");

    let select = [0, 0xA4, 4, 0x0C, 7, 0xA0, 0, 0, 2, 0x47, 0x10, 1];
    assert_eq!(client.transmit(&select), [0x90, 0x00]);
    let dg1 = client.transmit(&[0, 0xB0, 0x81, 0, 0]);
    let zone = b"P<UTOERIKSSON<<ANNA<MARIA";
    assert!(dg1.windows(zone.len()).any(|window| window == zone));
    // An extended length passes too: the whole of DG2 in one answer.
    let dg2 = client.transmit(&[0, 0xB0, 0x82, 0, 0, 0, 0]);
    assert!(dg2.len() > 13_000 && dg2.starts_with(&[0x75, 0x82]));
}
