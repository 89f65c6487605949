//! Device keys in a sealed file: a phone on a desk has no secure element.

use std::collections::BTreeMap;
use std::path::PathBuf;

use app_core::{DeviceKeys, KeyError, KeyHandle, Random};
use request_signature::SoftwareKey;
use zeroize::Zeroizing;

use crate::sealed_file::{FileError, Sealer};

/// All device keys of this phone.
pub(crate) struct KeyStore {
    path: PathBuf,
    sealer: Sealer,
    random: Random,
    keys: BTreeMap<String, SoftwareKey>,
}

impl KeyStore {
    pub(crate) fn open(path: PathBuf, sealer: Sealer, random: Random) -> Result<Self, FileError> {
        let damaged = || FileError::Damaged { path: path.clone() };
        let mut keys = BTreeMap::new();
        if let Some(clear) = sealer.read(&path)? {
            let stored: BTreeMap<String, String> =
                serde_json::from_slice(&clear).map_err(|_| damaged())?;
            for (name, secret) in stored {
                let secret = Zeroizing::new(secret);
                let mut bytes = Zeroizing::new([0; 32]);
                hex::decode_to_slice(secret.as_str(), bytes.as_mut_slice())
                    .map_err(|_| damaged())?;
                let key = SoftwareKey::from_bytes(&bytes).map_err(|_| damaged())?;
                keys.insert(name, key);
            }
        }
        Ok(Self { path, sealer, random, keys })
    }

    fn save(&self) -> Result<(), KeyError> {
        let mut clear = Zeroizing::new(String::from("{"));
        for (index, (name, key)) in self.keys.iter().enumerate() {
            if index > 0 {
                clear.push(',');
            }
            let secret = Zeroizing::new(hex::encode(key.to_bytes().as_slice()));
            clear.push('"');
            clear.push_str(name);
            clear.push_str("\":\"");
            clear.push_str(&secret);
            clear.push('"');
        }
        clear.push('}');
        self.sealer.write(&self.path, clear.as_bytes()).map_err(|error| {
            tracing::error!(%error, "the key store could not be written");
            KeyError
        })
    }
}

impl DeviceKeys for KeyStore {
    fn generate(&mut self) -> Result<KeyHandle, KeyError> {
        let mut name = [0; 8];
        (self.random)(&mut name);
        let name = hex::encode(name);
        let random = &self.random;
        let key = SoftwareKey::generate(&mut |bytes: &mut [u8]| random(bytes));
        self.keys.insert(name.clone(), key);
        if let Err(error) = self.save() {
            self.keys.remove(&name);
            return Err(error);
        }
        Ok(KeyHandle(name))
    }

    fn public_key(&self, handle: &KeyHandle) -> Result<[u8; 65], KeyError> {
        Ok(self.keys.get(&handle.0).ok_or(KeyError)?.public_key().to_bytes())
    }

    fn sign(&self, handle: &KeyHandle, message: &[u8]) -> Result<[u8; 64], KeyError> {
        Ok(self.keys.get(&handle.0).ok_or(KeyError)?.sign(message))
    }

    fn delete(&mut self, handle: &KeyHandle) -> Result<(), KeyError> {
        if self.keys.remove(&handle.0).is_some() { self.save() } else { Ok(()) }
    }
}
