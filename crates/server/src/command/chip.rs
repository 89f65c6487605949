//! `genvej chip`: examines what was read from a chip. It trusts only what the command line names.

mod desk;
mod folder;
mod read;
mod recording;
mod tag;

use super::{Failed, say};
use chip::certificate::Certificate;
use chip::csca::{ListTrust, MasterList, Statistics, Store, read_ldif};
use chip::date::UnixTime;
use chip::verdict::{ChipPolicy, Examination, Outcome, Report, examine};
use clap::Subcommand;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Chips and the states that issue them.
#[derive(Debug, Subcommand)]
pub(super) enum Chip {
    /// Reads a document on a smart card reader, and judges it. Needs a build with `--features pcsc`.
    Read(Box<read::ReadArguments>),
    /// Judges the files of a chip in a folder: every check, and an honest verdict. Ends with 0 for a genuine document
    /// of a trusted state alone.
    Verify {
        /// A master list, a certificate, or a folder of certificates. A list is used for its names alone unless `--anchor` vouches for it.
        #[arg(long)]
        csca: PathBuf,
        /// The certificate that the list's signer must chain to.
        #[arg(long)]
        anchor: Option<PathBuf>,
        /// The folder with EF_SOD, EF_COM and Datagroup files.
        #[arg(long)]
        dir: PathBuf,
        /// The verdict as of this moment, RFC 3339, in place of now.
        #[arg(long)]
        at: Option<jiff::Timestamp>,
    },
    /// Counts what certificate lists hold. Needs no anchor and trusts nothing.
    Stats {
        /// Master lists, single certificates, and directory files (LDIF) with such in them.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Replays a recorded session byte for byte and prints each file's SHA-256.
    Replay {
        /// The recording, JSON.
        file: PathBuf,
    },
}

impl Chip {
    pub(super) fn run(self) -> Result<(), Failed> {
        match self {
            Self::Read(arguments) => arguments.run(),
            Self::Verify { csca, anchor, dir, at } => {
                let now = at.map_or_else(now, unix);
                verify(&csca, anchor.as_deref(), &dir, now)
            }
            Self::Stats { files, json } => stats(&files, json),
            Self::Replay { file } => replay(&file),
        }
    }
}

/// The present time, in the seconds that `chip` counts in.
pub(super) fn now() -> UnixTime {
    use service::Clock as _;
    UnixTime::from_secs(server::system::SystemClock.now().0.div_euclid(1_000))
}

fn unix(at: jiff::Timestamp) -> UnixTime {
    UnixTime::from_secs(at.as_second())
}

pub(super) fn file_bytes(path: &Path) -> Result<Vec<u8>, Failed> {
    std::fs::read(path)
        .map_err(|error| format!("{} cannot be read: {error}", path.display()).into())
}

fn verify(csca: &Path, anchor: Option<&Path>, dir: &Path, now: UnixTime) -> Result<(), Failed> {
    let store = trusted(csca, anchor, now, true)?;
    let files = folder::read(dir)?;
    let examination = examine(&files.evidence().get(), &store, &ChipPolicy::default(), now);
    print_verdict(&examination);
    trusted_alone(&examination)
}

/// Fails where the document is not trusted, so that a script need not look for the verdict in the text.
fn trusted_alone(examination: &Examination) -> Result<(), Failed> {
    match &examination.result {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("the document is not genuine: {}", error.code()).into()),
    }
}

fn print_verdict(examination: &Examination) {
    print(&examination.report);
    match &examination.result {
        Ok(_) => say("verdict: genuine"),
        Err(error) => {
            let code = error.code();
            // The code is for programs, the words for people.
            say(format_args!("verdict: {} ({code})", code.replace('-', " ")));
        }
    }
}

fn examination_as_json(examination: &Examination) -> serde_json::Value {
    let report = &examination.report;
    let checks: Vec<serde_json::Value> = report
        .checks
        .iter()
        .map(|line| {
            let (outcome, words) = match &line.outcome {
                Outcome::Passed(words) => ("passed", words),
                Outcome::Failed(words) => ("failed", words),
                Outcome::NotPossible(words) => ("not-possible", words),
            };
            serde_json::json!({ "check": line.check.name(), "outcome": outcome, "words": words })
        })
        .collect();
    let deviations: Vec<&str> = report.deviations.iter().map(|one| one.name()).collect();
    let signer = report.signer.as_ref().map(|signer| {
        serde_json::json!({
            "subject": signer.subject,
            "issuer": signer.issuer,
            "country": signer.country,
            "serial": signer.serial,
            "algorithm": signer.algorithm,
            "sha256": hex::encode(signer.fingerprint),
            "csca_sha256": signer.csca_fingerprint.map(hex::encode),
        })
    });
    let code = examination.result.as_ref().err().map_or("genuine", |error| error.code());
    serde_json::json!({
        "verdict": code,
        "checks": checks,
        "deviations": deviations,
        "signer": signer,
    })
}

/// The trusted certificates: from a folder, a list, or one certificate. With `aloud` a note says where no anchor vouches for
/// a list.
fn trusted(
    csca: &Path,
    anchor: Option<&Path>,
    now: UnixTime,
    aloud: bool,
) -> Result<Store, Failed> {
    let mut store = Store::new();
    if csca.is_dir() {
        if csca.join("csca").is_dir() {
            return Ok(server::trust::load(csca, now)?);
        }
        for path in folder::certificates(csca)? {
            store.add(
                Certificate::from_file(&file_bytes(&path)?)
                    .map_err(|error| format!("{} is no certificate: {error}", path.display()))?,
            );
        }
        return Ok(store);
    }
    let bytes = file_bytes(csca)?;
    if let Ok(certificate) = Certificate::from_file(&bytes) {
        store.add(certificate);
        return Ok(store);
    }
    match anchor {
        Some(anchor) => {
            let anchors = [Certificate::from_file(&file_bytes(anchor)?)?];
            store.import_master_list(&bytes, ListTrust::Anchors(&anchors), now)?;
        }
        None => {
            let list = MasterList::from_ber(&bytes)?;
            if aloud {
                say(format_args!(
                    "note: the list was not verified (no --anchor); its {} certificates serve this look alone",
                    list.certificates().len()
                ));
            }
            for certificate in list.certificates() {
                store.add(certificate.clone());
            }
        }
    }
    Ok(store)
}

fn print(report: &Report) {
    if let Some(document) = &report.document {
        let holder = &document.holder;
        say(format_args!("holder: {} {}", holder.secondary.expose(), holder.primary.expose()));
        say(format_args!(
            "document: {} {} of {}, valid until {:04}-{:02}-{:02}",
            document.code,
            document.number.expose(),
            document.issuing_state,
            document.expires_on.year(),
            document.expires_on.month(),
            document.expires_on.day()
        ));
    }
    if let Some(signer) = &report.signer {
        say(format_args!("document signer: {}", signer.subject));
        say(format_args!("  issued by: {}", signer.issuer));
        say(format_args!("  serial {}, {}", signer.serial, signer.algorithm));
    }
    for line in &report.checks {
        let (mark, words) = match &line.outcome {
            Outcome::Passed(words) => ("ok", words),
            Outcome::Failed(words) => ("FAILED", words),
            Outcome::NotPossible(words) => ("not possible", words),
        };
        say(format_args!("{mark:>12}  {}: {words}", line.check.name()));
    }
    for deviation in &report.deviations {
        say(format_args!("   deviation  {} ({:?})", deviation.name(), deviation.severity()));
    }
}

fn stats(files: &[PathBuf], json: bool) -> Result<(), Failed> {
    let (mut lists, mut singles) = (Vec::new(), Vec::new());
    for path in files {
        let bytes = file_bytes(path)?;
        match MasterList::from_ber(&bytes) {
            Ok(list) => lists.push(list),
            Err(list_error) => match (Certificate::from_file(&bytes), read_ldif(&bytes)) {
                (Ok(certificate), _) => singles.push(certificate),
                (Err(_), Ok(held)) if !(held.lists.is_empty() && held.certificates.is_empty()) => {
                    lists.extend(held.lists);
                    singles.extend(held.certificates);
                }
                (Err(_), Ok(_) | Err(_)) => {
                    return Err(format!(
                        "{}: neither a master list ({list_error}) nor a certificate nor a directory file with such",
                        path.display()
                    )
                    .into());
                }
            },
        }
    }
    let statistics = Statistics::of(&lists, &singles, now());
    let value = as_json(&statistics);
    if json {
        say(serde_json::to_string_pretty(&value)?);
        return Ok(());
    }
    for (name, value) in value.as_object().into_iter().flatten() {
        match value {
            serde_json::Value::Object(counts) => {
                say(format_args!("{name}:"));
                for (key, count) in counts {
                    say(format_args!("  {key}: {count}"));
                }
            }
            serde_json::Value::Array(rows) => {
                say(format_args!("{name}: {}", rows.len()));
                for row in rows {
                    say(format_args!("  {row}"));
                }
            }
            other @ (serde_json::Value::Null
            | serde_json::Value::Bool(_)
            | serde_json::Value::Number(_)
            | serde_json::Value::String(_)) => say(format_args!("{name}: {other}")),
        }
    }
    Ok(())
}

fn as_json(statistics: &Statistics) -> serde_json::Value {
    let rsa: std::collections::BTreeMap<String, usize> =
        statistics.rsa_bits.iter().map(|(bits, count)| (bits.to_string(), *count)).collect();
    let failures: Vec<serde_json::Value> = statistics
        .failures
        .iter()
        .map(|failure| serde_json::json!({ "certificate": failure.certificate, "reason": failure.reason }))
        .collect();
    serde_json::json!({
        "certificates": statistics.certificates,
        "distinct": statistics.distinct,
        "countries": statistics.countries,
        "key_types": statistics.key_types,
        "rsa_bits": rsa,
        "curves": statistics.curves,
        "explicit_curves": statistics.explicit_curves,
        "named_curves": statistics.named_curves,
        "signature_algorithms": statistics.signature_algorithms,
        "shared_names": statistics.shared_names,
        "link_certificates": statistics.link_certificates,
        "self_signed": statistics.self_signed,
        "expired": statistics.expired,
        "failures": failures,
    })
}

fn replay(file: &Path) -> Result<(), Failed> {
    let recording = recording::parse(&file_bytes(file)?)?;
    let replayed = chip::replay::replay(&recording)?;
    for (file, bytes) in &replayed.files {
        say(format_args!(
            "{}  {} ({} bytes)",
            hex::encode(Sha256::digest(bytes)),
            file.name(),
            bytes.len()
        ));
    }
    for (file, missing) in &replayed.unread {
        let read = replayed.files.get(file).map_or(0, Vec::len);
        say(format_args!(
            "not read: {missing} of {} bytes at the end of {}",
            read + missing,
            file.name()
        ));
    }
    say(format_args!(
        "every byte agreed: {} commands, {} of them protected",
        replayed.commands, replayed.protected
    ));
    Ok(())
}
