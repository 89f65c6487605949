//! Fetches what is missing, by package name, or prints the exact command.

use crate::run::{Failed, command, root, step, works};
use crate::{assets, models, portraits, run};

/// What the sandbox needs: the packages of the pages, bundled, and the face models.
pub fn for_sandbox() -> Result<(), Failed> {
    node_packages()?;
    assets::bundle()?;
    face_models()?;
    portraits::ensure_portraits();
    Ok(())
}

/// What draws and codes the film.
pub fn for_film() -> Result<(), Failed> {
    node_packages()?;
    debian(&[("chromium", &["chromium", "fonts-dejavu-core"]), ("ffmpeg", &["ffmpeg"])])
}

fn face_models() -> Result<(), Failed> {
    models::ensure_models(None)
        .map(|_| ())
        .map_err(|error| Failed::because(models::explain(&error)))
}

/// What the tests need on top.
pub fn everything() -> Result<(), Failed> {
    for_sandbox()?;
    cargo_tool("nextest", "cargo-nextest")?;
    cargo_tool("deny", "cargo-deny")?;
    debian(&[
        ("chromium", &["chromium", "fonts-dejavu-core"]),
        ("pcscd", &["pcscd", "libpcsclite1"]),
        ("/usr/lib/pcsc/drivers/serial/libifdvpcd.so", &["vsmartcard-vpcd"]),
        ("/usr/include/PCSC/winscard.h", &["libpcsclite-dev"]),
        ("pkg-config", &["pkg-config"]),
        ("unshare", &["util-linux"]),
        ("ip", &["iproute2"]),
        ("openssl", &["openssl"]),
    ])?;
    python_package("aiosmtpd", "1.4.6")
}

/// `npm ci` by the lock file, once for each state of it.
fn node_packages() -> Result<(), Failed> {
    let lock = root().join("package-lock.json");
    let stamp = root().join("node_modules/.genvej-lock");
    let wanted =
        std::fs::read(&lock).map_err(|error| Failed(format!("package-lock.json: {error}")))?;
    if std::fs::read(&stamp).is_ok_and(|have| have == wanted) {
        return Ok(());
    }
    if !works("npm", &["--version"]) {
        return Err(Failed::because("npm is missing: install Node.js 20 or later, then try again"));
    }
    step("Fetching the packages of the pages (npm ci)");
    command("npm", &["ci", "--no-audit", "--no-fund", "--ignore-scripts"])?;
    std::fs::write(stamp, wanted).map_err(|error| Failed(format!("node_modules: {error}")))
}

fn cargo_tool(subcommand: &str, package: &str) -> Result<(), Failed> {
    if works("cargo", &[subcommand, "--version"]) {
        return Ok(());
    }
    step(&format!("Installing {package} (cargo install; some minutes)"));
    // Without optimising: it builds in a third of the time and runs for seconds.
    run::cargo(&["install", "--locked", "--debug", package])
}

/// Debian packages, each told by a program or a file that it brings.
fn debian(wanted: &[(&str, &[&str])]) -> Result<(), Failed> {
    let missing: Vec<&str> = wanted
        .iter()
        .filter(|(program, _)| !has_program(program))
        .flat_map(|(_, packages)| packages.iter().copied())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let line = format!("apt-get install -y --no-install-recommends {}", missing.join(" "));
    if !works("sh", &["-c", "test \"$(id -u)\" = 0 && command -v apt-get"]) {
        return Err(Failed(format!("some programs are missing; run: sudo {line}")));
    }
    step(&format!("Installing {}", missing.join(" ")));
    command(
        "sh",
        &["-c", &format!("apt-get update -qq && DEBIAN_FRONTEND=noninteractive {line} -qq")],
    )
}

fn has_program(program: &str) -> bool {
    works(
        "sh",
        &[
            "-c",
            &format!("command -v {program} || test -e {program} || test -x /usr/sbin/{program}"),
        ],
    )
}

fn python_package(name: &str, version: &str) -> Result<(), Failed> {
    if works("python3", &["-c", &format!("import {name}")]) {
        return Ok(());
    }
    let wanted = format!("{name}=={version}");
    step(&format!("Installing {wanted} (pip)"));
    command("python3", &["-m", "pip", "install", "--quiet", "--disable-pip-version-check", &wanted])
        .map_err(|_| Failed(format!("run: python3 -m pip install {wanted}")))
}
