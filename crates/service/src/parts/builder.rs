//! Parts of which only some matter, such as those of a test: everything else has a default that works.

use super::{
    Clock, FaceMatcher, NoFaces, NumberIntelligence, Parts, Random, Registers, Settings, csca,
};
use crate::operator_token::client::Client;
use async_trait::async_trait;
use messages::{Mail, MailSender, MessageId, Retry, SendError, Sms, SmsSender, Texts};
use recovery::policy::{Policy, Profile};
use registers::{EmbeddedRegisters, Tables};
use std::sync::Arc;
use store::keys::Keys;
use store::{MemoryStore, Store};
use zeroize::Zeroizing;

/// Builds [`Parts`]. A binary names every part in a literal instead, so that the compiler asks it for a part that is added.
#[derive(Clone, Debug)]
#[must_use = "it builds nothing until it is asked to"]
pub struct PartsBuilder(Parts);

impl Parts {
    /// Begins with rows in memory, keys from the random source, the rules of the public service, registers without people,
    /// no trusted issuing state, a matcher that compares no faces, senders that refuse every message, and no client of the
    /// operator.
    pub fn builder(clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> PartsBuilder {
        let mut secret = Zeroizing::new([0; 96]);
        random.fill(&mut *secret);
        let pin = pin::ServerSetup::generate(&mut |bytes: &mut [u8]| random.fill(bytes));
        let sender = messages::texts::Sender {
            service: "Genvej".to_owned(),
            phone: "70 00 00 00".to_owned(),
        };
        let Ok(texts) = Texts::built_in(sender) else {
            unreachable!("the tests of `messages` read the built-in texts")
        };
        PartsBuilder(Parts {
            store: Arc::new(MemoryStore::new()),
            clock,
            random,
            policy: Arc::new(Policy::of(Profile::PublicService)),
            keys: Arc::new(Keys::generate(&secret)),
            pin: Arc::new(pin),
            registers: Registers::embedded(&Arc::new(EmbeddedRegisters::new(Tables::empty()))),
            csca: Arc::new(csca::Store::new()),
            chip_policy: chip::verdict::ChipPolicy::default(),
            faces: Arc::new(NoFaces),
            numbers: None,
            sms: Arc::new(NoMessages),
            mail: Arc::new(NoMessages),
            texts: Arc::new(texts),
            operator_clients: Vec::new(),
            settings: Settings::default(),
        })
    }
}

impl PartsBuilder {
    /// With rows in this store, sealed under these keys.
    pub fn store(mut self, store: Arc<dyn Store>, keys: Arc<Keys>) -> Self {
        self.0.store = store;
        self.0.keys = keys;
        self
    }

    /// With these rules.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.0.policy = Arc::new(policy);
        self
    }

    /// With these registers of people and documents.
    pub fn registers(mut self, registers: Registers) -> Self {
        self.0.registers = registers;
        self
    }

    /// With these issuing states trusted.
    pub fn csca(mut self, csca: csca::Store) -> Self {
        self.0.csca = Arc::new(csca);
        self
    }

    /// With faces compared so.
    pub fn faces(mut self, faces: Arc<dyn FaceMatcher>) -> Self {
        self.0.faces = faces;
        self
    }

    /// With a number-intelligence service, which is asked before a code is sent to a number.
    pub fn numbers(mut self, numbers: Arc<dyn NumberIntelligence>) -> Self {
        self.0.numbers = Some(numbers);
        self
    }

    /// With text messages and e-mail sent so.
    pub fn senders(mut self, sms: Arc<dyn SmsSender>, mail: Arc<dyn MailSender>) -> Self {
        self.0.sms = sms;
        self.0.mail = mail;
        self
    }

    /// With these clients of the operator.
    pub fn operator_clients(mut self, clients: Vec<Client>) -> Self {
        self.0.operator_clients = clients;
        self
    }

    /// With these numbers and texts in place of [`Settings::default`].
    pub fn settings(mut self, settings: Settings) -> Self {
        self.0.settings = settings;
        self
    }

    /// The parts.
    #[must_use]
    pub fn build(self) -> Parts {
        self.0
    }
}

/// A sender that refuses every message.
#[derive(Debug)]
struct NoMessages;

#[async_trait]
impl SmsSender for NoMessages {
    async fn send(&self, _: &Sms) -> Result<Vec<MessageId>, SendError> {
        Err(SendError::new(Retry::Never, "sending an SMS where nothing sends any"))
    }
}

#[async_trait]
impl MailSender for NoMessages {
    async fn send(&self, _: &Mail) -> Result<(), SendError> {
        Err(SendError::new(Retry::Never, "sending a mail where nothing sends any"))
    }
}
