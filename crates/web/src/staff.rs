//! Who of the staff is calling: sessions in a host-only cookie, extractors for each role, forms that came from our own
//! pages, and the pages to sign in and out.
//!
//! A handler that takes an [`Agent`], [`Clerk`] or [`Supervisor`] cannot be reached without one.

mod caller;
mod cookie;
mod declarations;
mod form;
mod oidc;
mod passkey;
mod sign_in;

pub use caller::{Agent, Clerk, Operator, Supervisor, Who};
pub use form::{Nothing, Posted};
pub use oidc::{
    ClaimNames, ClientAuthentication, HttpAnswer, HttpCall, LineError, Oidc, OidcClient,
    OidcSettings,
};
pub use service::staff::Site;
pub use sign_in::router;

use crate::Origin;
use service::Service;
use std::sync::Arc;

/// How the consoles show a refusal.
pub(crate) const RENDER: crate::problem::Render =
    |refusal, language, _| sign_in::refused(refusal, language);

/// What a console's router is built with.
#[derive(Clone, Debug)]
pub struct SiteSettings {
    /// The console's own origin: for cookies, passkeys and the way back from the provider.
    pub origin: Origin,
    /// The citizen's pages, for what staff read out. Without a slash at the end.
    pub citizen_url: String,
    /// Support's telephone number, as it is read.
    pub support_phone: String,
    /// The operator's OpenID Connect provider, where there is one.
    pub oidc: Option<Oidc>,
}

/// What every handler of a console holds.
#[derive(Clone, Debug)]
pub struct ConsoleState {
    /// The use cases.
    pub service: Service,
    /// Which console.
    pub site: Site,
    /// Its settings.
    pub settings: Arc<SiteSettings>,
}

impl ConsoleState {
    /// The state of one console.
    #[must_use]
    pub fn new(service: Service, site: Site, settings: SiteSettings) -> Self {
        Self { service, site, settings: Arc::new(settings) }
    }
}
