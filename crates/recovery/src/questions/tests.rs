use proptest::prelude::*;

use super::guess::run_probability;
use super::{
    CallSubject, Decoy, Drawing, Expected, Fact, FactKind, Guessing, OneIn, Probability, SetKey,
    UsedSet, Verdict, draw, judge, subject_of_call,
};
use crate::Rejection;
use crate::id::QuestionSetId;
use crate::person::{Person, Status};
use crate::policy::{Policy, Profile};
use crate::sensitive::Sensitive;
use crate::specimen::{NOW, PERSON, person, run_with};
use crate::time::Duration;

fn policy() -> Policy {
    Policy::of(Profile::PublicService)
}

fn text(text: &str) -> Vec<Sensitive<String>> {
    vec![Sensitive::new(text.to_owned())]
}

fn fact(kind: FactKind, ordinal: u8) -> Fact {
    let recorded_at = NOW.minus(Duration::from_days(30));
    let expected = Expected::Year(Sensitive::new(2001));
    Fact { kind, ordinal, recorded_at, expected, in_the_wallet: false }
}

fn rare() -> Vec<(FactKind, Guessing)> {
    let rare = Probability::share(1, 1_000);
    FactKind::ALL
        .iter()
        .map(|kind| (*kind, Guessing { stranger: rare, wallet_thief: rare }))
        .collect()
}

fn facts() -> Vec<Fact> {
    FactKind::ALL.iter().map(|kind| fact(*kind, 0)).collect()
}

fn drawing<'a>(
    facts: &'a [Fact],
    guessing: &'a [(FactKind, Guessing)],
    random: u64,
) -> Drawing<'a> {
    Drawing { facts, guessing, used: &[], raised_bar: false, random: [random, random] }
}

#[test]
fn answers_are_forgiven_in_form() {
    let name = Expected::AnyName(text("Bjørn Åkjær"));
    for given in
        ["bjørn åkjær", "BJOERN AAKJAER", "Bjorn Aakjaer", "Bjørn  Aakjær", "Bjørn A\u{30a}kjær"]
    {
        assert!(judge(&name, given, 1), "{given}");
    }
    for given in ["", "Bjarne Åkjær", "Bjørn", "Åkjær Bjørn"] {
        assert!(!judge(&name, given, 1), "{given}");
    }
    let place = Expected::AnyPlace(text("Københavns Kommune"));
    for given in ["København", "koebenhavn", "Copenhagen", "Københavns kommune"] {
        assert!(judge(&place, given, 1), "{given}");
    }
    assert!(!judge(&place, "Kobenhavn", 1), "names alone are forgiven a slip");
    let address = Expected::AnyAddress(text("Nørregade 012B, 3. tv"));
    for given in ["Nørregade 12 b", "noerregade 12B", "Nørre Gade 12b 1. th"] {
        assert!(judge(&address, given, 1), "{given}");
    }
    for given in ["Nørregade", "Nørregade 12", "Nørregade 2 b", "Søndergade 12b"] {
        assert!(!judge(&address, given, 1), "{given}");
    }
}

#[test]
fn dates_are_read_in_danish_and_english_forms() {
    let date = Expected::Date(Sensitive::new([1961, 5, 3]));
    for given in [
        "3. maj 1961",
        "den 3. maj 1961",
        "3/5-61",
        "03.05.1961",
        "030561",
        "03051961",
        "1961-05-03",
        "3 May 1961",
        "May 3rd, 1961",
        "the 3rd of May 1961",
        "3/5 1961",
    ] {
        assert!(judge(&date, given, 0), "{given}");
    }
    for given in ["5. marts 1961", "3. maj", "maj 1961", "1961", "3. maj 1962", "5/3/1961"] {
        assert!(!judge(&date, given, 0), "{given}");
    }
    let month = Expected::Month(Sensitive::new([1999, 10]));
    for given in ["oktober 1999", "October 1999", "okt 99", "10/1999", "1999-10", "1. oktober 1999"]
    {
        assert!(judge(&month, given, 0), "{given}");
    }
    assert!(!judge(&month, "1999", 0));
    let year = Expected::Year(Sensitive::new(1999));
    assert!(judge(&year, "1999", 0) && judge(&year, "i 99", 0) && !judge(&year, "1998", 0));
    let number = Expected::Number(Sensitive::new(2));
    assert!(judge(&number, "2", 0) && judge(&number, "to", 0) && judge(&number, "two children", 0));
    assert!(!judge(&number, "2 3", 0) && !judge(&number, "tre", 0));
}

#[test]
fn a_decoy_has_no_right_answer() {
    for given in ["decoy", "1961", "", "København"] {
        assert!(!judge(&Expected::Nothing, given, 3));
    }
}

#[test]
fn two_right_are_enough_and_after_two_wrong_no_spare_comes() {
    let verdict = |right, wrong| run_with(right, wrong, false).verdict();

    assert_eq!(verdict(2, 0), Verdict::Enough);
    assert_eq!(verdict(2, 1), Verdict::Enough);
    assert_eq!(verdict(1, 1), Verdict::GoOn);
    assert_eq!(verdict(0, 2), Verdict::NotEnough);
    assert_eq!(verdict(1, 2), Verdict::NotEnough);
}

#[test]
fn one_question_is_open_at_a_time_and_an_answer_has_a_length() {
    let open = run_with(0, 0, true);
    assert_eq!(open.put_next(), Err(Rejection::AnotherQuestion));
    assert_eq!(run_with(0, 0, false).answer("2001", 0), Err(Rejection::OutOfOrder));
    assert_eq!(open.answer(&"x".repeat(201), 0), Err(Rejection::AnswerTooLong));
}

#[test]
fn the_guessing_probability_is_that_of_the_whole_run() {
    let half = Probability::share(1, 2);
    // Two of three fair coins: one half.
    assert_eq!(run_probability(&[half; 3], 2, 2), half);
    let rare = Probability::share(1, 100);
    // 3 p² (1 - p) + p³ = 0.000298
    assert_eq!(run_probability(&[rare; 3], 2, 2).parts_per_billion(), 298_000);
    assert!(!run_probability(&[rare; 3], 2, 2).is_under(OneIn(10_000)));
}

#[test]
fn facts_that_are_new_in_the_wallet_or_easily_guessed_are_never_asked() {
    let guessing = rare();
    let mut facts = facts();
    facts[2].recorded_at = NOW.minus(Duration::from_days(30)).plus(Duration::from_millis(1));
    facts[3].in_the_wallet = true;
    for random in 0..500 {
        let set =
            draw(QuestionSetId(1), drawing(&facts, &guessing, random), &policy(), NOW).unwrap();
        let kinds: Vec<_> = set.questions.iter().map(|it| it.kind).collect();
        assert_eq!(kinds.len(), 3);
        assert!(!kinds.contains(&FactKind::MonthMovedIn));
        assert!(!kinds.contains(&FactKind::BirthRegistrationPlace));
        let tells = [FactKind::FormerAddress, FactKind::FormerMunicipality];
        assert!(!tells.iter().all(|kind| kinds.contains(kind)), "one tells the other");
        let guessing = set.guessing.unwrap();
        assert!(guessing.stranger.is_under(OneIn(10_000)));
        assert!(guessing.wallet_thief.is_under(OneIn(1_000)));
    }

    let easy = Probability::share(1, 20);
    let easy: Vec<_> = FactKind::ALL
        .iter()
        .map(|kind| (*kind, Guessing { stranger: easy, wallet_thief: easy }))
        .collect();
    assert!(draw(QuestionSetId(1), drawing(&facts, &easy, 0), &policy(), NOW).is_err());
    assert!(draw(QuestionSetId(1), drawing(&facts, &[], 0), &policy(), NOW).is_err());
}

#[test]
fn no_set_returns_within_90_days_and_then_the_oldest() {
    let guessing = rare();
    let facts: Vec<_> = [
        FactKind::MonthMovedIn,
        FactKind::MarriageYear,
        FactKind::FormerName,
        FactKind::MothersBirthDate,
    ]
    .into_iter()
    .map(|kind| fact(kind, 0))
    .collect();
    let mut used: Vec<UsedSet> = Vec::new();
    for at in 0..4 {
        let now = NOW.plus(Duration::from_days(at));
        let from = Drawing { used: &used, ..drawing(&facts, &guessing, at * 7 + 3) };
        let set = draw(QuestionSetId(1), from, &policy(), now).unwrap();
        let key = SetKey::of(&set.questions);
        assert!(used.iter().all(|old| old.key != key));
        used.push(UsedSet { key, at: now });
    }

    let from = Drawing { used: &used, ..drawing(&facts, &guessing, 5) };
    let set = draw(QuestionSetId(1), from, &policy(), NOW.plus(Duration::from_days(5))).unwrap();
    assert_eq!(SetKey::of(&set.questions), used[0].key);
}

#[test]
fn unknown_numbers_and_people_who_may_not_be_asked_get_decoys_of_the_same_shape() {
    let (guessing, facts) = (rare(), facts());
    let ask = |person: Option<&Person>, facts: &[Fact]| -> CallSubject {
        let found = person.map(|person| (person, drawing(facts, &guessing, 1)));
        subject_of_call(QuestionSetId(1), found, Decoy { random: [1, 1] }, &policy(), NOW)
    };
    let protected = Person { status: Status::Protected, ..person() };

    let known = ask(Some(&person()), &facts);
    assert_eq!((known.person(), known.is_unknown_number()), (Some(PERSON), false));
    for decoyed in [ask(None, &facts), ask(Some(&protected), &facts), ask(Some(&person()), &[])] {
        assert_eq!(decoyed.person(), None);
        assert_eq!(decoyed.set().questions.len(), known.set().questions.len());
        assert_eq!(decoyed.set().right_min, known.set().right_min);
        assert!(decoyed.set().questions.iter().all(|it| it.expected == Expected::Nothing));
    }
    assert!(ask(None, &facts).is_unknown_number());
}

#[test]
fn a_failed_call_asks_for_one_more_right_answer_for_24_hours() {
    let (guessing, facts) = (rare(), facts());
    let failed = person().count_failed_call(&policy(), NOW).next;
    let right_min = |now| {
        let found = Some((&failed, drawing(&facts, &guessing, 1)));
        let otherwise = Decoy { random: [1, 1] };
        subject_of_call(QuestionSetId(1), found, otherwise, &policy(), now).set().right_min
    };
    let over = NOW.plus(Duration::from_hours(24));

    assert_eq!(right_min(over.minus(Duration::from_millis(1))), 3);
    assert_eq!(right_min(over), 2);
}

proptest! {
    #[test]
    fn judging_never_panics_and_an_own_answer_is_right(given in "\\PC{0,60}") {
        for expected in [
            Expected::Nothing,
            Expected::AnyPlace(text(&given)),
            Expected::AnyAddress(text(&given)),
            Expected::Date(Sensitive::new([1961, 5, 3])),
            Expected::Month(Sensitive::new([1961, 5])),
            Expected::Number(Sensitive::new(3)),
        ] {
            let _ = judge(&expected, &given, 2);
        }
        if given.chars().any(|c| c.is_ascii_alphanumeric()) {
            prop_assert!(judge(&Expected::AnyName(text(&given)), &given, 0));
        }
    }
}
