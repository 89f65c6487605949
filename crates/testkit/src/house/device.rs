//! A device with a key of its own: a phone with the app, or a screen.

use recovery::id::{InstanceId, PersonId};
use request_signature::{Message, Presented, SignedBy, SigningInput, SoftwareKey, thumbprint};
use service::Service;
use service::caller::App;
use service::signed_request::{NewKey, SignedRequest};

const PATH: &str = "/v1/test";
const BODY: &[u8] = b"{}";

/// A device whose key comes from a seed.
#[derive(Debug)]
pub struct Device(SoftwareKey);

impl Device {
    /// The device of this seed.
    #[must_use]
    pub fn new(seed: u8) -> Self {
        Self(SoftwareKey::from_bytes(&[seed; 32]).unwrap())
    }

    /// Its public key.
    #[must_use]
    pub fn key(&self) -> [u8; request_signature::PUBLIC_KEY_BYTES] {
        self.0.public_key().to_bytes()
    }

    /// The name of its key while it belongs to nobody.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        thumbprint(&self.key())
    }

    /// Signs bytes, as an app signs the frames of a capture.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message)
    }

    /// The headers of a POST that the device signs with a fresh nonce, under this key id and idempotency key.
    pub async fn presented(
        &self,
        service: &Service,
        by: SignedBy,
        (keyid, idempotency_key): (&str, &str),
        (target_uri, body): (&str, &[u8]),
    ) -> Presented {
        let nonce = service.nonce(keyid).await.unwrap();
        let message = Message { method: "POST", target_uri, body };
        // An idempotency key has eight characters or more.
        let key = format!("test-key-{idempotency_key}");
        let input = SigningInput::by(by, &message, keyid, (&nonce, &key)).unwrap();
        let signature = self.0.sign(input.to_sign());
        let headers = input.signed(&signature);
        let pairs = headers.pairs();
        Presented::parse(|name| {
            let named = pairs.iter().filter(|(known, _)| *known == name);
            named.map(|(_, value)| value.as_bytes()).collect::<Vec<_>>()
        })
        .unwrap()
    }

    /// The app of this instance, about to do something under this idempotency key.
    pub async fn app(&self, service: &Service, instance: InstanceId, idempotency_key: &str) -> App {
        let names = (&*instance.to_string(), idempotency_key);
        let presented = self.signed(service, names).await;
        service.verify_app(request(&presented)).await.unwrap()
    }

    /// The device's key, about to be bound to a person.
    pub async fn new_key(&self, service: &Service) -> NewKey {
        let thumbprint = self.thumbprint();
        let presented = self.signed(service, (&thumbprint, "a-new-key")).await;
        service.verify_new_key(request(&presented), &self.key(), None).await.unwrap()
    }

    async fn signed(&self, service: &Service, names: (&str, &str)) -> Presented {
        let target_uri = format!("{}{PATH}", service.parts().settings.public_url);
        self.presented(service, SignedBy::App, names, (&target_uri, BODY)).await
    }
}

fn request(presented: &Presented) -> SignedRequest<'_> {
    SignedRequest { method: "POST", path_and_query: PATH, body: BODY, presented }
}

/// The instance of the app that [`super::House::enrolled`] binds to a person.
#[must_use]
pub const fn instance_of(person: PersonId) -> InstanceId {
    InstanceId(person.0)
}
