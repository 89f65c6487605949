//! The people of this phone: an app instance each (PROTOCOLS.md section 1).

use serde::{Deserialize, Serialize};
use wire::instance::{InstanceState, LockState};

use crate::handed_in::{KeyHandle, Vault, VaultError};

/// People that one phone can hold.
pub(crate) const PEOPLE_MAX: usize = 8;
const VERSION: u32 = 1;

/// What the app keeps between starts.
#[derive(Debug, Default)]
pub(crate) struct People {
    pub(crate) people: Vec<Person>,
    pub(crate) selected: usize,
}

/// One person's instance on this phone.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) instance_id: String,
    pub(crate) key: KeyHandle,
    /// What the person calls themselves on this phone; never leaves it.
    pub(crate) label: String,
    /// The last answer of the server, and whether it is fresh.
    pub(crate) known: Option<Known>,
    /// The lock before a try whose answer is missing: tells later whether it cost a try.
    pub(crate) before_interruption: Option<LockState>,
}

/// How things stood when the server last said so.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) state: InstanceState,
    /// False once a later question went unanswered: then it is shown with the words "as of".
    pub(crate) fresh: bool,
}

impl People {
    pub(crate) fn load(vault: &dyn Vault) -> Result<Self, VaultError> {
        let Some(document) = vault.load()? else { return Ok(Self::default()) };
        let saved: Saved = serde_json::from_slice(&document).map_err(|_| VaultError)?;
        if saved.version != VERSION {
            return Err(VaultError);
        }
        let people: Vec<Person> = saved.people.into_iter().map(Person::from).collect();
        let selected = saved.selected.min(people.len().saturating_sub(1));
        Ok(Self { people, selected })
    }

    pub(crate) fn save(&self, vault: &mut dyn Vault) -> Result<(), VaultError> {
        let saved = Saved {
            version: VERSION,
            selected: self.selected,
            people: self.people.iter().map(SavedPerson::from).collect(),
        };
        let document = serde_json::to_vec(&saved).map_err(|_| VaultError)?;
        vault.save(&document)
    }

    pub(crate) fn current(&self) -> Option<&Person> {
        self.people.get(self.selected)
    }

    pub(crate) fn current_mut(&mut self) -> Option<&mut Person> {
        self.people.get_mut(self.selected)
    }
}

impl Person {
    pub(crate) fn lock(&self) -> Option<LockState> {
        self.known.as_ref().map(|known| known.state.lock)
    }
}

#[derive(Serialize, Deserialize)]
struct Saved {
    version: u32,
    selected: usize,
    people: Vec<SavedPerson>,
}

#[derive(Serialize, Deserialize)]
struct SavedPerson {
    instance_id: String,
    key: String,
    label: String,
    known: Option<InstanceState>,
    before_interruption: Option<LockState>,
}

impl From<&Person> for SavedPerson {
    fn from(person: &Person) -> Self {
        // A grant may carry a birth date and a case its capture nonce: the server says them again.
        let known = person.known.as_ref().map(|known| InstanceState {
            grant: None,
            recovery: None,
            sign_in_waits: false,
            ..known.state.clone()
        });
        Self {
            instance_id: person.instance_id.clone(),
            key: person.key.0.clone(),
            label: person.label.clone(),
            known,
            before_interruption: person.before_interruption,
        }
    }
}

impl From<SavedPerson> for Person {
    fn from(saved: SavedPerson) -> Self {
        Self {
            instance_id: saved.instance_id,
            key: KeyHandle(saved.key),
            label: saved.label,
            known: saved.known.map(|state| Known { state, fresh: false }),
            before_interruption: saved.before_interruption,
        }
    }
}
