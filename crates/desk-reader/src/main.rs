//! `genvej-desk-reader`: lends this machine's smart card reader to the Citizen Service console.

use std::error::Error;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::process::ExitCode;

use card_reader::Choice;
use clap::Parser;
use desk_reader::{DeskOrigin, Lent, Line, OnReader};

/// Lends this machine's smart card reader to the page of the Citizen Service console. Keeps no key, logs nothing of what
/// it carries.
#[derive(Debug, Parser)]
#[command(name = "genvej-desk-reader", version)]
struct Arguments {
    /// Origin of the console, as the browser shows it: `https://desk.example`. No other page may call.
    #[arg(long, env = "GENVEJ_DESK_ORIGIN")]
    desk_origin: DeskOrigin,
    /// A part of the reader's name in PC/SC, `vpcd` for vsmartcard's virtual one; without it the first that there is.
    #[arg(long, env = "GENVEJ_DESK_READER", value_name = "NAME")]
    reader: Option<String>,
    /// Port on 127.0.0.1.
    #[arg(long, env = "GENVEJ_DESK_READER_PORT", default_value_t = 8092)]
    port: u16,
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

async fn run(arguments: Arguments) -> Result<(), Box<dyn Error + Send + Sync>> {
    let choice = arguments.reader.map_or(Choice::First, Choice::Named);
    let slot = Box::new(OnReader::of(choice)?);
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, arguments.port)).await?;
    let host = format!("127.0.0.1:{}", listener.local_addr()?.port());
    let mut token = [0; 16];
    system_random(&mut token);
    let line = Line::new(Lent {
        host: host.clone(),
        origin: arguments.desk_origin,
        token,
        slot,
        random: Box::new(system_random),
    });
    let mut out = std::io::stdout();
    writeln!(out, "address http://{host}")?;
    writeln!(out, "token {}", line.token())?;
    out.flush()?;
    edge::serve_locally(listener, line.router(), async {
        let _ = tokio::signal::ctrl_c().await;
    })
    .await;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the binary owns the random source")]
#[expect(clippy::expect_used, reason = "a program whose random source has gone must stop at once")]
fn system_random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the system's random source works");
}
