use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use app_core::{
    Action, App, AppParts, CameraState, Card, CardLost, CardSlot, Device, DeviceKeys, KeyError,
    KeyHandle, NoCard, Progress, ReaderState, Release, Screen, Settings, TypedText, Vault,
    VaultError, View,
};
use pin::Stretch;
use request_signature::SoftwareKey;

use zeroize::Zeroizing;

use super::World;

/// One phone: what survives a restart, and the running app.
pub struct Phone {
    pub world: World,
    pub app: App,
    keys: Arc<Mutex<HashMap<String, SoftwareKey>>>,
    vault: Arc<Mutex<Option<Vec<u8>>>>,
    pub chips: Chips,
    pub progress: Arc<Mutex<Vec<Progress>>>,
    starts: u64,
}

/// One contact with the document; breaks after so many commands.
pub struct Contact {
    pub card: chip_sim::Card,
    pub commands_left: usize,
}

impl Card for Contact {
    fn transmit(&mut self, command: &[u8]) -> Result<Zeroizing<Vec<u8>>, CardLost> {
        self.commands_left = self.commands_left.checked_sub(1).ok_or(CardLost)?;
        Ok(Zeroizing::new(self.card.transmit(command)))
    }
}

/// What is held to the phone, in turn: one entry a contact.
#[derive(Clone)]
pub struct Chips {
    pub contacts: Arc<Mutex<Vec<Box<dyn Card>>>>,
    /// Ready unless a test says otherwise.
    pub reader: Arc<Mutex<Option<ReaderState>>>,
    pub device: Arc<Mutex<(CameraState, Release)>>,
}

impl Default for Chips {
    fn default() -> Self {
        Self {
            contacts: Arc::default(),
            reader: Arc::default(),
            device: Arc::new(Mutex::new((CameraState::Ready, Release::NewEnough))),
        }
    }
}

impl Device for Chips {
    fn camera(&self) -> CameraState {
        self.device.lock().unwrap().0
    }

    fn system(&self) -> Release {
        self.device.lock().unwrap().1
    }
}

pub fn typed(text: &str) -> TypedText {
    TypedText::new(text)
}

/// The number of every offer.
pub const OFFER: &str = "ABCDEFGHJK";

impl Phone {
    pub fn new(world: &World) -> Self {
        Self::with_chips(world, Chips::default())
    }

    pub fn with_chips(world: &World, chips: Chips) -> Self {
        let (keys, vault) = (Arc::default(), Arc::default());
        let progress = Arc::default();
        let app = start(world, &keys, &vault, &chips, &progress, 1);
        Self { world: world.clone(), app, keys, vault, chips, progress, starts: 1 }
    }

    /// A bound phone with this PIN, at its state card.
    pub fn bound(world: &World, pin: &str) -> Self {
        let mut phone = Self::new(world);
        phone.activate("ABCD1234");
        phone.pin(pin).pin(pin).act(Action::Home);
        phone
    }

    pub fn activate(&mut self, code: &str) -> &mut Self {
        self.act(Action::Activate {
            offer: typed(OFFER),
            code: typed(code),
            device_name: "Test phone".into(),
            label: "Me".into(),
        })
    }

    pub fn act(&mut self, action: Action) -> &mut Self {
        self.app.act(action).unwrap();
        self
    }

    pub fn pin(&mut self, digits: &str) -> &mut Self {
        self.act(Action::Pin { digits: typed(digits) })
    }

    pub fn view(&self) -> View {
        self.app.view()
    }

    pub fn screen(&self) -> Screen {
        self.app.view().screen
    }

    /// The key of the app's notice, or the code of the server's.
    pub fn notice(&self) -> Option<String> {
        let notice = serde_json::to_value(self.app.view().notice).unwrap();
        let text = notice.get("text")?;
        let key = text.get("app").and_then(|app| app.get("key"));
        let code = text.get("server").and_then(|server| server.get("code"));
        key.or(code)?.as_str().map(str::to_owned)
    }

    pub fn restart(&mut self) {
        self.starts += 1;
        let parts = (&self.keys, &self.vault, &self.chips, &self.progress);
        self.app = start(&self.world, parts.0, parts.1, parts.2, parts.3, self.starts);
    }

    pub fn vault_text(&self) -> String {
        String::from_utf8(self.vault.lock().unwrap().clone().unwrap()).unwrap()
    }

    pub fn keys(&self) -> usize {
        self.keys.lock().unwrap().len()
    }
}

fn start(
    world: &World,
    keys: &Arc<Mutex<HashMap<String, SoftwareKey>>>,
    vault: &Arc<Mutex<Option<Vec<u8>>>>,
    chips: &Chips,
    progress: &Arc<Mutex<Vec<Progress>>>,
    seed: u64,
) -> App {
    let progress = Arc::clone(progress);
    let parts = AppParts {
        server: Box::new(world.clone()),
        keys: Box::new(Keys(Arc::clone(keys))),
        vault: Box::new(Shelf(Arc::clone(vault))),
        card_slot: Box::new(chips.clone()),
        device: Box::new(chips.clone()),
        random: {
            let source = Mutex::new(seeded(seed));
            Arc::new(move |bytes: &mut [u8]| source.lock().unwrap()(bytes))
        },
        progress: Box::new(move |step| progress.lock().unwrap().push(step)),
    };
    let settings = Settings {
        language: "en".into(),
        version: "1.4.0".into(),
        stretch: Stretch::new(8, 1).unwrap(),
    };
    App::start(parts, settings).unwrap()
}

fn seeded(seed: u64) -> impl FnMut(&mut [u8]) + Send {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move |bytes: &mut [u8]| {
        for byte in bytes {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            *byte = state.to_be_bytes()[0];
        }
    }
}

struct Keys(Arc<Mutex<HashMap<String, SoftwareKey>>>);

impl DeviceKeys for Keys {
    fn generate(&mut self) -> Result<KeyHandle, KeyError> {
        let mut keys = self.0.lock().unwrap();
        let seed = 1000 + keys.len() as u64;
        let name = format!("key-{seed}");
        keys.insert(name.clone(), SoftwareKey::generate(&mut seeded(seed)));
        Ok(KeyHandle(name))
    }

    fn public_key(&self, handle: &KeyHandle) -> Result<[u8; 65], KeyError> {
        let keys = self.0.lock().unwrap();
        Ok(keys.get(&handle.0).ok_or(KeyError)?.public_key().to_bytes())
    }

    fn sign(&self, handle: &KeyHandle, message: &[u8]) -> Result<[u8; 64], KeyError> {
        Ok(self.0.lock().unwrap().get(&handle.0).ok_or(KeyError)?.sign(message))
    }

    fn delete(&mut self, handle: &KeyHandle) -> Result<(), KeyError> {
        self.0.lock().unwrap().remove(&handle.0);
        Ok(())
    }
}

struct Shelf(Arc<Mutex<Option<Vec<u8>>>>);

impl Vault for Shelf {
    fn load(&self) -> Result<Option<Vec<u8>>, VaultError> {
        Ok(self.0.lock().unwrap().clone())
    }

    fn save(&mut self, document: &[u8]) -> Result<(), VaultError> {
        *self.0.lock().unwrap() = Some(document.to_vec());
        Ok(())
    }
}

impl CardSlot for Chips {
    fn reader(&self) -> ReaderState {
        self.reader.lock().unwrap().unwrap_or(ReaderState::Ready)
    }

    fn is_present(&self) -> bool {
        !self.contacts.lock().unwrap().is_empty()
    }

    fn connect(&mut self) -> Result<Box<dyn Card>, NoCard> {
        let mut contacts = self.contacts.lock().unwrap();
        if contacts.is_empty() { Err(NoCard::Nothing) } else { Ok(contacts.remove(0)) }
    }
}
