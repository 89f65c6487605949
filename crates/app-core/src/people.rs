//! The people of this phone, each with an app instance of their own (PROTOCOLS.md section 1).

use serde::{Deserialize, Serialize};
use wire::instance::{InstanceState, LockState};

use crate::handed_in::{KeyHandle, Vault, VaultError};

/// The number of people that one phone can hold.
pub(crate) const PEOPLE_MAX: usize = 8;
const VERSION: u32 = 1;

/// The people of this phone, which the vault keeps between starts.
#[derive(Debug, Default)]
pub(crate) struct People {
    pub(crate) people: Vec<Person>,
    pub(crate) selected: usize,
}

/// One person with their app instance on this phone.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) instance_id: String,
    pub(crate) key: KeyHandle,
    /// The name of the person on this phone; it never leaves the phone.
    pub(crate) label: String,
    /// The last answer of the server.
    pub(crate) known: Option<KnownState>,
    /// The lock before a try whose answer is missing: it shows later whether the try was counted.
    pub(crate) before_interruption: Option<LockState>,
}

/// The state of the instance in the last answer of the server.
#[derive(Debug, Clone)]
pub(crate) struct KnownState {
    pub(crate) state: InstanceState,
    /// False after a later request went unanswered: the state is then shown with the words "as of".
    pub(crate) fresh: bool,
}

impl People {
    pub(crate) fn load(vault: &dyn Vault) -> Result<Self, VaultError> {
        let Some(document) = vault.load()? else { return Ok(Self::default()) };
        let document: VaultDocument = serde_json::from_slice(&document).map_err(|_| VaultError)?;
        if document.version != VERSION {
            return Err(VaultError);
        }
        let people: Vec<Person> = document.people.into_iter().map(Person::from).collect();
        let selected = document.selected.min(people.len().saturating_sub(1));
        Ok(Self { people, selected })
    }

    pub(crate) fn save(&self, vault: &mut dyn Vault) -> Result<(), VaultError> {
        let document = VaultDocument {
            version: VERSION,
            selected: self.selected,
            people: self.people.iter().map(VaultPerson::from).collect(),
        };
        let document = serde_json::to_vec(&document).map_err(|_| VaultError)?;
        vault.save(&document)
    }

    pub(crate) fn current(&self) -> Option<&Person> {
        self.people.get(self.selected)
    }

    pub(crate) fn current_mut(&mut self) -> Option<&mut Person> {
        self.people.get_mut(self.selected)
    }

    /// The last answer of the server about the person that is shown.
    pub(crate) fn known(&self) -> Option<&KnownState> {
        self.current()?.known.as_ref()
    }

    pub(crate) fn known_mut(&mut self) -> Option<&mut KnownState> {
        self.current_mut()?.known.as_mut()
    }

    /// Whether the PIN of the person that is shown can be tried now.
    pub(crate) fn is_ready(&self) -> bool {
        self.current().is_some_and(Person::is_ready)
    }
}

impl Person {
    pub(crate) fn lock(&self) -> Option<LockState> {
        self.known.as_ref().map(|known| known.state.lock)
    }

    pub(crate) fn is_ready(&self) -> bool {
        matches!(self.lock(), Some(LockState::Ready { .. }))
    }

    /// Whether a recovery makes sense: not for an instance that is unbound or waits for its first
    /// PIN. A frozen one may try; the policy decides (PROTOCOLS.md section 12).
    pub(crate) fn can_recover(&self) -> bool {
        match self.lock() {
            Some(
                LockState::Ready { .. }
                | LockState::Locked { .. }
                | LockState::Blocked
                | LockState::Frozen,
            ) => true,
            Some(LockState::AwaitingFirstPin | LockState::Unbound) | None => false,
        }
    }

    pub(crate) fn has_open_case(&self) -> bool {
        self.known.as_ref().is_some_and(|known| known.state.recovery.is_some())
    }
}

/// The document in the vault.
#[derive(Serialize, Deserialize)]
struct VaultDocument {
    version: u32,
    selected: usize,
    people: Vec<VaultPerson>,
}

/// One person in the document of the vault.
#[derive(Serialize, Deserialize)]
struct VaultPerson {
    instance_id: String,
    key: String,
    label: String,
    known: Option<InstanceState>,
    before_interruption: Option<LockState>,
}

impl From<&Person> for VaultPerson {
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

impl From<VaultPerson> for Person {
    fn from(saved: VaultPerson) -> Self {
        Self {
            instance_id: saved.instance_id,
            key: KeyHandle(saved.key),
            label: saved.label,
            known: saved.known.map(|state| KnownState { state, fresh: false }),
            before_interruption: saved.before_interruption,
        }
    }
}
