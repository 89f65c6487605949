//! The errors of a sign-in at the provider. The log names them; the browser is told only what the person can act on.

use super::id_token::TokenFault;
use super::line::LineError;
use crate::{Code, Refusal};

/// The error codes that the provider may return instead of an authorisation code or a token (RFC 6749, OpenID Connect
/// Core section 3.1.2.6). Any other is logged as `other`.
const NAMED: [&str; 18] = [
    "access_denied",
    "account_selection_required",
    "consent_required",
    "interaction_required",
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_request_object",
    "invalid_request_uri",
    "invalid_scope",
    "login_required",
    "request_not_supported",
    "server_error",
    "temporarily_unavailable",
    "unauthorized_client",
    "unmet_authentication_requirements",
    "unsupported_grant_type",
    "unsupported_response_type",
];

/// The reason why a sign-in failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum SignInError {
    #[error("no sign-in is under way in this browser")]
    NotUnderWay,
    #[error("too many people wait for the provider")]
    Crowded,
    #[error("the provider could not be reached while {doing}")]
    Unreachable {
        doing: &'static str,
        #[source]
        source: LineError,
    },
    #[error("the provider could not be reached a moment ago while {0}")]
    UnreachableLately(&'static str),
    #[error("the provider answered {status} ({error}) while {doing}")]
    Status { doing: &'static str, status: u16, error: &'static str },
    #[error("the provider's answer cannot be read while {0}")]
    Unreadable(&'static str),
    #[error("the provider's description names no usable {0}")]
    Endpoint(&'static str),
    #[error("the provider calls itself by another name")]
    OtherIssuer,
    #[error("the provider answered {0} in place of a code")]
    Refused(&'static str),
    #[error("the token is not accepted: {0}")]
    Token(#[source] TokenFault),
    #[error("the service could not decide")]
    Service(#[source] service::Failure),
}

/// The error code that the provider returned, reduced to the known ones, so that it is safe to log.
pub(super) fn named(error: &str) -> &'static str {
    NAMED.into_iter().find(|known| *known == error).unwrap_or("other")
}

impl SignInError {
    /// Whether the same request may succeed later.
    pub(super) fn is_outage(&self) -> bool {
        match self {
            Self::Crowded | Self::Unreachable { .. } | Self::UnreachableLately(_) => true,
            Self::Status { status, .. } => *status >= 500 || *status == 429,
            Self::Refused(error) => matches!(*error, "server_error" | "temporarily_unavailable"),
            Self::NotUnderWay
            | Self::Unreadable(_)
            | Self::Endpoint(_)
            | Self::OtherIssuer
            | Self::Token(_)
            | Self::Service(_) => false,
        }
    }

    fn refusal(&self) -> Refusal {
        if self.is_outage() {
            return Refusal::new(Code::StaffSignInUnavailable).retry_after(10);
        }
        if let Self::Refused(
            "access_denied"
            | "login_required"
            | "interaction_required"
            | "consent_required"
            | "account_selection_required"
            | "unmet_authentication_requirements",
        ) = self
        {
            return Refusal::new(Code::StaffSignInDenied);
        }
        Refusal::new(Code::StaffSignInFailed)
    }

    /// Logs the error, with the field of the token that caused it.
    pub(super) fn log(&self) {
        let field = if let Self::Token(fault) = self { Some(fault.field) } else { None };
        let mut cause = None;
        let mut source = std::error::Error::source(self);
        while let Some(error) = source {
            cause = Some(error.to_string());
            source = error.source();
        }
        tracing::warn!(error = %self, field, cause, "a member of staff could not sign in");
    }
}

/// Logs the error and makes the refusal for the browser.
pub(super) fn failed(error: SignInError) -> Refusal {
    error.log();
    if let SignInError::Service(failure) = error { failure.into() } else { error.refusal() }
}
