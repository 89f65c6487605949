//! After `genvej keys rotate` a server seals every row anew, and stops looking once it has.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod served;

use served::{Installation, READY_WITHIN};
use server::system::Stopwatch;
use std::time::Duration;

const DONE: &str = "no row is sealed under an older master key any more";

/// What is logged until this text has come so many times.
fn logged(here: &Installation, text: &str, times: usize) -> String {
    let watch = Stopwatch::start();
    loop {
        let log = here.log();
        if log.matches(text).count() >= times {
            return log;
        }
        assert!(watch.elapsed() < READY_WITHIN, "{log}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_server_seals_every_row_under_the_newest_key_and_is_done_with_it_once() {
    let here = Installation::new(&[("log.filter", "\"info\"")]);
    let process = here.serve();
    logged(&here, DONE, 1);
    drop(process);
    let invited = here.run(&[
        "staff",
        "invite",
        "--site",
        "support",
        "--role",
        "supervisor",
        "--name",
        "Asta",
    ]);
    assert!(invited.status.success(), "{}", String::from_utf8_lossy(&invited.stderr));
    assert!(here.run(&["keys", "rotate"]).status.success());

    let process = here.serve();
    let log = logged(&here, DONE, 2);
    drop(process);

    let last = log.lines().rfind(|line| line.contains(DONE)).unwrap();
    let told: serde_json::Value = serde_json::from_str(last).unwrap();
    assert!(told["fields"]["rows"].as_u64().unwrap() > 0, "{last}");
    let process = here.serve();
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(here.log().matches(DONE).count(), 2, "nothing is left to do at the next start");
    drop(process);
    let verified = here.run(&["audit", "verify"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
}
