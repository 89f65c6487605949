//! Puts the parts together, and takes them apart in the right order.

use crate::backend::{self, Database};
use crate::background::{self, Replayed};
use crate::checkpoint_file::{self, CheckpointFile};
use crate::config;
use crate::config::{Config, Unsynchronised};
use crate::epoch_file::EpochError;
use crate::erasures::Erasures;
use crate::faces::{self, FacePool, FacesError};
use crate::gate;
use crate::key_file::{KeyFile, KeyFileError};
use crate::number_service::{NumberService, NumberServiceError};
use crate::operations::{self, Gauges, Leaving};
use crate::pictures::{self, PictureWorkers};
use crate::provider::{self, ProviderError};
use crate::receipts::ReceiptFiles;
use crate::senders::{self, SendersError};
use crate::trust::{self, TrustError};
use crate::witness::Witness;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use chip::csca;
use chip::date::UnixTime;
use edge::{Door, DoorState, Limits};
use messages::texts::Sender;
use messages::{MailSender, SmsSender, Texts};
use recovery::policy::Policy;
use registers::{EmbeddedRegisters, Freshness, Tables};
use service::numbers::NumberIntelligence;
use service::operator_token::Client;
use service::parts::FaceMatcher;
use service::{Clock, Failure, Parts, Random, Service, Settings};
use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use store::keeper::{KeptStore, Known, RandomBytes};
use store::keys::Keys;
use store::lease::Holder;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio::task::JoinSet;
use web::Code;
use web::{CitizenSettings, Oidc, Refusal, SiteSettings, Sites};

/// Connections that the system takes while nobody has looked at them yet.
const WAITING_MAX: u32 = 4_096;
/// How long a start may take before the sites answer that they are not ready.
const OPENS_WITHIN: Duration = Duration::from_secs(5);

/// What a binary puts in the place of what the configuration names.
#[derive(Default)]
pub struct Overrides {
    /// A store that is open already.
    pub store: Option<Arc<dyn Store>>,
    /// Registers that are filled already.
    pub registers: Option<Arc<EmbeddedRegisters>>,
    /// Trusted issuing states.
    pub csca: Option<Arc<csca::Store>>,
    /// Compares faces.
    pub faces: Option<Arc<dyn FaceMatcher>>,
    /// Decodes pictures for the faces that are compared here.
    pub pictures: Option<Arc<PictureWorkers>>,
    /// The keys outside the database.
    pub keys: Option<KeyFile>,
}

impl fmt::Debug for Overrides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Overrides")
    }
}

/// The server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The key file.
    #[error("the keys cannot be read")]
    Keys(#[source] KeyFileError),
    /// The database.
    #[error("the database cannot be opened")]
    Store(#[source] backend::StoreOpenError),
    /// The policy file cannot be read.
    #[error("the policy file cannot be read")]
    PolicyFile(#[source] io::Error),
    /// The policy is wrong.
    #[error("the policy cannot be used")]
    Policy(#[source] recovery::policy::LoadError),
    /// The face models.
    #[error("faces cannot be compared")]
    Faces(#[source] FacesError),
    /// The trusted states.
    #[error("the trusted issuing states cannot be read")]
    Trust(#[source] TrustError),
    /// The registers.
    #[error("the registers cannot be read")]
    Registers(#[source] registers::embedded::FileError),
    /// Who is asked about phone numbers.
    #[error("phone numbers cannot be asked about")]
    Numbers(#[source] NumberServiceError),
    /// SMS or mail.
    #[error("messages cannot be sent")]
    Senders(#[source] SendersError),
    /// The line to the provider of staff sign-in.
    #[error("staff cannot sign in")]
    Provider(#[source] ProviderError),
    /// The mark beside the key file.
    #[error("the mark beside the key file")]
    Epoch(#[source] EpochError),
    /// The database was never brought to the layout that evidence is kept in.
    #[error("no evidence is kept about the rows of the database yet: run `genvej migrate`")]
    NotMigrated,
    /// Receipts cannot be written.
    #[error("the receipts beside the checkpoint {} cannot be written: what is committed could be dropped unseen", path.display())]
    Receipts {
        /// The checkpoint.
        path: PathBuf,
        /// What the layer below says.
        #[source]
        source: io::Error,
    },
    /// The second witness.
    #[error("the witness of checkpoints cannot be told")]
    Witness(#[source] io::Error),
    /// The texts of messages, pages or policy.
    #[error("a part of the service cannot start")]
    Service(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A server that is ready to answer; its background work is under way.
#[derive(Debug)]
pub struct Running {
    /// Every site, by host name, and the checks of its health.
    pub router: Router,
    /// Health and metrics alone, for an address of their own.
    pub operations: Router,
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
}

/// The addresses of a server, listened on before it is built: whoever connects meanwhile waits, and is not turned away.
#[derive(Debug)]
pub struct Listeners {
    public: TcpListener,
    operations: Option<TcpListener>,
}

impl Listeners {
    /// Listens on the addresses of a configuration.
    ///
    /// # Errors
    ///
    /// An address that cannot be listened on.
    pub fn bind(http: &config::Http) -> io::Result<Self> {
        let operations = http.operations_address().map(listen).transpose()?;
        Ok(Self { public: listen(http.listen)?, operations })
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let named = |error: io::Error| {
        io::Error::new(error.kind(), format!("{address} cannot be listened on: {error}"))
    };
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address).map_err(named)?;
    socket.listen(WAITING_MAX).map_err(named)
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
    let (store, database) = match overrides.store {
        Some(store) => (store, None),
        None => {
            let database = Arc::new(backend::open(config).map_err(BuildError::Store)?);
            (Arc::clone(&database) as Arc<dyn Store>, Some(database))
        }
    };
    let (of_pin, keys) = (Arc::new(keys.pin), keys.keys);
    let kept = keep(config, store, &keys, &random, database.is_some())?;
    let registers = match overrides.registers {
        Some(registers) => registers,
        None => Arc::new(registers_of(&config.registers)?),
    };
    let centres = registers.tables().centres().to_vec();
    let csca = match overrides.csca {
        Some(csca) => csca,
        None => Arc::new(trust::load(&config.chip.trust, now).map_err(BuildError::Trust)?),
    };
    let policy = policy(&config.policy)?;
    let faces = match overrides.faces {
        Some(faces) => faces,
        None => {
            let pool = face_pool(config, overrides.pictures).map_err(BuildError::Faces)?;
            pool.satisfies(&policy.chip_face).map_err(BuildError::Faces)?;
            Arc::new(pool)
        }
    };
    let sms: Arc<dyn SmsSender> = senders::sms(&config.sms).map_err(BuildError::Senders)?;
    let mail: Arc<dyn MailSender> = senders::mail(&config.mail).map_err(BuildError::Senders)?;
    let numbers = NumberService::new(&config.numbers).map_err(BuildError::Numbers)?;
    let numbers = numbers.map(|numbers| Arc::new(numbers) as Arc<dyn NumberIntelligence>);
    let service = Service::new(Parts {
        store: Arc::clone(&kept.store) as _,
        clock,
        random,
        policy: Arc::new(policy),
        keys,
        pin: of_pin,
        registers: service::parts::Registers {
            population: Arc::clone(&registers) as _,
            passports: Arc::clone(&registers) as _,
            licences: Arc::clone(&registers) as _,
            document_status: registers,
        },
        csca,
        chip_policy: trust::policy(&config.chip).map_err(BuildError::Trust)?,
        faces,
        numbers,
        sms,
        mail,
        texts: Arc::new(texts(&config.support)?),
        operator_clients: clients(&config.operator),
        settings: settings(config),
    });
    let gauges = Arc::new(Gauges::of(&service));
    let oidc = provider::provider(config).map_err(BuildError::Provider)?;
    let (stop, stopped) = watch::channel(false);
    let erasures = Erasures::at(config.erased());
    let (loops, replayed) =
        background::start(&service, centres.clone(), &gauges, erasures, &kept, &stopped);
    let leaving = Leaving::default();
    Ok(Running {
        router: router(config, &service, &gauges, &leaving, oidc.as_ref(), &replayed),
        operations: operations_router(config, &service, &gauges, &leaving, &replayed),
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
    })
}

/// The store that the use cases see, with what is known of it apart from the database.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) store: Arc<KeptStore>,
    pub(crate) checkpoint: CheckpointFile,
    pub(crate) receipts: Arc<ReceiptFiles>,
    /// What this process is called where one of several does a job.
    pub(crate) holder: Holder,
}

/// Stands evidence before the store. `installed` says that the store is a database of this installation, which `genvej migrate`
/// has to have begun the evidence of; a store that a binary hands in begins with nothing.
fn keep(
    config: &Config,
    store: Arc<dyn Store>,
    keys: &Arc<Keys>,
    random: &Arc<dyn Random>,
    installed: bool,
) -> Result<Kept, BuildError> {
    let path = config.checkpoint_path();
    let epoch = if installed {
        config.epoch().read(keys).map_err(BuildError::Epoch)?.ok_or(BuildError::NotMigrated)?
    } else {
        1
    };
    let place = config.store.witness.as_ref();
    let witness = place.map(|place| Witness::start(place.0.clone(), &config.checkpoint_origin()));
    let witness = witness.transpose().map_err(BuildError::Witness)?;
    let checkpoint = config.checkpoint(keys).with_witness(witness);
    // One that cannot be read is said by the check, before anything is served.
    let anchor = checkpoint.read().ok().flatten().as_ref().and_then(checkpoint_file::anchor);
    let mut holder = [0; 16];
    random.fill(&mut holder);
    let holder = Holder(u128::from_be_bytes(holder));
    let (receipts, left) = ReceiptFiles::open(&path, epoch, holder.0)
        .map_err(|source| BuildError::Receipts { path, source })?;
    let receipts = Arc::new(receipts);
    let known = Known { epoch, anchor, receipts: left };
    let bytes = Arc::clone(random);
    let bytes: RandomBytes = Arc::new(move |buffer: &mut [u8]| bytes.fill(buffer));
    let store = KeptStore::new(store, keys, bytes, known, Some(Arc::clone(&receipts) as _));
    Ok(Kept { store: Arc::new(store), checkpoint, receipts, holder })
}

impl Running {
    /// Waits until everything may be served: the database is believed, the clock is, and erasures are replayed.
    ///
    /// # Errors
    ///
    /// What will not be believed, whatever comes.
    pub async fn ready(&mut self) -> io::Result<()> {
        let told = "the database was set back, or erasures could not be replayed: nothing is served, and the log says why";
        self.replayed.wait_for(|done| *done).await.map(|_| ()).map_err(|_| io::Error::other(told))
    }

    /// Listens on the addresses of the configuration, as [`Self::serve_at`] does on these.
    ///
    /// # Errors
    ///
    /// An address that cannot be listened on; what [`Self::serve_at`] says.
    pub async fn serve(self, signal: impl Future<Output = ()> + Send) -> io::Result<()> {
        let listeners = Listeners::bind(&self.http)?;
        self.serve_at(listeners, signal).await
    }

    /// Answers until `signal`, then stops: first `/readyz` says so, then no connection is taken any more, what is under way
    /// is finished, the background work comes to an end, the store is closed.
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
        let Listeners { public: listener, operations: operations_listener } = listeners;
        let address = listener.local_addr()?;
        let (public, public_state) = watch::channel(DoorState::Open);
        let door = Door::new(listener, limits, public_state);
        self.gauges.show(door.counts());
        let (operations, operations_state) = watch::channel(DoorState::Open);
        let operations_served = match operations_listener {
            Some(listener) => {
                tracing::info!(address = %listener.local_addr()?, "health and metrics");
                let door = Door::new(listener, Limits::operations(), operations_state);
                Some(tokio::spawn(door.serve(self.operations.clone())))
            }
            None => None,
        };
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
            if let Some(served) = operations_served {
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
        if let Some(served) = operations_served {
            served.abort();
        }
        self.stop().await;
        Ok(())
    }

    /// Takes the centres of the register folder in now, for a command that names one.
    ///
    /// # Errors
    ///
    /// The store's own.
    pub async fn take_in_centres(&self) -> Result<(), service::Failure> {
        if self.centres.is_empty() {
            return Ok(());
        }
        self.service.set_centres(&self.centres).await
    }

    /// Ends the background work and closes the store; every accepted commit is on the disk then.
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

fn face_pool(
    config: &Config,
    pictures: Option<Arc<PictureWorkers>>,
) -> Result<FacePool, FacesError> {
    let pictures = match pictures {
        Some(pictures) => pictures,
        None => {
            let settings = pictures::Settings {
                workers_max: faces::workers(&config.face),
                ..pictures::Settings::default()
            };
            Arc::new(PictureWorkers::start(settings).map_err(FacesError::Pictures)?)
        }
    };
    FacePool::start(&config.face, &(pictures as _))
}

fn seconds(count: u16) -> Duration {
    Duration::from_secs(u64::from(count))
}

/// The rules that a configuration names.
///
/// # Errors
///
/// [`BuildError::PolicyFile`] or [`BuildError::Policy`].
pub fn policy(source: &config::PolicySource) -> Result<Policy, BuildError> {
    let wrong = |what: &str| {
        BuildError::Policy(recovery::policy::LoadError { line: 1, what: what.to_owned() })
    };
    let text = match (&source.file, &source.profile) {
        (Some(_), Some(_)) => {
            return Err(wrong("the configuration names a profile and a file: leave one out"));
        }
        (Some(_), None) if !source.overrides.is_empty() => {
            return Err(wrong("overrides stand in the policy file itself where there is one"));
        }
        (Some(file), None) => std::fs::read_to_string(file).map_err(BuildError::PolicyFile)?,
        (None, profile) => {
            let mut table = toml::Table::new();
            let profile = profile.as_deref().unwrap_or("public-service");
            table.insert("profile".to_owned(), profile.into());
            let sections = source.overrides.clone();
            table.extend(sections.into_iter().filter(|(name, _)| name != "profile"));
            toml::to_string(&table).map_err(|error| wrong(&error.to_string()))?
        }
    };
    recovery::policy::load(&text).map_err(BuildError::Policy)
}

fn registers_of(settings: &config::RegisterFolder) -> Result<EmbeddedRegisters, BuildError> {
    let freshness = settings.as_of.map_or(Freshness::Live, |at| Freshness::AsOf(at.0));
    let tables = Tables::load(&settings.folder, freshness).map_err(BuildError::Registers)?;
    Ok(EmbeddedRegisters::new(tables))
}

fn texts(support: &config::Support) -> Result<Texts, BuildError> {
    let sender = Sender { service: support.service_name.clone(), phone: support.phone.clone() };
    Texts::built_in(sender).map_err(|error| BuildError::Service(Box::new(error)))
}

fn clients(settings: &config::Operator) -> Vec<Client> {
    let client = |client: &config::OperatorClient| Client {
        id: client.id.clone(),
        secret_sha256: client.secret_sha256.0,
        scopes: client.scopes.iter().map(|scope| scope.0).collect(),
        sign_ins_per_minute_max: client.sign_ins_per_minute_max,
    };
    settings.clients.iter().map(client).collect()
}

fn settings(config: &Config) -> Settings {
    Settings {
        public_url: config.sites.public.0.to_string(),
        citizen_url: config.sites.citizen.0.to_string(),
        screen_url: config.sites.screen.as_ref().map(|it| it.0.to_string()).unwrap_or_default(),
        support_phone: config.support.phone.clone(),
        app_version_min: config.app.version_min.as_ref().map(ToString::to_string),
        alarm_addresses: config.operator.alarms_to.iter().map(|it| it.0.clone()).collect(),
        alarm_language: config.operator.alarms_language.clone().unwrap_or_else(|| "en".to_owned()),
        alarm_pause_secs: u64::from(config.operator.alarms_pause_minutes.unwrap_or(60)) * 60,
        staff_by_provider: config.staff.oidc.is_some(),
        staff_confirmed_every: recovery::time::Duration::from_secs(u64::from(
            config.staff.oidc.as_ref().map_or(600, |oidc| oidc.confirm_every_secs.0),
        )),
        unsynchronised_clock_believed: config.clock.unsynchronised == Unsynchronised::Believe,
        time_acceptance_persons: config.clock.accept_persons.0,
        ..Settings::default()
    }
}

/// Answers for every site until everything may be served.
async fn begun(
    State((service, replayed)): State<(Service, Replayed)>,
    request: Request,
    next: Next,
) -> Response {
    if *replayed.borrow() {
        return next.run(request).await;
    }
    let refusal = match service.clock_mistrust() {
        Some(why) => Refusal::from(Failure::ClockNotTrusted { why }),
        None => Refusal::new(Code::Busy).retry_after(2),
    };
    refusal.into_response()
}

/// Health first, under any host name; then the pages for those who run the service, which answer while the clock is not trusted.
fn operations_router(
    config: &Config,
    service: &Service,
    gauges: &Arc<Gauges>,
    leaving: &Leaving,
    replayed: &Replayed,
) -> Router {
    let health = operations::router(service, gauges, leaving, replayed, true);
    let Some(origin) = &config.sites.operations else { return health };
    let pages = web::operations(
        service.with_time_standing_still(),
        SiteSettings {
            origin: origin.0.clone(),
            citizen_url: config.sites.citizen.0.to_string(),
            support_phone: config.support.phone.clone(),
            oidc: None,
        },
    );
    health.fallback_service(Sites::new().site(&origin.0, pages).into_router())
}

/// Health first, under any host name; then the sites, each under its own.
fn router(
    config: &Config,
    service: &Service,
    gauges: &Arc<Gauges>,
    leaving: &Leaving,
    oidc: Option<&Oidc>,
    replayed: &Replayed,
) -> Router {
    let citizen = CitizenSettings { support_phone: config.support.phone.clone() };
    let console = |site: &config::SiteOrigin| SiteSettings {
        origin: site.0.clone(),
        citizen_url: config.sites.citizen.0.to_string(),
        support_phone: config.support.phone.clone(),
        oidc: oidc.cloned(),
    };
    let sites = Sites::new()
        .site(&config.sites.public.0, web::api(service.clone()))
        .site(&config.sites.citizen.0, web::citizen(service.clone(), citizen))
        .site(
            &config.sites.support.0,
            web::support(service.clone(), console(&config.sites.support)),
        )
        .site(&config.sites.desk.0, web::desk(service.clone(), console(&config.sites.desk)));
    let sites = match &config.sites.screen {
        Some(screen) => sites.site(&screen.0, web::screen(service.clone())),
        None => sites,
    };
    let metrics_too = config.http.operations_address().is_none();
    let begun = axum::middleware::from_fn_with_state((service.clone(), replayed.clone()), begun);
    operations::router(service, gauges, leaving, replayed, metrics_too)
        .fallback_service(gate::before(sites.into_router().layer(begun), &config.http))
        .layer(axum::middleware::from_fn_with_state(Arc::clone(gauges), operations::watch))
}
