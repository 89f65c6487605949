//! Reading the journal for an audit, and the receipts that prove a person's entries.
//!
//! Whoever reads says why; the purpose is journalled before the first entry is shown, and an entry is shown a day after the
//! event at the earliest, so that nobody steers a case that is under way by what its journal says.

use crate::caller::App;
use crate::journal::{self, Entry};
use crate::work::Subject;
use crate::{Failure, Service};
use audit::proof::InclusionFile;
use audit::tree;
use recovery::event::JournalEvent;
use recovery::id::PersonId;
use recovery::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use store::person_key::{self, PersonKey};
use store::{Id, JournalRow, Journalled, Place, Store, SubjectId, kinds};

/// The age at which an entry may be read.
const READ_AFTER_MS: i64 = 24 * 3_600_000;
/// The most entries of one reading.
pub const ENTRIES_MAX: usize = 10_000;
/// The most receipts of one answer.
const RECEIPTS_MAX: usize = 100;
const PAGE_ROWS: usize = 1_000;
/// The lengths that the words of whoever reads may have, in characters.
const WORDS: std::ops::RangeInclusive<usize> = 3..=250;

/// Which entries somebody wants to read, and why.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Who reads.
    pub by: String,
    /// What it is for.
    pub purpose: String,
    /// The person whom the entries are about; `None` for all entries.
    pub of: Option<PersonId>,
    /// The time of the first entry.
    pub since: Timestamp,
    /// The time after the last entry.
    pub until: Timestamp,
}

/// One entry as an auditor reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadEntry {
    /// The id of the row.
    pub id: u128,
    /// The position of the row in the journal; `None` while it has none.
    pub position: Option<u64>,
    /// When the event was committed.
    pub at: Timestamp,
    /// The person whom the entry is about.
    pub person: Option<PersonId>,
    /// What it says; `None` where no key opens it any more, because the person was erased.
    pub entry: Option<Entry>,
}

/// A reading cannot be journalled as it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("who reads and the purpose are 3 to 250 characters in one line each")]
pub struct NotSaid;

impl Reading {
    fn check(&self) -> Result<(), NotSaid> {
        let fits = |words: &str| {
            WORDS.contains(&words.chars().count()) && !words.chars().any(char::is_control)
        };
        if fits(&self.by) && fits(&self.purpose) { Ok(()) } else { Err(NotSaid) }
    }
}

/// The proof that an entry about a person is in the published log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The position of the entry.
    pub position: u64,
    /// When the event was committed.
    pub at: Timestamp,
    /// A file of C2SP tlog-proof, with what the leaf is hashed over.
    pub file: String,
}

impl Service {
    /// Reads entries of the journal, oldest first, at most [`ENTRIES_MAX`]; the reading itself is journalled first.
    ///
    /// # Errors
    ///
    /// [`NotSaid`] as a fault of the caller's words; store errors.
    pub async fn read_journal(&self, reading: &Reading) -> Result<Vec<ReadEntry>, Failure> {
        reading.check().map_err(|error| Failure::fault("the reading is not journalled", error))?;
        let now = self.now().await?;
        let until = reading.until.min(Timestamp(now.0.saturating_sub(READ_AFTER_MS)));
        let rows = match reading.of {
            Some(person) => self.rows_about(person, reading.since, until).await?,
            None => self.rows_between(reading.since, until).await?,
        };
        let entries = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        attempt!(self, |work| {
            let subject = reading.of.map_or(Subject::Nobody { matter: 0 }, Subject::Person);
            let (by, purpose) = (reading.by.clone(), reading.purpose.clone());
            let (since, until) = (reading.since, until);
            work.say(
                subject,
                JournalEvent::JournalRead { by, purpose, of: reading.of, since, until, entries },
            );
            Ok(())
        })?;
        self.opened_entries(rows).await
    }

    async fn rows_about(
        &self,
        person: PersonId,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Journalled>, Failure> {
        let parts = self.parts();
        let key = person_key::load(&*parts.store, &parts.keys, Id(person.0)).await?;
        let Some((key, _)) = key else { return Ok(Vec::new()) };
        let mut rows = parts.store.journal_about(key.subject, ENTRIES_MAX).await?;
        rows.retain(|row| (since..until).contains(&row.committed_at));
        rows.reverse();
        Ok(rows)
    }

    async fn rows_between(
        &self,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Journalled>, Failure> {
        let store = &*self.parts().store;
        let mut next = first_since(store, since).await?;
        let mut found: Vec<Journalled> = Vec::new();
        while found.len() < ENTRIES_MAX {
            let rows = store.journal_read(next, PAGE_ROWS).await?;
            let read = u64::try_from(rows.len()).unwrap_or(u64::MAX);
            next = next.saturating_add(read);
            let before = found.len();
            found.extend(rows.into_iter().filter(|row| row.committed_at < until));
            if found.len().saturating_sub(before) < PAGE_ROWS {
                break;
            }
        }
        found.truncate(ENTRIES_MAX);
        Ok(found)
    }

    /// Opens rows; the keys of the persons whom they are about are looked for among all, since a subject names nobody.
    async fn opened_entries(&self, rows: Vec<Journalled>) -> Result<Vec<ReadEntry>, Failure> {
        let parts = self.parts();
        let of_person = |row: &Journalled| journal::is_about_a_person(&row.row);
        let mut wanted: BTreeSet<SubjectId> =
            rows.iter().filter(|row| of_person(row)).map(|row| row.row.subject).collect();
        let mut keys: BTreeMap<SubjectId, (PersonId, PersonKey)> = BTreeMap::new();
        let mut after = None;
        while !wanted.is_empty() {
            let page = parts.store.scan(kinds::PERSON_KEY, after, PAGE_ROWS).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.record.id);
            for row in &page {
                let key = person_key::unwrap(&parts.keys, row)?;
                if wanted.remove(&key.subject) {
                    keys.insert(key.subject, (PersonId(row.record.id.0), key));
                }
            }
        }
        let open = |row: &JournalRow| match keys.get(&row.subject) {
            Some((_, key)) if journal::is_about_a_person(row) => {
                journal::open_of(&key.key, row).ok()
            }
            Some(_) | None => journal::open_of_service(&parts.keys, row).ok(),
        };
        Ok(rows
            .iter()
            .map(|row| ReadEntry {
                id: row.row.id.0,
                position: match row.place {
                    Place::At { position, .. } => Some(position),
                    Place::Waiting => None,
                },
                at: row.committed_at,
                person: keys.get(&row.row.subject).map(|(person, _)| *person),
                entry: open(&row.row),
            })
            .collect())
    }

    /// The receipts of the newest entries about the person of this app, newest first: those that the published log has. What
    /// was journalled since the last checkpoint gets its receipt with the next.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn receipts(&self, app: &App) -> Result<Vec<Receipt>, Failure> {
        let parts = self.parts();
        let Some(key) = self.log_key() else { return Ok(Vec::new()) };
        let log = self.log_rows();
        let Some(published) = log.published(&key).await? else { return Ok(Vec::new()) };
        let size = published.head().size;
        let owner = person_key::load(&*parts.store, &parts.keys, Id(app.person().0)).await?;
        let Some((owner, _)) = owner else { return Ok(Vec::new()) };
        let rows = parts.store.journal_about(owner.subject, ENTRIES_MAX).await?;
        let mut receipts = Vec::new();
        for row in rows {
            let Place::At { position, .. } = row.place else { continue };
            let Some(spans) = tree::inclusion(position, size) else { continue };
            if receipts.len() >= RECEIPTS_MAX {
                break;
            }
            let path = log.hashes(size, &spans).await?;
            let extra = Some(audit::preimage(row.entry()));
            let note = published.note.clone();
            let file = InclusionFile { extra, index: position, path, note }.to_string();
            receipts.push(Receipt { position, at: row.committed_at, file });
        }
        Ok(receipts)
    }
}

/// The position of the first row that was committed at or after this time.
async fn first_since(store: &dyn Store, since: Timestamp) -> Result<u64, Failure> {
    let (mut low, mut high) = (0, store.journal_chain().await?.size);
    while low < high {
        let middle = low.midpoint(high);
        let row = store.journal_read(middle, 1).await?;
        if row.first().is_some_and(|row| row.committed_at < since) {
            low = middle.saturating_add(1);
        } else {
            high = middle;
        }
    }
    Ok(low)
}
