//! `genvej-sandbox`: the whole service on this machine, to be tried in a browser.

use clap::Parser;
use sandbox::{Options, Town};
use std::io::Write as _;
use std::process::ExitCode;

/// The whole service on this machine, to be tried in a browser.
#[derive(Debug, Parser)]
#[command(name = "genvej-sandbox", version)]
struct Arguments {
    /// Port of everything, on 127.0.0.1.
    #[arg(long, env = "GENVEJ_SANDBOX_PORT", default_value_t = 8460)]
    port: u16,
    /// Who is made up follows from this number and the day.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many people with a national number.
    #[arg(long, default_value_t = sandbox::people::PEOPLE_DEFAULT)]
    people: usize,
    /// Makes the keys of the issuing states anew, in place of those kept from earlier starts.
    #[arg(long)]
    fresh: bool,
    /// A policy file to try, in place of the profile `public-service`: what may stand in it, `genvej policy explain` says.
    #[arg(long, value_name = "FILE")]
    policy: Option<std::path::PathBuf>,
    /// The URL of an empty database of a PostgreSQL server, in place of a SQLite file.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// How many servers share that database: a request goes to each in turn.
    #[arg(long, value_name = "NUMBER", default_value_t = 1, requires = "database", value_parser = clap::value_parser!(u8).range(1..=8))]
    servers: u8,
}

fn main() -> ExitCode {
    if server::pictures::is_asked() {
        return server::pictures::run();
    }
    let arguments = Arguments::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_env("GENVEJ_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let ended = runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(run(&arguments)));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut chain = error.to_string();
            let mut source = error.source();
            while let Some(cause) = source {
                chain = format!("{chain}: {cause}");
                source = cause.source();
            }
            let _ = writeln!(std::io::stderr(), "genvej-sandbox: {chain}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let options = Options {
        port: arguments.port,
        seed: arguments.seed,
        people: arguments.people,
        fresh: arguments.fresh,
        policy: arguments.policy.clone(),
        database: arguments.database.clone(),
        servers: arguments.servers,
        picture_worker: None,
    };
    let mut town = Town::start(&options).await?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", town.address())?;
    writeln!(out, "Open this address in a browser. Stop with Ctrl-C.")?;
    out.flush()?;
    let mut stop = std::pin::pin!(server::system::stop_signal()?);
    tokio::select! {
        laid = town.laid() => {
            laid?;
            stop.await;
        }
        () = &mut stop => {}
    }
    town.stop().await;
    Ok(())
}
