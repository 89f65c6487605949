//! Puts everything on one port, by host name.

mod cluster;
mod laying;
mod places;
mod stock;

use crate::clerks_reader::{ClerksReader, Lending};
use crate::clock::MovedClock;
use crate::inbox::{self, Inbox, smpp::Account};
use crate::operator::OperatorClient;
use crate::people::Generated;
use crate::seeding::SeedError;
use crate::signin::{Provider, ProviderSettings};
use crate::start_page;
use axum::Router;
use axum::extract::Request;
use cluster::{Cluster, in_turn};
use edge::Origin;
use laying::Laying;
use places::{Places, folders, models};
use server::pictures::{self, PictureWorkers};
use server::system::SystemRandom;
use server::{Random, Running};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use stock::Stock;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tower::ServiceExt as _;

/// What a start can be told.
#[derive(Clone, Debug)]
pub struct Options {
    /// Port of everything; 0 takes a free one.
    pub port: u16,
    /// Who is made up.
    pub seed: u64,
    /// The number of made-up people.
    pub people: usize,
    /// Makes the issuing states' keys anew.
    pub fresh: bool,
    /// A policy file in place of the profile `public-service`.
    pub policy: Option<PathBuf>,
    /// The URL of an empty database of a PostgreSQL server, in place of a SQLite file.
    pub database: Option<String>,
    /// How many servers share the database; a request goes to each in turn.
    pub servers: u8,
    /// The program that decodes pictures, where that is not this very program.
    pub picture_worker: Option<PathBuf>,
}

/// The sandbox cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port.
    #[error("port {port} cannot be listened on")]
    Port {
        /// The port.
        port: u16,
        /// What the layer below says.
        #[source]
        source: std::io::Error,
    },
    /// The clerk's reader.
    #[error("the reader on the clerk's desk cannot be lent")]
    Reader(#[source] std::io::Error),
    /// The cache.
    #[error("the folder {} cannot be used", path.display())]
    Folder {
        /// The file.
        path: PathBuf,
        /// What the layer below says.
        #[source]
        source: std::io::Error,
    },
    /// No cache folder is known.
    #[error("no folder for what is kept: set XDG_CACHE_HOME or HOME")]
    NoCache,
    /// The face models are not there.
    #[error(
        "the face models are missing; `cargo xtask sandbox` or `cargo xtask models` fetches them"
    )]
    NoModels,
    /// The tables contradict each other.
    #[error("the made-up people cannot be used")]
    People(#[source] registers::TablesError),
    /// Nobody decodes.
    #[error("pictures cannot be decoded")]
    Pictures(#[source] server::pictures::WorkersError),
    /// Message centre or mail server.
    #[error("the inbox cannot be opened")]
    Inbox(#[source] std::io::Error),
    /// The server.
    #[error("the server cannot be configured")]
    Config(#[source] server::ConfigError),
    /// The rules.
    #[error("the policy cannot be used")]
    Policy(#[source] server::policy_file::PolicyError),
    /// The server.
    #[error("the server cannot start")]
    Server(#[source] server::BuildError),
    /// The server.
    #[error("the server does not get ready")]
    NotReady(#[source] std::io::Error),
    /// The database.
    #[error("the database cannot be made")]
    Store(#[source] server::InstallError),
    /// The keys.
    #[error("the keys cannot be made")]
    Keys(#[source] server::key_file::KeyFileError),
    /// The phones.
    #[error("the phones cannot be set up")]
    Phones(#[source] SeedError),
    /// A thread died.
    #[error("the phones could not be set up: {0}")]
    Thread(String),
}

/// Everything, running.
#[derive(Debug)]
pub struct Town {
    port: u16,
    servers: Vec<Running>,
    stop: watch::Sender<bool>,
    listening: JoinHandle<()>,
    laying: JoinHandle<Result<(), StartError>>,
    folder: PathBuf,
    _lending: Lending,
    _smpp: inbox::Running,
    _smtp: inbox::Running,
}

/// What answers under which host.
struct Hosts {
    start: Router,
    signin: Router,
    server: Router,
    phones: Vec<(Origin, Router)>,
}

impl Town {
    /// Starts the server, the inbox, the phones, the start page.
    ///
    /// # Errors
    ///
    /// [`StartError`] says what cannot start.
    pub async fn start(options: &Options) -> Result<Self, StartError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await;
        let port_error = |source| StartError::Port { port: options.port, source };
        let listener = listener.map_err(port_error)?;
        let port = listener.local_addr().map_err(port_error)?.port();
        let (cache, folder) = folders(port, options.fresh)?;
        let clock = Arc::new(MovedClock::default());
        let random: Arc<dyn Random> = Arc::new(SystemRandom);
        let Stock { people, pictures, portraits, drawer } =
            Stock::draw(options, &cache, &clock, &random)?;
        let trust = drawer
            .write_trust(&folder.join("trust"))
            .map_err(|source| StartError::Folder { path: folder.clone(), source })?;

        let (inbox, smpp, smtp) = inboxes(&clock).await?;
        let secret = hex::encode(drawn::<32>(&*random));
        let places = Places {
            port,
            folder: &folder,
            trust: &trust,
            models: &models().ok_or(StartError::NoModels)?,
            smpp: smpp.address.to_string(),
            smtp_port: smtp.address.port(),
            secret: &secret,
            policy: options.policy.as_deref(),
            database: options.database.as_deref(),
        };
        let (stop, stopped) = watch::channel(false);
        let built =
            Cluster { places: &places, pictures, people: &people, clock: &clock, random: &random };
        let servers = built.servers(options.servers, &stopped).await?;
        let router = in_turn(servers.iter().map(|server| server.router.clone()).collect());
        let provider = provider(port, &people, &clock, &random);
        // Phones need a server that answers: the door opens first, and whoever asks for a page waits for the phones.
        let hosts: Arc<OnceLock<Hosts>> = Arc::default();
        let (ready, laid) = watch::channel(false);
        let door = Door { hosts: Arc::clone(&hosts), server: router.clone(), laid };
        let listening = tokio::spawn(door.open(listener, stopped));

        let lent = ClerksReader::lend(port, Arc::clone(&random)).await;
        let (reader, lending) = lent.map_err(StartError::Reader)?;
        let operator = Arc::new(OperatorClient::new(format!("http://localhost:{port}"), secret));
        let laying = Laying {
            port,
            folder: folder.clone(),
            people,
            portraits,
            drawer,
            clock,
            operator,
            random,
            inbox,
            reader,
            provider,
            router,
        };
        let laying = tokio::task::spawn_blocking(move || laying.lay(&hosts, &ready));
        Ok(Self {
            port,
            servers,
            stop,
            listening,
            laying,
            folder,
            _lending: lending,
            _smpp: smpp,
            _smtp: smtp,
        })
    }

    /// Waits until the phones stand on the table.
    ///
    /// # Errors
    ///
    /// [`StartError::Phones`].
    pub async fn laid(&mut self) -> Result<(), StartError> {
        match (&mut self.laying).await {
            Ok(laid) => laid,
            Err(error) => Err(StartError::Thread(error.to_string())),
        }
    }

    /// The start page.
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://localhost:{}/", self.port)
    }

    /// Everything that this start writes: database, keys, the phones' files.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Stops everything and forgets what this start wrote.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        let drained = tokio::time::timeout(std::time::Duration::from_secs(2), self.listening);
        let _ = drained.await;
        for server in self.servers {
            server.stop().await;
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The one port of everything.
struct Door {
    hosts: Arc<OnceLock<Hosts>>,
    server: Router,
    laid: watch::Receiver<bool>,
}

impl Door {
    async fn open(self, listener: TcpListener, mut stopped: watch::Receiver<bool>) {
        let Self { hosts, server, laid } = self;
        let router = Router::new().fallback(move |request: Request| {
            let (hosts, server, mut laid) = (Arc::clone(&hosts), server.clone(), laid.clone());
            async move {
                // Apps and the operator's calls go through at once: the phones are set up by them.
                if is_page(&request) {
                    let _ = laid.wait_for(|laid| *laid).await;
                }
                let router = hosts.get().map_or(server, |hosts| hosts.of(&request));
                match router.oneshot(request).await {
                    Ok(response) => response,
                    Err(never) => match never {},
                }
            }
        });
        let stop = async move {
            let _ = stopped.wait_for(|stop| *stop).await;
        };
        edge::serve_locally(listener, router, stop).await;
    }
}

fn is_page(request: &Request) -> bool {
    let is_start = edge::target(request).is_ok_and(|target| target.host() == "localhost");
    !is_start || start_page::is_its_own(request.uri().path())
}

impl Hosts {
    fn of(&self, request: &Request) -> Router {
        // The server refuses every host that is none, or not here.
        let Ok(target) = edge::target(request) else { return self.server.clone() };
        let phone = self.phones.iter().find(|(origin, _)| origin.is_at(&target));
        if let Some((_, phone)) = phone {
            phone.clone()
        } else if target.host() == "signin.localhost" {
            self.signin.clone()
        } else if target.host() == "localhost" && start_page::is_its_own(request.uri().path()) {
            self.start.clone()
        } else {
            self.server.clone()
        }
    }
}

/// The processes that decode pictures, for the server and for the visitor's own.
fn picture_workers(options: &Options) -> Result<PictureWorkers, StartError> {
    let settings = pictures::Settings {
        program: options.picture_worker.clone(),
        ..pictures::Settings::default()
    };
    PictureWorkers::start(settings).map_err(StartError::Pictures)
}

/// The inbox, with the servers that text messages and mail arrive at.
async fn inboxes(
    clock: &Arc<MovedClock>,
) -> Result<(Inbox, inbox::Running, inbox::Running), StartError> {
    let clock = Arc::clone(clock);
    let inbox = Inbox::new(Arc::new(move || clock.instant()));
    let account = Account { system_id: "genvej".to_owned(), password: "sandbox".to_owned() };
    let smpp = inbox::smpp::serve(inbox.clone(), account).await.map_err(StartError::Inbox)?;
    let smtp = inbox::smtp::serve(inbox.clone()).await.map_err(StartError::Inbox)?;
    Ok((inbox, smpp, smtp))
}

fn provider(
    port: u16,
    people: &Generated,
    clock: &Arc<MovedClock>,
    random: &Arc<dyn Random>,
) -> Provider {
    let centre = people.workplace().map(|centre| centre.id.as_str().to_owned());
    let settings = ProviderSettings {
        host: format!("signin.localhost:{port}"),
        consoles: ["support", "desk"]
            .map(|site| format!("http://{site}.localhost:{port}"))
            .to_vec(),
        centre: centre.unwrap_or_default(),
    };
    Provider::new(settings, Arc::clone(clock), Arc::clone(random))
}

fn drawn<const N: usize>(random: &dyn Random) -> [u8; N] {
    let mut bytes = [0; N];
    random.fill(&mut bytes);
    bytes
}
