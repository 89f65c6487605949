//! Signed requests to the server: nonces, retries, problems (PROTOCOLS.md section 2).

use std::sync::Arc;

use request_signature::{Message, SigningInput};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::Problem;
use wire::instance::{NonceReply, NonceRequest};
use zeroize::Zeroizing;

use crate::handed_in::{
    DeviceKeys, KeyHandle, Offline, Random, Server, ServerRequest, ServerResponse,
};

/// How often one command is sent before the app says that there is no connection.
const SENDINGS_MAX: u32 = 3;
/// The one answer to an unknown key, a bad signature and a nonce that is gone.
const NOT_AUTHORISED: u16 = 401;

/// The reason why a call brought no result.
#[derive(Debug)]
pub(crate) enum CallError {
    /// No answer came; the command may have been carried out.
    Offline,
    /// The server knows no such instance, or this key is not its key.
    NotKnown,
    /// The server said no, in the person's language.
    Problem(Box<Problem>),
    /// The phone's key store refused, or the answer was no answer of this API.
    Fault,
}

/// The key that signs a request.
#[derive(Debug, Clone)]
pub(crate) struct Signer {
    /// The instance id, or the thumbprint of a key that activates.
    pub(crate) keyid: String,
    pub(crate) key: KeyHandle,
}

/// One command; sent again it is the same command. Its body may hold codes and pictures and is wiped on drop.
pub(crate) struct Command<'a> {
    method: &'static str,
    path: &'a str,
    body: Zeroizing<Vec<u8>>,
    idempotency_key: &'a str,
}

impl<'a> Command<'a> {
    pub(crate) fn new(
        method: &'static str,
        path: &'a str,
        body: &impl Serialize,
        idempotency_key: &'a str,
    ) -> Result<Self, CallError> {
        let body = serde_json::to_vec(body).map_err(|_| CallError::Fault)?.into();
        Ok(Self { method, path, body, idempotency_key })
    }

    /// A command without a body.
    pub(crate) fn bare(method: &'static str, path: &'a str, idempotency_key: &'a str) -> Self {
        Self { method, path, body: Zeroizing::default(), idempotency_key }
    }
}

/// The line to the server.
pub(crate) struct Line {
    server: Box<dyn Server>,
    pub(crate) keys: Box<dyn DeviceKeys>,
    pub(crate) random: Random,
    /// The language of the person, `da` or `en`, in which problems come.
    pub(crate) language: String,
    /// The key id and the nonce from the last signed reply.
    nonce: Option<(String, String)>,
}

impl Line {
    pub(crate) fn new(
        server: Box<dyn Server>,
        keys: Box<dyn DeviceKeys>,
        random: Random,
        language: String,
    ) -> Self {
        Self { server, keys, random, language, nonce: None }
    }

    /// The random source as an owned value.
    pub(crate) fn draws(&self) -> impl FnMut(&mut [u8]) + Send + use<> {
        let random = Arc::clone(&self.random);
        move |bytes| random(bytes)
    }

    /// 16 random bytes in hex.
    pub(crate) fn fresh_id(&self) -> String {
        let mut bytes = [0; 16];
        (self.random)(&mut bytes);
        hex::encode(bytes)
    }

    /// Fetches a resource.
    pub(crate) fn get<T: DeserializeOwned>(
        &mut self,
        signer: &Signer,
        path: &str,
    ) -> Result<T, CallError> {
        let idempotency_key = self.fresh_id();
        self.command(signer, &Command::bare("GET", path, &idempotency_key))
    }

    /// Sends a command, again under the same key where no answer came.
    pub(crate) fn command<T: DeserializeOwned>(
        &mut self,
        signer: &Signer,
        command: &Command<'_>,
    ) -> Result<T, CallError> {
        let response = self.carry(signer, command)?;
        serde_json::from_slice(&response.body).map_err(|_| CallError::Fault)
    }

    /// As [`Self::command`], for answers without a body.
    pub(crate) fn command_without_answer(
        &mut self,
        signer: &Signer,
        command: &Command<'_>,
    ) -> Result<(), CallError> {
        self.carry(signer, command).map(|_| ())
    }

    fn carry(
        &mut self,
        signer: &Signer,
        command: &Command<'_>,
    ) -> Result<ServerResponse, CallError> {
        let mut fresh_nonce = false;
        for _ in 0..SENDINGS_MAX {
            let Ok(nonce) = self.nonce_for(signer, &mut fresh_nonce)? else { continue };
            let request = self.signed(signer, command, &nonce)?;
            let Ok(response) = self.server.call(&request) else { continue };
            if let Some(next) = &response.nonce {
                self.nonce = Some((signer.keyid.clone(), next.clone()));
            }
            match response.status {
                200..=299 => return Ok(response),
                // A kept nonce may have outlived its 120 s; one got just now has not.
                NOT_AUTHORISED if !fresh_nonce => self.nonce = None,
                NOT_AUTHORISED => return Err(CallError::NotKnown),
                _ => return Err(problem(&response)),
            }
        }
        Err(CallError::Offline)
    }

    /// A nonce is spent by sending, answered or not.
    fn nonce_for(
        &mut self,
        signer: &Signer,
        fresh: &mut bool,
    ) -> Result<Result<String, Offline>, CallError> {
        if let Some((_, nonce)) = self.nonce.take().filter(|(keyid, _)| *keyid == signer.keyid) {
            *fresh = false;
            return Ok(Ok(nonce));
        }
        let body = serde_json::to_vec(&NonceRequest { keyid: signer.keyid.clone() })
            .map_err(|_| CallError::Fault)?;
        let request = ServerRequest {
            method: "POST",
            path: "/v1/app/nonce".to_owned(),
            headers: self.plain_headers(true),
            body,
        };
        let response = match self.server.call(&request) {
            Ok(response) => response,
            Err(offline) => return Ok(Err(offline)),
        };
        if !(200..=299).contains(&response.status) {
            return Err(problem(&response));
        }
        *fresh = true;
        serde_json::from_slice::<NonceReply>(&response.body)
            .map(|reply| Ok(reply.nonce))
            .map_err(|_| CallError::Fault)
    }

    fn signed(
        &mut self,
        signer: &Signer,
        command: &Command<'_>,
        nonce: &str,
    ) -> Result<ServerRequest, CallError> {
        let target_uri = format!("{}{}", self.server.origin(), command.path);
        let message =
            Message { method: command.method, target_uri: &target_uri, body: &command.body };
        let input = SigningInput::new(&message, &signer.keyid, nonce, command.idempotency_key)
            .map_err(|_| CallError::Fault)?;
        let signature =
            self.keys.sign(&signer.key, input.to_sign()).map_err(|_| CallError::Fault)?;
        let mut headers = self.plain_headers(!command.body.is_empty());
        let signed = input.signed(&signature);
        headers.extend(signed.pairs().map(|(name, value)| (name, value.to_owned())));
        Ok(ServerRequest {
            method: command.method,
            path: command.path.to_owned(),
            headers,
            body: command.body.to_vec(),
        })
    }

    fn plain_headers(&self, has_body: bool) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("accept", "application/json, application/problem+json".to_owned()),
            ("accept-language", self.language.clone()),
        ];
        if has_body {
            headers.push(("content-type", "application/json".to_owned()));
        }
        headers
    }
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").field("language", &self.language).finish_non_exhaustive()
    }
}

fn problem(response: &ServerResponse) -> CallError {
    serde_json::from_slice(&response.body)
        .map_or(CallError::Fault, |problem| CallError::Problem(Box::new(problem)))
}
