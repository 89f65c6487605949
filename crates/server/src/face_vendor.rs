//! A face matcher or presentation-attack check of another vendor, over HTTP (docs/faces.md defines the protocol).
//!
//! Only the form of the vendor's answers is checked: scores are clamped, replies are bounded, names are cut. A vendor that
//! does not answer is a failure of this service and costs no try.

use crate::config::FaceVendor;
use base64ct::{Base64, Encoding as _};
use face::embed::{Matcher, MatcherError, Template};
use face::manifest::Bands;
use face::pad::{PadError, PassivePad};
use face::sighting::Sighting;
use face::{ModelId, Score};
use jpeg_encoder::{ColorType, Encoder};
use messages::endpoint::{self, Unencrypted};
use messages::trust::{Trust, TrustError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io;
use std::time::Duration;
use ureq::Agent;
use zeroize::Zeroizing;

const REPLY_BYTES_MAX: u64 = 256 * 1024;
const MODELS_MAX: usize = 8;
const NAME_CHARS_MAX: usize = 64;
const QUALITY: u8 = 95;

/// A face vendor cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum VendorError {
    /// The address is neither https nor on this machine. Faces are sent to it, and its answers decide.
    #[error("the address {0} is neither https nor http on this machine")]
    Unprotected(String),
    /// The file with the token cannot be read.
    #[error("the token of the face vendor cannot be read from {path}")]
    Token {
        /// The path of the file with the token.
        path: String,
        /// The I/O error.
        #[source]
        source: io::Error,
    },
    /// The certificate authorities for the vendor cannot be used.
    #[error("the certificates of the face vendor cannot be used")]
    Trust(#[source] TrustError),
    /// The vendor did not answer.
    #[error("the face vendor did not answer")]
    Call(#[source] Box<ureq::Error>),
    /// The vendor answered something that the protocol does not have.
    #[error("the face vendor answered with {0}")]
    Answer(String),
    /// A picture could not be sent.
    #[error("a picture cannot be written as JPEG")]
    Picture,
}

/// The connection to one vendor.
pub(crate) struct Vendor {
    agent: Agent,
    url: String,
    token: Option<Zeroizing<String>>,
    models: Vec<ModelId>,
}

/// A picture or a template in base64, wiped when it is dropped.
struct Hidden(Zeroizing<String>);

impl Hidden {
    fn of(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(Base64::encode_string(bytes)))
    }
}

impl Serialize for Hidden {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

/// A request body: one picture with the place of the face in it.
#[derive(Serialize)]
struct Picture {
    /// The surroundings of the face.
    jpeg: Hidden,
    /// The box of the face, in pixels of that picture: left, top, width, height.
    face: [f32; 4],
    /// Right eye, left eye, nose, right and left corner of the mouth; right and left are the person's own.
    points: [[f32; 2]; 5],
}

/// A reply: the vendor's models.
#[derive(Deserialize)]
struct Models {
    models: Vec<Model>,
}

#[derive(Deserialize)]
struct Model {
    name: String,
    sha256: String,
}

/// A reply: the template of a face.
#[derive(Deserialize)]
struct Made {
    template: Hidden,
}

/// A request body: two templates to compare.
#[derive(Serialize)]
struct Pair {
    one: Hidden,
    other: Hidden,
}

/// A reply: one score for each model.
#[derive(Deserialize)]
struct Scores {
    scores: Vec<f32>,
}

/// A reply: how sure the check is that the face is living, from 0 to 1.
#[derive(Deserialize)]
struct Living {
    living: f32,
}

impl Vendor {
    /// Asks the vendor for its models.
    pub(crate) fn connect(settings: &FaceVendor) -> Result<Self, VendorError> {
        if endpoint::service_url(&settings.url, Unencrypted::LoopbackOnly).is_err() {
            return Err(VendorError::Unprotected(settings.url.clone()));
        }
        let token = settings.token_file.as_ref().map(|path| {
            let read = std::fs::read_to_string(path).map(Zeroizing::new);
            read.map(|token| Zeroizing::new(token.trim().to_owned()))
                .map_err(|source| VendorError::Token { path: path.display().to_string(), source })
        });
        let config = Agent::config_builder()
            .timeout_global(Some(Duration::from_millis(u64::from(settings.timeout_millis))))
            .max_redirects(0)
            .proxy(endpoint::proxy_for(&settings.url))
            .tls_config(Trust::read(settings.trust.as_deref()).map_err(VendorError::Trust)?.tls())
            .build();
        let mut vendor = Self {
            agent: config.into(),
            url: settings.url.trim_end_matches('/').to_owned(),
            token: token.transpose()?,
            models: Vec::new(),
        };
        let models: Models = vendor.call("models", None::<&()>)?;
        let wrong = || VendorError::Answer("models that have no name or no SHA-256".to_owned());
        let named = models.models.into_iter().take(MODELS_MAX).map(|model| {
            let mut sha256 = [0; 32];
            hex::decode_to_slice(&model.sha256, &mut sha256).ok()?;
            let name: String = model.name.chars().take(NAME_CHARS_MAX).collect();
            let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
            (plain && !name.is_empty()).then_some(ModelId { name, sha256 })
        });
        vendor.models = named.collect::<Option<Vec<_>>>().ok_or_else(wrong)?;
        if vendor.models.is_empty() { Err(wrong()) } else { Ok(vendor) }
    }

    fn call<T: DeserializeOwned>(
        &self,
        what: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, VendorError> {
        let url = format!("{}/{what}", self.url);
        let failed = |error| VendorError::Call(Box::new(error));
        let bearer = self.token.as_ref().map(|token| format!("Bearer {}", token.as_str()));
        let answer = match body {
            None => {
                let mut request = self.agent.get(&url);
                if let Some(bearer) = &bearer {
                    request = request.header("authorization", bearer);
                }
                request.call()
            }
            Some(body) => {
                let mut request = self.agent.post(&url);
                if let Some(bearer) = &bearer {
                    request = request.header("authorization", bearer);
                }
                request.send_json(body)
            }
        };
        let mut answer = answer.map_err(failed)?;
        let bytes = answer
            .body_mut()
            .with_config()
            .limit(REPLY_BYTES_MAX)
            .read_to_vec()
            .map(Zeroizing::new)
            .map_err(failed)?;
        serde_json::from_slice(&bytes)
            .map_err(|error| VendorError::Answer(format!("no answer to {what}: {error}")))
    }
}

/// The picture of a face with its surroundings, as it is sent to the vendor.
fn picture(sighting: &Sighting) -> Result<Picture, VendorError> {
    let seen = &sighting.picture;
    let side = |length: usize| u16::try_from(length).map_err(|_| VendorError::Picture);
    let mut jpeg = Zeroizing::new(Vec::new());
    Encoder::new(&mut *jpeg, QUALITY)
        .encode(seen.rgb(), side(seen.width())?, side(seen.height())?, ColorType::Rgb)
        .map_err(|_| VendorError::Picture)?;
    let face = sighting.face;
    Ok(Picture {
        jpeg: Hidden::of(&jpeg),
        face: [face.rect.x, face.rect.y, face.rect.width, face.rect.height],
        points: face.landmarks.points().map(|point| [point.x, point.y]),
    })
}

/// The matcher of `[face.matcher]`.
pub(crate) struct VendorMatcher(pub(crate) Vendor);

impl Matcher for VendorMatcher {
    fn models(&self) -> Vec<ModelId> {
        self.0.models.clone()
    }

    fn template(&self, sighting: &Sighting) -> Result<Template, MatcherError> {
        let made = picture(sighting)
            .and_then(|picture| self.0.call::<Made>("template", Some(&picture)))
            .map_err(elsewhere)?;
        let bytes = Base64::decode_vec(&made.template.0).map_err(|_| {
            elsewhere(VendorError::Answer("a template that is no base64".to_owned()))
        })?;
        Ok(Template::opaque(bytes))
    }

    fn compare(&self, one: &Template, other: &Template) -> Result<Vec<Score>, MatcherError> {
        let pair = Pair { one: Hidden::of(one.bytes()), other: Hidden::of(other.bytes()) };
        let answer: Scores = self.0.call("compare", Some(&pair)).map_err(elsewhere)?;
        if answer.scores.len() != self.0.models.len() {
            let other = VendorError::Answer("another number of scores than models".to_owned());
            return Err(elsewhere(other));
        }
        Ok(answer.scores.into_iter().map(Score::from_similarity).collect())
    }
}

/// The presentation-attack check of `[face.passive_check]`.
pub(crate) struct VendorPad(pub(crate) Vendor);

impl PassivePad for VendorPad {
    fn models(&self) -> Vec<ModelId> {
        self.0.models.clone()
    }

    fn living(&self, sighting: &Sighting) -> Result<Score, PadError> {
        let answer: Living = picture(sighting)
            .and_then(|picture| self.0.call("living", Some(&picture)))
            .map_err(|error| PadError::Elsewhere(Box::new(error)))?;
        Ok(Score::from_similarity(answer.living.clamp(0.0, 1.0)))
    }
}

/// The score bands of a vendor's matcher, as the operator confirms them.
pub(crate) fn bands(settings: &FaceVendor, threshold: f64) -> Bands {
    let accept = Score::from_decimal(threshold);
    let or_accept = |value: Option<f64>| value.map_or(accept, Score::from_decimal);
    Bands {
        accept,
        each: or_accept(settings.each),
        retry: or_accept(settings.retry),
        evidence: "the operator's configuration, for a matcher of another maker".to_owned(),
    }
}

fn elsewhere(error: VendorError) -> MatcherError {
    MatcherError::Elsewhere(Box::new(error))
}

#[cfg(test)]
mod tests;
