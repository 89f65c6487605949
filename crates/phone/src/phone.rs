//! One phone: its app, its files, its page.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use app_core::{ActError, Action, App, AppParts, CardSlot, Progress, Random, Settings, View};
use axum::Router;
use pin::Stretch;

use crate::camera::Camera;
use crate::card_slot::SharedSlot;
use crate::desk::Desk;
use crate::device::Machine;
use crate::key_store::KeyStore;
use crate::sealed_file::{FileError, Sealer};
use crate::server_line::ServerLine;
use crate::vault::FileVault;
use crate::words::Language;

/// How a phone is set up.
pub struct PhoneConfig {
    /// Scheme, host and port of the server's public API, as the server itself knows it: signatures
    /// cover it.
    pub server_base_url: String,
    /// This phone's own files; made where it is missing.
    pub data_dir: PathBuf,
    /// `Host` of this phone's page, with its port: `phone1.localhost:8080`.
    pub host: String,
    /// Origins that may show this page in a frame (a space between them); `None`: nobody.
    pub framed_by: Option<String>,
    /// Offered as the name of the phone when it is set up.
    pub device_name: String,
    pub language: Language,
    pub card_slot: Box<dyn CardSlot>,
    /// A camera of its own, beside the one of the computer.
    pub camera: Option<Arc<dyn Camera>>,
    pub random: Random,
    /// What a PIN costs to stretch; [`Stretch::ON_THE_PHONE`] everywhere but in tests.
    pub stretch: Stretch,
}

impl std::fmt::Debug for PhoneConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PhoneConfig")
            .field("host", &self.host)
            .field("server_base_url", &self.server_base_url)
            .finish_non_exhaustive()
    }
}

/// A phone cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("cannot make the folder {path}")]
    Folder {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("cannot open the phone's files")]
    Files(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("cannot start the app")]
    App(#[source] app_core::StartError),
}

/// A running phone; clones are the same phone.
#[derive(Clone)]
pub struct Phone {
    app: Arc<Mutex<App>>,
    desk: Desk,
}

impl std::fmt::Debug for Phone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Phone").field("host", &self.desk.host).finish_non_exhaustive()
    }
}

impl Phone {
    /// Starts a phone where it was left. Blocks: reads files, and asks the server how things stand.
    ///
    /// # Errors
    ///
    /// A [`StartError`] where its files cannot be read.
    pub fn start(config: PhoneConfig) -> Result<Self, StartError> {
        let folder = config.data_dir;
        make_folder(&folder)
            .map_err(|source| StartError::Folder { path: folder.clone(), source })?;
        let files = |error: FileError| StartError::Files(Box::new(error));
        let sealer = || Sealer::open(&folder.join("phone.key"), Arc::clone(&config.random));
        let keys = KeyStore::open(
            folder.join("device-keys.sealed"),
            sealer().map_err(files)?,
            Arc::clone(&config.random),
        )
        .map_err(files)?;
        let vault = FileVault { path: folder.join("app.sealed"), sealer: sealer().map_err(files)? };
        let slot = SharedSlot::new(config.card_slot);
        let machine = Machine::new(config.camera.clone());
        let progress: Arc<Mutex<Option<Progress>>> = Arc::default();
        let told = Arc::clone(&progress);
        let parts = AppParts {
            server: Box::new(ServerLine::new(&config.server_base_url)),
            keys: Box::new(keys),
            vault: Box::new(vault),
            card_slot: Box::new(slot.clone()),
            device: Box::new(machine.clone()),
            random: Arc::clone(&config.random),
            progress: Box::new(move |step| {
                *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(step);
            }),
        };
        let settings = Settings {
            language: config.language.tag().to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            stretch: config.stretch,
        };
        let app = App::start(parts, settings).map_err(StartError::App)?;
        let mut token = [0; 16];
        (config.random)(&mut token);
        let app = Arc::new(Mutex::new(app));
        let desk = Desk {
            app: Arc::clone(&app),
            slot,
            machine,
            progress,
            camera: config.camera,
            host: config.host,
            framed_by: config.framed_by,
            device_name: config.device_name,
            token: hex::encode(token),
        };
        Ok(Self { app, desk })
    }

    /// The page and its commands, for the host of the configuration.
    pub fn router(&self) -> Router {
        crate::web::router(self.desk.clone())
    }

    /// Carries out an action as if a person had done it on the page. Blocks.
    ///
    /// # Errors
    ///
    /// An [`ActError`] where the present screen does not offer it.
    pub fn act(&self, action: Action) -> Result<View, ActError> {
        let mut app = self.app.lock().unwrap_or_else(PoisonError::into_inner);
        app.act(action)?;
        Ok(app.view())
    }

    /// What the page shows now. Blocks while an action is under way.
    #[must_use]
    pub fn view(&self) -> View {
        self.app.lock().unwrap_or_else(PoisonError::into_inner).view()
    }
}

fn make_folder(path: &PathBuf) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path)
}
