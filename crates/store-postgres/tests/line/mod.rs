//! A line between a store and its server that is cut at a chosen word.
#![expect(
    clippy::indexing_slicing,
    reason = "what was read is no longer than what it was read into"
)]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What becomes of the next message to the server that holds the word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// It is let through, and its answer is lost.
    After,
    /// It is lost.
    Before,
    /// It is lost, and nobody is told: the line is open and silent.
    Silent,
}

/// The cut that waits for its word.
type Told = Mutex<Option<(Cut, &'static [u8])>>;

/// Listens on a free port and hands everything on, until it is told to cut.
pub(crate) struct Line {
    pub(crate) port: u16,
    cut: Arc<Told>,
}

impl Line {
    /// A line to the server at `port`. Its threads end with the test.
    pub(crate) fn to(port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let own = listener.local_addr().unwrap().port();
        let cut = Arc::<Told>::default();
        let shared = Arc::clone(&cut);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { continue };
                let (back, forth) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                std::thread::spawn(move || hand_on(back, forth));
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || watch(client, server, &shared));
            }
        });
        Self { port: own, cut }
    }

    /// Cuts the connection on which this word is said next, once.
    pub(crate) fn cut(&self, how: Cut, at: &'static str) {
        *self.cut.lock().unwrap() = Some((how, at.as_bytes()));
    }

    /// Whether a cut still waits for its word.
    pub(crate) fn waits(&self) -> bool {
        self.cut.lock().unwrap().is_some()
    }
}

fn hand_on(mut from: TcpStream, mut to: TcpStream) {
    let mut bytes = [0; 16_384];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        if to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

fn watch(mut client: TcpStream, mut server: TcpStream, told: &Told) {
    let mut bytes = [0; 16_384];
    while let Ok(read @ 1..) = client.read(&mut bytes) {
        let said = &bytes[..read];
        let mut cut = told.lock().unwrap();
        if let Some((how, word)) = *cut
            && said.windows(word.len()).any(|window| window == word)
        {
            *cut = None;
            drop(cut);
            if how == Cut::Silent {
                // What the server says at last still comes through, by the other thread.
                std::thread::sleep(std::time::Duration::from_secs(60));
                break;
            }
            // The client hears nothing more, whatever the server answers.
            client.shutdown(Shutdown::Both).unwrap();
            if how == Cut::After {
                server.write_all(said).unwrap();
                // The server is left the time to do it: it would drop what it has not read yet.
                std::thread::sleep(std::time::Duration::from_millis(500));
            }
            break;
        }
        drop(cut);
        if server.write_all(said).is_err() {
            break;
        }
    }
    let _ = server.shutdown(Shutdown::Both);
}
