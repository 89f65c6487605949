//! `genvej serve` does not start without what policy and configuration ask of faces, and says what is missing.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use server::system::Stopwatch;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// What starts all the same is ended after this.
const REFUSED_WITHIN: Duration = Duration::from_secs(20);

fn genvej(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_genvej"));
    command.arg("--config").arg(folder.join("genvej.toml"));
    command
}

/// The example configuration in a folder of its own, with the default models, changed as told: a key and its value, or
/// nothing for a key that is left out.
fn served(changes: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().display().to_string();
    let example = Command::new(env!("CARGO_BIN_EXE_genvej")).arg("example").output().unwrap();
    let mut text = String::from_utf8(example.stdout)
        .unwrap()
        .replace("/var/lib/genvej", &here)
        .replace("/etc/genvej", &here)
        .replace("127.0.0.1:8400", "127.0.0.1:0")
        .replace("127.0.0.1:8401", "127.0.0.1:0")
        // The machine of a test may be one whose clock nobody synchronises.
        .replace("unsynchronised = \"refuse\"", "unsynchronised = \"believe\"");
    let models = server::default_models().unwrap().display().to_string();
    let mut table: toml::Table = text.parse().unwrap();
    table
        .get_mut("face")
        .unwrap()
        .as_table_mut()
        .unwrap()
        .insert("models".to_owned(), models.into());
    for (path, value) in changes {
        let mut at = &mut table;
        let (sections, key) = path.rsplit_once('.').unwrap();
        for section in sections.split('.') {
            let entry = at.entry(section).or_insert_with(|| toml::Table::new().into());
            at = entry.as_table_mut().unwrap();
        }
        if value.is_empty() {
            at.remove(key).unwrap();
            continue;
        }
        let mut value: toml::Table = format!("it = {value}").parse().unwrap();
        at.insert(key.to_owned(), value.remove("it").unwrap());
    }
    text = toml::to_string(&table).unwrap();
    std::fs::write(folder.path().join("genvej.toml"), text).unwrap();
    std::fs::create_dir_all(folder.path().join("registers")).unwrap();
    for made in [["keys", "init"].as_slice(), &["migrate"]] {
        // Where the configuration is refused as a whole, so is this; `serve` says why.
        genvej(folder.path()).args(made).output().unwrap();
    }
    let mut serve = genvej(folder.path());
    let mut child = serve.arg("serve").stderr(Stdio::piped()).spawn().unwrap();
    let watch = Stopwatch::start();
    while child.try_wait().unwrap().is_none() {
        if watch.elapsed() > REFUSED_WITHIN {
            // It serves: then what it has written is no complaint, and the test says so.
            child.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    child.wait_with_output().unwrap()
}

fn complaint(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_policy_that_asks_for_a_check_which_the_models_lack_stops_the_start() {
    let cases = [
        ("passive_pad_required", "passive-pad"),
        ("second_embedding_required", "second-embedding"),
    ];
    for (rule, check) in cases {
        let others = cases.map(|(other, _)| {
            (format!("policy.overrides.chip_face.{other}"), (other == rule).to_string())
        });
        let others = others.each_ref().map(|(path, value)| (path.as_str(), value.as_str()));

        let said = complaint(&served(&others));

        assert!(said.contains("the policy asks for"), "{said}");
        assert!(said.contains(check), "{said}");
    }
}

#[test]
fn a_threshold_that_is_not_confirmed_stops_the_start() {
    let quiet = [
        ("policy.overrides.chip_face.passive_pad_required", "false"),
        ("policy.overrides.chip_face.second_embedding_required", "false"),
    ];

    let none = complaint(&served(&[&quiet[..], &[("face.threshold", "")]].concat()));
    let other = complaint(&served(&[&quiet[..], &[("face.threshold", "0.52")]].concat()));

    assert!(none.contains("missing field `threshold`"), "{none}");
    assert!(other.contains("face.threshold does not fit the models"), "{other}");
    assert!(other.contains("confirms a threshold of 0.5200"), "{other}");
    assert!(other.contains("default says 0.5600"), "{other}");
}
