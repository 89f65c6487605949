//! The normal job: a service asks the person to sign in, the app approves with the PIN.

use serde::{Deserialize, Serialize};

/// `POST /v1/sign-ins` (operator's bearer token): a service wants this person to sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInRequest {
    /// The operator's id of the person.
    pub person: String,
    /// Who asks, at most 60 characters; shown in the app.
    pub service_name: String,
}

/// The answer to [`SignInRequest`]; the same for a person who does not exist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInCreated {
    /// 32 lower-case hex digits.
    pub sign_in_id: String,
    /// Four digits that the service's page shows. The person types them in the app, which then shows this sign-in and no other.
    pub number: String,
    /// Until it lapses.
    pub expires_in_secs: u64,
}

/// `POST /v1/app/sign-ins/find`: the number that the service's page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInNumber {
    /// Four digits.
    pub number: String,
}

/// One sign-in, for the app and for `GET /v1/sign-ins/{id}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInView {
    /// 32 lower-case hex digits.
    pub sign_in_id: String,
    /// Who asks.
    pub service_name: String,
    /// Where it stands.
    pub status: SignInStatus,
    /// Until it lapses; 0 once decided.
    pub seconds_left: u64,
}

/// Where a sign-in stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SignInStatus {
    /// Waits for the app.
    Waiting,
    /// Approved with the PIN.
    Approved,
    /// Refused in the app (`POST /v1/app/sign-ins/{id}/refuse`).
    Refused,
    /// Nobody answered in time.
    Lapsed,
    /// The same client asked this person again; at most three of a client are open.
    Replaced,
    /// Two wrong numbers were typed in the app.
    NumberWrong,
}
