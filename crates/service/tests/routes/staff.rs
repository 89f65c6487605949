//! Sessions: how long, where, for whom.

use recovery::sensitive::Sensitive;
use recovery::time::{Duration, Timestamp};
use service::Failure;
use service::staff::provider_session::{ProviderLogout, ProviderTokens};
use service::staff::{Claims, Site};
use std::sync::atomic::{AtomicU32, Ordering};
use testkit::house::{House, NOW};
use zeroize::Zeroizing;

fn claims(roles: &[&str]) -> Claims {
    Claims {
        issuer: "https://provider.example".into(),
        subject: "anna".into(),
        name: "Anna Agent".into(),
        roles: roles.iter().map(|&role| role.to_owned()).collect(),
        centre: Some("aarhus".into()),
        person: Some(Sensitive::new("anna".to_owned())),
        declared: None,
    }
}

/// A sign-in of its own.
async fn sign_in(house: &House, claims: &Claims, site: Site) -> Result<Zeroizing<String>, Failure> {
    let tokens =
        ProviderTokens { refresh_token: Some(Sensitive::new("r".into())), ..Default::default() };
    sign_in_with(house, claims, tokens, site).await
}

async fn sign_in_with(
    house: &House,
    claims: &Claims,
    tokens: ProviderTokens,
    site: Site,
) -> Result<Zeroizing<String>, Failure> {
    static SIGN_INS: AtomicU32 = AtomicU32::new(0);
    let name = SIGN_INS.fetch_add(1, Ordering::Relaxed).to_string();
    house.service.sign_in_by_provider(claims, &tokens, site, &name).await
}

fn at(house: &House, moment: Timestamp) {
    house.clock.set_ms(moment.0);
}

#[tokio::test]
async fn a_second_account_at_the_provider_is_not_a_second_member_of_staff() {
    let house = House::new().await.with_provider();
    sign_in(&house, &claims(&["clerk"]), Site::Desk).await.unwrap();
    let other = Claims { subject: "anna-2".into(), ..claims(&["clerk"]) };

    let second = sign_in(&house, &other, Site::Desk).await;

    assert_eq!(second.unwrap_err().to_string(), "refused: staff-person-of-another");
    sign_in(&house, &claims(&["clerk"]), Site::Desk).await.expect("the first stays as it was");
}

#[tokio::test]
async fn a_session_opens_one_console_for_the_roles_that_work_there() {
    let house = House::new().await.with_provider();
    let service = &house.service;
    let token = sign_in(&house, &claims(&["agent", "clerk", "boss"]), Site::Support).await.unwrap();

    let signed_in = service.session(&token, Site::Support).await.unwrap();

    assert!(signed_in.agent().is_ok());
    assert!(signed_in.clerk().is_err(), "a clerk's work is at the desk's console");
    assert!(signed_in.supervisor().is_err());
    assert!(service.session(&token, Site::Desk).await.is_err());
    assert!(service.session("", Site::Support).await.is_err());
    assert!(signed_in.accepts_form(signed_in.form_token()));
    assert!(!signed_in.accepts_form(""));
    assert!(!signed_in.accepts_form(&token));
}

#[tokio::test]
async fn nobody_without_a_role_gets_in_and_what_the_provider_takes_away_is_gone_at_once() {
    let house = House::new().await.with_provider();
    let service = &house.service;
    let token = sign_in(&house, &claims(&["agent"]), Site::Support).await.unwrap();

    let refused = sign_in(&house, &claims(&["auditor"]), Site::Support).await;

    assert_eq!(refused.unwrap_err().to_string(), "refused: role-not-allowed");
    assert!(service.session(&token, Site::Support).await.unwrap().agent().is_err());
}

#[tokio::test]
async fn a_session_ends_after_half_an_hour_without_work() {
    let house = House::new().await.with_provider_asked_every(Duration::from_hours(24));
    let service = &house.service;
    let token = sign_in(&house, &claims(&["agent"]), Site::Support).await.unwrap();

    at(&house, NOW.plus(Duration::from_secs(30 * 60 - 1)));
    assert!(service.session(&token, Site::Support).await.is_ok());
    at(&house, NOW.plus(Duration::from_secs(60 * 60 - 2)));
    assert!(service.session(&token, Site::Support).await.is_ok(), "work put the end off");
    at(&house, NOW.plus(Duration::from_secs(90 * 60 - 2)));

    assert!(service.session(&token, Site::Support).await.is_err());
}

#[tokio::test]
async fn a_session_ends_after_ten_hours_of_work() {
    let house = House::new().await.with_provider_asked_every(Duration::from_hours(24));
    let service = &house.service;
    let token = sign_in(&house, &claims(&["agent"]), Site::Support).await.unwrap();

    for quarter in 1..40_u64 {
        at(&house, NOW.plus(Duration::from_mins(15 * quarter)));
        assert!(service.session(&token, Site::Support).await.is_ok(), "quarter {quarter}");
    }
    at(&house, NOW.plus(Duration::from_hours(10)));

    assert!(service.session(&token, Site::Support).await.is_err());
}

#[tokio::test]
async fn signing_out_ends_the_session() {
    let house = House::new().await.with_provider();
    let service = &house.service;
    let token = sign_in(&house, &claims(&["agent"]), Site::Support).await.unwrap();

    service.sign_out(&token, Site::Support).await.unwrap();
    service.sign_out(&token, Site::Support).await.unwrap();

    assert!(service.session(&token, Site::Support).await.is_err());
}

#[tokio::test]
async fn a_session_of_the_provider_needs_its_word_again_and_lapses_without() {
    let house = House::new().await.with_provider();
    let service = &house.service;
    let token = sign_in(&house, &claims(&["agent"]), Site::Support).await.unwrap();

    assert!(service.begin_confirming(&token, Site::Support).await.unwrap().is_none(), "not due");
    at(&house, NOW.plus(Duration::from_mins(10)));
    assert!(service.session(&token, Site::Support).await.unwrap().word_is_due());
    let tokens = service.begin_confirming(&token, Site::Support).await.unwrap().unwrap();
    let again = service.begin_confirming(&token, Site::Support).await.unwrap();
    assert!(again.is_none(), "one request asks, the others go on");
    let said = claims(&["supervisor"]);
    service.confirm_session(&token, Site::Support, &said, &tokens).await.unwrap();

    let signed_in = service.session(&token, Site::Support).await.unwrap();
    assert!(!signed_in.word_is_due());
    assert!(signed_in.agent().is_err() && signed_in.supervisor().is_ok(), "the word of now");
    at(&house, NOW.plus(Duration::from_mins(24)));
    assert!(service.session(&token, Site::Support).await.is_ok(), "while it cannot be asked");
    at(&house, NOW.plus(Duration::from_mins(25)));
    assert!(service.session(&token, Site::Support).await.is_err());
}

#[tokio::test]
async fn a_session_that_nothing_confirms_is_short() {
    let house = House::new().await.with_provider();
    let tokens = ProviderTokens::default();
    let token = sign_in_with(&house, &claims(&["agent"]), tokens, Site::Support).await.unwrap();

    at(&house, NOW.plus(Duration::from_mins(10)));

    assert!(house.service.begin_confirming(&token, Site::Support).await.is_err());
}

#[tokio::test]
async fn the_provider_does_not_confirm_somebody_else() {
    let house = House::new().await.with_provider();
    let service = &house.service;
    let token = sign_in(&house, &claims(&["agent"]), Site::Support).await.unwrap();
    let person = Some(Sensitive::new("bo".to_owned()));
    let other = Claims { subject: "bo".into(), person, ..claims(&["agent"]) };

    let tokens = ProviderTokens::default();
    let confirmed = service.confirm_session(&token, Site::Support, &other, &tokens).await;

    assert_eq!(confirmed.unwrap_err().to_string(), "refused: session-not-accepted");
}

fn logout(subject: Option<&str>, sid: Option<&str>, token_id: &str) -> ProviderLogout {
    ProviderLogout {
        issuer: "https://provider.example".into(),
        subject: subject.map(str::to_owned),
        sid: sid.map(str::to_owned),
        token_id: token_id.into(),
        until: NOW.plus(Duration::from_mins(30)),
    }
}

#[tokio::test]
async fn the_provider_ends_one_session_or_all_of_a_member() {
    let house = House::new().await.with_provider();
    let service = &house.service;
    let with_sid = |sid: &str| ProviderTokens { sid: Some(sid.into()), ..Default::default() };
    let anna = claims(&["agent"]);
    let first = sign_in_with(&house, &anna, with_sid("s-1"), Site::Support).await.unwrap();
    let second = sign_in_with(&house, &anna, with_sid("s-2"), Site::Support).await.unwrap();
    let lives = async |token: &str| service.session(token, Site::Support).await.is_ok();

    service.sign_out_by_provider(&logout(Some("bo"), Some("s-1"), "t-1")).await.unwrap();
    assert!(lives(&first).await, "a session of somebody else");
    service.sign_out_by_provider(&logout(None, Some("s-1"), "t-2")).await.unwrap();
    assert!(!lives(&first).await && lives(&second).await);
    service.sign_out_by_provider(&logout(Some("anna"), None, "t-3")).await.unwrap();
    assert!(!lives(&second).await);

    let third = sign_in(&house, &anna, Site::Support).await.unwrap();
    service.sign_out_by_provider(&logout(Some("anna"), None, "t-3")).await.unwrap();
    assert!(lives(&third).await, "a message that comes twice ends nothing more");
}

#[tokio::test]
async fn a_sign_in_opens_one_session() {
    let house = House::new().await.with_provider();
    let service = &house.service;
    let (anna, tokens) = (claims(&["agent"]), ProviderTokens::default());

    service.sign_in_by_provider(&anna, &tokens, Site::Support, "state").await.unwrap();
    let again = service.sign_in_by_provider(&anna, &tokens, Site::Support, "state").await;

    assert_eq!(again.unwrap_err().to_string(), "refused: staff-sign-in-used");
}

#[tokio::test]
async fn what_cannot_be_kept_is_refused_before_it_is_saved() {
    let house = House::new().await.with_provider();
    let anna = claims(&["agent"]);
    for (claims, expected) in [
        (
            Claims { person: Some(Sensitive::new("x".repeat(65))), ..anna.clone() },
            "staff-claim-invalid",
        ),
        (Claims { subject: "x".repeat(256), ..anna.clone() }, "staff-claim-invalid"),
        (Claims { subject: String::new(), ..anna.clone() }, "staff-claim-invalid"),
        (Claims { name: "\u{7}".into(), ..anna.clone() }, "staff-claim-invalid"),
        (Claims { centre: Some("nope".into()), ..anna.clone() }, "staff-centre-unknown"),
        (Claims { centre: Some("x".repeat(65)), ..anna.clone() }, "staff-claim-invalid"),
    ] {
        let refused = sign_in(&house, &claims, Site::Support).await;
        assert_eq!(refused.unwrap_err().to_string(), format!("refused: {expected}"));
    }
    assert!(house.service.staff_accounts(None).await.unwrap().is_empty());

    let long = Claims { name: format!("Anna {}", "æ".repeat(200)), ..anna };
    let token = sign_in(&house, &long, Site::Support).await.unwrap();
    let signed_in = house.service.session(&token, Site::Support).await.unwrap();
    assert_eq!(signed_in.name().chars().count(), 80, "cut, and not refused");
}

#[tokio::test]
async fn an_account_that_was_shut_stays_shut_whatever_the_provider_says() {
    let house = House::new().await.with_provider();
    let token = sign_in(&house, &claims(&["agent"]), Site::Support).await.unwrap();
    let id = house.service.session(&token, Site::Support).await.unwrap().member().id;

    house.service.disable_staff(id).await.unwrap();
    house.service.disable_staff(id).await.unwrap();

    let refused = sign_in(&house, &claims(&["agent"]), Site::Support).await;
    assert_eq!(refused.unwrap_err().to_string(), "refused: account-disabled");
    assert!(house.service.session(&token, Site::Support).await.is_err());
    house.service.enable_staff(id).await.unwrap();
    let said = house.journal_of_service().await;
    let of_account = |code: &str| said.iter().filter(|entry| entry.code == code).count();
    assert_eq!(of_account("staff-account-disabled"), 1, "said once, however often it is asked for");
    assert_eq!(of_account("staff-account-enabled"), 1);
}

#[test]
fn state_nonce_and_verifier_belong_to_one_console() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let house = runtime.block_on(House::new());
    let value = |purpose, site| house.service.provider_secret(purpose, site, "secret");

    assert_ne!(value("state", Site::Support), value("state", Site::Desk));
    assert_ne!(value("state", Site::Support), value("nonce", Site::Support));
}
