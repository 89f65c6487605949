//! The extractors. Each checks the session and the role; what fails answers by itself.

use super::{ConsoleState, cookie, oidc};
use crate::Refusal;
use axum::extract::{FromRef, FromRequestParts};
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use recovery::staff::Role;
use service::staff::SignedIn;
use service::{Failure, RefusalCode, caller};

/// What a page shows about the one who looks at it, and what its forms carry.
#[derive(Clone, Debug)]
pub struct Who {
    /// As shown in the console.
    pub name: String,
    /// Goes into every form.
    pub form_token: String,
    /// Whether the clerk's pages are offered.
    pub is_clerk: bool,
    /// Whether the supervisor's pages are offered.
    pub is_supervisor: bool,
}

/// A signed-in agent of Support.
#[derive(Clone, Debug)]
pub struct Agent {
    /// For the use cases.
    pub caller: caller::Agent,
    /// For the page.
    pub who: Who,
}

/// A signed-in clerk.
#[derive(Clone, Debug)]
pub struct Clerk {
    /// For the use cases.
    pub caller: caller::Clerk,
    /// For the page.
    pub who: Who,
}

/// A signed-in supervisor.
#[derive(Clone, Debug)]
pub struct Supervisor {
    /// For the use cases.
    pub caller: caller::Supervisor,
    /// For the page.
    pub who: Who,
}

/// A signed-in member of those who run the service.
#[derive(Clone, Debug)]
pub struct Operator {
    /// For the use cases.
    pub signed_in: SignedIn,
    /// For the page.
    pub who: Who,
}

impl AsRef<Who> for Operator {
    fn as_ref(&self) -> &Who {
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
        let who = Who::of(&signed_in);
        Ok(Self { signed_in, who })
    }
}

macro_rules! extractor {
    ($name:ident, $role:ident) => {
        impl AsRef<Who> for $name {
            fn as_ref(&self) -> &Who {
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
                Ok(Self { caller, who: Who::of(&signed_in) })
            }
        }
    };
}

extractor!(Agent, agent);
extractor!(Clerk, clerk);
extractor!(Supervisor, supervisor);

/// Anybody with a session here, whatever the role.
impl<S> FromRequestParts<S> for Who
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

impl Who {
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
            // Read anew: roles are what the provider says now.
            Ok(oidc::Word::GoesOn) => state.service.session(token, state.site).await,
            Ok(oidc::Word::Over) => match state.service.sign_out(token, state.site).await {
                Ok(_) => Err(Failure::refused(RefusalCode::SessionNotAccepted)),
                Err(failure) => Err(failure),
            },
            Err(failure) => Err(failure),
        };
    }
    match session {
        Ok(signed_in) => {
            // For the form extractor, which comes after.
            parts.extensions.insert(signed_in.clone());
            Ok(signed_in)
        }
        Err(Failure::Refused(_)) => Err(Redirect::to("/sign-in").into_response()),
        Err(other) => Err(Refusal::from(other).into_response()),
    }
}
