//! `genvej`: the server, and what an operator does around it.

mod command;

use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    if server::pictures::is_asked() {
        return server::pictures::run();
    }
    let genvej = command::Genvej::parse();
    match genvej.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            command::complain(&*error);
            ExitCode::FAILURE
        }
    }
}
