use super::{Consequence, Policy, Profile, QuestionWeight, WithoutPresence, explain, load};
use crate::Language;
use crate::time::Duration;

fn error(text: &str) -> (usize, String) {
    let error = load(text).unwrap_err();
    (error.line, error.what)
}

#[test]
fn a_profile_alone_is_a_policy_and_every_profile_is_sound() {
    for profile in Profile::ALL {
        let policy = load(&format!("profile = \"{}\"", profile.name())).unwrap();
        assert_eq!(policy, Policy::of(profile));
        assert_eq!(policy.problems(), []);
    }
}

#[test]
fn the_profiles_meet_their_standards() {
    let (public, nist, strict) = (
        Policy::of(Profile::PublicService),
        Policy::of(Profile::NistAal2),
        Policy::of(Profile::Strict),
    );

    assert_eq!(public.temporary_pin.lifetime, Duration::from_mins(30));
    assert_eq!(nist.temporary_pin.lifetime, Duration::from_mins(10));
    assert_eq!(nist.questions.weight, QuestionWeight::RefuseOnly);
    assert_eq!(strict.questions.weight, QuestionWeight::NotUsed);
    assert!(!strict.temporary_pin.sms && !strict.phone.open);
    assert_eq!(nist.chip_face.without_presence, WithoutPresence::Refused);
    assert_eq!(strict.chip_face.without_presence, WithoutPresence::Refused);
}

#[test]
fn a_file_overrides_single_values() {
    let policy = load(
        "profile = \"public-service\"\n[pin]\nladder = [{ wrong = 5, lock_secs = 60 }, { wrong = 10, block = true }]\n\
         [chip_face]\nwithout_presence = \"refused\"\nliveness_required = false\n",
    )
    .unwrap();

    assert_eq!(policy.pin.consequence_of(5), Some(Consequence::Lock(Duration::from_secs(60))));
    assert_eq!(policy.pin.consequence_of(6), None);
    assert_eq!(policy.pin.consequence_of(10), Some(Consequence::Block));
    assert_eq!(policy.chip_face.without_presence, WithoutPresence::Refused);
    assert!(!policy.chip_face.liveness_required);
}

#[test]
fn errors_name_the_line() {
    let public = "profile = \"public-service\"\n";
    for (text, line, what) in [
        ("".to_owned(), 1, "profile is missing"),
        ("profile = \"secret\"".to_owned(), 1, "profile: must be"),
        (
            format!("{public}[pin]\ndigits = 99"),
            3,
            "pin.digits: must be a whole number from 4 to 12",
        ),
        (format!("{public}[pin]\ndigits = \"six\""), 3, "pin.digits"),
        (format!("{public}[pin]\n\ndigit = 6"), 4, "pin.digit: not a key"),
        (format!("{public}[pins]\ndigits = 6"), 2, "pins: not a section"),
        (format!("{public}pin = 6"), 2, "pin: not a key"),
        (format!("{public}[pin]\ndigits = "), 3, ""),
        (
            format!(
                "{public}[pin]\nladder = [{{ wrong = 9, lock_secs = 60 }}, {{ wrong = 3, block = true }}]"
            ),
            3,
            "the rungs must ascend",
        ),
        (format!("{public}[pin]\nladder = [{{ wrong = 11, block = true }}]"), 3, "from 1 to 10"),
        (
            format!("{public}[pin]\nladder = [{{ wrong = 3, lock_secs = 60 }}]"),
            3,
            "the last rung must block",
        ),
        (format!("{public}[questions]\nspare = 2"), 2, "questions.asked"),
        ("profile = \"nist-aal2\"\n[questions]\nweight = \"decide\"".to_owned(), 3, "never decide"),
        ("profile = \"strict\"\n[phone]\nopen = true".to_owned(), 3, "phone.open"),
    ] {
        let (said_line, said) = error(&text);
        assert_eq!(said_line, line, "{text}: {said}");
        assert!(said.contains(what), "{text}: {said}");
    }
}

#[test]
fn a_policy_explains_itself_in_both_languages() {
    for profile in Profile::ALL {
        let policy = Policy::of(profile);
        let (english, danish) =
            (explain(&policy, Language::English), explain(&policy, Language::Danish));
        assert_eq!(english.len(), danish.len());
        assert!(english.iter().zip(&danish).all(|(english, danish)| english != danish));
    }
    let english = explain(&Policy::of(Profile::PublicService), Language::English).join("\n");
    for fact in [
        "3 wrong PIN codes in a row lock the app for 3 minutes",
        "valid for 30 minutes",
        "120 hours",
        "60 days",
    ] {
        assert!(english.contains(fact), "{fact}\n{english}");
    }
}
