//! The drawer of documents: chips in software, made when somebody takes one out, and held to a phone.

mod held;

pub use held::HeldDocument;

use crate::people::{Generated, Profile};
use crate::portraits::Portraits;
use chip_sim::{
    Access, ActiveAuthentication, Algorithm, ChipAuthentication, Cipher, Curve, CurveForm, Date,
    Digest, Document, DocumentSpec, Format, Group, IssueError, Issuer, IssuerDeviations, KeyKind,
    Mapping, PaceOffer, PersonalDetails, Portrait, Scheme, Validity,
};
use registers::{DocumentKind, Sex};
use server::Random;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Covers the day on which the oldest document was signed.
const VALIDITY: Validity = Validity { from: Date::new(2010, 1, 1), until: Date::new(2045, 12, 31) };
const SIGNER: Algorithm = Algorithm {
    key: KeyKind::Ec { curve: Curve::Secp256r1, form: CurveForm::Explicit },
    scheme: Scheme::Ecdsa(Digest::Sha256),
};
/// Named after the layout of what is kept in it.
pub(crate) const ISSUERS: &str = "issuers-2";
const CHIP_KEY: KeyKind = KeyKind::Ec { curve: Curve::Secp256r1, form: CurveForm::Named };
/// How big the grey portrait of a document is where there are no samples.
const GREY: (u16, u16, usize) = (413, 531, 13_000);

/// The states whose documents are made here: three letters of Doc 9303, two letters of the certificates.
const STATES: [(&str, &str); 7] = [
    ("DNK", "DK"),
    ("SWE", "SE"),
    ("D", "DE"),
    ("POL", "PL"),
    ("UKR", "UA"),
    ("USA", "US"),
    ("NOR", "NO"),
];

/// A document could not be made.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// Nobody has such a document.
    #[error("there is no such document with a chip")]
    Unknown,
    /// The order was refused.
    #[error("the document could not be made")]
    Issue(#[source] IssueError),
}

/// Whose picture is on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Face {
    /// The sample holder's.
    Sample,
    /// The visitor's own.
    Own,
}

/// Whether the chip is the one that was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Make {
    /// Genuine.
    Genuine,
    /// Everything readable was copied; the chip's own key could not be.
    Copied,
    /// The name on the chip was changed after it was signed.
    Tampered,
}

/// What is printed on a document, which a person types into a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printed {
    /// The row of the register's documents.
    pub row: usize,
    /// In words.
    pub kind: &'static str,
    /// Its number.
    pub number: String,
    /// Day, month, year, as the app asks for it.
    pub birth: String,
    /// The last day, likewise.
    pub expiry: String,
    /// The six digits on the front of a card.
    pub can: Option<String>,
    /// `lost`, `expired` and the like, where it does not count.
    pub standing: Option<&'static str>,
}

/// Makes documents, and keeps them for this start.
pub struct Drawer {
    people: Arc<Generated>,
    portraits: Arc<Portraits>,
    issuers: BTreeMap<&'static str, Issuer>,
    random: Arc<dyn Random>,
    made: Mutex<BTreeMap<(usize, Face, Make), Document>>,
}

impl fmt::Debug for Drawer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drawer").field("states", &self.issuers.len()).finish_non_exhaustive()
    }
}

impl Drawer {
    /// Opens the drawer: the issuing states' keys are made once, and kept in `cache`.
    ///
    /// # Errors
    ///
    /// A folder that cannot be written.
    pub fn open(
        cache: &Path,
        people: Arc<Generated>,
        portraits: Arc<Portraits>,
        random: Arc<dyn Random>,
    ) -> io::Result<Self> {
        let folder = cache.join(ISSUERS);
        std::fs::create_dir_all(&folder)?;
        let mut issuers = BTreeMap::new();
        for (state, country) in STATES {
            let path = folder.join(format!("{country}.issuer"));
            let kept = std::fs::read(&path).ok().and_then(|bytes| Issuer::from_bytes(&bytes).ok());
            let issuer = match kept {
                Some(issuer) => issuer,
                None => {
                    let mut fill = |bytes: &mut [u8]| random.fill(bytes);
                    let issuer = Issuer::generate(country, SIGNER, VALIDITY, &mut fill);
                    std::fs::write(&path, issuer.to_bytes())?;
                    issuer
                }
            };
            issuers.insert(state, issuer);
        }
        Ok(Self { people, portraits, issuers, random, made: Mutex::default() })
    }

    /// Writes what a server has to trust, as `genvej import csca` would.
    ///
    /// # Errors
    ///
    /// A folder that cannot be written.
    pub fn write_trust(&self, folder: &Path) -> io::Result<PathBuf> {
        let csca = folder.join("csca");
        std::fs::create_dir_all(&csca)?;
        for (state, issuer) in &self.issuers {
            std::fs::write(csca.join(format!("{state}.cer")), issuer.csca_der())?;
        }
        Ok(folder.to_owned())
    }

    /// The documents with a chip that somebody has.
    #[must_use]
    pub fn of(&self, holder: &Profile) -> Vec<Printed> {
        let rows = self.people.documents.iter().enumerate();
        rows.filter(|(_, document)| document.holder == holder.person)
            .filter_map(|(row, _)| self.printed(row))
            .collect()
    }

    /// What is printed on one document.
    #[must_use]
    pub fn printed(&self, row: usize) -> Option<Printed> {
        let document = self.people.documents.get(row)?;
        let holder = self.holder(row)?;
        let kind = match document.kind {
            DocumentKind::Passport => "Passport",
            DocumentKind::IdentityCard => "Identity card",
            DocumentKind::ResidencePermit => "Residence permit",
            _ => return None,
        };
        let last_day = document.expires?;
        let standing = match document.standing {
            registers::Standing::InForce => None,
            registers::Standing::Lost => Some("reported lost"),
            registers::Standing::Stolen => Some("reported stolen"),
            registers::Standing::Revoked => Some("withdrawn"),
        };
        let card = document.kind != DocumentKind::Passport;
        Some(Printed {
            row,
            kind,
            number: document.number.as_str().to_owned(),
            birth: holder.born.strftime("%d %m %Y").to_string(),
            expiry: last_day.strftime("%d %m %Y").to_string(),
            can: card.then(|| can_of(document.number.as_str())),
            standing,
        })
    }

    fn holder(&self, row: usize) -> Option<&Profile> {
        let document = self.people.documents.get(row)?;
        self.people.profiles.iter().find(|profile| profile.person == document.holder)
    }

    /// Takes a document out, making it the first time.
    ///
    /// # Errors
    ///
    /// [`MakeError`].
    pub fn take(&self, row: usize, face: Face, make: Make) -> Result<Document, MakeError> {
        let key = (row, face, make);
        // A portrait of the visitor may have changed since.
        if face == Face::Sample
            && let Some(document) = self.made().get(&key)
        {
            return Ok(document.clone());
        }
        let document = self.make(row, face, make)?;
        self.made().insert(key, document.clone());
        Ok(document)
    }

    fn made(&self) -> MutexGuard<'_, BTreeMap<(usize, Face, Make), Document>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn make(&self, row: usize, face: Face, make: Make) -> Result<Document, MakeError> {
        let printed = self.printed(row).ok_or(MakeError::Unknown)?;
        let holder = self.holder(row).ok_or(MakeError::Unknown)?;
        let document = self.people.documents.get(row).ok_or(MakeError::Unknown)?;
        let issuer = self.issuers.get(document.state.as_str()).ok_or(MakeError::Unknown)?;
        let portrait = match face {
            Face::Sample => {
                let subject = self.portraits.holder(holder.sex == Sex::Female);
                self.portraits.portrait(subject)
            }
            Face::Own => self.portraits.own(),
        };
        let portrait = portrait.map_or_else(
            || Portrait::grey(GREY.0, GREY.1, GREY.2),
            |picture| Portrait::new(picture.to_vec()),
        );
        let spec = spec(&printed, holder, document, portrait);
        let mut fill = |bytes: &mut [u8]| self.random.fill(bytes);
        let genuine = issuer.issue(&spec, &mut fill).map_err(MakeError::Issue)?;
        Ok(match make {
            Make::Genuine => genuine,
            Make::Copied => genuine.cloned_without_secrets(fill),
            Make::Tampered => tampered(genuine),
        })
    }
}

/// Another family name of the same length: the signature over DG1 no longer fits.
fn tampered(mut document: Document) -> Document {
    let first = chip_sim::File::DataGroup(1);
    if let Some(content) = document.file(first) {
        let mut content = content.to_vec();
        // Behind the header and the five letters of document code and state stands the name.
        if let Some(letter) = content.get_mut(10) {
            *letter = if *letter == b'X' { b'Y' } else { b'X' };
        }
        document.replace_file(first, content);
    }
    document
}

/// Six digits that follow from the number, so that page and chip agree.
fn can_of(number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let digits = format!("{digits:0>6}");
    digits.chars().rev().take(6).collect()
}

fn spec(
    printed: &Printed,
    holder: &Profile,
    document: &registers::Document,
    portrait: Portrait,
) -> DocumentSpec {
    let offer =
        PaceOffer::new(Mapping::Generic, Group::Curve(Curve::BrainpoolP256r1), Cipher::Aes256);
    let passport = printed.can.is_none();
    let cpr = holder.cpr.as_ref().filter(|_| document.carries_cpr);
    DocumentSpec {
        format: if passport { Format::Td3 } else { Format::Td1 },
        document_code: match document.kind {
            DocumentKind::Passport => "P",
            DocumentKind::ResidencePermit => "IR",
            _ => "ID",
        }
        .to_owned(),
        issuing_state: document.state.as_str().to_owned(),
        number: printed.number.clone(),
        surname: holder.family.clone(),
        given_names: holder.given.clone(),
        nationality: holder.citizenship.clone(),
        birth: holder.born.strftime("%y%m%d").to_string(),
        sex: match holder.sex {
            Sex::Female => 'F',
            Sex::Male => 'M',
        },
        expiry: document.expires.map_or(VALIDITY.until, day),
        optional_data: cpr.map(|cpr| cpr.digits().to_owned()).unwrap_or_default(),
        portrait,
        personal_details: Some(PersonalDetails {
            full_name: Some(format!(
                "{}<<{}",
                holder.family.to_uppercase(),
                holder.given.to_uppercase().replace(' ', "<")
            )),
            ..PersonalDetails::default()
        }),
        document_details: None,
        more_data_groups: BTreeMap::new(),
        access: Access { bac: passport, pace: vec![offer], can: printed.can.clone() },
        active_authentication: (!agrees_keys(document))
            .then_some(ActiveAuthentication::Generate(CHIP_KEY, Digest::Sha256)),
        chip_authentication: if agrees_keys(document) {
            let group = Group::Curve(Curve::BrainpoolP256r1);
            vec![ChipAuthentication::new(group, Cipher::Aes128)]
        } else {
            Vec::new()
        },
        signed_on: document.issued.map(day),
        deviations: IssuerDeviations::default(),
    }
}

/// Which documents prove themselves by agreeing keys and sign no challenge: residence permits, as in the whole European
/// Union, and the documents of some states.
fn agrees_keys(document: &registers::Document) -> bool {
    document.kind == DocumentKind::ResidencePermit
        || matches!(document.state.as_str(), "D" | "DEU" | "SWE" | "POL")
}

fn day(date: jiff::civil::Date) -> Date {
    let part = |value: i8| u8::try_from(value).unwrap_or(1);
    Date::new(u16::try_from(date.year()).unwrap_or(2000), part(date.month()), part(date.day()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::generate;
    use phone::CardSlot as _;
    use server::system::SystemRandom;

    #[test]
    fn a_document_answers_while_it_lies_on_the_phone_and_no_longer() {
        let folder = tempfile::tempdir().unwrap();
        let now = "2026-11-22T12:00:00Z".parse().unwrap();
        let people = Arc::new(generate(1, 60, now));
        let random: Arc<dyn Random> = Arc::new(SystemRandom);
        let portraits = Arc::new(Portraits::load(None, Arc::new(face::decode::HereDecoder)));
        let drawer = Drawer::open(folder.path(), Arc::clone(&people), portraits, random).unwrap();
        let printed = people.profiles.iter().find_map(|it| drawer.of(it).into_iter().next());
        let printed = printed.unwrap();
        let mut slot = HeldDocument::default();
        assert!(slot.connect().is_err(), "nothing lies there yet");

        let document = drawer.take(printed.row, Face::Sample, Make::Genuine).unwrap();
        slot.hold(document, printed.number.clone(), &SystemRandom);

        let select = [0x00, 0xA4, 0x04, 0x0C, 7, 0xA0, 0, 0, 2, 0x47, 0x10, 0x01];
        let mut card = slot.connect().unwrap();
        assert_eq!(*card.transmit(&select).unwrap(), [0x90, 0x00]);
        slot.take_away();
        assert!(card.transmit(&select).is_err(), "the contact broke");
        assert!(!slot.is_present());
    }
}
