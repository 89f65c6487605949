//! Staff sign-in at a provider over real HTTP: what it says is believed, what it does not say is not, and when it hangs
//! nobody else waits.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod staff_provider;

use axum::http::StatusCode;
use serde_json::json;
use server::system::Stopwatch;
use service::appointment::{Wish, by_sms};
use staff_provider::{DESK, SUPPORT, Town, key, query};
use std::sync::Arc;
use std::time::Duration;

/// Books a visit, and says how long its message took.
async fn message_takes(town: &Town, form: &str) -> Duration {
    let before = town.sent.lock().unwrap().len();
    let at = "2026-11-23T09:00:00Z".parse::<jiff::Timestamp>().unwrap().as_millisecond();
    let weeks = if form == "first" { 1 } else { 2 };
    let wish = Wish {
        centre: "aarhus".to_owned(),
        at: server::Timestamp(at + weeks * 7 * 24 * 3_600_000),
        contact: by_sms("12345678").unwrap(),
        language: "en".to_owned(),
        form: form.to_owned(),
    };
    town.running.service.book(&wish).await.unwrap();
    let watch = Stopwatch::start();
    while town.sent.lock().unwrap().len() == before {
        assert!(watch.elapsed() < Duration::from_secs(90), "the message is held back");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    watch.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_at_the_sign_in_page_do_not_hold_back_the_next_message() {
    let town = Arc::new(Town::new().await);
    message_takes(&town, "first").await;
    town.provider.tell(|told| told.hangs = true);

    let strangers: Vec<_> = (0..3_000)
        .map(|_| {
            let town = Arc::clone(&town);
            tokio::spawn(async move { town.get(&format!("{SUPPORT}/sign-in/provider"), &[]).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let took = message_takes(&town, "second").await;

    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(town.provider.asked("/.well-known/openid-configuration"), 1, "one asks for all");
    let mut answers = Vec::new();
    for stranger in strangers {
        answers.push(stranger.await.unwrap().status);
    }
    assert!(answers.iter().all(|it| *it == StatusCode::SERVICE_UNAVAILABLE));
}

#[tokio::test]
async fn description_and_keys_are_asked_for_once_and_once_more_for_an_unknown_key() {
    let town = Town::new().await;
    for _ in 0..3 {
        town.session().await;
    }
    assert_eq!(town.provider.asked("/.well-known/openid-configuration"), 1);
    assert_eq!(town.provider.asked("/keys"), 1);

    town.provider.tell(|told| {
        told.key = key(2);
        told.key_id = "2".into();
    });
    town.session().await;
    town.session().await;

    assert_eq!(town.provider.asked("/keys"), 2);
}

#[tokio::test]
async fn a_provider_that_is_away_later_is_not_asked_and_still_signs_in() {
    let town = Town::new().await;
    town.session().await;
    town.clock.advance_secs(2 * 3_600);
    town.provider.tell(|told| told.description = json!({"issuer": "https://evil.example"}));

    // The description is bad now; the one that is known counts for a day.
    assert!(town.get(&format!("{SUPPORT}/sign-in/provider"), &[]).await.location.is_some());
    town.clock.advance_secs(24 * 3_600);
    let page = town.get(&format!("{SUPPORT}/sign-in/provider"), &[]).await;
    assert_eq!((page.status, page.location), (StatusCode::FORBIDDEN, None));
}

#[tokio::test]
async fn several_sign_ins_are_under_way_in_one_browser() {
    let town = Town::new().await;
    let begin = format!("{SUPPORT}/sign-in/provider");
    let mut cookies = Vec::new();
    let mut ways = Vec::new();
    for _ in 0..3 {
        let begun = town.get(&begin, &cookies).await;
        cookies.extend(begun.set());
        ways.push(town.provider.let_in(&begun.location.unwrap()));
    }

    for way in ways.iter().rev() {
        let page = town.get(&format!("{SUPPORT}{way}"), &cookies).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        assert!(town.opens(&page.session()).await);
        assert!(page.cookies.iter().any(|it| it.contains("sign-in") && it.contains("Max-Age=0")));
    }
    // A browser does not gather them without end.
    let mut cookies: Vec<String> = Vec::new();
    for _ in 0..12 {
        let begun = town.get(&begin, &cookies).await;
        let gone = begun.cookies.iter().filter(|it| it.contains("Max-Age=0"));
        let gone: Vec<_> = gone.map(|it| it.split('=').next().unwrap().to_owned()).collect();
        cookies.retain(|it| !gone.contains(&it.split('=').next().unwrap().to_owned()));
        cookies.extend(begun.set());
        town.clock.advance_secs(1);
    }
    assert!(cookies.len() <= 6, "{}", cookies.len());
}

#[tokio::test]
async fn a_sign_in_belongs_to_one_browser_and_one_console_and_is_used_once() {
    let town = Town::new().await;
    let begun = town.get(&format!("{SUPPORT}/sign-in/provider"), &[]).await;
    let (to, cookies) = (begun.location.clone().unwrap(), begun.set());
    let way = town.provider.let_in(&to);

    let other_browser = town.get(&format!("{SUPPORT}{way}"), &[]).await;
    assert_eq!(other_browser.status, StatusCode::FORBIDDEN);
    let renamed: Vec<_> = cookies.iter().map(|it| it.replace("support", "desk")).collect();
    let other_console = town.get(&format!("{DESK}{way}"), &renamed).await;
    assert_eq!(other_console.status, StatusCode::FORBIDDEN);
    let state = &query(&to)["state"];
    // The last character would not do: for one state in sixteen it is the very letter that replaces it.
    let (first, rest) = state.split_at(1);
    let first = if first == "A" { "B" } else { "A" };
    let changed = format!("{SUPPORT}/sign-in/return?code=x&state={first}{rest}");
    assert_eq!(town.get(&changed, &cookies).await.status, StatusCode::FORBIDDEN);
    assert_eq!(town.provider.asked("/token"), 0, "nothing of this reaches the provider");

    assert_eq!(town.get(&format!("{SUPPORT}{way}"), &cookies).await.status, StatusCode::OK);
    let again = town.provider.let_in(&to);
    let again = town.get(&format!("{SUPPORT}{again}"), &cookies).await;
    assert_eq!(again.status, StatusCode::FORBIDDEN, "{}", again.body);
    assert_eq!(town.provider.asked("/token"), 1);

    // One that failed is over too.
    let begun = town.get(&format!("{SUPPORT}/sign-in/provider"), &[]).await;
    let to = begun.location.clone().unwrap();
    let bad = format!("{SUPPORT}/sign-in/return?code=x&state={}", query(&to)["state"]);
    assert_eq!(town.get(&bad, &begun.set()).await.status, StatusCode::FORBIDDEN);
    let good = town.provider.let_in(&to);
    let late = town.get(&format!("{SUPPORT}{good}"), &begun.set()).await;
    assert_eq!(late.status, StatusCode::FORBIDDEN);

    let begun = town.get(&format!("{SUPPORT}/sign-in/provider"), &[]).await;
    let way = town.provider.let_in(&begun.location.clone().unwrap());
    town.clock.advance_secs(600);
    let late = town.get(&format!("{SUPPORT}{way}"), &begun.set()).await;
    assert_eq!(late.status, StatusCode::FORBIDDEN, "ten minutes");
}

#[tokio::test]
async fn a_description_that_sends_browsers_or_secrets_astray_is_refused() {
    for (member, address) in [
        ("authorization_endpoint", "http://evil.example/authorize"),
        ("authorization_endpoint", "http://localhost:x@evil.example/"),
        ("authorization_endpoint", "javascript:alert(1)"),
        ("token_endpoint", "http://evil.example/token"),
        ("jwks_uri", "file:///etc/passwd"),
        ("end_session_endpoint", "http://evil.example/"),
        ("issuer", "http://evil.example"),
    ] {
        let town = Town::new().await;
        town.provider.tell(|told| told.description = json!({member: address}));
        let page = town.get(&format!("{SUPPORT}/sign-in/provider"), &[]).await;
        assert_eq!(
            (page.status, page.location),
            (StatusCode::FORBIDDEN, None),
            "{member} {address}"
        );
    }
}

#[tokio::test]
async fn what_the_provider_answers_in_place_of_a_code_is_told() {
    let town = Town::new().await;
    for (error, status, title) in [
        ("access_denied", StatusCode::FORBIDDEN, "was not let in"),
        ("temporarily_unavailable", StatusCode::SERVICE_UNAVAILABLE, "not available"),
        ("made_up", StatusCode::FORBIDDEN, "could not be signed in"),
    ] {
        let begun = town.get(&format!("{SUPPORT}/sign-in/provider"), &[]).await;
        let state = query(begun.location.as_ref().unwrap())["state"].clone();
        let url = format!("{SUPPORT}/sign-in/return?error={error}&state={state}");
        let page = town.get(&url, &begun.set()).await;
        assert_eq!(page.status, status, "{error}");
        assert!(page.body.contains(title), "{error}: {}", page.body);
        assert!(page.set().is_empty());
    }
    let nowhere = town.get(&format!("{SUPPORT}/sign-in/return?code=a&code=b"), &[]).await;
    assert_eq!(nowhere.status, StatusCode::FORBIDDEN, "two codes are none");
}

#[tokio::test]
async fn the_issuer_on_the_way_back_is_the_one_that_was_asked() {
    let town = Town::new().await;
    town.provider.tell(|told| {
        told.description = json!({"authorization_response_iss_parameter_supported": true})
    });
    for (iss, expected) in [
        (String::new(), StatusCode::FORBIDDEN),
        ("&iss=https%3A%2F%2Fevil.example".to_owned(), StatusCode::FORBIDDEN),
        (format!("&iss={}", town.provider.issuer), StatusCode::OK),
    ] {
        let begun = town.get(&format!("{SUPPORT}/sign-in/provider"), &[]).await;
        let way = town.provider.let_in(&begun.location.clone().unwrap());
        let page = town.get(&format!("{SUPPORT}{way}{iss}"), &begun.set()).await;
        assert_eq!(page.status, expected, "{iss}");
    }
}

#[tokio::test]
async fn the_secret_is_shown_as_it_is_configured() {
    let town = Town::new().await;
    town.session().await;
    {
        let seen = town.provider.seen.lock().unwrap();
        // RFC 6749 section 2.3.1: form-encoded before it is joined.
        let expected = "Basic Z2VudmVqOmElMjBzZWNyZXQlMkYlMkI=";
        assert_eq!(seen.authorization.as_deref(), Some(expected));
        assert!(!seen.form.contains_key("client_secret") && !seen.form.contains_key("client_id"));
    }
    let town = Town::with("client_authentication = \"client_secret_post\"").await;
    town.session().await;
    let seen = town.provider.seen.lock().unwrap();
    assert_eq!(seen.authorization, None);
    assert_eq!(
        (seen.form["client_id"].as_str(), seen.form["client_secret"].as_str()),
        ("genvej", "a secret/+")
    );
}

#[tokio::test]
async fn what_is_asked_for_stands_in_the_request_and_is_held_against_the_token() {
    let town = Town::with(
        "scope = \"openid offline_access\"\nacr_values = [\"mfa\"]\nmax_age_secs = 900\n\
         [staff.oidc.claims]\nroles = \"/realm_access/roles\"",
    )
    .await;
    let begun = town.get(&format!("{SUPPORT}/sign-in/provider"), &[]).await;
    let asked = query(begun.location.as_ref().unwrap());
    assert_eq!(
        (asked["scope"].as_str(), asked["acr_values"].as_str(), asked["max_age"].as_str()),
        ("openid offline_access", "mfa", "900")
    );
    assert_eq!(asked["redirect_uri"], format!("{SUPPORT}/sign-in/return"));

    let now = staff_provider::NOW_MS / 1_000;
    let claims = json!({"realm_access": {"roles": ["agent"]}, "acr": "mfa", "auth_time": now - 30});
    town.provider.tell(|told| told.claims = claims);
    let page = town.sign_in(SUPPORT).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    town.provider.tell(|told| told.claims["acr"] = "pwd".into());
    assert_eq!(town.sign_in(SUPPORT).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_centre_is_named_by_the_operators_own_id_and_an_unknown_one_is_refused() {
    let town = Town::new().await;
    town.session().await;
    let accounts = town.running.service.staff_accounts(None).await.unwrap();
    assert_eq!(accounts[0].centre.as_deref(), Some("aarhus"));

    town.provider.tell(|told| told.claims["genvej_centre"] = "nope".into());
    let page = town.sign_in(SUPPORT).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.body.contains("Your centre is not known here"), "{}", page.body);
}

#[tokio::test]
async fn a_claim_that_is_too_long_shuts_nobody_out_for_good() {
    let town = Town::new().await;
    town.provider.tell(|told| told.claims["genvej_person"] = "x".repeat(65).into());
    assert_eq!(town.sign_in(SUPPORT).await.status, StatusCode::FORBIDDEN);

    town.provider.tell(|told| told.claims["genvej_person"] = "x".repeat(64).into());
    town.session().await;
}

#[tokio::test]
async fn roles_end_with_the_providers_word_by_refreshing() {
    let town = Town::new().await;
    town.provider.tell(|told| {
        told.tokens = json!({"refresh_token": "r-1", "access_token": "a-1"});
        told.refreshed = Some(json!({"refresh_token": "r-2"}));
    });
    let session = town.session().await;
    assert!(town.opens(&session).await);
    assert_eq!(town.provider.asked("/token"), 1, "not yet due");

    town.clock.advance_secs(600);
    assert!(town.opens(&session).await);
    assert_eq!(town.provider.seen.lock().unwrap().form["refresh_token"], "r-1");
    town.clock.advance_secs(600);
    assert!(town.opens(&session).await);
    assert_eq!(town.provider.seen.lock().unwrap().form["refresh_token"], "r-2", "the new one");
    assert_eq!(town.provider.asked("/token"), 3);

    town.provider.tell(|told| told.claims["genvej_roles"] = json!([]));
    town.clock.advance_secs(600);
    assert!(!town.opens(&session).await, "the role was taken away");
    town.provider.tell(|told| told.claims["genvej_roles"] = json!(["agent"]));
    let session = town.session().await;
    town.provider.tell(|told| told.refreshed = None);
    town.clock.advance_secs(600);
    assert!(!town.opens(&session).await, "the session at the provider is over");
}

#[tokio::test]
async fn roles_end_with_the_providers_word_by_asking_about_the_member() {
    let town = Town::new().await;
    let userinfo = format!("{}/userinfo", town.provider.issuer);
    town.provider.tell(|told| {
        told.description = json!({"userinfo_endpoint": userinfo});
        told.tokens = json!({"access_token": "a-1"});
        told.userinfo = Some(json!({"sub": "anna", "genvej_roles": ["agent"]}));
    });
    let session = town.session().await;
    town.clock.advance_secs(600);
    assert!(town.opens(&session).await);

    for said in [
        json!({"sub": "bo", "genvej_roles": ["agent"]}),
        json!({"sub": "anna"}),
        json!({"sub": "anna", "genvej_roles": ["auditor"]}),
    ] {
        let session = town.session().await;
        town.provider.tell(|told| told.userinfo = Some(said.clone()));
        town.clock.advance_secs(600);
        assert!(!town.opens(&session).await, "{said}");
        town.provider.tell(|told| {
            told.userinfo = Some(json!({"sub": "anna", "genvej_roles": ["agent"]}));
        });
    }
    let session = town.session().await;
    town.provider.tell(|told| told.userinfo = None);
    town.clock.advance_secs(600);
    assert!(!town.opens(&session).await, "401");
}

#[tokio::test]
async fn a_session_that_cannot_be_confirmed_is_short() {
    let town = Town::new().await;
    let session = town.session().await;

    town.clock.advance_secs(599);
    assert!(town.opens(&session).await);
    town.clock.advance_secs(1);
    assert!(!town.opens(&session).await);
}

#[tokio::test]
async fn signing_out_leads_on_to_the_provider() {
    let town = Town::new().await;
    let session = town.session().await;
    let start = town.get(&format!("{SUPPORT}/"), std::slice::from_ref(&session)).await;

    let form = format!("form_token={}", start.form_token());
    let url = format!("{SUPPORT}/sign-out");
    let page = town.ask("POST", &url, std::slice::from_ref(&session), Some(&form)).await;

    assert_eq!(page.status, StatusCode::OK);
    let end = format!("{}/end?tenant=1&amp;client_id=genvej&amp;", town.provider.issuer);
    let (end, body) = (end.replace("&amp;", "&#38;"), page.body.replace("&amp;", "&#38;"));
    assert!(body.contains(&end), "{body}");
    let back = "post_logout_redirect_uri=http%3A%2F%2Fsupport.localhost%3A8400%2Fsign-in";
    assert!(body.contains(back) && body.contains("id_token_hint=ey"), "{body}");
    assert!(!town.opens(&session).await);
    let begun = town.get(&format!("{SUPPORT}/sign-in/provider"), &page.set()).await;
    assert_eq!(query(&begun.location.unwrap())["prompt"], "login", "the provider asks anew");
}

#[tokio::test]
async fn the_provider_ends_sessions_by_itself() {
    let town = Town::new().await;
    let url = format!("{SUPPORT}/sign-in/backchannel-logout");
    let now = staff_provider::NOW_MS / 1_000;
    let logout = |claims: serde_json::Value| {
        let mut all = json!({
            "iss": town.provider.issuer, "aud": "genvej", "iat": now, "exp": now + 120, "jti": "t-1",
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        });
        all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        let token = town.provider.signed(&json!({"typ": "logout+jwt"}), &all);
        format!("logout_token={token}")
    };
    town.provider.tell(|told| told.claims["sid"] = "s-1".into());
    let first = town.session().await;
    town.provider.tell(|told| told.claims["sid"] = "s-2".into());
    let second = town.session().await;

    for bad in [
        logout(json!({"sub": "anna", "nonce": "n"})),
        logout(json!({"sub": "anna", "aud": "other"})),
        logout(json!({})),
        format!("{}x", logout(json!({"sub": "anna"}))),
        "logout_token=a.b.c".to_owned(),
        "other=1".to_owned(),
    ] {
        let answer = town.ask("POST", &url, &[], Some(&bad)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    assert!(town.opens(&first).await && town.opens(&second).await);

    let answer = town.ask("POST", &url, &[], Some(&logout(json!({"sid": "s-1"})))).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert!(!town.opens(&first).await && town.opens(&second).await);
    let all = logout(json!({"sub": "anna", "jti": "t-2"}));
    assert_eq!(town.ask("POST", &url, &[], Some(&all)).await.status, StatusCode::OK);
    assert!(!town.opens(&second).await);
}

#[tokio::test]
async fn a_passkey_is_no_second_door() {
    let town = Town::new().await;
    for path in ["/passkey/challenge", "/invite/AAAA/challenge"] {
        let page = town.ask("POST", &format!("{SUPPORT}{path}"), &[], Some("")).await;
        assert_eq!(page.status, StatusCode::CONFLICT, "{path}: {}", page.body);
        assert!(page.body.contains("Staff sign in at the operator"), "{path}: {}", page.body);
    }
}
