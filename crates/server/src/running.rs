//! Builds a server from its parts, and stops it in the right order.

use crate::backend::{self, Database};
use crate::background;
use crate::build_error::BuildError;
use crate::config;
use crate::config::Config;
use crate::cosigning;
use crate::erasures::Erasures;
use crate::kept::{Kept, Replayed, keep};
use crate::key_file::KeyFile;
use crate::listeners::Listeners;
use crate::number_service::NumberService;
use crate::operations::{Gauges, Leaving};
use crate::pictures::PictureWorkers;
use crate::provider;
use crate::senders;
use crate::{policy_file, routing, trust, wiring};
use axum::Router;
use chip::csca;
use chip::date::UnixTime;
use edge::{Door, DoorState, Limits};
use messages::{MailSender, SmsSender};
use recovery::policy::Policy;
use registers::EmbeddedRegisters;
use service::parts::{FaceMatcher, NumberIntelligence, Registers};
use service::{Clock, Parts, Random, Service};
use std::fmt;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// How long a start may take before the sites answer that the service is not ready.
const OPENS_WITHIN: Duration = Duration::from_secs(5);

/// Parts that a binary puts in place of those that the configuration names.
#[derive(Default)]
pub struct Overrides {
    /// A store that is open already.
    pub store: Option<Arc<dyn Store>>,
    /// Registers that are loaded already.
    pub registers: Option<Arc<EmbeddedRegisters>>,
    /// The certificates of trusted issuing states.
    pub csca: Option<Arc<csca::Store>>,
    /// Compares faces.
    pub faces: Option<Arc<dyn FaceMatcher>>,
    /// Decodes pictures for the faces that are compared here.
    pub pictures: Option<Arc<PictureWorkers>>,
    /// The keys outside the database.
    pub keys: Option<KeyFile>,
    /// The rules, in place of those that the configuration names.
    pub policy: Option<Policy>,
}

impl fmt::Debug for Overrides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Overrides")
    }
}

/// A server that is ready to answer, with its background jobs running.
#[derive(Debug)]
pub struct Running {
    /// The routes of every site, by host name, and of health.
    pub router: Router,
    /// The routes of health and metrics alone, for an address of their own.
    pub operations: Router,
    /// The routes for the other servers of the cluster.
    pub within: Router,
    /// The use cases.
    pub service: Service,
    centres: Vec<registers::Centre>,
    stop: watch::Sender<bool>,
    loops: JoinSet<()>,
    replayed: Replayed,
    kept: Kept,
    database: Option<Arc<Database>>,
    gauges: Arc<Gauges>,
    leaving: Leaving,
    http: config::Http,
    cluster: Option<config::Cluster>,
}

/// Builds the server that a configuration describes and starts its background work.
///
/// # Errors
///
/// [`BuildError`] says which part cannot start.
pub fn build(
    config: &Config,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    overrides: Overrides,
) -> Result<Running, BuildError> {
    let now = UnixTime::from_secs(clock.now().0.div_euclid(1_000));
    let keys = match overrides.keys {
        Some(keys) => keys,
        None => KeyFile::read(&config.keys.file).map_err(BuildError::Keys)?,
    };
    let (store, database) = opened(config, overrides.store)?;
    let (of_pin, keys) = (Arc::new(keys.pin), keys.keys);
    let kept = keep(config, store, &keys, &random, database.is_some())?;
    let registers = match overrides.registers {
        Some(registers) => registers,
        None => Arc::new(wiring::registers_of(&config.registers)?),
    };
    let centres = registers.tables().centres().to_vec();
    let csca = match overrides.csca {
        Some(csca) => csca,
        None => Arc::new(trust::load(&config.chip.trust, now).map_err(BuildError::Trust)?),
    };
    let policy = rules(config, overrides.policy)?;
    let faces = wiring::faces(config, (overrides.faces, overrides.pictures), &policy)?;
    let sms: Arc<dyn SmsSender> = senders::sms(&config.sms).map_err(BuildError::Senders)?;
    let mail: Arc<dyn MailSender> = senders::mail(&config.mail).map_err(BuildError::Senders)?;
    let numbers = NumberService::new(&config.numbers).map_err(BuildError::Numbers)?;
    let service = Service::new(Parts {
        store: Arc::clone(&kept.store) as _,
        clock,
        random,
        policy: Arc::new(policy),
        keys,
        pin: of_pin,
        registers: Registers::embedded(&registers),
        csca,
        chip_policy: trust::policy(&config.chip).map_err(BuildError::Trust)?,
        faces,
        numbers: numbers.map(|numbers| Arc::new(numbers) as Arc<dyn NumberIntelligence>),
        sms,
        mail,
        texts: Arc::new(wiring::texts(&config.support)?),
        operator_clients: wiring::clients(&config.operator),
        settings: wiring::settings(config, kept.epoch),
    });
    let gauges = Arc::new(Gauges::of(&service));
    let oidc = provider::provider(config).map_err(BuildError::Provider)?;
    let (stop, stopped) = watch::channel(false);
    let (loops, replayed) = beside(config, &service, &centres, &gauges, &kept, &stopped);
    let leaving = Leaving::default();
    let routes = routing::sites(config, &service, &gauges, &leaving, oidc.as_ref(), &replayed);
    Ok(Running {
        router: routes.public,
        within: routes.within,
        operations: routing::operations(config, &service, &gauges, &leaving, &replayed),
        service,
        centres,
        stop,
        loops,
        replayed,
        kept,
        database,
        gauges,
        leaving,
        http: config.http.clone(),
        cluster: config.cluster.clone(),
    })
}

/// The rules that are passed in, else those that the configuration names.
fn rules(config: &Config, handed: Option<Policy>) -> Result<Policy, BuildError> {
    match handed {
        Some(policy) => Ok(policy),
        None => policy_file::of_configuration(&config.policy).map_err(BuildError::Policy),
    }
}

/// Starts the background jobs.
fn beside(
    config: &Config,
    service: &Service,
    centres: &[registers::Centre],
    gauges: &Arc<Gauges>,
    kept: &Kept,
    stopped: &background::Stop,
) -> (JoinSet<()>, Replayed) {
    let erasures = Erasures::at(config.erased());
    let (mut loops, replayed) =
        background::start(service, centres.to_vec(), gauges, erasures, kept, stopped);
    cosigning::start(&mut loops, &config.journal, (service, kept), &replayed, stopped);
    (loops, replayed)
}

/// A store, and the database behind it where it was opened here.
type Opened = (Arc<dyn Store>, Option<Arc<Database>>);

/// The store that is passed in, else the database that the configuration names.
fn opened(config: &Config, handed: Option<Arc<dyn Store>>) -> Result<Opened, BuildError> {
    if let Some(store) = handed {
        return Ok((store, None));
    }
    let database = Arc::new(backend::open(config).map_err(BuildError::Store)?);
    Ok((Arc::clone(&database) as Arc<dyn Store>, Some(database)))
}

impl Running {
    /// Waits until everything may be served: the database and the clock are trusted, and the erasures are replayed.
    ///
    /// # Errors
    ///
    /// The reason for which the database will not be served.
    pub async fn ready(&mut self) -> io::Result<()> {
        let told = "the database was set back, or erasures could not be replayed: nothing is served, and the log says why";
        self.replayed.wait_for(|done| *done).await.map(|_| ()).map_err(|_| io::Error::other(told))
    }

    /// Binds the addresses of the configuration and serves them as [`Self::serve_at`] does.
    ///
    /// # Errors
    ///
    /// An address that cannot be bound, or an error of [`Self::serve_at`].
    pub async fn serve(self, signal: impl Future<Output = ()> + Send) -> io::Result<()> {
        let listeners = Listeners::bind(&self.http, self.cluster.as_ref())?;
        self.serve_at(listeners, signal).await
    }

    /// Answers until `signal`, then stops: `/readyz` says so first, then no new connection is taken, requests under way are
    /// finished, the background jobs end, and the store is closed.
    ///
    /// # Errors
    ///
    /// Erasures that could not be replayed on a restored database.
    pub async fn serve_at(
        mut self,
        listeners: Listeners,
        signal: impl Future<Output = ()> + Send,
    ) -> io::Result<()> {
        let mut signal = std::pin::pin!(signal);
        let limits = self.http.limits(edge::descriptors::raise());
        let connections_max = limits.connections_max;
        let Listeners { public: listener, operations: operations_listener, cluster } = listeners;
        let address = listener.local_addr()?;
        let (public, public_state) = watch::channel(DoorState::Open);
        let door = Door::new(listener, limits, public_state);
        self.gauges.show(door.counts());
        let (operations, operations_state) = watch::channel(DoorState::Open);
        let within_served = self.serve_cluster(cluster, operations_state.clone())?;
        let operations_served = self.serve_operations(operations_listener, operations_state)?;
        tracing::info!(%address, connections_max, "listening");
        // Connections wait in the listener's queue for a start that goes well, so that a restart behind a proxy loses none. Where
        // it takes longer, the sites answer that they are not ready, and the operations address says why.
        let mut stopped = false;
        let mut begun = tokio::select! {
            begun = tokio::time::timeout(OPENS_WITHIN, self.ready()) => begun.ok(),
            () = &mut signal => {
                stopped = true;
                None
            }
        };
        let mut served = tokio::spawn(door.serve(self.router.clone()));
        if begun.is_none() && !stopped {
            begun = tokio::select! {
                begun = self.ready() => Some(begun),
                () = &mut signal => None,
            };
        }
        let failed = match begun {
            Some(Ok(())) => {
                signal.await;
                None
            }
            Some(Err(error)) => Some(error),
            // Whoever is stopped before it began still says what it would not have believed.
            None if self.service.clock_mistrust().is_none() => {
                let within = seconds(self.http.drain_secs);
                tokio::time::timeout(within, self.ready()).await.ok().and_then(Result::err)
            }
            None => None,
        };
        if let Some(error) = failed {
            self.service.tell_alarms().await;
            served.abort();
            for served in [operations_served, within_served].into_iter().flatten() {
                served.abort();
            }
            self.stop().await;
            return Err(error);
        }
        tracing::info!("stopping");
        self.leaving.leave();
        public.send_replace(DoorState::Leaving);
        tokio::time::sleep(seconds(self.http.unready_secs)).await;
        public.send_replace(DoorState::Closed);
        self.stop.send_replace(true);
        if tokio::time::timeout(seconds(self.http.drain_secs), &mut served).await.is_err() {
            tracing::warn!("requests under way took too long and were cut off");
            served.abort();
        }
        // Those who look whether the server is well are told to the last.
        operations.send_replace(DoorState::Closed);
        for served in [operations_served, within_served].into_iter().flatten() {
            served.abort();
        }
        self.stop().await;
        Ok(())
    }

    /// Serves health and metrics, where they have an address of their own.
    fn serve_operations(
        &self,
        listener: Option<TcpListener>,
        state: watch::Receiver<DoorState>,
    ) -> io::Result<Option<JoinHandle<()>>> {
        let Some(listener) = listener else { return Ok(None) };
        tracing::info!(address = %listener.local_addr()?, "health and metrics");
        let door = Door::new(listener, Limits::operations(), state);
        Ok(Some(tokio::spawn(door.serve(self.operations.clone()))))
    }

    /// Serves what the other servers of the cluster hand over, where there are others.
    fn serve_cluster(
        &self,
        listener: Option<TcpListener>,
        state: watch::Receiver<DoorState>,
    ) -> io::Result<Option<JoinHandle<()>>> {
        let (Some(listener), Some(cluster)) = (listener, &self.cluster) else { return Ok(None) };
        tracing::info!(address = %listener.local_addr()?, "for the other servers of the cluster");
        let door = Door::new(listener, cluster.limits(), state);
        Ok(Some(tokio::spawn(door.serve(self.within.clone()))))
    }

    /// Saves the centres of the register folder now, for a command that names one.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn take_in_centres(&self) -> Result<(), service::Failure> {
        if self.centres.is_empty() {
            return Ok(());
        }
        self.service.set_centres(&self.centres).await
    }

    /// Ends the background jobs and closes the store; every acknowledged commit is on the disk then.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let ended = tokio::time::timeout(seconds(self.http.drain_secs), async {
            while self.loops.join_next().await.is_some() {}
        });
        if ended.await.is_err() {
            // A row whose runner is cut off comes back when its lease has lapsed.
            self.loops.shutdown().await;
        }
        background::last_round(&self.service, &self.kept).await;
        if let Some(database) = self.database.take() {
            let _ = tokio::task::spawn_blocking(move || database.close()).await;
        }
        tracing::info!("stopped");
    }
}

fn seconds(count: u16) -> Duration {
    Duration::from_secs(u64::from(count))
}
