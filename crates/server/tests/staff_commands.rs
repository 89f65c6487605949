//! `genvej staff`: from the invitation to the last key, on a real database.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod installation;

use installation::Installation;

const CENTRES: &str = "centre,name,municipality,street,postcode,town,latitude,longitude,zone,desks,hours\n\
    aarhus,Borgerservice Aarhus,0751,Torvet 1,8000,Aarhus,,,Europe/Copenhagen,2,mon 10:00-12:00\n";

fn here() -> Installation {
    let here = Installation::new();
    here.done(&["keys", "init"]);
    here.done(&["migrate"]);
    let centres = here.path("centres.csv");
    std::fs::write(&centres, CENTRES).unwrap();
    here.done(&["import", "centres", &centres.display().to_string()]);
    here
}

fn refused(here: &Installation, arguments: &[&str]) -> String {
    let output = here.genvej(arguments);
    assert!(!output.status.success(), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn an_invitation_is_checked_before_a_link_is_printed() {
    let here = here();
    let invite =
        ["staff", "invite", "--name", "Karla Clerk", "--site", "desk", "--declares-nobody"];

    let link = here.done(&[&invite[..], &["--role", "clerk", "--centre", "aarhus"]].concat());
    assert!(link.starts_with("https://desk.recovery.example/invite/"), "{link}");
    for (more, code) in [
        (["--role", "clerk", "--centre", "nope"].as_slice(), "centre-not-found"),
        (&["--role", "clerk"], "centre-missing"),
        (&["--role", "operator"], "role-not-for-console"),
        (&["--role", "auditor"], "role-not-for-console"),
        (&["--role", "agent", "--centre", "aarhus"], "role-not-for-console"),
    ] {
        let said = refused(&here, &[&invite[..], more].concat());
        assert!(said.contains(code), "{more:?}: {said}");
    }
    assert!(refused(&here, &[&invite[..], &["--role", "boss"]].concat()).contains("boss"));
    assert_eq!(here.done(&["staff", "list"]), "", "nobody has accepted");
}

#[test]
fn an_account_that_is_not_there_is_not_changed() {
    let here = here();
    let id = "0123456789abcdef0123456789abcdef";

    for arguments in [
        ["staff", "show", id].as_slice(),
        &["staff", "disable", id],
        &["staff", "enable", id],
        &["staff", "roles", id, "--role", "supervisor"],
        &["staff", "add-key", id, "--site", "desk"],
        &["staff", "add-key", id, "--site", "desk", "--lost"],
    ] {
        assert!(refused(&here, arguments).contains("not-found"), "{arguments:?}");
    }
    assert!(refused(&here, &["staff", "show", "karla"]).contains("genvej staff list"));
}
