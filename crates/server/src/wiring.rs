//! Builds the parts of the service from a configuration.

use crate::build_error::BuildError;
use crate::config;
use crate::config::{Config, Unsynchronised};
use crate::faces::{self, FacePool, FacesError};
use crate::pictures::{self, PictureWorkers};
use messages::Texts;
use messages::texts::Sender;
use recovery::policy::Policy;
use registers::{EmbeddedRegisters, Freshness, Tables};
use service::Settings;
use service::operator_token::Client;
use service::parts::FaceMatcher;
use std::sync::Arc;

/// The face matcher that is passed in, else the one that the configuration names; it has to make the checks that the policy
/// asks for.
pub(crate) fn faces(
    config: &Config,
    handed: (Option<Arc<dyn FaceMatcher>>, Option<Arc<PictureWorkers>>),
    policy: &Policy,
) -> Result<Arc<dyn FaceMatcher>, BuildError> {
    let (faces, pictures) = handed;
    if let Some(faces) = faces {
        return Ok(faces);
    }
    let pool = face_pool(config, pictures).map_err(BuildError::Faces)?;
    pool.satisfies(&policy.chip_face).map_err(BuildError::Faces)?;
    Ok(Arc::new(pool))
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

pub(crate) fn registers_of(
    settings: &config::RegisterFolder,
) -> Result<EmbeddedRegisters, BuildError> {
    let freshness = settings.as_of.map_or(Freshness::Live, |at| Freshness::AsOf(at.0));
    let tables = Tables::load(&settings.folder, freshness).map_err(BuildError::Registers)?;
    Ok(EmbeddedRegisters::new(tables))
}

pub(crate) fn texts(support: &config::Support) -> Result<Texts, BuildError> {
    let sender = Sender { service: support.service_name.clone(), phone: support.phone.clone() };
    Texts::built_in(sender).map_err(|error| BuildError::Service(Box::new(error)))
}

pub(crate) fn clients(settings: &config::Operator) -> Vec<Client> {
    let client = |client: &config::OperatorClient| Client {
        id: client.id.clone(),
        secret_sha256: client.secret_sha256.0,
        scopes: client.scopes.iter().map(|scope| scope.0).collect(),
        sign_ins_per_minute_max: client.sign_ins_per_minute_max,
    };
    settings.clients.iter().map(client).collect()
}

/// The settings of the service, in this epoch of the evidence about rows.
pub(crate) fn settings(config: &Config, epoch: u32) -> Settings {
    Settings {
        epoch,
        public_url: config.sites.public.0.to_string(),
        citizen_url: config.sites.citizen.0.to_string(),
        screen_url: config.sites.screen.as_ref().map(|it| it.0.to_string()).unwrap_or_default(),
        server_number: config.cluster.as_ref().map_or(0, |cluster| cluster.this),
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
        log_name: config.log_name(epoch),
        log_pace: config.journal.pace(),
        ..Settings::default()
    }
}
