use super::explain::sentences;
use super::words::{Argument, Words, WordsError, files};
use super::{Place, PolicyError, explain, of_configuration, of_text, read};
use crate::config::PolicySource;
use recovery::policy::{
    ColouredLight, Consequence, Policy, Profile, QuestionWeight, WithoutPresence,
};
use recovery::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Line, letter and words of the error that a file with this text is refused with.
fn refused(text: &str) -> (usize, usize, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.toml");
    std::fs::write(&file, text).unwrap();
    let error = read(&file).unwrap_err();
    let PolicyError::Wrong { place: Place::File { path, line, column }, what } = error else {
        panic!("{text}: {error}");
    };
    assert_eq!(path, file);
    (line, column, what)
}

#[test]
fn a_profile_alone_is_a_policy() {
    for profile in Profile::ALL {
        let policy = of_text(&format!("profile = \"{}\"", profile.name())).unwrap();
        assert_eq!(policy, Policy::of(profile));
    }
}

#[test]
fn a_file_overrides_single_values() {
    let policy = of_text(
        "profile = \"public-service\"\n[pin]\nladder = [{ wrong = 5, lock_secs = 60 }, { wrong = 10, block = true }]\n\
         [chip_face]\nwithout_presence = \"refused\"\nliveness_required = false\ncoloured_light = \"decides\"\n\
         [questions]\nweight = \"refuse-only\"\n[veto]\nfreeze_min_secs = 0x10\n[appointments]\nhome_prefixes = [\"+45\"]\n",
    )
    .unwrap();

    let mut expected = Policy::of(Profile::PublicService);
    expected.chip_face.without_presence = WithoutPresence::Refused;
    expected.chip_face.liveness_required = false;
    expected.chip_face.coloured_light = ColouredLight::Decides;
    expected.questions.weight = QuestionWeight::RefuseOnly;
    expected.veto.freeze_min = Duration::from_secs(16);
    expected.appointments.home_prefixes = vec!["+45".to_owned()];
    expected.pin.ladder.clone_from(&policy.pin.ladder);
    assert_eq!(policy, expected);
    assert_eq!(policy.pin.consequence_of(5), Some(Consequence::Lock(Duration::from_secs(60))));
    assert_eq!(policy.pin.consequence_of(6), None);
    assert_eq!(policy.pin.consequence_of(10), Some(Consequence::Block));
}

#[test]
fn once_per_document_keeps_its_spans_and_has_spans_where_the_profile_refuses() {
    let file = |profile| {
        format!("profile = \"{profile}\"\n[chip_face]\nwithout_presence = \"once-per-document\"")
    };

    assert_eq!(of_text(&file("public-service")).unwrap(), Policy::of(Profile::PublicService));
    // The profile's promise, and not the form, is what refuses it here.
    assert_eq!(
        of_text(&file("strict")).unwrap_err().what,
        "chip_face.without_presence: under strict a chip has to prove its presence"
    );
}

#[test]
fn errors_name_the_line_and_the_letter_and_what_is_allowed() {
    let public = "profile = \"public-service\"\n";
    for (text, line, column, words) in [
        (
            String::new(),
            1,
            1,
            &["the key profile is missing", "public-service, nist-aal2 or strict"][..],
        ),
        (
            "profile = \"secret\"".to_owned(),
            1,
            11,
            &["profile: unknown variant `secret`", "`public-service`, `nist-aal2`, `strict`"],
        ),
        (
            format!("{public}[pin]\ndigits = 99"),
            3,
            10,
            &["pin.digits: invalid value: integer `99`, expected a whole number from 4 to 12"],
        ),
        (
            format!("{public}[pin]\ndigits = -1"),
            3,
            10,
            &["`-1`, expected a whole number from 4 to 12"],
        ),
        (
            format!("{public}[pin]\ndigits = \"six\""),
            3,
            10,
            &["pin.digits: invalid type: string \"six\", expected a whole number from 4 to 12"],
        ),
        (
            format!("{public}[pin]\n\ndigit = 6"),
            4,
            1,
            &["pin.digit: unknown field `digit`, expected one of `digits`, `ladder`"],
        ),
        (
            format!("{public}[pins]\ndigits = 6"),
            2,
            2,
            &["pins: unknown field `pins`, expected one of", "`pin`", "`conduct`"],
        ),
        (
            format!("{public}pin = 6"),
            2,
            7,
            &["pin: invalid type: integer `6`, expected a section of keys"],
        ),
        (format!("{public}[pin]\ndigits = "), 3, 10, &[""]),
        (format!("{public}[pin]\ndigits = 6\ndigits = 7"), 4, 1, &["duplicate key"]),
        (
            format!(
                "{public}[pin]\nladder = [{{ wrong = 9, lock_secs = 60 }}, {{ wrong = 3, block = true }}]"
            ),
            3,
            1,
            &["pin.ladder: the rungs must ascend"],
        ),
        (
            format!("{public}[pin]\nladder = [{{ wrong = 11, block = true }}]"),
            3,
            21,
            &["pin.ladder.0.wrong", "a whole number from 1 to 10"],
        ),
        (
            format!("{public}[pin]\nladder = [{{ wrong = 3, lock_secs = 60 }}]"),
            3,
            1,
            &["pin.ladder: the last rung must block"],
        ),
        (
            format!("{public}[pin]\nladder = [{{ wrong = 3, lock_secs = 60, block = true }}]"),
            3,
            11,
            &[
                "pin.ladder.0: each rung must be { wrong = …, lock_secs = … } or { wrong = …, block = true }",
            ],
        ),
        (
            format!("{public}[pin]\nladder = [{{ wrong = 3, block = false }}]"),
            3,
            11,
            &["each rung must be"],
        ),
        (
            format!(
                "{public}[pin]\nladder = [\n  {{ wrong = 3, lock_secs = 60 }},\n  {{ wrong = 9 }},\n]"
            ),
            5,
            3,
            &["pin.ladder.1: each rung must be"],
        ),
        (format!("{public}[pin]\nladder = [3]"), 3, 11, &["pin.ladder.0", "expected a rung: {"]),
        (
            format!("{public}[pin]\nladder = [{}]", "{ wrong = 3, block = true },".repeat(10)),
            3,
            10,
            &["pin.ladder: must be at most 9 rungs"],
        ),
        (
            format!("{public}[appointments]\nhome_prefixes = [{}]", "\"+45\",".repeat(17)),
            3,
            17,
            &["appointments.home_prefixes: must be at most 16 texts"],
        ),
        (
            format!("{public}[phone]\nopen = 1"),
            3,
            8,
            &["phone.open: invalid type: integer `1`, expected a boolean"],
        ),
        (
            format!("{public}[questions]\nweight = \"much\""),
            3,
            10,
            &[
                "questions.weight: unknown variant `much`, expected one of `decide`, `refuse-only`, `not-used`",
            ],
        ),
        (
            format!("{public}[questions]\nspare = 2"),
            2,
            2,
            &["questions.asked: must be right_min and spare"],
        ),
        (
            "profile = \"nist-aal2\"\n[questions]\nweight = \"decide\"".to_owned(),
            3,
            1,
            &["questions.weight: under nist-aal2 questions never decide"],
        ),
        (
            "profile = \"nist-aal2\"\n[desk]\nquestions_asked = true".to_owned(),
            1,
            1,
            &["questions.weight: under nist-aal2"],
        ),
        (
            "profile = \"strict\"\n[phone]\nopen = true".to_owned(),
            3,
            1,
            &["phone.open: the phone route"],
        ),
        (format!("{public}#{}", "x".repeat(65_536)), 1, 1, &["the file is longer than 64 KiB"]),
    ] {
        let (said_line, said_column, said) = refused(&text);
        let shown = text.get(..200).unwrap_or(&text);
        assert_eq!((said_line, said_column), (line, column), "{shown}: {said}");
        for word in words {
            assert!(said.contains(word), "{shown}: {said}");
        }
    }
}

#[test]
fn an_error_names_the_file() {
    let error = read(Path::new("/nowhere/policy.toml")).unwrap_err();
    assert_eq!(error.to_string(), "/nowhere/policy.toml cannot be read");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.toml");
    std::fs::write(&file, "profile = \"strict\"\n[pin]\ndigits = 3\n").unwrap();
    assert_eq!(
        read(&file).unwrap_err().to_string(),
        format!(
            "{}, line 3, column 10: pin.digits: invalid value: integer `3`, expected a whole number from 4 to 12",
            file.display()
        )
    );
}

#[test]
fn the_configuration_names_a_profile_with_overrides_or_a_file_and_an_error_there_has_no_line() {
    let overrides = |text: &str| toml::from_str(text).unwrap();
    let of = |profile: Option<&str>, file: Option<&str>, text: &str| {
        of_configuration(&PolicySource {
            profile: profile.map(str::to_owned),
            file: file.map(Into::into),
            overrides: overrides(text),
        })
    };

    assert_eq!(of(None, None, "").unwrap(), Policy::of(Profile::PublicService));
    assert_eq!(of(Some("strict"), None, "").unwrap(), Policy::of(Profile::Strict));
    let mut longer = Policy::of(Profile::Strict);
    longer.pin.digits = 8;
    assert_eq!(of(Some("strict"), None, "[pin]\ndigits = 8").unwrap(), longer);
    for (refused, said) in [
        (of(Some("strict"), Some("policy.toml"), ""), "a profile and a file"),
        (of(None, Some("policy.toml"), "[pin]\ndigits = 8"), "overrides stand in the policy file"),
        (of(None, None, "[pin]\ndigits = 99"), "pin.digits: invalid value: integer `99`, expected"),
        (of(None, None, "[pin]\ndigit = 9"), "pin.digit: unknown field `digit`, expected one of"),
        (of(Some("lax"), None, ""), "profile: unknown variant `lax`"),
        (of(Some("strict"), None, "[phone]\nopen = true"), "phone.open: "),
    ] {
        let error = refused.unwrap_err().to_string();
        assert!(error.starts_with("[policy] of the configuration: "), "{error}");
        assert!(error.contains(said), "{error}");
    }
}

/// Every sentence there is: what a profile leaves out, a policy with everything turned has.
fn every_sentence() -> Vec<super::words::Sentence> {
    let mut other = Policy::of(Profile::NistAal2);
    let rules = &mut other.chip_face;
    rules.passive_pad_required = true;
    rules.coloured_light = ColouredLight::Decides;
    rules.second_embedding_required = true;
    rules.read_by_server = true;
    rules.liveness_required = false;
    let mut unasked = Policy::of(Profile::PublicService);
    unasked.questions.weight = QuestionWeight::NotUsed;
    let policies = Profile::ALL.map(Policy::of).into_iter().chain([other, unasked]);
    policies.flat_map(|policy| sentences(&policy)).collect()
}

/// The names of the sentences of a file.
fn keys(text: &str) -> BTreeSet<&str> {
    let begun = text.lines().filter(|line| line.starts_with(|it: char| it.is_ascii_alphabetic()));
    begun.filter_map(|line| line.split_once(" =")).map(|(key, _)| key).collect()
}

#[test]
fn every_language_says_every_sentence_and_no_other() {
    let said = every_sentence();
    let spans = ["span-days", "span-hours", "span-minutes", "span-seconds"];
    let known: BTreeSet<&str> = said.iter().map(|it| it.key).chain(spans).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("locales");

    let files = files();

    assert_eq!(files.len(), std::fs::read_dir(folder).unwrap().count(), "a file that is not read");
    for (language, text) in &files {
        assert_eq!(keys(text), known, "{language}");
        let words = Words::among(&files, language).unwrap();
        for sentence in &said {
            let text = words.say(sentence).unwrap();
            for (name, argument) in &sentence.arguments {
                let value = match argument {
                    Argument::Number(number) => number.to_string(),
                    Argument::Text(text) => text.clone(),
                    Argument::Span(_) => continue,
                };
                assert!(text.contains(&value), "{language} does not say {name}: {text}");
            }
        }
    }
}

#[test]
fn a_third_language_is_one_more_file() {
    let policy = Policy::of(Profile::PublicService);
    let mut files = files();
    assert!(!files.contains_key("qps"));
    let english = files.get("en").unwrap();
    // Every sentence begins otherwise, as a language would that nobody here speaks; spans keep their words.
    let pseudo: Vec<String> = english
        .lines()
        .map(|line| match line.split_once(" = ") {
            Some((key, text)) if !key.starts_with("span-") => format!("{key} = ¡{text}"),
            _ => line.to_owned(),
        })
        .collect();
    files.insert("qps".to_owned(), pseudo.join("\n"));

    let words = Words::among(&files, "qps-AQ").unwrap();
    let said: Vec<String> =
        sentences(&policy).iter().map(|sentence| words.say(sentence).unwrap()).collect();

    let english = explain(&policy, "en").unwrap();
    let expected: Vec<String> = english.iter().map(|sentence| format!("¡{sentence}")).collect();
    assert_eq!(said, expected);
}

#[test]
fn a_language_that_lacks_a_sentence_says_so() {
    let said = every_sentence();
    let profile = said.first().unwrap();
    let one = |text: &str| {
        let files = BTreeMap::from([("en".to_owned(), text.to_owned())]);
        Words::among(&files, "en")?.say(profile)
    };
    let unsayable = WordsError::Unsayable { language: "en".to_owned(), key: "profile".to_owned() };

    assert_eq!(one("profile = { $profile }"), Ok("public-service".to_owned()));
    assert_eq!(one("pin-digits = { $digits }"), Err(unsayable));
    assert_eq!(
        one("profile = { $name }").unwrap_err().to_string(),
        "the language en cannot say profile"
    );
    assert_eq!(one("profile = {"), Err(WordsError::Unreadable("en".to_owned())));
}
