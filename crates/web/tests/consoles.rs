//! The consoles over HTTP: sign-in, the role of each route, and a call from its first page to its last.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod console;

use console::{House, Page};
use http::StatusCode;
use service::staff::Site;

/// Every route of Support, with the role that it is for.
const SUPPORT: &[(&str, &str, &str)] = &[
    ("GET", "/", "agent"),
    ("POST", "/calls", "agent"),
    ("GET", "/calls/0123456789abcdef0123456789abcdef", "agent"),
    ("POST", "/calls/0123456789abcdef0123456789abcdef/number", "agent"),
    ("POST", "/calls/0123456789abcdef0123456789abcdef/answer", "agent"),
    ("POST", "/calls/0123456789abcdef0123456789abcdef/send", "agent"),
    ("POST", "/calls/0123456789abcdef0123456789abcdef/flag", "agent"),
    ("GET", "/today", "agent"),
    ("GET", "/written", "agent"),
    ("GET", "/help", "agent"),
    ("GET", "/stopped", "supervisor"),
    ("POST", "/stopped/agents/0123456789abcdef0123456789abcdef", "supervisor"),
    ("POST", "/stopped/centres/0123456789abcdef0123456789abcdef", "supervisor"),
    ("GET", "/declarations", "supervisor"),
    ("POST", "/declarations/0123456789abcdef0123456789abcdef", "supervisor"),
    ("POST", "/sign-out", "anybody"),
];

/// The routes without a required role, with the reason.
const OPEN: &[&str] = &[
    "/sign-in",                    // the way in
    "/sign-in/provider",           // the way to the provider
    "/sign-in/return",             // the way back, checked by itself
    "/sign-in/backchannel-logout", // checked by the provider's signature
    "/invite/{token}",             // checked by the token
    "/invite/{token}/challenge",   // checked by the token
    "/passkey",                    // checked by the signature
    "/passkey/challenge",
    "/language",
];

#[tokio::test]
async fn nobody_reaches_a_route_of_support_and_neither_does_the_wrong_role() {
    let house = House::new();
    let agent = house.session(&["agent"], Site::Support).await;
    let supervisor = house.session(&["supervisor"], Site::Support).await;
    let clerk = house.session(&["clerk"], Site::Desk).await;

    for (method, path, role) in SUPPORT {
        let nobody = house.support(method, path, None, &[]).await;
        assert_eq!(nobody.status, StatusCode::SEE_OTHER, "{method} {path}");
        assert_eq!(nobody.location.as_deref(), Some("/sign-in"), "{method} {path}");
        // A session of a clerk at the other console is not valid here, whatever the name of its cookie.
        let other = house.support(method, path, Some(&clerk), &[]).await;
        assert_eq!(other.location.as_deref(), Some("/sign-in"), "{method} {path}");
        let wrong = match *role {
            "agent" => &supervisor,
            "supervisor" => &agent,
            _ => continue,
        };
        let page = house.support(method, path, Some(wrong), &[]).await;
        if *path == "/" {
            assert_eq!(page.location.as_deref(), Some("/stopped"));
        } else {
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn every_route_of_support_stands_in_the_matrix() {
    let written = [
        include_str!("../src/support.rs"),
        include_str!("../src/console.rs"),
        include_str!("../src/console/stopped.rs"),
        include_str!("../src/staff/sign_in.rs"),
    ];
    let routes = written.into_iter().flat_map(str::lines).filter_map(|line| {
        line.trim().strip_prefix(".route(\"")?.split_once('"').map(|(path, _)| path.to_owned())
    });

    for route in routes {
        let id = "0123456789abcdef0123456789abcdef";
        let concrete = ["{call}", "{agent}", "{centre}", "{staff}"]
            .iter()
            .fold(route.clone(), |path, name| path.replace(name, id));
        let listed = SUPPORT.iter().any(|(_, path, _)| *path == concrete);
        assert!(listed || OPEN.contains(&route.as_str()), "{route} has no case");
    }
}

#[tokio::test]
async fn a_form_without_the_token_of_its_session_changes_nothing() {
    let house = House::new();
    let agent = house.session(&["agent"], Site::Support).await;
    let another = house.session_of("bo", &["agent"], Site::Support).await;
    let foreign = house.support("GET", "/", Some(&another), &[]).await.form_token();
    let call = "0123456789abcdef0123456789abcdef";

    for token in ["", "AAAA", foreign.as_str()] {
        let form = [("form_token", token), ("call", call), ("language", "da")];
        let page = house.support("POST", "/calls", Some(&agent), &form).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{token}");
    }
    let page = house.support("GET", &format!("/calls/{call}"), Some(&agent), &[]).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
}

async fn opened(house: &House, agent: &str) -> (String, String) {
    let start = house.support("GET", "/", Some(agent), &[]).await;
    let (token, call) = (start.form_token(), start.value_of("call"));
    let form = [("form_token", token.as_str()), ("call", &call), ("language", "en")];
    let page = house.support("POST", "/calls", Some(agent), &form).await;
    let place = format!("/calls/{call}");
    assert_eq!(page.location.as_deref(), Some(place.as_str()), "{} {}", page.status, page.text);
    (token, call)
}

#[tokio::test]
async fn a_call_about_nobody_goes_from_the_number_to_the_neutral_sentence() {
    let house = House::new();
    let agent = house.session(&["agent"], Site::Support).await;
    let (token, call) = opened(&house, &agent).await;
    let at = |rest: &str| format!("/calls/{call}{rest}");

    let wrong = [
        ("form_token", token.as_str()),
        ("document", "passport"),
        ("first", "123456789"),
        ("second", "123456780"),
    ];
    let page = house.support("POST", &at("/number"), Some(&agent), &wrong).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("error-summary") && page.text.contains("<title>Error:"));
    let right = [
        ("form_token", token.as_str()),
        ("document", "passport"),
        ("first", "123 456 789"),
        ("second", "123456789"),
    ];
    house.support("POST", &at("/number"), Some(&agent), &right).await;
    let empty = [("form_token", token.as_str()), ("number", "1"), ("answer", " ")];
    let page = house.support("POST", &at("/answer"), Some(&agent), &empty).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("<a href=\"#answer\">") && page.text.contains("id=\"answer\""));
    for number in ["1", "2"] {
        let page = house.support("GET", &at(""), Some(&agent), &[]).await;
        assert!(page.text.contains(&format!("Question {number} of 3")), "{}", page.text);
        assert!(!page.text.contains("123456789"), "the number is not shown again");
        let form = [("form_token", token.as_str()), ("number", number), ("unknown", "1")];
        house.support("POST", &at("/answer"), Some(&agent), &form).await;
    }

    let end: Page = house.support("GET", &at(""), Some(&agent), &[]).await;
    assert!(end.text.contains("not possible by phone"), "{}", end.text);
    assert!(end.text.contains("at genvej.example/book"));
    let today = house.support("GET", "/today", Some(&agent), &[]).await;
    assert!(today.text.contains("Not possible by phone"));
}

#[tokio::test]
async fn signing_out_needs_the_form_and_ends_the_session() {
    let house = House::new();
    let agent = house.session(&["agent"], Site::Support).await;
    let token = house.support("GET", "/", Some(&agent), &[]).await.form_token();

    let form = [("form_token", token.as_str())];
    let page = house.support("POST", "/sign-out", Some(&agent), &form).await;

    assert_eq!(page.location.as_deref(), Some("/sign-in"));
    assert!(page.cookies.iter().any(|it| it.starts_with("genvej-support=;")));
    let begun = house.support("GET", "/sign-in/provider", None, &[]).await;
    assert!(!begun.location.unwrap().contains("prompt="), "in another browser");
    let marked =
        house.support_with("GET", "/sign-in/provider", "genvej-support-signed-out=1").await;
    assert_eq!(marked.query("prompt"), "login", "the provider asks who is there now");
    let after = house.support("GET", "/", Some(&agent), &[]).await;
    assert_eq!(after.location.as_deref(), Some("/sign-in"));
}

#[tokio::test]
async fn the_provider_signs_an_agent_in() {
    let house = House::new();

    let page = house.signed_in_by_provider(|_| {}).await;

    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let session = page.cookies.iter().find(|it| it.starts_with("genvej-support=")).unwrap();
    assert!(session.contains("HttpOnly") && session.contains("SameSite=Strict"));
    assert!(!session.contains("Domain"), "host-only");
    let token = session.split(['=', ';']).nth(1).unwrap();
    let start = house.support("GET", "/", Some(token), &[]).await;
    assert_eq!(start.status, StatusCode::OK);
    assert!(start.text.contains("Anna Agent"));
}

#[tokio::test]
async fn an_id_token_that_is_not_for_this_sign_in_opens_nothing() {
    type Spoil = fn(&mut serde_json::Value);
    let spoils: [(&str, Spoil); 7] = [
        ("nonce", |it| it["nonce"] = "another".into()),
        ("audience", |it| it["aud"] = "another".into()),
        ("two audiences", |it| it["aud"] = serde_json::json!(["genvej", "another"])),
        ("issuer", |it| it["iss"] = "https://another.example".into()),
        ("lapsed", |it| it["exp"] = (it["iat"].as_i64().unwrap() - 61).into()),
        ("future", |it| it["iat"] = (it["iat"].as_i64().unwrap() + 120).into()),
        ("nobody", |it| it["sub"] = "".into()),
    ];
    for (name, spoil) in spoils {
        let house = House::new();
        let page = house.signed_in_by_provider(spoil).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{name}");
        assert!(page.opens_nothing(), "{name}");
    }
}

#[tokio::test]
async fn a_callback_without_the_browser_that_began_opens_nothing() {
    let house = House::new();
    let begun = house.support("GET", "/sign-in/provider", None, &[]).await;
    let state = begun.query("state");

    let path = format!("/sign-in/return?code=c&state={state}");
    let page = house.support("GET", &path, None, &[]).await;

    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.opens_nothing());
}

#[tokio::test]
async fn a_passkey_is_registered_from_an_invitation_once_and_signs_in() {
    let house = House::with_passkeys();
    let link = house.invited().await;
    let mut device = console::Device::new(house.support_origin());

    let made = device.register(&house, &link).await;
    let again = device.register(&house, &link).await;
    let used = device.sign_in(&house, &|_| {}).await;

    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    assert!(!again.status.is_success(), "a link works once");
    assert_eq!(used.status, StatusCode::OK, "{}", used.text);
    assert!(used.cookies.iter().any(|it| it.starts_with("genvej-support=")));
}

#[tokio::test]
async fn a_passkey_that_does_not_fit_opens_nothing() {
    let house = House::with_passkeys();
    let link = house.invited().await;
    let mut device = console::Device::new(house.support_origin());
    assert_eq!(device.register(&house, &link).await.status, StatusCode::OK);

    for (name, spoil) in console::SPOILED {
        let page = device.sign_in(&house, spoil).await;
        assert!(!page.status.is_success(), "{name}");
        assert!(page.cookies.is_empty(), "{name}");
    }
    assert_eq!(device.sign_in(&house, &|_| {}).await.status, StatusCode::OK);
}
