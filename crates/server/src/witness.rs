//! The witness: a second place that each checkpoint is sent to, in a folder or at an address that somebody else controls.
//!
//! Whoever can write to the database and to the folder of the checkpoint can set both back; a witness to which they cannot
//! write still shows it. A folder is compared at each start like the server's own checkpoint; an address is only written to.

use crate::authentic;
use http::Uri;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// How long sending the last checkpoint may take when the server stops.
const LAST_WITHIN: Duration = Duration::from_secs(10);

/// The place that checkpoints are sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WitnessPlace {
    /// A folder, for example one of another machine; the file in it is named after the service.
    Folder(PathBuf),
    /// An address that accepts the text by POST.
    Address(String),
}

/// The text is not a place for checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a witness is an https address, an http address of this machine, or the absolute path of a folder"
)]
pub struct NotAPlace;

impl TryFrom<String> for WitnessPlace {
    type Error = NotAPlace;

    fn try_from(text: String) -> Result<Self, NotAPlace> {
        if text.starts_with('/') {
            return Ok(Self::Folder(PathBuf::from(text)));
        }
        let uri: Uri = text.parse().map_err(|_| NotAPlace)?;
        let authority = uri.authority().ok_or(NotAPlace)?;
        let host = uri.host().ok_or(NotAPlace)?;
        let here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        let fits = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => here,
            Some(_) | None => false,
        };
        // A name before an @ is no part of a place, and has passed for one.
        if fits && !authority.as_str().contains('@') {
            Ok(Self::Address(text))
        } else {
            Err(NotAPlace)
        }
    }
}

/// Sends each checkpoint to a witness in turn, on a thread of its own, so that a slow or unreachable witness holds nothing
/// up.
#[derive(Debug)]
pub struct Witness {
    file: Option<PathBuf>,
    /// The checkpoint to send next.
    latest: Arc<Mutex<Option<String>>>,
    /// Wakes the thread up.
    wake: SyncSender<()>,
    /// True while no checkpoint waits to be sent.
    idle: watch::Receiver<bool>,
}

impl Witness {
    /// Starts the thread for this place; `origin` names the service.
    ///
    /// # Errors
    ///
    /// The thread could not be started.
    pub fn start(place: WitnessPlace, origin: &str) -> std::io::Result<Self> {
        let name: String =
            origin.chars().map(|it| if it.is_ascii_alphanumeric() { it } else { '-' }).collect();
        let file = match &place {
            WitnessPlace::Folder(folder) => Some(folder.join(format!("{name}.checkpoint"))),
            WitnessPlace::Address(_) => None,
        };
        let latest: Arc<Mutex<Option<String>>> = Arc::default();
        let (wake, woken) = sync_channel(1);
        let (done, idle) = watch::channel(true);
        let teller = Teller { place, file: file.clone(), latest: Arc::clone(&latest), done };
        std::thread::Builder::new()
            .name("checkpoint-witness".to_owned())
            .spawn(move || teller.run(&woken))?;
        Ok(Self { file, latest, wake, idle })
    }

    /// The witness's file, where it can be compared.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        self.file.clone()
    }

    /// Sends this checkpoint next, in place of one that still waits.
    pub(crate) fn tell(&self, text: String) {
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
        match self.wake.try_send(()) {
            Ok(()) | Err(TrySendError::Full(())) => {}
            Err(TrySendError::Disconnected(())) => tracing::error!("the witness is told no more"),
        }
    }

    /// Waits a moment until the last checkpoint was sent.
    pub(crate) async fn told(&self) {
        let nothing_left = || self.latest.lock().unwrap_or_else(PoisonError::into_inner).is_none();
        let mut idle = self.idle.clone();
        let told = tokio::time::timeout(LAST_WITHIN, async {
            while !(nothing_left() && *idle.borrow_and_update()) {
                if idle.changed().await.is_err() {
                    return;
                }
            }
        });
        if told.await.is_err() {
            tracing::warn!("the witness was not told the last checkpoint");
        }
    }
}

/// The thread that sends checkpoints.
struct Teller {
    place: WitnessPlace,
    file: Option<PathBuf>,
    latest: Arc<Mutex<Option<String>>>,
    done: watch::Sender<bool>,
}

impl Teller {
    fn run(&self, woken: &Receiver<()>) {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .timeout_global(Some(ANSWER_WITHIN))
            .max_redirects(0)
            .build()
            .into();
        while woken.recv().is_ok() {
            self.done.send_replace(false);
            let text = self.latest.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(text) = text {
                match self.tell(&agent, &text) {
                    Ok(()) => {}
                    Err(error) => {
                        tracing::warn!(error = %error, "the witness was not told a checkpoint");
                    }
                }
            }
            self.done.send_replace(true);
        }
    }

    fn tell(
        &self,
        agent: &ureq::Agent,
        text: &str,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        match (&self.place, &self.file) {
            (WitnessPlace::Folder(_), Some(file)) => authentic::write(file, text)?,
            (WitnessPlace::Folder(_), None) => {}
            (WitnessPlace::Address(address), _) => {
                agent.post(address).content_type("text/plain; charset=utf-8").send(text)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};

    #[test]
    fn a_place_is_a_folder_or_an_address_that_nobody_reads_on_the_way() {
        let place = |text: &str| WitnessPlace::try_from(text.to_owned());
        let address = |text: &str| Ok(WitnessPlace::Address(text.to_owned()));

        assert_eq!(place("/srv/witness"), Ok(WitnessPlace::Folder(PathBuf::from("/srv/witness"))));
        for good in ["https://witness.example/genvej", "http://127.0.0.1:9/a", "http://localhost/"]
        {
            assert_eq!(place(good), address(good));
        }
        for bad in [
            "http://witness.example/",
            "http://localhost:x@evil.example/",
            "https://a@witness.example/",
            "ftp://localhost/",
            "witness",
            "",
        ] {
            assert_eq!(place(bad), Err(NotAPlace), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_folder_and_an_address_get_each_checkpoint() {
        let folder = tempfile::tempdir().unwrap();
        let place = WitnessPlace::Folder(folder.path().to_owned());
        let witness = Witness::start(place, "recovery.example:8443").unwrap();
        witness.tell("one\n".to_owned());
        witness.tell("two\n".to_owned());
        witness.told().await;
        let file = folder.path().join("recovery-example-8443.checkpoint");
        assert_eq!(std::fs::read_to_string(file).unwrap(), "two\n");

        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/kept", listener.local_addr().unwrap());
        let asked = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut text = Vec::new();
            let mut buffer = [0; 1_024];
            while !text.ends_with(b"three\n") {
                let read = stream.read(&mut buffer).unwrap();
                text.extend_from_slice(&buffer[..read]);
            }
            stream.write_all(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n").unwrap();
            String::from_utf8(text).unwrap()
        });
        let witness = Witness::start(WitnessPlace::try_from(address).unwrap(), "a").unwrap();
        witness.tell("three\n".to_owned());
        witness.told().await;

        assert!(asked.join().unwrap().starts_with("POST /kept HTTP/1.1\r\n"));
    }
}
