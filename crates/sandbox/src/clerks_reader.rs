//! The smart card reader on the clerk's desk: the program that lends it is the real one (`desk-reader`), what lies on it comes
//! from the drawer.

use crate::drawer::HeldDocument;
use desk_reader::{Contact, Lent, Line, Lost, NoContact, Slot};
use phone::{Card, CardSlot as _, NoCard};
use server::Random;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

/// What the reader is called, as a real one would be.
const NAME: &str = "Genvej sandbox reader";

/// The reader, and what the clerk types into the console to reach it.
#[derive(Clone, Debug)]
pub(crate) struct ClerksReader {
    pub(crate) slot: HeldDocument,
    pub(crate) address: String,
    pub(crate) token: String,
}

/// The program; it ends where this is dropped.
#[derive(Debug)]
pub(crate) struct Lending(JoinHandle<()>);

impl Drop for Lending {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl ClerksReader {
    /// Lends the reader to the console of this sandbox, on a port of its own as the program does.
    pub(crate) async fn lend(port: u16, random: Arc<dyn Random>) -> io::Result<(Self, Lending)> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let host = format!("127.0.0.1:{}", listener.local_addr()?.port());
        let mut token = [0; 16];
        random.fill(&mut token);
        let slot = HeldDocument::default();
        let line = Line::new(Lent {
            host: host.clone(),
            origin: format!("http://desk.localhost:{port}").parse().map_err(io::Error::other)?,
            token,
            slot: Box::new(OnDesk(slot.clone())),
            random: Box::new(move |octets| random.fill(octets)),
        });
        let reader =
            Self { slot, address: format!("http://{host}"), token: line.token().to_owned() };
        let router = line.router();
        let serving = tokio::spawn(edge::serve_locally(listener, router, std::future::pending()));
        Ok((reader, Lending(serving)))
    }
}

struct OnDesk(HeldDocument);

impl Slot for OnDesk {
    fn reader(&self) -> Option<String> {
        Some(NAME.to_owned())
    }

    fn has_card(&self) -> bool {
        self.0.is_present()
    }

    fn connect(&self) -> Result<Box<dyn Contact>, NoContact> {
        match self.0.clone().connect() {
            Ok(card) => Ok(Box::new(OnReader(card))),
            Err(NoCard::Nothing) => Err(NoContact::NoCard),
            Err(NoCard::NoReader) => Err(NoContact::NoReader),
        }
    }
}

struct OnReader(Box<dyn Card>);

impl Contact for OnReader {
    fn transmit(&mut self, command: &[u8]) -> Result<Zeroizing<Vec<u8>>, Lost> {
        self.0.transmit(command).map_err(|_| Lost)
    }
}
