//! Sign-in of staff: sessions in a host-only cookie, an extractor for each role, forms protected by a token, and the
//! pages to sign in and out.
//!
//! A handler with an argument [`Agent`], [`Clerk`] or [`Supervisor`] can be reached only by a member of staff with that
//! role.

mod caller;
mod cookie;
mod declarations;
mod form;
mod oidc;
mod passkey;
mod sign_in;

pub use caller::{Agent, Clerk, Operator, StaffView, Supervisor};
pub use form::{NoFields, StaffForm};
pub use oidc::{
    ClaimNames, ClientAuthentication, HttpAnswer, HttpCall, LineError, Oidc, OidcClient,
    OidcSettings,
};
pub use service::staff::Site;
pub use sign_in::router;

use crate::Origin;
use service::Service;
use std::sync::Arc;

/// Renders a refusal as a page of a console.
pub(crate) const RENDER: crate::problem::Render =
    |refusal, language, _| sign_in::refused(refusal, language);

/// The settings of a console.
#[derive(Clone, Debug)]
pub struct SiteSettings {
    /// The origin of the console, which cookies, passkeys and the redirect from the provider use.
    pub origin: Origin,
    /// The address of the pages for citizens, which staff read out; without a slash at the end.
    pub citizen_url: String,
    /// The telephone number of Support, as it is shown to people.
    pub support_phone: String,
    /// The operator's OpenID Connect provider, where there is one.
    pub oidc: Option<Oidc>,
}

/// The state that the handlers of a console share.
#[derive(Clone, Debug)]
pub struct ConsoleState {
    /// The use cases that the handlers call.
    pub service: Service,
    /// The console.
    pub site: Site,
    /// The settings of the console.
    pub settings: Arc<SiteSettings>,
}

impl ConsoleState {
    /// Makes the state of a console.
    #[must_use]
    pub fn new(service: Service, site: Site, settings: SiteSettings) -> Self {
        Self { service, site, settings: Arc::new(settings) }
    }
}
