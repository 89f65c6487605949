//! Offers a simulated document to any reader program, through vsmartcard's virtual reader.

use std::error::Error;
use std::fs;
use std::io::{self, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use chip_sim::{Card, Document, File, Issuer, profile, profiles, serve};
use clap::Parser;

const CONNECT_TRIES: usize = 100;
const CONNECT_PAUSE: Duration = Duration::from_millis(100);

/// A whole eMRTD card in software.
#[derive(Debug, Parser)]
#[command(name = "genvej-chip-sim", version)]
struct Arguments {
    /// Which document to make; `--list` names them.
    #[arg(long, default_value = "td3")]
    profile: String,
    /// Prints the profiles and ends.
    #[arg(long)]
    list: bool,
    /// Serves a document that `--write` stored, instead of making one.
    #[arg(long, value_name = "FILE")]
    document: Option<PathBuf>,
    /// Writes the issuer's certificates, the files of the chip and the stored document here.
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,
    /// Ends after writing, without a reader.
    #[arg(long, requires = "write")]
    no_reader: bool,
    /// Address of the virtual reader.
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// Port of the virtual reader.
    #[arg(long, default_value_t = 35963)]
    port: u16,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut line = error.to_string();
            let mut source = error.source();
            while let Some(cause) = source {
                line.push_str(&format!(": {cause}"));
                source = cause.source();
            }
            let _ = writeln!(io::stderr(), "genvej-chip-sim: {line}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    if arguments.list {
        for profile in profiles() {
            writeln!(io::stdout(), "{:16} {}", profile.name, profile.description)?;
        }
        return Ok(());
    }
    let (issuer, document) = match &arguments.document {
        Some(file) => (None, Document::from_bytes(&fs::read(file)?)?),
        None => {
            let name = &arguments.profile;
            let profile = profile(name).ok_or_else(|| format!("no profile is called {name}"))?;
            let (issuer, document) = profile.issue(&mut system_random)?;
            (Some(issuer), document)
        }
    };
    if let Some(folder) = &arguments.write {
        write_files(folder, issuer.as_ref(), &document)?;
    }
    let mut out = io::stdout();
    writeln!(out, "MRZ {}", document.mrz())?;
    if let Some(can) = document.can() {
        writeln!(out, "CAN {can}")?;
    }
    out.flush()?;
    if arguments.no_reader {
        return Ok(());
    }
    let mut reader = connect(&arguments.host, arguments.port)?;
    let mut seed = [0; 32];
    system_random(&mut seed);
    let mut card = Card::new(document, seed);
    serve(&mut card, &mut reader, &mut thread::sleep)?;
    Ok(())
}

fn connect(host: &str, port: u16) -> Result<TcpStream, Box<dyn Error>> {
    for _ in 1..CONNECT_TRIES {
        if let Ok(stream) = TcpStream::connect((host, port)) {
            stream.set_nodelay(true)?;
            return Ok(stream);
        }
        thread::sleep(CONNECT_PAUSE);
    }
    let last = TcpStream::connect((host, port));
    last.map_err(|error| format!("no virtual reader at {host}:{port}: {error}").into())
}

fn write_files(
    folder: &Path,
    issuer: Option<&Issuer>,
    document: &Document,
) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    if let Some(issuer) = issuer {
        fs::write(folder.join("csca.der"), issuer.csca_der())?;
        fs::write(folder.join("document-signer.der"), issuer.document_signer_der())?;
    }
    for (file, content) in document.files() {
        fs::write(folder.join(file_name(file)), content)?;
    }
    fs::write(folder.join("document.bin"), document.to_bytes())?;
    Ok(())
}

fn file_name(file: File) -> String {
    match file {
        File::AtrInfo => "EF_ATR_INFO.bin".to_owned(),
        File::Dir => "EF_DIR.bin".to_owned(),
        File::CardAccess => "EF_CardAccess.bin".to_owned(),
        File::CardSecurity => "EF_CardSecurity.bin".to_owned(),
        File::Com => "EF_COM.bin".to_owned(),
        File::Sod => "EF_SOD.bin".to_owned(),
        File::DataGroup(number) => format!("Datagroup{number}.bin"),
    }
}

#[expect(clippy::disallowed_methods, reason = "a binary owns the random source")]
#[expect(clippy::expect_used, reason = "a system without randomness cannot run this program")]
fn system_random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the system's random source failed");
}
