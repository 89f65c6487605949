//! `genvej import`: takes in data from outside, verified before it is saved.

use super::chip::{file_bytes, now};
use super::{Failed, block_on, say};
use ::chip::certificate::Certificate;
use ::chip::csca::{ListTrust, MasterList};
use clap::Subcommand;
use recovery::event::JournalEvent;
use registers::import::{centres, cpr_direkte, documents, population};
use registers::{Freshness, Tables};
use server::Config;
use server::key_file::KeyFile;
use server::system::{SystemClock, SystemRandom};
use service::Clock as _;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use store::{Store, Transaction};

/// What can be brought in.
#[derive(Debug, Subcommand)]
pub(super) enum Import {
    /// Certificates of issuing states: a master list up to an anchor, or single certificates.
    Csca {
        /// A master list (CMS) or a certificate.
        file: PathBuf,
        /// The certificate that the list's signer must chain to, got out of band.
        #[arg(long)]
        anchor: Option<PathBuf>,
        /// Takes a list whose signer has this SHA-256, without an anchor; written down beside the certificates.
        #[arg(long, value_name = "SHA256")]
        unanchored_fingerprint: Option<String>,
        /// The folder to fill in place of the configuration's.
        #[arg(long)]
        into: Option<PathBuf>,
    },
    /// People, in the service's own CSV or in CPR Direkte batch records.
    Population {
        /// The file.
        file: PathBuf,
        /// The file is CPR Direkte; with the table of roads (municipality,road,name) where there is one.
        #[arg(long)]
        cpr_direkte: bool,
        /// The table of roads for CPR Direkte.
        #[arg(long)]
        roads: Option<PathBuf>,
        /// The file is everybody: people who are not in it are taken out.
        #[arg(long, conflicts_with = "changes")]
        replace: bool,
        /// The file has new people and changed ones alone: everybody else stays as they are.
        #[arg(long)]
        changes: bool,
    },
    /// Passports, licences and other documents with their status.
    Documents {
        /// The file.
        file: PathBuf,
    },
    /// Citizen Service Centres with their opening hours.
    Centres {
        /// The file.
        file: PathBuf,
    },
}

impl Import {
    pub(super) fn run(
        self,
        config: impl FnOnce() -> Result<Config, Failed>,
        is_configured: bool,
    ) -> Result<(), Failed> {
        match self {
            Self::Csca { file, anchor, unanchored_fingerprint, into } => {
                let target = match into {
                    Some(folder) => Target { folder, service: None },
                    None if is_configured => {
                        let config = config()?;
                        Target { folder: config.chip.trust.clone(), service: Some(config) }
                    }
                    None => {
                        let folder = default_trust();
                        Target {
                            folder: folder.ok_or("there is no home folder: give --into")?,
                            service: None,
                        }
                    }
                };
                csca(&file, anchor.as_deref(), unanchored_fingerprint.as_deref(), &target)
            }
            Self::Population { file, cpr_direkte, roads, replace, changes } => {
                let meant = match (replace, changes) {
                    (true, _) => Meant::Everybody,
                    (_, true) => Meant::Changes,
                    (false, false) => Meant::NobodyLess,
                };
                into_tables(&config()?, |tables, _| {
                    people(tables, (&file, meant), cpr_direkte, roads.as_deref())
                })
            }
            Self::Documents { file } => into_tables(&config()?, |tables, freshness| {
                let documents = documents::read(&file_bytes(&file)?)?;
                let count = documents.len();
                let rebuilt = Tables::new(
                    tables.people().to_vec(),
                    documents,
                    tables.places().clone(),
                    freshness,
                )?
                .with_centres(tables.centres().to_vec());
                Ok((rebuilt, count, "documents"))
            }),
            Self::Centres { file } => into_tables(&config()?, |tables, _| {
                let centres = centres::read(&file_bytes(&file)?)?;
                let count = centres.len();
                Ok((tables.with_centres(centres), count, "centres"))
            }),
        }
    }
}

/// The folder for certificates, and the service that journals the import; none where the operator only tries things out.
struct Target {
    folder: PathBuf,
    service: Option<Config>,
}

/// The folder for certificates where there is no configuration yet.
fn default_trust() -> Option<PathBuf> {
    let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share"));
    data.or(home).map(|folder| folder.join("genvej/trust"))
}

fn csca(
    file: &Path,
    anchor: Option<&Path>,
    fingerprint: Option<&str>,
    target: &Target,
) -> Result<(), Failed> {
    let bytes = file_bytes(file)?;
    let folder = &target.folder;
    let mut store = server::trust::load(folder, now())?;
    let before = store.len();
    let taken = if let Ok(certificate) = Certificate::from_file(&bytes) {
        say(format_args!("certificate: {}", certificate.subject()));
        let signer = *certificate.fingerprint();
        let added = usize::from(store.add(certificate));
        Taken { how: "certificate", signer, certificates: 1, added }
    } else {
        master_list(&mut store, &bytes, anchor, fingerprint)?
    };
    // Written down before it counts: an import that nobody can find later must not have happened.
    target.write_down(file, &bytes, &taken)?;
    server::trust::save(folder, &store)?;
    if taken.how != "certificate" {
        say(format_args!(
            "imported {} certificates, {} of them new",
            taken.certificates, taken.added
        ));
    }
    say(format_args!(
        "{} issuing-state certificates in {} ({before} before)",
        store.len(),
        folder.display()
    ));
    Ok(())
}

/// The result of an import of certificates, and who vouched for it.
struct Taken {
    /// How the certificates were vouched for: a code for the journal.
    how: &'static str,
    /// The SHA-256 of the certificate that vouched for them.
    signer: [u8; 32],
    certificates: usize,
    /// The number of certificates that were not in the folder before.
    added: usize,
}

fn master_list(
    store: &mut ::chip::csca::Store,
    bytes: &[u8],
    anchor: Option<&Path>,
    fingerprint: Option<&str>,
) -> Result<Taken, Failed> {
    let anchors;
    let named;
    let (how, trust) = match (anchor, fingerprint) {
        (Some(anchor), None) => {
            anchors = [Certificate::from_file(&file_bytes(anchor)?)
                .map_err(|error| format!("the anchor {}: {error}", anchor.display()))?];
            ("anchored-list", ListTrust::Anchors(&anchors))
        }
        (None, Some(text)) => {
            named = hex::decode(text.replace(':', ""))
                .ok()
                .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
                .ok_or("--unanchored-fingerprint takes the 64 hex digits of a SHA-256")?;
            ("unanchored-list", ListTrust::UnanchoredFingerprint(named))
        }
        (Some(_), Some(_)) => {
            return Err("give --anchor or --unanchored-fingerprint, not both".into());
        }
        (None, None) => return Err(refused_without_anchor(bytes)),
    };
    let imported = store.import_master_list(bytes, trust, now())?;
    say(format_args!("signed by: {}", imported.signer.subject));
    for name in &imported.signer.path {
        say(format_args!("  up to: {name}"));
    }
    for (place, error) in &imported.unreadable {
        say(format_args!("  certificate {place} of the list cannot be read: {error}"));
    }
    Ok(Taken {
        how,
        signer: imported.signer.fingerprint,
        certificates: imported.certificates,
        added: imported.added,
    })
}

impl Target {
    /// Writes one journal entry in the service, and one line beside the certificates: when, what, and who vouched for it.
    fn write_down(&self, file: &Path, bytes: &[u8], taken: &Taken) -> Result<(), Failed> {
        match &self.service {
            Some(config) => journal(config, bytes, taken)?,
            None => say("no service is configured here: the import stands in imports.log alone"),
        }
        std::fs::create_dir_all(&self.folder)?;
        let at = jiff::Timestamp::from_millisecond(SystemClock.now().0)?;
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or("?");
        let log = self.folder.join("imports.log");
        let mut log = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
        let signer = hex::encode(taken.signer);
        let Taken { how, certificates, added, .. } = taken;
        writeln!(log, "{at} {name} {how} signer {signer} certificates {certificates} new {added}")?;
        Ok(())
    }
}

fn journal(config: &Config, bytes: &[u8], taken: &Taken) -> Result<(), Failed> {
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let event = JournalEvent::TrustImported {
        how: taken.how,
        file: Sha256::digest(bytes).into(),
        signer: taken.signer,
        certificates: count(taken.certificates),
        added: count(taken.added),
    };
    let keys = KeyFile::read(&config.keys.file)?;
    let store = server::backend::open(config)?;
    let row = service::journal::row_of_operation(&keys.keys, &SystemRandom, &event);
    let written = block_on(async {
        let now = super::believed_now(config, &store, &keys.keys).await?;
        Store::commit(&store, Transaction::new(now).journal(row)).await?;
        Ok(())
    });
    store.close();
    written
}

/// The error for a list that no anchor vouches for: it names the signer, so that the operator can ask.
fn refused_without_anchor(bytes: &[u8]) -> Failed {
    match MasterList::from_ber(bytes) {
        Ok(list) => format!(
            "refused: nothing vouches for this list of {} certificates; give --anchor CERT, or --unanchored-fingerprint SHA256 of its signer",
            list.certificates().len()
        )
        .into(),
        Err(error) => format!("neither a certificate nor a master list: {error}").into(),
    }
}

fn into_tables(
    config: &Config,
    change: impl FnOnce(Tables, Freshness) -> Result<(Tables, usize, &'static str), Failed>,
) -> Result<(), Failed> {
    let folder = &config.registers.folder;
    let freshness = config.registers.as_of.map_or(Freshness::Live, |at| Freshness::AsOf(at.0));
    let tables = if folder.is_dir() { Tables::load(folder, freshness)? } else { Tables::empty() };
    let (tables, count, what) = change(tables, freshness)?;
    std::fs::create_dir_all(folder)?;
    tables.save(folder)?;
    say(format_args!("{count} {what} in {}", folder.display()));
    Ok(())
}

/// The people for whom a file stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meant {
    /// The file is everybody: people who are not in it are removed.
    Everybody,
    /// The file has only people who are new or changed.
    Changes,
    /// The operator did not say: the file counts as everybody, as long as that removes nobody.
    NobodyLess,
}

fn people(
    tables: Tables,
    (file, meant): (&Path, Meant),
    direkte: bool,
    roads: Option<&Path>,
) -> Result<(Tables, usize, &'static str), Failed> {
    let bytes = file_bytes(file)?;
    let people = if direkte {
        let roads = match roads {
            Some(path) => cpr_direkte::Roads::read(&file_bytes(path)?)?,
            None => cpr_direkte::Roads::default(),
        };
        cpr_direkte::read(&bytes, &roads)?.people
    } else {
        population::read(&bytes)?
    };
    let count = people.len();
    let people = match meant {
        Meant::Everybody => people,
        Meant::Changes => with_changes(&tables, people),
        Meant::NobodyLess => {
            refuse_losing_people(&tables, &people)?;
            people
        }
    };
    let today =
        jiff::Timestamp::from_second(now().as_secs())?.to_zoned(jiff::tz::TimeZone::UTC).date();
    Ok((tables.with_population(people, today)?, count, "people"))
}

/// Refuses a file that would remove people, unless the operator said that it is everybody: such a mistake could not be
/// mended.
fn refuse_losing_people(tables: &Tables, people: &[registers::Person]) -> Result<(), Failed> {
    let kept = ids(people);
    let lost =
        tables.people().iter().filter(|person| !kept.contains(person.person.as_str())).count();
    if lost == 0 {
        return Ok(());
    }
    Err(format!(
        "refused: {lost} of {} people are not in this file and would be taken out; say --replace where that is meant, or --changes for a file of those who changed",
        tables.people().len()
    )
    .into())
}

fn ids(people: &[registers::Person]) -> BTreeSet<&str> {
    people.iter().map(|person| person.person.as_str()).collect()
}

/// Everybody as they are, with the people in a file of changes replaced or added.
fn with_changes(tables: &Tables, changed: Vec<registers::Person>) -> Vec<registers::Person> {
    let anew = ids(&changed);
    let stay = tables.people().iter().filter(|person| !anew.contains(person.person.as_str()));
    let mut all: Vec<registers::Person> = stay.cloned().collect();
    all.extend(changed);
    all
}
