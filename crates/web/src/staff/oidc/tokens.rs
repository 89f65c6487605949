//! Requests to the provider's token endpoint (RFC 6749 sections 4.1.3 and 6) and userinfo endpoint.

use super::directory::{Asker, ProviderMetadata, get, json};
use super::error::SignInError;
use super::id_token::{TOKEN_BYTES_MAX, TokenKind, UnverifiedToken, fault};
use super::line::HttpCall;
use super::settings::ClientAuthentication;
use super::{Oidc, percent};
use base64ct::{Base64, Encoding as _};
use recovery::sensitive::Sensitive;
use recovery::time::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

/// The tokens in a reply of the token endpoint.
#[derive(Deserialize)]
pub(super) struct Tokens {
    #[serde(default)]
    pub(super) id_token: Option<String>,
    #[serde(default)]
    access_token: Option<String>,
    #[serde(default)]
    token_type: Option<String>,
    #[serde(default)]
    refresh_token: Option<String>,
}

impl Tokens {
    /// The access token, where it is a bearer token; other kinds are not supported.
    pub(super) fn access_token(&self) -> Option<Sensitive<String>> {
        let bearer = self.token_type.as_deref().is_none_or(|it| it.eq_ignore_ascii_case("bearer"));
        self.access_token.clone().filter(|_| bearer).map(Sensitive::new)
    }

    pub(super) fn refresh_token(&self) -> Option<Sensitive<String>> {
        self.refresh_token.clone().map(Sensitive::new)
    }
}

impl Oidc {
    /// Redeems an authorisation code.
    pub(super) async fn redeem(
        &self,
        description: &ProviderMetadata,
        code: String,
        redirect_uri: String,
        verifier: String,
    ) -> Result<Tokens, SignInError> {
        let form = vec![
            ("grant_type", Zeroizing::new("authorization_code".to_owned())),
            ("code", Zeroizing::new(code)),
            ("redirect_uri", Zeroizing::new(redirect_uri)),
            ("code_verifier", Zeroizing::new(verifier)),
        ];
        self.token_endpoint(description, form, "redeeming the code").await
    }

    /// Requests new tokens by a refresh token.
    pub(super) async fn refresh(
        &self,
        description: &ProviderMetadata,
        refresh_token: &Sensitive<String>,
    ) -> Result<Tokens, SignInError> {
        let form = vec![
            ("grant_type", Zeroizing::new("refresh_token".to_owned())),
            ("refresh_token", Zeroizing::new(refresh_token.expose().clone())),
        ];
        self.token_endpoint(description, form, "refreshing a session").await
    }

    async fn token_endpoint(
        &self,
        description: &ProviderMetadata,
        mut form: Vec<(&'static str, Zeroizing<String>)>,
        doing: &'static str,
    ) -> Result<Tokens, SignInError> {
        let settings = &self.settings;
        let mut authorization = None;
        match (&settings.client_secret, settings.client_authentication) {
            // The client id and the secret are form-encoded before they are joined (RFC 6749 section 2.3.1).
            (Some(secret), ClientAuthentication::Basic) => {
                let pair = format!("{}:{}", percent(&settings.client_id), percent(secret));
                let pair = Zeroizing::new(pair);
                let encoded = Zeroizing::new(Base64::encode_string(pair.as_bytes()));
                authorization = Some(Zeroizing::new(format!("Basic {}", encoded.as_str())));
            }
            (Some(secret), ClientAuthentication::Post) => {
                form.push(("client_id", Zeroizing::new(settings.client_id.clone())));
                form.push(("client_secret", secret.clone()));
            }
            (None, _) => form.push(("client_id", Zeroizing::new(settings.client_id.clone()))),
        }
        let url = description.token_endpoint.clone();
        let call = HttpCall { url, form: Some(form), authorization, body_bytes_max: 0 };
        json(&*settings.client, call, doing).await
    }

    /// Requests the claims about the holder of an access token.
    pub(super) async fn userinfo(
        &self,
        endpoint: &str,
        access_token: &Sensitive<String>,
    ) -> Result<Map<String, Value>, SignInError> {
        let bearer = Zeroizing::new(format!("Bearer {}", access_token.expose()));
        let call = HttpCall { authorization: Some(bearer), ..get(endpoint.to_owned()) };
        json(&*self.settings.client, call, "asking about a session").await
    }

    /// Verifies the signature of a token and returns its claims, which the caller still has to check.
    pub(super) async fn verified(
        &self,
        token: &str,
        sort: TokenKind,
        asker: Asker,
        now: Timestamp,
    ) -> Result<Map<String, Value>, SignInError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(SignInError::Token(fault("token", "is too long")));
        }
        let unverified = UnverifiedToken::read(token, sort).map_err(SignInError::Token)?;
        let has = |keys: &Value| unverified.has_candidate(keys);
        let keys = self.directory.keys(asker, has, now).await?;
        unverified.verified(&keys).map_err(SignInError::Token)
    }
}
