//! Whether the system calls its wall clock synchronised.
//!
//! `timedatectl` says what the kernel knows (`adjtimex`: the bound of its own error is below 16 s), whichever daemon
//! synchronises the clock; the system call itself would be `unsafe` here (docs/adr/which-clock-is-believed.md).

use super::Stopwatch;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

const PROGRAM: &str = "/usr/bin/timedatectl";
/// The longest time that the program may take: it asks a service of the system, which may have to be started.
const DEADLINE: Duration = Duration::from_secs(2);
/// How long an answer is used again: a server whose clock is not trusted asks each second.
const ANSWER_LIFETIME: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// The last answer, and when it was given.
static ANSWER: Mutex<Option<(bool, Stopwatch)>> = Mutex::new(None);

/// Whether the system calls its clock synchronised; no answer counts as no.
pub(super) fn is_told() -> bool {
    let mut answer = ANSWER.lock().unwrap_or_else(PoisonError::into_inner);
    match &*answer {
        Some((told, since)) if since.elapsed() < ANSWER_LIFETIME => *told,
        Some(_) | None => {
            let told = asked(PROGRAM);
            *answer = Some((told, Stopwatch::start()));
            told
        }
    }
}

fn asked(program: &str) -> bool {
    let child = Command::new(program)
        .args(["show", "--property=NTPSynchronized", "--value"])
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else { return false };
    let watch = Stopwatch::start();
    while matches!(child.try_wait(), Ok(None)) {
        if watch.elapsed() > DEADLINE {
            let _ = child.kill();
            break;
        }
        std::thread::sleep(LOOK_EVERY);
    }
    let said = child.wait_with_output();
    said.is_ok_and(|said| said.status.success() && said.stdout.trim_ascii() == b"yes")
}

#[cfg(test)]
mod tests {
    use super::asked;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn only_a_plain_yes_is_yes() {
        let folder = tempfile::tempdir().unwrap();
        let says = |script: &str| {
            let program = folder.path().join("says");
            std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
            asked(&program.display().to_string())
        };

        assert!(says("echo yes"));
        assert!(!says("echo no"));
        assert!(!says("echo yes; exit 1"));
        assert!(!says("exec sleep 30"), "it is not waited for");
        assert!(!asked("/nowhere/timedatectl"));
    }
}
