//! `genvej-phone`: a phone on a desk.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use phone::{CardSlot, DeskReader, EmptySlot, Language, Phone, PhoneConfig, Stretch};

/// A phone on a desk: hosts the app for a page in the browser.
#[derive(Debug, Parser)]
#[command(name = "genvej-phone", version)]
struct Arguments {
    /// Address of the server's public API, as the server itself knows it.
    #[arg(long, env = "GENVEJ_SERVER")]
    server: String,
    /// This phone's own files.
    #[arg(long, env = "GENVEJ_PHONE_DATA", default_value = "genvej-phone-data")]
    data: PathBuf,
    /// Port of the page, on 127.0.0.1.
    #[arg(long, env = "GENVEJ_PHONE_PORT", default_value_t = 8091)]
    port: u16,
    /// Name of the phone.
    #[arg(long, env = "GENVEJ_PHONE_NAME", default_value = "Desk phone")]
    name: String,
    /// Reads chips with the smart card reader whose name contains this, `vpcd` for vsmartcard's virtual one; without a
    /// name, with the first that there is. Needs a build with `--features pcsc`.
    #[arg(long, env = "GENVEJ_PHONE_READER", value_name = "NAME", num_args = 0..=1, default_missing_value = "")]
    reader: Option<String>,
    /// `da` or `en`.
    #[arg(long, env = "GENVEJ_LANGUAGE", default_value = "da")]
    language: Language,
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut chain = error.to_string();
            let mut source = error.source();
            while let Some(cause) = source {
                chain = format!("{chain}: {cause}");
                source = cause.source();
            }
            tracing::error!("{chain}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let card_slot: Box<dyn CardSlot> = match &arguments.reader {
        Some(name) => Box::new(DeskReader::named(name)?),
        None => Box::new(EmptySlot),
    };
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, arguments.port)).await?;
    let host = format!("127.0.0.1:{}", listener.local_addr()?.port());
    let config = PhoneConfig {
        server_base_url: arguments.server,
        data_dir: arguments.data,
        host: host.clone(),
        framed_by: None,
        device_name: arguments.name,
        language: arguments.language,
        card_slot,
        camera: None,
        random: Arc::new(system_random),
        stretch: Stretch::ON_THE_PHONE,
    };
    let phone = tokio::task::spawn_blocking(move || Phone::start(config)).await??;
    tracing::info!("the phone is at http://{host}/");
    edge::serve_locally(listener, phone.router(), async {
        let _ = tokio::signal::ctrl_c().await;
    })
    .await;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the binary owns the random source")]
#[expect(clippy::expect_used, reason = "a phone whose random source has gone must stop at once")]
fn system_random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the system's random source works");
}
