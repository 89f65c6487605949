//! The phones on the table, and the page that shows them all: laid out once the server answers.

use super::{Hosts, StartError, drawn};
use crate::clerks_reader::ClerksReader;
use crate::clock::MovedClock;
use crate::drawer::Drawer;
use crate::inbox::Inbox;
use crate::operator::OperatorClient;
use crate::people::Generated;
use crate::portraits::Portraits;
use crate::seeding::Table;
use crate::signin::Provider;
use crate::start_page::{self, StartPage};
use axum::Router;
use edge::Origin;
use server::Random;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use tokio::sync::watch;

/// What phones and start page are made from.
pub(super) struct Laying {
    pub(super) port: u16,
    pub(super) folder: PathBuf,
    pub(super) people: Arc<Generated>,
    pub(super) portraits: Arc<Portraits>,
    pub(super) drawer: Arc<Drawer>,
    pub(super) clock: Arc<MovedClock>,
    pub(super) operator: Arc<OperatorClient>,
    pub(super) random: Arc<dyn Random>,
    pub(super) inbox: Inbox,
    pub(super) reader: ClerksReader,
    pub(super) provider: Provider,
    pub(super) router: Router,
}

impl Laying {
    /// Lays the phones out, and says to whoever waits that everything is there.
    pub(super) fn lay(
        self,
        hosts: &OnceLock<Hosts>,
        ready: &watch::Sender<bool>,
    ) -> Result<(), StartError> {
        let table = Table {
            port: self.port,
            folder: &self.folder,
            people: &self.people,
            drawer: &self.drawer,
            portraits: &self.portraits,
            clock: &self.clock,
            operator: &self.operator,
            random: &self.random,
        };
        let seats = table.lay().map_err(StartError::Phones)?;
        let at = |host: &str| Origin::parse(&format!("http://{host}"));
        let phones = seats
            .iter()
            .filter_map(|seat| Some((at(&seat.host).ok()?, seat.phone.router())))
            .collect();
        let token = hex::encode(drawn::<16>(&*self.random));
        let parts = start_page::Parts {
            port: self.port,
            clock: self.clock,
            people: self.people,
            portraits: self.portraits,
            drawer: self.drawer,
            inbox: self.inbox,
            operator: self.operator,
            seats,
            reader: self.reader,
            token,
            random: self.random,
        };
        let start = StartPage::new(parts).router();
        let signin = self.provider.router();
        let _ = hosts.set(Hosts { start, signin, server: self.router, phones });
        ready.send_replace(true);
        Ok(())
    }
}
