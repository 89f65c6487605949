//! The extractors for signed-in staff. Each checks the session and the role, and answers the request itself where one
//! is missing.

use super::{ConsoleState, cookie, oidc};
use crate::Refusal;
use axum::extract::{FromRef, FromRequestParts};
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use recovery::staff::Role;
use service::staff::SignedIn;
use service::{Failure, RefusalCode, caller};

/// The signed-in member of staff as a page needs it.
#[derive(Clone, Debug)]
pub struct StaffView {
    /// The name that the console shows.
    pub name: String,
    /// The token in every form of the session's pages.
    pub form_token: String,
    /// Whether the page links to the pages for clerks.
    pub is_clerk: bool,
    /// Whether the page links to the pages for supervisors.
    pub is_supervisor: bool,
}

/// A signed-in agent of Support.
#[derive(Clone, Debug)]
pub struct Agent {
    /// The agent as a caller of use cases.
    pub caller: caller::Agent,
    /// The agent as the page needs it.
    pub who: StaffView,
}

/// A signed-in clerk of a Citizen Service Centre.
#[derive(Clone, Debug)]
pub struct Clerk {
    /// The clerk as a caller of use cases.
    pub caller: caller::Clerk,
    /// The clerk as the page needs it.
    pub who: StaffView,
}

/// A signed-in supervisor.
#[derive(Clone, Debug)]
pub struct Supervisor {
    /// The supervisor as a caller of use cases.
    pub caller: caller::Supervisor,
    /// The supervisor as the page needs it.
    pub who: StaffView,
}

/// A signed-in person who operates the service.
#[derive(Clone, Debug)]
pub struct Operator {
    /// The session, for the use cases.
    pub signed_in: SignedIn,
    /// The operator as the page needs it.
    pub who: StaffView,
}

impl AsRef<StaffView> for Operator {
    fn as_ref(&self) -> &StaffView {
        &self.who
    }
}

impl<S> FromRequestParts<S> for Operator
where
    S: Send + Sync,
    ConsoleState: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let state = ConsoleState::from_ref(state);
        let signed_in = signed_in(parts, &state).await?;
        let is_allowed = signed_in.member().require(Role::Operator).map_err(Failure::from);
        is_allowed.map_err(|no| Refusal::from(no).into_response())?;
        let who = StaffView::of(&signed_in);
        Ok(Self { signed_in, who })
    }
}

macro_rules! extractor {
    ($name:ident, $role:ident) => {
        impl AsRef<StaffView> for $name {
            fn as_ref(&self) -> &StaffView {
                &self.who
            }
        }

        impl<S> FromRequestParts<S> for $name
        where
            S: Send + Sync,
            ConsoleState: FromRef<S>,
        {
            type Rejection = Response;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
                let state = ConsoleState::from_ref(state);
                let signed_in = signed_in(parts, &state).await?;
                let caller = signed_in.$role().map_err(|no| Refusal::from(no).into_response())?;
                Ok(Self { caller, who: StaffView::of(&signed_in) })
            }
        }
    };
}

extractor!(Agent, agent);
extractor!(Clerk, clerk);
extractor!(Supervisor, supervisor);

/// Extracts a member of staff with a session at this console, whatever the role.
impl<S> FromRequestParts<S> for StaffView
where
    S: Send + Sync,
    ConsoleState: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let state = ConsoleState::from_ref(state);
        signed_in(parts, &state).await.map(|signed_in| Self::of(&signed_in))
    }
}

impl StaffView {
    fn of(signed_in: &SignedIn) -> Self {
        Self {
            name: signed_in.name().to_owned(),
            form_token: signed_in.form_token().to_owned(),
            is_clerk: signed_in.clerk().is_ok(),
            is_supervisor: signed_in.supervisor().is_ok(),
        }
    }
}

async fn signed_in(parts: &mut Parts, state: &ConsoleState) -> Result<SignedIn, Response> {
    if let Some(known) = parts.extensions.get::<SignedIn>() {
        return Ok(known.clone());
    }
    let token = cookie::read(state, &parts.headers, &cookie::session_name(state.site));
    let token = token.as_deref().unwrap_or_default();
    let mut session = state.service.session(token, state.site).await;
    if session.as_ref().is_ok_and(SignedIn::word_is_due) {
        session = match oidc::confirmed(state, token).await {
            // The session is loaded again, because the provider may have changed the roles.
            Ok(oidc::SessionStanding::GoesOn) => state.service.session(token, state.site).await,
            Ok(oidc::SessionStanding::Over) => {
                match state.service.sign_out(token, state.site).await {
                    Ok(_) => Err(Failure::refused(RefusalCode::SessionNotAccepted)),
                    Err(failure) => Err(failure),
                }
            }
            Err(failure) => Err(failure),
        };
    }
    match session {
        Ok(signed_in) => {
            // The extractor of forms, which runs later, reads this extension.
            parts.extensions.insert(signed_in.clone());
            Ok(signed_in)
        }
        Err(Failure::Refused(_)) => Err(Redirect::to("/sign-in").into_response()),
        Err(other) => Err(Refusal::from(other).into_response()),
    }
}
