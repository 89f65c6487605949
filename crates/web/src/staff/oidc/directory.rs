//! A cache of the provider's metadata and keys. Only one request at a time fetches them, so that strangers at the
//! sign-in page neither put load on the provider nor wait for it.

use super::error::{SignInError, named};
use super::line::{HttpCall, OidcClient};
use http::Uri;
use recovery::time::{Duration, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// The largest reply of the provider that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// How long fetched metadata and keys are used before they are fetched again.
const FRESH_FOR: Duration = Duration::from_hours(1);
/// How long fetched metadata and keys are used while the provider does not answer.
const STALE_FOR: Duration = Duration::from_hours(24);
/// How long the provider is not asked again after a failure.
const REST_AFTER_FAILURE: Duration = Duration::from_secs(3);
/// How often at most a stranger's token with an unknown key causes the keys to be fetched.
const STRANGERS_REFRESH_EVERY: Duration = Duration::from_secs(30);
/// The largest number of requests that wait for the provider's reply.
const WAITING_MAX: usize = 64;
const ADDRESS_BYTES_MAX: usize = 2_048;

const DESCRIPTION: &str = "reading its description";
const KEYS: &str = "fetching its keys";

/// The provider's metadata (OpenID Connect Discovery 1.0 section 3).
#[derive(Clone, Debug, Deserialize)]
pub(super) struct ProviderMetadata {
    issuer: String,
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    pub(super) userinfo_endpoint: Option<String>,
    #[serde(default)]
    pub(super) end_session_endpoint: Option<String>,
    /// Whether the redirect from the provider names the issuer (RFC 9207).
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

/// The sender of the token for which keys are looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asker {
    /// The provider itself, which returned the token to this service.
    Provider,
    /// Anybody.
    Stranger,
}

/// A cached value that is fetched from the provider.
#[derive(Debug)]
struct Cached<T> {
    known: Mutex<CacheContent<T>>,
    /// Held by the task that fetches the value.
    flight: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug)]
struct CacheContent<T> {
    value: Option<(Arc<T>, Fetch)>,
    failed_at: Option<Timestamp>,
}

/// When a value was fetched, and the number of that fetch, because two fetches may have the same time.
#[derive(Clone, Copy, Debug)]
struct Fetch {
    at: Timestamp,
    count: u64,
}

/// The requirement on a cached value.
#[derive(Clone, Copy, Debug)]
enum Wanted {
    /// It must be fresh.
    Fresh,
    /// It must come from a later fetch than this one.
    NewerThan(Fetch),
}

/// The cached metadata and keys of the provider.
#[derive(Debug)]
pub(super) struct Directory {
    issuer: String,
    client: Arc<dyn OidcClient>,
    description: Arc<Cached<ProviderMetadata>>,
    keys: Arc<Cached<Value>>,
    strangers_asked_at: Mutex<Option<Timestamp>>,
    waiting: Arc<Semaphore>,
}

impl<T: Send + Sync + 'static> Cached<T> {
    fn new() -> Arc<Self> {
        let known = Mutex::new(CacheContent { value: None, failed_at: None });
        Arc::new(Self { known, flight: Arc::default() })
    }

    fn known(&self) -> std::sync::MutexGuard<'_, CacheContent<T>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn good(&self, wanted: Wanted, now: Timestamp) -> Option<(Arc<T>, Fetch)> {
        self.known().value.clone().filter(|(_, fetched)| match wanted {
            // A clock that was set back does not prolong the use of a value.
            Wanted::Fresh => fetched.at <= now && now < fetched.at.plus(FRESH_FOR),
            Wanted::NewerThan(old) => fetched.count > old.count,
        })
    }

    fn stale(&self, now: Timestamp) -> Option<(Arc<T>, Fetch)> {
        self.known().value.clone().filter(|(_, fetched)| now < fetched.at.plus(STALE_FOR))
    }

    fn rests(&self, now: Timestamp) -> bool {
        let failed_at = self.known().failed_at;
        failed_at.is_some_and(|at| at <= now && now < at.plus(REST_AFTER_FAILURE))
    }

    fn keep(&self, value: T, at: Timestamp) -> (Arc<T>, Fetch) {
        let mut known = self.known();
        let before = known.value.as_ref().map_or(0, |(_, fetched)| fetched.count);
        let kept = (Arc::new(value), Fetch { at, count: before.saturating_add(1) });
        *known = CacheContent { value: Some(kept.clone()), failed_at: None };
        kept
    }
}

impl Directory {
    pub(super) fn new(issuer: &str, client: Arc<dyn OidcClient>) -> Self {
        Self {
            issuer: issuer.to_owned(),
            client,
            description: Cached::new(),
            keys: Cached::new(),
            strangers_asked_at: Mutex::default(),
            waiting: Arc::new(Semaphore::new(WAITING_MAX)),
        }
    }

    /// The provider's metadata.
    pub(super) async fn description(
        &self,
        now: Timestamp,
    ) -> Result<Arc<ProviderMetadata>, SignInError> {
        let issuer = self.issuer.clone();
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let check = move |found: &ProviderMetadata| found.check(&issuer);
        let kept = &self.description;
        self.get(kept, Wanted::Fresh, (url, DESCRIPTION), check, now).await.map(|(value, _)| value)
    }

    /// The provider's keys. Where `has` does not find the required key among them, they are fetched once more.
    pub(super) async fn keys(
        &self,
        asker: Asker,
        has: impl Fn(&Value) -> bool,
        now: Timestamp,
    ) -> Result<Arc<Value>, SignInError> {
        let from = (self.description(now).await?.jwks_uri.clone(), KEYS);
        let (keys, fetched) =
            self.get(&self.keys, Wanted::Fresh, from.clone(), |_| Ok(()), now).await?;
        if has(&keys) || (asker == Asker::Stranger && !self.a_stranger_may_ask(now)) {
            return Ok(keys);
        }
        let newer = self.get(&self.keys, Wanted::NewerThan(fetched), from, |_| Ok(()), now).await?;
        Ok(newer.0)
    }

    fn a_stranger_may_ask(&self, now: Timestamp) -> bool {
        let mut last = self.strangers_asked_at.lock().unwrap_or_else(PoisonError::into_inner);
        let may = last.is_none_or(|at| now < at || now >= at.plus(STRANGERS_REFRESH_EVERY));
        if may {
            *last = Some(now);
        }
        may
    }

    async fn get<T: DeserializeOwned + Send + Sync + 'static>(
        &self,
        kept: &Arc<Cached<T>>,
        wanted: Wanted,
        (url, doing): (String, &'static str),
        check: impl Fn(&T) -> Result<(), SignInError> + Send + 'static,
        now: Timestamp,
    ) -> Result<(Arc<T>, Fetch), SignInError> {
        if let Some(found) = kept.good(wanted, now) {
            return Ok(found);
        }
        let flight = Arc::clone(&kept.flight);
        let (turn, _waiting) = match Arc::clone(&flight).try_lock_owned() {
            Ok(turn) => (turn, None),
            Err(_) => {
                // Another task is fetching the value: a stale value is used meanwhile, and without one a limited number
                // of requests wait.
                if let (Wanted::Fresh, Some(known)) = (wanted, kept.stale(now)) {
                    return Ok(known);
                }
                let place = self.waiting.try_acquire().map_err(|_| SignInError::Crowded)?;
                (flight.lock_owned().await, Some(place))
            }
        };
        if let Some(found) = kept.good(wanted, now) {
            return Ok(found);
        }
        if kept.rests(now) {
            return kept.stale(now).ok_or(SignInError::UnreachableLately(doing));
        }
        // The fetch runs in a task of its own, so that a browser that disconnects does not cancel it.
        let (kept_too, client) = (Arc::clone(kept), Arc::clone(&self.client));
        let fetched = tokio::spawn(async move {
            let _turn = turn;
            let fetched = json::<T>(&*client, get(url), doing).await;
            match fetched.and_then(|value| check(&value).map(|()| value)) {
                Ok(value) => Ok(kept_too.keep(value, now)),
                Err(error) => {
                    kept_too.known().failed_at = Some(now);
                    error.log();
                    kept_too.stale(now).ok_or(error)
                }
            }
        });
        fetched.await.unwrap_or(Err(SignInError::UnreachableLately(doing)))
    }
}

impl ProviderMetadata {
    fn check(&self, issuer: &str) -> Result<(), SignInError> {
        if self.issuer != issuer {
            return Err(SignInError::OtherIssuer);
        }
        let addresses = [
            ("authorization_endpoint", Some(&self.authorization_endpoint)),
            ("token_endpoint", Some(&self.token_endpoint)),
            ("jwks_uri", Some(&self.jwks_uri)),
            ("userinfo_endpoint", self.userinfo_endpoint.as_ref()),
            ("end_session_endpoint", self.end_session_endpoint.as_ref()),
        ];
        match addresses.into_iter().find(|(_, it)| it.is_some_and(|it| !is_usable(it, issuer))) {
            Some((name, _)) => Err(SignInError::Endpoint(name)),
            None => Ok(()),
        }
    }
}

/// Whether browsers and secrets may be sent to an address. It must be https, or http on this machine where the issuer
/// is there too, and must have no user, no fragment and no characters that another parser could read as another host.
fn is_usable(address: &str, issuer: &str) -> bool {
    let plain = address
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'#' | b'\\' | b'"' | b'<' | b'>'));
    let Ok(uri) = address.parse::<Uri>() else { return false };
    let Some(authority) = uri.authority() else { return false };
    let protected = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => issuer.starts_with("http://") && is_this_machine(authority.host()),
        Some(_) | None => false,
    };
    plain
        && protected
        && address.len() <= ADDRESS_BYTES_MAX
        && !authority.as_str().contains('@')
        && !authority.host().is_empty()
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host == "[::1]"
        || host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

pub(super) fn get(url: String) -> HttpCall {
    HttpCall { url, form: None, authorization: None, body_bytes_max: ANSWER_BYTES_MAX }
}

#[derive(Deserialize)]
struct ErrorReply {
    #[serde(default)]
    error: String,
}

/// Sends a request and parses the JSON reply.
pub(super) async fn json<T: DeserializeOwned>(
    client: &dyn OidcClient,
    mut call: HttpCall,
    doing: &'static str,
) -> Result<T, SignInError> {
    call.body_bytes_max = ANSWER_BYTES_MAX;
    let answer =
        client.call(call).await.map_err(|source| SignInError::Unreachable { doing, source })?;
    if answer.status != 200 {
        let error = serde_json::from_slice::<ErrorReply>(&answer.body)
            .map_or("other", |answer| named(&answer.error));
        return Err(SignInError::Status { doing, status: answer.status, error });
    }
    serde_json::from_slice(&answer.body).map_err(|_| SignInError::Unreadable(doing))
}

#[cfg(test)]
mod tests {
    use super::is_usable;

    #[test]
    fn an_address_of_the_provider_is_one_that_browsers_and_secrets_may_be_sent_to() {
        for good in
            ["https://id.example/a?b=c", "https://id.example:8443/a", "https://other.example"]
        {
            assert!(is_usable(good, "https://id.example"), "{good}");
        }
        for bad in [
            "http://id.example/a",
            "http://localhost/a",
            "https://localhost:x@evil.example/",
            "https://user@id.example/",
            "https://id.example/a#b",
            "https://id.example\\@evil.example/",
            "javascript:alert(1)",
            "//id.example/a",
            "/a",
            "ftp://id.example/a",
            "https://",
            "https:///a",
            "https://id.example/ a",
            "",
        ] {
            assert!(!is_usable(bad, "https://id.example"), "{bad}");
        }
        let here = "http://signin.localhost:8460";
        assert!(is_usable("http://signin.localhost:8460/a", here));
        assert!(is_usable("http://127.0.0.1:1/a", here));
        assert!(!is_usable("http://localhost:x@evil.example/", here));
        assert!(!is_usable("http://127.0.0.1.evil.example/", here));
    }
}
