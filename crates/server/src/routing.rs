//! The routes of a server, by host name.

use crate::config;
use crate::config::Config;
use crate::gate;
use crate::hand_over::{HandOver, hand_over};
use crate::kept::Replayed;
use crate::operations::{self, Gauges, Leaving};
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use service::{Failure, Service};
use std::sync::Arc;
use web::{CitizenSettings, Code, Oidc, Refusal, SiteSettings, Sites};

/// The answer of every site until everything may be served.
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

/// The routes of the operations address: health under any host name, then the pages for those who run the service, which
/// answer also while the clock is not trusted.
pub(crate) fn operations(
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

/// The routes of a server.
pub(crate) struct Routes {
    /// Of the public address: health under any host name, then the sites, each under its own.
    pub(crate) public: Router,
    /// Of the address for the other servers of the cluster: the sites, where nothing is handed over once more.
    pub(crate) within: Router,
}

/// The routes of the sites.
pub(crate) fn sites(
    config: &Config,
    service: &Service,
    gauges: &Arc<Gauges>,
    leaving: &Leaving,
    oidc: Option<&Oidc>,
    replayed: &Replayed,
) -> Routes {
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
    let within = sites.into_router().layer(begun);
    let public = match &config.cluster {
        Some(cluster) => within
            .clone()
            .layer(axum::middleware::from_fn_with_state(HandOver::new(cluster.clone()), hand_over)),
        None => within.clone(),
    };
    let watch = axum::middleware::from_fn_with_state(Arc::clone(gauges), operations::watch);
    Routes {
        public: operations::router(service, gauges, leaving, replayed, metrics_too)
            .fallback_service(gate::before(public, &config.http))
            .layer(watch),
        within: gate::before(within, &config.http),
    }
}
