//! The rows of a service, opened with its keys, for what no use case shows and for what a test puts there itself.

use recovery::id::PersonId;
use service::Service;
use store::facade::{self, Aggregate, Loaded, Owner};
use store::person_key::{self, PersonKey};
use store::seal::{DataKey, Nonce};
use store::{Id, Kind, SubjectId, Timestamp, Transaction, Version};
use zeroize::Zeroizing;

/// The most rows of one kind that a test looks at.
const ROWS_MAX: usize = 10_000;

/// The rows of one service.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'s>(&'s Service);

impl<'s> Rows<'s> {
    /// The rows of this service.
    #[must_use]
    pub const fn of(service: &'s Service) -> Self {
        Self(service)
    }

    /// The value with this id; none where there is no row, or one that ended early.
    pub async fn load<A: Aggregate>(self, id: Id) -> Option<A> {
        self.loaded(id).await.map(|loaded| loaded.value)
    }

    async fn loaded<A: Aggregate>(self, id: Id) -> Option<Loaded<A>> {
        let row = self.0.parts().store.load(A::KIND, id).await.unwrap()?;
        self.open(&row).await
    }

    /// Every value of a kind, in the order of their ids.
    pub async fn all<A: Aggregate>(self) -> Vec<A> {
        let mut all = Vec::new();
        for row in self.0.parts().store.scan(A::KIND, None, ROWS_MAX).await.unwrap() {
            all.extend(self.open(&row).await.map(|loaded| loaded.value));
        }
        all
    }

    async fn open<A: Aggregate>(self, row: &store::Row) -> Option<Loaded<A>> {
        let keys = &self.0.parts().keys;
        match facade::owner(row).unwrap() {
            Owner::Service => Some(facade::open(row, keys, None).unwrap()),
            Owner::Person(person) => {
                let key = self.person_key(person).await.expect("a row belongs to a known person");
                Some(facade::open(row, keys, Some(&key.key)).unwrap())
            }
            Owner::Ended => None,
        }
    }

    /// How many rows of a kind there are.
    pub async fn count(self, kind: Kind) -> usize {
        self.0.parts().store.scan(kind, None, ROWS_MAX).await.unwrap().len()
    }

    /// Saves a value in place of what its row holds, or in a new row; a person without a key gets one.
    pub async fn save<A: Aggregate>(self, value: &A) {
        let parts = self.0.parts();
        let seen = parts.store.load(A::KIND, value.id()).await.unwrap().map(|row| row.version);
        let mut transaction = Transaction::new(self.now().await);
        let key = match value.owner() {
            Owner::Service | Owner::Ended => None,
            Owner::Person(person) => Some(match self.person_key(person).await {
                Some(key) => key,
                None => {
                    let key = PersonKey {
                        key: DataKey::new(Zeroizing::new(self.draw())),
                        subject: SubjectId(u128::from_be_bytes(self.draw())),
                    };
                    let (id, nonce) = (Id(person.0), Nonce(self.draw()));
                    let wrapped = person_key::wrap(&parts.keys, id, Version::FIRST, &key, nonce);
                    transaction = transaction.insert(wrapped);
                    key
                }
            }),
        };
        let record = facade::record(
            value,
            seen.unwrap_or(Version::ABSENT).next(),
            (&parts.policy, &parts.keys),
            key.as_ref().map(|key| &key.key),
            Nonce(self.draw()),
        );
        let transaction = match seen {
            Some(seen) => transaction.put(seen, record),
            None => transaction.insert(record),
        };
        parts.store.commit(transaction).await.unwrap();
    }

    /// Changes a value as no use case does.
    ///
    /// # Panics
    ///
    /// Where there is none with this id.
    pub async fn change<A: Aggregate>(self, id: Id, change: impl FnOnce(&mut A)) {
        let mut value: A = self.load(id).await.expect("the row is there");
        change(&mut value);
        self.save(&value).await;
    }

    async fn person_key(self, person: PersonId) -> Option<PersonKey> {
        let parts = self.0.parts();
        let found = person_key::load(&*parts.store, &parts.keys, Id(person.0)).await.unwrap();
        found.map(|(key, _)| key)
    }

    /// Not before the last commit, also while the clock is not trusted.
    async fn now(self) -> Timestamp {
        let parts = self.0.parts();
        let last = parts.store.last_committed().await.unwrap();
        parts.clock.now().max(last.unwrap_or(Timestamp(0)))
    }

    fn draw<const N: usize>(self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.parts().random.fill(&mut bytes);
        bytes
    }
}
