//! `genvej chip read`: reads a whole document on a reader of this machine and judges it.

use super::super::{Failed, say};
use super::desk;
use super::folder::Files;
use super::tag::OnReader;
use card_reader::{Choice, Reader};
use chip::mrz::Mrz;
use chip::password::Password;
use chip::reader::{Limits, Offers, Plan, Progress, Proven};
use chip::verdict::{ChipPolicy, Examination, examine};
use clap::Args;
use sha2::{Digest, Sha256};
use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Reads a document on a smart card reader, and judges it.
#[derive(Debug, Args)]
pub(in crate::command) struct ReadArguments {
    /// A part of the reader's name in PC/SC; `vpcd` is vsmartcard's virtual reader. Needed where there are several.
    #[arg(long, value_name = "NAME")]
    reader: Option<String>,
    /// The machine-readable zone, its lines one after the other; `-` reads it from standard input.
    #[arg(long, group = "password", env = "GENVEJ_MRZ", hide_env_values = true)]
    mrz: Option<String>,
    /// The card access number printed on the document; `-` reads it from standard input.
    #[arg(long, group = "password", env = "GENVEJ_CAN", hide_env_values = true)]
    can: Option<String>,
    /// The document's number, where the zone is not at hand.
    #[arg(long, group = "password", requires_all = ["birth", "expiry"])]
    number: Option<String>,
    /// The holder's date of birth, YYMMDD.
    #[arg(long, requires = "number")]
    birth: Option<String>,
    /// The document's date of expiry, YYMMDD.
    #[arg(long, requires = "number")]
    expiry: Option<String>,
    /// A master list, a certificate, or a folder of certificates to judge the document by. A list is used for its
    /// names alone unless `--anchor` vouches for it.
    #[arg(long)]
    csca: Option<PathBuf>,
    /// The certificate that the list's signer must chain to.
    #[arg(long, requires = "csca")]
    anchor: Option<PathBuf>,
    /// The verdict as of this moment, RFC 3339, in place of now.
    #[arg(long)]
    at: Option<jiff::Timestamp>,
    /// Keeps the files of the chip here, for `genvej chip verify --dir`. They are personal.
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// Never asks for more than 256 octets at once, for readers that know no extended lengths.
    #[arg(long)]
    short: bool,
    /// How long to wait for a document, in seconds.
    #[arg(long, default_value_t = 60)]
    wait_secs: u64,
    /// How often the reading goes on after the chip left the field.
    #[arg(long, default_value_t = 5)]
    resumptions_max: u32,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

impl ReadArguments {
    pub(super) fn run(&self) -> Result<(), Failed> {
        let plan = Plan::new(self.password()?);
        let plan = if self.short { Plan { answer_bytes_max: 258, ..plan } } else { plan };
        let (name, mut reader) = self.open()?;
        self.note(format_args!("reader: {name}"));
        let mut shown = Shown::default();
        let mut watch = |progress: Progress| shown.show(progress);
        let limits = Limits { resumptions_max: self.resumptions_max };
        let seen = desk::read(&mut reader, plan, limits, &mut watch);
        shown.end();
        self.judge(&seen?)
    }

    /// Prints a line for people; with JSON output nothing is printed, so that programs get one object.
    fn note(&self, line: impl std::fmt::Display) {
        if !self.json {
            say(line);
        }
    }

    fn password(&self) -> Result<Password, Failed> {
        if let Some(can) = &self.can {
            return Ok(Password::card_access_number(&given(can)?)?);
        }
        if let (Some(number), Some(birth), Some(expiry)) = (&self.number, &self.birth, &self.expiry)
        {
            return Ok(Password::mrz(number, birth, expiry)?);
        }
        let mrz = self.mrz.as_deref().ok_or(
            "the chip opens with a password: --mrz, --can, or --number with --birth and --expiry",
        )?;
        let zone = given(mrz)?;
        // The zone whole, with slips put right where its check digits prove them; as it stands where they do not fit, as
        // on some genuine documents; or number and dates with their check digits alone.
        match Mrz::parse(&zone).or_else(|_| Mrz::read(&zone)) {
            Ok(mrz) => Ok(mrz.password()?),
            Err(error) => Ok(Password::from_mrz_information(zone.trim())
                .map_err(|_| format!("the machine-readable zone: {error}"))?),
        }
    }

    fn open(&self) -> Result<(String, OnReader), Failed> {
        let choice = self.reader.clone().map_or(Choice::Only, Choice::Named);
        let reader = Reader::of(choice)?;
        let name = reader.name()?;
        Ok((name, OnReader::new(reader, Duration::from_secs(self.wait_secs))))
    }

    fn judge(&self, seen: &Proven) -> Result<(), Failed> {
        let files = Files::of(&seen.reading);
        if let Some(folder) = &self.save {
            save(folder, seen)?;
        }
        let now = self.at.map_or_else(super::now, super::unix);
        let examination = match &self.csca {
            None => None,
            Some(csca) => {
                let store = super::trusted(csca, self.anchor.as_deref(), now, !self.json)?;
                let borrowed = files.evidence();
                let proofs = seen.proofs();
                let evidence = chip::verdict::Evidence {
                    opened_by: seen.reading.opened_by(),
                    opened_with: seen.reading.opened_with(),
                    proofs: &proofs,
                    ..borrowed.get()
                };
                Some(examine(&evidence, &store, &ChipPolicy::default(), now))
            }
        };
        if self.json {
            say(serde_json::to_string_pretty(&as_json(seen, examination.as_ref()))?);
        } else {
            print(seen, examination.as_ref());
        }
        examination.as_ref().map_or(Ok(()), super::trusted_alone)
    }
}

/// Returns a value of the command line, or reads it from standard input where it is a dash: other users of the machine can
/// see command lines.
fn given(value: &str) -> Result<String, Failed> {
    if value != "-" {
        return Ok(value.to_owned());
    }
    let mut text = String::new();
    std::io::stdin().take(1_024).read_to_string(&mut text)?;
    Ok(text)
}

fn save(folder: &Path, seen: &Proven) -> Result<(), Failed> {
    std::fs::create_dir_all(folder)?;
    for (file, bytes) in &seen.reading.files {
        std::fs::write(folder.join(format!("{file}.bin")), bytes)?;
    }
    Ok(())
}

const fn offers(offers: Offers) -> &'static str {
    match offers {
        Offers::Agree => "EF.CardAccess and DG14 agree",
        Offers::NotComparable => "there is no DG14 to compare EF.CardAccess with",
        Offers::Differ => "EF.CardAccess and DG14 differ",
        Offers::PaceHidden => "DG14 offers PACE, and it was hidden from this reader",
    }
}

fn print(seen: &Proven, examination: Option<&Examination>) {
    let reading = &seen.reading;
    say(format_args!("access control: {}; {}", reading.access, offers(reading.offers)));
    for (file, bytes) in &reading.files {
        say(format_args!("{}  {file} ({} bytes)", hex::encode(Sha256::digest(bytes)), bytes.len()));
    }
    for (file, status) in &reading.refused {
        say(format_args!("{:>64}  {file}: the chip answered {status}", "refused"));
    }
    if seen.agreements_failed > 0 {
        say(format_args!("chip authentication: {} tries failed", seen.agreements_failed));
    }
    say(format_args!(
        "read: {} commands, {} bytes; with all proofs: {} commands, {} bytes; {} resumptions",
        reading.apdus, reading.bytes, seen.apdus, seen.bytes, seen.resumptions
    ));
    match examination {
        None => say("verdict: none (no --csca says whom to trust)"),
        Some(examination) => super::print_verdict(examination),
    }
}

fn as_json(seen: &Proven, examination: Option<&Examination>) -> serde_json::Value {
    let reading = &seen.reading;
    let files: Vec<serde_json::Value> = reading
        .files
        .iter()
        .map(|(file, bytes)| {
            let sha256 = hex::encode(Sha256::digest(bytes));
            serde_json::json!({ "name": file.name(), "bytes": bytes.len(), "sha256": sha256 })
        })
        .collect();
    let refused: Vec<serde_json::Value> = reading
        .refused
        .iter()
        .map(|(file, status)| {
            serde_json::json!({ "name": file.name(), "status": status.to_string() })
        })
        .collect();
    serde_json::json!({
        "access_control": reading.access.to_string(),
        "offers": offers(reading.offers),
        "files": files,
        "refused": refused,
        "apdus": reading.apdus,
        "bytes": reading.bytes,
        "sessions": reading.sessions,
        "apdus_with_proofs": seen.apdus,
        "bytes_with_proofs": seen.bytes,
        "resumptions": seen.resumptions,
        "active_authentication": reading.active_authentication.as_ref().map(|given| given.outcome.is_ok()),
        "chip_authentication": seen.chip_authentication.is_some(),
        "pace_chip_authentication_mapping": seen.pace_cam.is_some(),
        "examination": examination.map(super::examination_as_json),
    })
}

/// Shows the progress of the reading on standard error: one line that changes on a terminal, one line for each file
/// elsewhere.
#[derive(Default)]
struct Shown {
    last: Option<String>,
    percent: usize,
}

impl Shown {
    fn show(&mut self, progress: Progress) {
        let file = progress.file.map_or_else(String::new, |file| format!(" {file}"));
        let now = format!("{}{file}", progress.stage);
        let percent = (progress.bytes_done * 100).checked_div(progress.bytes_total).unwrap_or(0);
        let mut error = std::io::stderr();
        if error.is_terminal() {
            if self.last.as_deref() != Some(&*now) || self.percent != percent {
                let _ = write!(error, "\r{percent:>3} %  {now}\x1b[K");
                let _ = error.flush();
            }
        } else if self.last.as_deref() != Some(&*now) {
            let _ = writeln!(error, "{percent:>3} %  {now}");
        }
        self.percent = percent;
        self.last = Some(now);
    }

    fn end(&self) {
        let mut error = std::io::stderr();
        if error.is_terminal() && self.last.is_some() {
            let _ = write!(error, "\r\x1b[K");
        }
    }
}
