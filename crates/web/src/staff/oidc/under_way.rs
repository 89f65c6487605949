//! A sign-in under way: state, nonce and verifier are computed from one secret in the browser's cookie and from the console's
//! name, so that nothing is kept here while somebody is at the provider. Each sign-in has a cookie of its own.

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

/// The most sign-ins that one browser has under way; older ones are dropped.
const AT_ONCE_MAX: usize = 6;
/// The most states that are remembered as used.
const USED_MAX: usize = 4_096;
/// So much of the state names the cookie.
const NAME_CHARS: usize = 12;
const SECRET_CHARS_MAX: usize = 96;

/// One sign-in.
#[derive(Debug)]
pub(super) struct UnderWay {
    secret: String,
    begun_at: Timestamp,
    /// Whether the provider was told to ask again who is there.
    pub(super) anew: bool,
    pub(super) state: String,
}

impl UnderWay {
    /// A new one.
    pub(super) fn begin(console: &ConsoleState, now: Timestamp, anew: bool) -> Self {
        let random = Base64UrlUnpadded::encode_string(&console.service.draw_provider_secret());
        let secret = format!("{random}.{}.{}", now.0, if anew { "anew" } else { "any" });
        let state = derived(console, "state", &secret);
        Self { secret, begun_at: now, anew, state }
    }

    /// The one that `state` names, in the browser that began it.
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
        // The state hangs on a key of ours, on the console and on the whole cookie, its time included.
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

    /// RFC 7636, `S256`.
    pub(super) fn challenge(&self, console: &ConsoleState) -> String {
        let verifier = self.verifier(console);
        Base64UrlUnpadded::encode_string(&Sha256::digest(verifier.as_bytes()))
    }

    pub(super) fn begun_secs(&self) -> i64 {
        self.begun_at.0.div_euclid(1_000)
    }

    /// The cookies to set when it begins: its own, and the end of those that are too many or over.
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

    /// The end of its cookie.
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

/// States that came back once, whatever became of them. Only a sign-in that succeeds is written to the database, so that
/// nobody without an account can fill it; this server alone remembers the others.
#[derive(Debug, Default)]
pub(super) struct UsedStates(Mutex<VecDeque<(String, Timestamp)>>);

impl UsedStates {
    /// Uses a state that was found; `false` where it was used before.
    pub(super) fn use_once(&self, under_way: &UnderWay, now: Timestamp) -> bool {
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
