//! The servers of the town: one, or several that share a database.

use super::StartError;
use super::places::Places;
use crate::camera::TURN_DEGREES_MAX;
use crate::clock::MovedClock;
use crate::people::Generated;
use axum::Router;
use axum::extract::Request;
use server::config::Config;
use server::key_file::KeyFile;
use server::pictures::PictureWorkers;
use server::{EmbeddedRegisters, Overrides, Random, Running};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower::ServiceExt as _;

/// What the servers are built from.
pub(super) struct Cluster<'a> {
    pub(super) places: &'a Places<'a>,
    pub(super) pictures: Arc<PictureWorkers>,
    pub(super) people: &'a Generated,
    pub(super) clock: &'a Arc<MovedClock>,
    pub(super) random: &'a Arc<dyn Random>,
}

impl Cluster<'_> {
    /// So many servers that are ready, over one database with fresh keys. They hand over to each other until `stopped` says that
    /// they stop.
    pub(super) async fn servers(
        &self,
        count: u8,
        stopped: &watch::Receiver<bool>,
    ) -> Result<Vec<Running>, StartError> {
        let port_error = |source| StartError::Port { port: 0, source };
        let mut listeners = Vec::new();
        let mut addresses: Vec<SocketAddr> = Vec::new();
        // A server that is alone hands over to nobody: one port is what a visitor is promised.
        for _ in 0..if count > 1 { count } else { 0 } {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(port_error)?;
            addresses.push(listener.local_addr().map_err(port_error)?);
            listeners.push(listener);
        }
        let mut listeners = listeners.into_iter();
        let mut servers = Vec::new();
        let mut first: Option<Config> = None;
        for number in 1..=count.max(1) {
            let config = self.places.config(number, &addresses)?;
            match &first {
                Some(first) => join(&config, first)?,
                None => self.install(&config).await?,
            }
            let server = self.built(&config).await?;
            if let Some(listener) = listeners.next() {
                let mut stopped = stopped.clone();
                let stop = async move {
                    let _ = stopped.wait_for(|stop| *stop).await;
                };
                tokio::spawn(edge::serve_locally(listener, server.within.clone(), stop));
            }
            servers.push(server);
            first.get_or_insert(config);
        }
        Ok(servers)
    }

    /// Makes keys and database.
    async fn install(&self, config: &Config) -> Result<(), StartError> {
        let keys = KeyFile::generate(&**self.random);
        keys.create(&config.keys.file).map_err(StartError::Keys)?;
        let installed = server::migrate(config, &keys.keys, &**self.clock, self.random).await;
        installed.map(drop).map_err(StartError::Store)
    }

    /// A server that is ready.
    async fn built(&self, config: &Config) -> Result<Running, StartError> {
        let tables = self.people.tables().map_err(StartError::People)?;
        let overrides = Overrides {
            policy: Some(rules(config)?),
            registers: Some(Arc::new(EmbeddedRegisters::new(tables))),
            pictures: Some(Arc::clone(&self.pictures)),
            ..Overrides::default()
        };
        let (clock, random) = (Arc::clone(self.clock) as _, Arc::clone(self.random));
        let mut server =
            server::build(config, clock, random, overrides).map_err(StartError::Server)?;
        server.ready().await.map_err(StartError::NotReady)?;
        Ok(server)
    }
}

/// Gives a further server what it has to know from outside the database: the keys, the mark that evidence is kept, and the
/// checkpoint (docs/scale.md).
fn join(further: &Config, first: &Config) -> Result<(), StartError> {
    let (from, to) = (&first.keys.file, &further.keys.file);
    let of = |path: &Path| {
        let path = path.to_owned();
        move |source| StartError::Folder { path, source }
    };
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).map_err(of(folder))?;
    }
    for extension in ["keys", "epoch", "checkpoint"] {
        let (from, to) = (from.with_extension(extension), to.with_extension(extension));
        if from.exists() {
            std::fs::copy(&from, &to).map_err(of(&to))?;
        }
    }
    Ok(())
}

/// The rules that the configuration names, with no turn of the head that a drawn face cannot show: beyond it the owner would be
/// refused as another person, whichever policy is tried.
fn rules(config: &Config) -> Result<server::Policy, StartError> {
    let mut rules =
        server::policy_file::of_configuration(&config.policy).map_err(StartError::Policy)?;
    rules.chip_face.turn_degrees_max = rules.chip_face.turn_degrees_max.min(TURN_DEGREES_MAX);
    Ok(rules)
}

/// One router before several: each request goes to the next of them, so that whatever a server kept for itself would be missed at
/// once.
pub(super) fn in_turn(routers: Vec<Router>) -> Router {
    let (routers, next) = (Arc::new(routers), Arc::new(AtomicUsize::new(0)));
    Router::new().fallback(move |request: Request| {
        let turn = next.fetch_add(1, Ordering::Relaxed).checked_rem(routers.len());
        let router = turn.and_then(|turn| routers.get(turn)).cloned().unwrap_or_default();
        async move {
            match router.oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            }
        }
    })
}
