//! The journal: every decision as one entry of codes and ids, sealed under the key of the person whom it is about.

use crate::work::{Subject, Work};
use crate::{Failure, Random};
use recovery::event::{Coarse, JournalEvent, Value};
use store::codec::{CodecError, Reader, Writer};
use store::keys::{Keys, MasterNumber};
use store::seal::{self, Binding, DataKey, Nonce};
use store::{CoarseType, JournalId, JournalRow, SubjectId};

/// The version of the encoding of an entry.
const LAYOUT: u8 = 1;
const FIELDS_MAX: usize = 16;
const TEXT_MAX: usize = 64;

/// One journal entry in clear, as an auditor reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The stable code of the event.
    pub code: String,
    /// Names and values of its fields; ids, numbers, codes and instants only.
    pub fields: Vec<(String, String)>,
}

impl Work<'_> {
    /// Seals the entries of this unit of work and adds them to the transaction.
    pub(crate) async fn write_journal(&mut self) -> Result<(), Failure> {
        for (subject, event) in std::mem::take(&mut self.journal) {
            let (id, salt) = (JournalId(self.service.draw_id()), self.service.draw());
            let subject_id = match subject {
                Subject::Person(person) => {
                    self.ensure_key(person).await?;
                    let drawn = self.subject_of(person);
                    drawn.unwrap_or_else(|| SubjectId(self.service.draw_id()))
                }
                Subject::Erased(subject) => subject,
                Subject::Nobody { matter: 0 } => SubjectId(self.service.draw_id()),
                Subject::Nobody { matter } => matter_subject(&self.service.parts().keys, matter),
            };
            let coarse = coarse_type(event.coarse());
            let mut row =
                JournalRow { id, subject: subject_id, coarse, salt, ciphertext: Vec::new() };
            row.ciphertext = self.seal_journal(subject, &row, &encode(&event));
            self.change(|transaction| transaction.journal(row));
        }
        Ok(())
    }

    fn seal_journal(&self, subject: Subject, row: &JournalRow, clear: &[u8]) -> Vec<u8> {
        let key = match subject {
            Subject::Person(person) => self.key_of(person),
            Subject::Erased(_) | Subject::Nobody { .. } => None,
        };
        let Some(key) = key else {
            return seal_for_service(&self.service.parts().keys, self.nonce(), row, clear);
        };
        let mut out = Writer::new();
        out.u8(1);
        out.bytes(&seal::seal(key, self.nonce(), &Binding::journal(row), clear));
        out.finish()
    }
}

/// The subject under which the journal files a matter: without the keys it does not tell which row of the database it is
/// about.
fn matter_subject(keys: &Keys, matter: u128) -> SubjectId {
    let hash = keys.code_hash("journal subject", &[&matter.to_be_bytes()]);
    let half = hash.first_chunk::<16>().copied().unwrap_or_default();
    SubjectId(u128::from_be_bytes(half))
}

fn seal_for_service(keys: &Keys, nonce: Nonce, row: &JournalRow, clear: &[u8]) -> Vec<u8> {
    let (number, key) = keys.newest_service_key();
    let mut out = Writer::new();
    out.u8(0);
    out.u32(number.0);
    out.bytes(&seal::seal(&key, nonce, &Binding::journal(row), clear));
    out.finish()
}

/// A journal entry of a command that the operator runs beside the service; it is about no person.
#[must_use]
pub fn row_of_operation(keys: &Keys, random: &dyn Random, event: &JournalEvent) -> JournalRow {
    let (mut id, mut salt, mut nonce) = ([0; 16], [0; 32], [0; seal::NONCE_BYTES]);
    let mut subject = [0; 16];
    random.fill(&mut subject);
    random.fill(&mut id);
    random.fill(&mut salt);
    random.fill(&mut nonce);
    let mut row = JournalRow {
        id: JournalId(u128::from_be_bytes(id)),
        subject: SubjectId(u128::from_be_bytes(subject)),
        coarse: coarse_type(event.coarse()),
        salt,
        ciphertext: Vec::new(),
    };
    row.ciphertext = seal_for_service(keys, Nonce(nonce), &row, &encode(event));
    row
}

/// Opens an entry that is sealed under the service's key, which is one that is about no person.
///
/// # Errors
///
/// The entry is about a person, or does not open.
pub fn open_of_service(keys: &Keys, row: &JournalRow) -> Result<Entry, CodecError> {
    let mut r = Reader::new(&row.ciphertext);
    match r.u8("owner")? {
        0 => {}
        other => return Err(CodecError::Unknown { what: "owner", value: u64::from(other) }),
    }
    let number = MasterNumber(r.u32("master number")?);
    let unknown = CodecError::Unknown { what: "master number", value: u64::from(number.0) };
    let key = keys.service_key(number).ok_or(unknown)?;
    let sealed = r.bytes("entry", store::transaction::SEALED_BYTES_MAX)?;
    decode(&seal::open(&key, &Binding::journal(row), sealed, "entry")?)
}

/// Whether an entry is sealed under the key of a person.
pub(crate) fn is_about_a_person(row: &JournalRow) -> bool {
    row.ciphertext.first() == Some(&1)
}

/// Opens an entry that is sealed under the key of a person.
///
/// # Errors
///
/// The entry is about nobody or about somebody else, or does not open.
pub(crate) fn open_of(key: &DataKey, row: &JournalRow) -> Result<Entry, CodecError> {
    let mut r = Reader::new(&row.ciphertext);
    match r.u8("owner")? {
        1 => {}
        other => return Err(CodecError::Unknown { what: "owner", value: u64::from(other) }),
    }
    let sealed = r.bytes("entry", store::transaction::SEALED_BYTES_MAX)?;
    decode(&seal::open(key, &Binding::journal(row), sealed, "entry")?)
}

/// The code under which a coarse type is stored.
#[must_use]
pub const fn coarse_type(coarse: Coarse) -> CoarseType {
    CoarseType(match coarse {
        Coarse::App => 1,
        Coarse::Case => 2,
        Coarse::Code => 3,
        Coarse::Limit => 4,
        Coarse::Veto => 5,
        Coarse::Person => 6,
        Coarse::Appointment => 7,
        Coarse::Operation => 8,
        Coarse::Staff => 9,
    })
}

fn encode(event: &JournalEvent) -> Vec<u8> {
    let mut w = Writer::new();
    w.u8(LAYOUT);
    w.str(event.code());
    let fields: Vec<(&str, String)> = event
        .fields()
        .into_iter()
        .filter_map(|(name, value)| Some((name, text(&value)?)))
        .collect();
    w.seq(fields.iter(), |w, (name, value)| {
        w.str(name);
        w.str(value);
    });
    w.finish()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::None => None,
        Value::Id(id) => Some(format!("{id:032x}")),
        Value::Number(number) => Some(number.to_string()),
        Value::Instant(millis) => Some(
            jiff::Timestamp::from_millisecond(*millis)
                .map_or_else(|_| millis.to_string(), |at| at.to_string()),
        ),
        Value::Digest(bytes) => Some(hex::encode(bytes)),
        Value::Code(code) => Some((*code).to_owned()),
        Value::Codes(codes) => Some(codes.join(",")),
        Value::Text(text) => Some(text.clone()),
    }
}

/// Decodes an entry that was opened.
///
/// # Errors
///
/// The bytes are not an entry.
pub fn decode(clear: &[u8]) -> Result<Entry, CodecError> {
    let mut r = Reader::new(clear);
    match r.u8("layout")? {
        LAYOUT => {}
        other => return Err(CodecError::Unknown { what: "layout", value: u64::from(other) }),
    }
    let code = r.str("code", TEXT_MAX)?.to_owned();
    let fields = r.seq("fields", FIELDS_MAX, |r| {
        Ok((r.str("name", TEXT_MAX)?.to_owned(), r.str("value", 1_024)?.to_owned()))
    })?;
    r.finish()?;
    Ok(Entry { code, fields })
}
