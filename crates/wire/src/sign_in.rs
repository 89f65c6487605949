//! Sign-ins: a service asks a person to sign in, and the person approves it in the app with the PIN.

use serde::{Deserialize, Serialize};

/// The request to sign a person in, `POST /v1/sign-ins`.
///
/// It needs a bearer token of the operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInRequest {
    /// The operator's id of the person.
    pub person: String,
    /// The name of the service that asks, at most 60 characters. The app shows it.
    pub service_name: String,
}

/// The reply to [`SignInRequest`]. It looks the same for an unknown person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInCreated {
    /// The id of the sign-in, 32 lower-case hex digits.
    pub sign_in_id: String,
    /// Four digits that the page of the service shows. The person types them in the app, which then shows this sign-in
    /// and no other.
    pub number: String,
    /// The seconds until the sign-in lapses.
    pub expires_in_secs: u64,
}

/// The request to find a sign-in by its number, `POST /v1/app/sign-ins/find`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInNumber {
    /// The four digits that the page of the service shows.
    pub number: String,
}

/// A sign-in, for the app and for `GET /v1/sign-ins/{id}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInView {
    /// The id of the sign-in, 32 lower-case hex digits.
    pub sign_in_id: String,
    /// The name of the service that asks.
    pub service_name: String,
    /// The status of the sign-in.
    pub status: SignInStatus,
    /// The seconds until the sign-in lapses; 0 once it is decided.
    pub seconds_left: u64,
}

/// The status of a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SignInStatus {
    /// The sign-in waits for the person.
    Waiting,
    /// The person approved the sign-in with the PIN.
    Approved,
    /// The person refused the sign-in in the app (`POST /v1/app/sign-ins/{id}/refuse`).
    Refused,
    /// The person did not decide in time.
    Lapsed,
    /// A newer sign-in replaced this one: at most three of one client are open for a person.
    Replaced,
    /// The sign-in ended because two wrong numbers were typed in the app.
    NumberWrong,
}
