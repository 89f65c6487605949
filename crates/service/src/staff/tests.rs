//! Sessions: how long, where, for whom.

use super::oidc::Claims;
use super::*;
use crate::house::{House, NOW};
use recovery::id::CentreId;
use recovery::time::Timestamp;

fn claims(roles: &[&str]) -> Claims {
    Claims {
        issuer: "https://provider.example".into(),
        subject: "anna".into(),
        name: "Anna Agent".into(),
        roles: roles.iter().map(|&role| role.to_owned()).collect(),
        centre: Some(CentreId(7)),
        person: None,
    }
}

fn at(house: &House, moment: Timestamp) {
    house.clock.set_ms(moment.0);
}

#[tokio::test]
async fn a_session_opens_one_console_for_the_roles_that_work_there() {
    let house = House::new().await;
    let service = &house.service;
    let token = service
        .sign_in_by_provider(&claims(&["agent", "clerk", "boss"]), Site::Support)
        .await
        .unwrap();

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
    let house = House::new().await;
    let service = &house.service;
    let token = service.sign_in_by_provider(&claims(&["agent"]), Site::Support).await.unwrap();

    let refused = service.sign_in_by_provider(&claims(&["auditor"]), Site::Support).await;

    assert_eq!(refused.unwrap_err().to_string(), "refused: role-not-allowed");
    assert!(service.session(&token, Site::Support).await.unwrap().agent().is_err());
}

#[tokio::test]
async fn a_session_ends_after_half_an_hour_without_work() {
    let house = House::new().await;
    let service = &house.service;
    let token = service.sign_in_by_provider(&claims(&["agent"]), Site::Support).await.unwrap();

    at(&house, NOW.plus(Duration::from_secs(30 * 60 - 1)));
    assert!(service.session(&token, Site::Support).await.is_ok());
    at(&house, NOW.plus(Duration::from_secs(60 * 60 - 2)));
    assert!(service.session(&token, Site::Support).await.is_ok(), "work put the end off");
    at(&house, NOW.plus(Duration::from_secs(90 * 60 - 2)));

    assert!(service.session(&token, Site::Support).await.is_err());
}

#[tokio::test]
async fn a_session_ends_after_ten_hours_of_work() {
    let house = House::new().await;
    let service = &house.service;
    let token = service.sign_in_by_provider(&claims(&["agent"]), Site::Support).await.unwrap();

    for quarter in 1..40_u64 {
        at(&house, NOW.plus(Duration::from_mins(15 * quarter)));
        assert!(service.session(&token, Site::Support).await.is_ok(), "quarter {quarter}");
    }
    at(&house, NOW.plus(Duration::from_hours(10)));

    assert!(service.session(&token, Site::Support).await.is_err());
}

#[tokio::test]
async fn signing_out_ends_the_session() {
    let house = House::new().await;
    let service = &house.service;
    let token = service.sign_in_by_provider(&claims(&["agent"]), Site::Support).await.unwrap();

    service.sign_out(&token, Site::Support).await.unwrap();
    service.sign_out(&token, Site::Support).await.unwrap();

    assert!(service.session(&token, Site::Support).await.is_err());
}
