//! The use cases over a database that nobody serves: for what a restore does before the first request.

use crate::build_error::BuildError;
use crate::config::{self, Config};
use crate::key_file::KeyFile;
use crate::{policy_file, senders, wiring};
use chip::csca;
use registers::{EmbeddedRegisters, Tables};
use service::parts::{NoFaces, Registers};
use service::{Clock, Parts, Random, Service};
use std::sync::Arc;
use store::Store;
use store::keys::Keys;

/// The contents of the key file, shared with the service.
pub(crate) struct OwnKeys {
    pub(crate) keys: Arc<Keys>,
    pin: Arc<pin::ServerSetup>,
}

impl From<KeyFile> for OwnKeys {
    fn from(KeyFile { keys, pin }: KeyFile) -> Self {
        Self { keys, pin: Arc::new(pin) }
    }
}

/// The service over this store. It sends nothing, compares no faces and knows no registers.
pub(crate) fn service(
    config: &Config,
    store: Arc<dyn Store>,
    keys: &OwnKeys,
    (clock, random): (Arc<dyn Clock>, Arc<dyn Random>),
) -> Result<Service, BuildError> {
    Ok(Service::new(Parts {
        store,
        clock,
        random,
        policy: Arc::new(
            policy_file::of_configuration(&config.policy).map_err(BuildError::Policy)?,
        ),
        keys: Arc::clone(&keys.keys),
        pin: Arc::clone(&keys.pin),
        registers: Registers::embedded(&Arc::new(EmbeddedRegisters::new(Tables::empty()))),
        csca: Arc::new(csca::Store::new()),
        chip_policy: chip::verdict::ChipPolicy::default(),
        faces: Arc::new(NoFaces),
        numbers: None,
        sms: senders::sms(&config::Sms::None).map_err(BuildError::Senders)?,
        mail: senders::mail(&config::Mail::None).map_err(BuildError::Senders)?,
        texts: Arc::new(wiring::texts(&config.support)?),
        operator_clients: Vec::new(),
        settings: wiring::settings(config, 0),
    }))
}
