use super::*;
use std::collections::BTreeMap;

/// What no answer may say: they sound like `document-not-accepted`, so that a finder of documents learns nothing
/// (PROTOCOLS.md section 6).
const NEVER_TOLD: [RefusalReason; 4] = [
    RefusalReason::DocumentNotTheirs,
    RefusalReason::DocumentLostOrStolen,
    RefusalReason::ChipNotGenuine,
    RefusalReason::PresenceNotProven,
];

#[test]
fn no_two_refusals_have_one_code() {
    let mut by_code: BTreeMap<&str, RefusalCode> = BTreeMap::new();

    for refusal in RefusalCode::all() {
        let before = by_code.insert(refusal.code(), refusal);
        assert_eq!(before, None, "{refusal}");
    }

    assert!(by_code.len() > 150, "every enum is there: {}", by_code.len());
}

#[test]
fn a_refusal_is_displayed_as_its_code() {
    for refusal in RefusalCode::all() {
        assert_eq!(refusal.to_string(), refusal.code());
    }
}

#[test]
fn a_code_is_lower_case_words_with_hyphens_between() {
    for refusal in RefusalCode::all() {
        let mut words = refusal.code().split('-');
        let is_word =
            |word: &str| !word.is_empty() && word.bytes().all(|it| it.is_ascii_lowercase());
        assert!(words.all(is_word), "{refusal}");
    }
}

/// A value that two enums have is one value here; nothing changes its code but what may not be told.
#[test]
fn a_value_of_the_domain_keeps_its_code() {
    for reason in RefusalReason::ALL {
        let told =
            if NEVER_TOLD.contains(&reason) { "document-not-accepted" } else { reason.code() };
        assert_eq!(RefusalCode::from(reason).code(), told);
    }
    for problem in PictureProblem::ALL {
        assert_eq!(RefusalCode::from(problem).code(), problem.code());
    }
}

#[test]
fn what_would_help_a_finder_of_documents_is_in_no_list() {
    let codes: BTreeSet<&str> = RefusalCode::all().into_iter().map(RefusalCode::code).collect();
    for reason in NEVER_TOLD {
        assert!(!codes.contains(reason.code()), "{}", reason.code());
    }
}

#[test]
fn every_class_is_that_of_a_refusal() {
    let classes: BTreeSet<RefusalClass> =
        RefusalCode::all().into_iter().map(RefusalCode::class).collect();

    assert_eq!(classes, BTreeSet::from(RefusalClass::ALL));
}
