//! An unfinished sign-in at the provider. Its state, nonce and verifier are computed from a secret in the browser's
//! cookie and the name of the console, so that the server stores nothing while the person is at the provider. Each
//! sign-in has a cookie of its own.

use super::error::SignInError;
use crate::staff::{ConsoleState, cookie};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use http::{HeaderMap, HeaderValue};
use recovery::time::Timestamp;
use service::staff::oidc::UNDER_WAY_MAX;
use sha2::{Digest as _, Sha256};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use subtle::ConstantTimeEq as _;

/// The largest number of unfinished sign-ins of one browser; older ones are dropped.
const AT_ONCE_MAX: usize = 6;
/// The largest number of states that are remembered as used.
const USED_MAX: usize = 4_096;
/// The number of characters of the state that are part of the cookie's name.
const NAME_CHARS: usize = 12;
const SECRET_CHARS_MAX: usize = 96;

/// An unfinished sign-in.
#[derive(Debug)]
pub(super) struct PendingSignIn {
    secret: String,
    begun_at: Timestamp,
    /// Whether the provider was told to ask for credentials even if the person is signed in there.
    pub(super) anew: bool,
    pub(super) state: String,
}

impl PendingSignIn {
    /// Begins a sign-in.
    pub(super) fn begin(console: &ConsoleState, now: Timestamp, anew: bool) -> Self {
        let random = Base64UrlUnpadded::encode_string(&console.service.draw_provider_secret());
        let secret = format!("{random}.{}.{}", now.0, if anew { "anew" } else { "any" });
        let state = derived(console, "state", &secret);
        Self { secret, begun_at: now, anew, state }
    }

    /// Finds the sign-in of this `state` in the cookies of the browser that began it.
    pub(super) fn find(
        console: &ConsoleState,
        headers: &HeaderMap,
        state: &str,
        now: Timestamp,
    ) -> Result<Self, SignInError> {
        let no = || SignInError::NotUnderWay;
        let name = cookie_name(console, state).ok_or_else(no)?;
        let secret = cookie::read(console, headers, &name).ok_or_else(no)?;
        if secret.len() > SECRET_CHARS_MAX {
            return Err(no());
        }
        // The state depends on a key of this service, the console, and the whole cookie with its time.
        let expected = derived(console, "state", &secret);
        if !bool::from(expected.as_bytes().ct_eq(state.as_bytes())) {
            return Err(no());
        }
        let (begun_at, anew) = times(&secret).ok_or_else(no)?;
        if !is_alive(begun_at, now) {
            return Err(no());
        }
        Ok(Self { secret, begun_at, anew, state: expected })
    }

    pub(super) fn nonce(&self, console: &ConsoleState) -> String {
        derived(console, "nonce", &self.secret)
    }

    pub(super) fn verifier(&self, console: &ConsoleState) -> String {
        derived(console, "verifier", &self.secret)
    }

    /// The code challenge by the method `S256` (RFC 7636).
    pub(super) fn challenge(&self, console: &ConsoleState) -> String {
        let verifier = self.verifier(console);
        Base64UrlUnpadded::encode_string(&Sha256::digest(verifier.as_bytes()))
    }

    pub(super) fn begun_secs(&self) -> i64 {
        self.begun_at.0.div_euclid(1_000)
    }

    /// The cookies to set when the sign-in begins: its own, and the removal of those that are too many or have expired.
    pub(super) fn cookies(
        &self,
        console: &ConsoleState,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Vec<HeaderValue> {
        let mut others: Vec<(String, Timestamp)> =
            cookie::starting_with(console, headers, &prefix(console))
                .into_iter()
                .map(|(name, value)| (name, times(&value).map_or(Timestamp(0), |(at, _)| at)))
                .collect();
        others.sort_by_key(|(_, at)| std::cmp::Reverse(at.0));
        let over = others
            .iter()
            .enumerate()
            .filter(|(place, (_, at))| place.saturating_add(2) > AT_ONCE_MAX || !is_alive(*at, now))
            .filter_map(|(_, (name, _))| cookie::set_lax(console, name, ""));
        let own = cookie_name(console, &self.state)
            .and_then(|name| cookie::set_for(console, &name, &self.secret, UNDER_WAY_MAX));
        over.chain(own).collect()
    }

    /// The removal of the sign-in's cookie.
    pub(super) fn end(console: &ConsoleState, state: &str) -> Option<HeaderValue> {
        cookie::set_lax(console, &cookie_name(console, state)?, "")
    }
}

fn prefix(console: &ConsoleState) -> String {
    format!("{}-", cookie::sign_in_name(console.site))
}

fn cookie_name(console: &ConsoleState, state: &str) -> Option<String> {
    let head = state.get(..NAME_CHARS)?;
    let plain = head.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_'));
    plain.then(|| format!("{}{head}", prefix(console)))
}

fn times(secret: &str) -> Option<(Timestamp, bool)> {
    let mut parts = secret.split('.').skip(1);
    let at = parts.next()?.parse().ok().map(Timestamp)?;
    match (parts.next()?, parts.next()) {
        ("any", None) => Some((at, false)),
        ("anew", None) => Some((at, true)),
        _ => None,
    }
}

fn is_alive(begun_at: Timestamp, now: Timestamp) -> bool {
    begun_at <= now && now < begun_at.plus(UNDER_WAY_MAX)
}

fn derived(console: &ConsoleState, purpose: &'static str, secret: &str) -> String {
    let value = console.service.provider_secret(purpose, console.site, secret);
    Base64UrlUnpadded::encode_string(&value)
}

/// The states that have returned from the provider, whether the sign-in succeeded or not. Only a successful sign-in is
/// written to the database, so that nobody without an account can fill it; the others are remembered in memory by this
/// server alone.
#[derive(Debug, Default)]
pub(super) struct UsedStates(Mutex<VecDeque<(String, Timestamp)>>);

impl UsedStates {
    /// Marks the state of a sign-in as used. Returns `false` where it was used before.
    pub(super) fn use_once(&self, under_way: &PendingSignIn, now: Timestamp) -> bool {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|(_, until)| now < *until);
        if used.iter().any(|(state, _)| *state == under_way.state) {
            return false;
        }
        if used.len() >= USED_MAX {
            used.pop_front();
        }
        used.push_back((under_way.state.clone(), under_way.begun_at.plus(UNDER_WAY_MAX)));
        true
    }
}
