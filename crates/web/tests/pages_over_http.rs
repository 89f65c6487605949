//! The pages for citizens and the console of Citizen Service, as a browser without scripts requests them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use axum::Router;
use axum::body::{Body, to_bytes};
use http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use http::{Request, StatusCode};
use recovery::staff::Role;
use request_signature::{Message, SignedBy, SigningInput, SoftwareKey, thumbprint};
use service::staff::Site;
use service::staff::oidc::Claims;
use service::staff::provider_session::ProviderTokens;
use service::{Service, Settings};
use std::sync::Arc;
use testkit::house::{CITIZEN_URL, NOW, SCREEN_URL, Sent, nobody};
use tower::ServiceExt as _;
use web::staff::SiteSettings;
use web::{CitizenSettings, Origin};

const NOW_MS: i64 = NOW.0;
/// 10:40 the same day.
const AT: i64 = NOW_MS + 40 * 60_000;

struct House {
    service: Service,
    citizen: Router,
    desk: Router,
    sent: Arc<Sent>,
}

async fn house() -> House {
    let settings = Settings {
        citizen_url: CITIZEN_URL.to_owned(),
        staff_by_provider: true,
        screen_url: SCREEN_URL.to_owned(),
        ..Settings::default()
    };
    let built = testkit::House::with(|parts| parts.registers(nobody()).settings(settings)).await;
    let testkit::House { service, sent, .. } = built;
    let citizen =
        web::citizen(service.clone(), CitizenSettings { support_phone: "70 00 00 00".to_owned() });
    let desk = web::desk(
        service.clone(),
        SiteSettings {
            origin: Origin::parse("https://desk.example").unwrap(),
            citizen_url: "https://genvej.example".to_owned(),
            support_phone: "70 00 00 00".to_owned(),
            oidc: None,
        },
    );
    House { service, citizen, desk, sent }
}

/// A response.
struct Answer {
    status: StatusCode,
    location: String,
    cookie: String,
    body: String,
}

async fn ask(site: &Router, method: &str, path: &str, form: Option<&str>, cookie: &str) -> Answer {
    let mut request = Request::builder().method(method).uri(path).header(COOKIE, cookie);
    if form.is_some() {
        request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    }
    let request = request.body(Body::from(form.unwrap_or_default().to_owned())).unwrap();
    let response = site.clone().oneshot(request).await.unwrap();
    let header = |name| {
        response.headers().get(name).map(|it: &http::HeaderValue| it.to_str().unwrap().to_owned())
    };
    let (status, location, cookie) = (
        response.status(),
        header(LOCATION).unwrap_or_default(),
        header(SET_COOKIE).unwrap_or_default(),
    );
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    Answer { status, location, cookie, body: String::from_utf8(body.to_vec()).unwrap() }
}

async fn get(site: &Router, path: &str) -> Answer {
    ask(site, "GET", path, None, "genvej-language=en").await
}

async fn post(site: &Router, path: &str, form: &str) -> Answer {
    ask(site, "POST", path, Some(form), "genvej-language=en").await
}

fn hidden<'p>(page: &'p str, name: &str) -> &'p str {
    let after = page
        .split(&format!("name=\"{name}\" value=\""))
        .nth(1)
        .unwrap_or_else(|| panic!("no {name}: {page}"));
    after.split('"').next().unwrap()
}

/// The first text of the page that is a key, because the language file lacks its text.
fn wordless(page: &str) -> Option<&str> {
    page.split(['>', '<']).map(str::trim).find(|text| {
        [
            "front-",
            "booking-",
            "citizen-",
            "stop-",
            "stopped-",
            "desk-",
            "reveal-",
            "bring-",
            "p-code-",
            "call-",
            "requirements-",
            "scanning-",
            "problem-",
            "moment",
            "weekday",
            "month-",
        ]
        .iter()
        .any(|prefix| text.starts_with(prefix) && !text.contains(' '))
    })
}

#[tokio::test]
async fn every_page_of_the_citizen_has_all_its_words_in_both_languages() {
    let house = house().await;
    let at = format!("/book/nuuk/{}", NOW_MS + 3 * 3_600_000);
    let pages = [
        "/",
        "/requirements",
        "/bring",
        "/p-code",
        "/citizen-service",
        "/call",
        "/scanning",
        "/temporary-pin",
        "/book",
        "/book?near=8000",
        "/book?near=Atlantis",
        "/book/aarhus",
        "/book/nuuk",
        "/book/aarhus?from=2026-12-07",
        &at,
        "/booking",
        "/stop/AAAAAAAAAAAAAAAAAAAAAA",
    ];

    for page in pages {
        for (language, word) in [("da", "Ingen vil nogensinde"), ("en", "Nobody will ever")] {
            let answer =
                ask(&house.citizen, "GET", page, None, &format!("genvej-language={language}"))
                    .await;
            assert_eq!(answer.status, StatusCode::OK, "{page}");
            assert_eq!(wordless(&answer.body), None, "{page} {language}");
            assert!(
                answer.body.contains(word) && answer.body.contains("<h1>"),
                "{page} {language}"
            );
            assert!(!answer.body.contains("<script") && !answer.body.contains("style="), "{page}");
        }
    }
    let nowhere = get(&house.citizen, "/nowhere").await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    assert!(nowhere.body.contains("There is no such page"), "{}", nowhere.body);
}

#[tokio::test]
async fn the_page_on_scanning_has_the_film_with_switchable_subtitles_and_the_same_as_text_and_pictures()
 {
    let house = house().await;

    for (language, other, words) in [("da", "en", "Borgerservice"), ("en", "da", "Citizen Service")]
    {
        let cookie = format!("genvej-language={language}");
        let page = ask(&house.citizen, "GET", "/scanning", None, &cookie).await.body;

        assert!(page.contains("<video controls playsinline preload=\"none\""), "{page}");
        assert!(!page.contains("autoplay"), "nothing moves before it is asked to");
        let track = |language: &str| {
            let found =
                page.split("<track ").find(|it| it.contains(&format!("srclang=\"{language}\"")));
            found.unwrap_or_default().split('>').next().unwrap_or_default().to_owned()
        };
        assert!(
            track(language).contains("kind=\"subtitles\"") && track(language).ends_with(" default")
        );
        assert!(track(other).contains("kind=\"subtitles\"") && !track(other).contains("default"));
        assert_eq!(page.matches("class=\"drawing\"").count(), 6, "a picture for every step");
        assert!(page.contains("70 00 00 00") && page.contains(words), "never a dead end");
        for address in page.split("\"/assets/").skip(1).filter_map(|rest| rest.split('"').next()) {
            let found = ask(&house.citizen, "HEAD", &format!("/assets/{address}"), None, "").await;
            assert_eq!(found.status, StatusCode::OK, "{address}");
        }
    }
    let front = get(&house.citizen, "/").await;
    assert!(front.body.contains("href=\"/scanning\""));
}

#[tokio::test]
async fn a_visit_is_booked_opened_moved_and_cancelled_with_forms_alone() {
    let house = house().await;
    let form = get(&house.citizen, &format!("/book/aarhus/{AT}")).await;
    let name = hidden(&form.body, "form").to_owned();

    let wrong = post(
        &house.citizen,
        &format!("/book/aarhus/{AT}"),
        &format!("by=sms&contact=nobody&form={name}"),
    )
    .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("<title>Error: ") && wrong.body.contains("href=\"#contact\""));

    let filled = format!("by=sms&contact=12345678&form={name}");
    let booked = post(&house.citizen, &format!("/book/aarhus/{AT}"), &filled).await;
    assert_eq!(booked.status, StatusCode::OK);
    assert!(booked.body.contains("Monday 23 November 2026 at 10:40"), "{}", booked.body);
    let calendar = booked
        .body
        .split("href=\"")
        .find(|it| it.contains("/calendar?"))
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .replace("&amp;", "&");
    let file = get(&house.citizen, &calendar).await;
    assert!(file.status == StatusCode::OK && file.body.starts_with("BEGIN:VCALENDAR"));

    house.service.run_outbox().await.unwrap();
    let sent = house.sent.take().join("\n");
    let reference = calendar.split("reference=").nth(1).unwrap().split('&').next().unwrap();
    let code = sent
        .split_whitespace()
        .find(|word| {
            word.len() == 8
                && *word != reference
                && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        })
        .unwrap();
    let held = format!("reference={reference}&code={code}");

    let stranger =
        post(&house.citizen, "/booking", &format!("reference={reference}&code=AAAAAAAA")).await;
    let unknown = post(&house.citizen, "/booking", "reference=AAAAAAAA&code=AAAAAAAA").await;
    assert_eq!(
        (stranger.status, unknown.status),
        (StatusCode::UNPROCESSABLE_ENTITY, StatusCode::UNPROCESSABLE_ENTITY)
    );
    assert_eq!(stranger.body.replace(reference, ""), unknown.body.replace("AAAAAAAA", ""));

    let opened = post(&house.citizen, "/booking", &held).await;
    assert!(opened.body.contains("Your appointment") && opened.body.contains("Booked"));
    let times = post(&house.citizen, "/booking/times", &held).await;
    assert!(times.status == StatusCode::OK && times.body.contains("11:00"), "{}", times.body);
    let moved = post(
        &house.citizen,
        "/booking/move",
        &format!("{held}&centre=aarhus&at={}", AT + 20 * 60_000),
    )
    .await;
    assert!(moved.body.contains("at 11:00") && moved.body.contains("is moved"), "{}", moved.body);
    let cancelled = post(&house.citizen, "/booking/cancel", &held).await;
    assert!(cancelled.body.contains("is cancelled"));
}

#[tokio::test]
async fn the_page_behind_a_link_is_the_same_whatever_the_link() {
    let house = house().await;
    let tokens = ["AAAAAAAAAAAAAAAAAAAAAA", "x"];

    let mut seen = Vec::new();
    for token in tokens {
        let page = get(&house.citizen, &format!("/stop/{token}")).await;
        let done = post(&house.citizen, &format!("/stop/{token}"), "").await;
        assert_eq!((page.status, done.status), (StatusCode::OK, StatusCode::OK));
        let here = format!("/stop/{token}");
        seen.push((page.body.replace(&here, ""), done.body.replace(&here, "")));
    }

    assert_eq!(seen.first(), seen.last());
}

#[tokio::test]
async fn the_language_is_kept_and_the_way_back_leads_nowhere_else() {
    let house = house().await;

    let chosen = get(&house.citizen, "/language?to=da&back=/book%3Fnear%3D8000").await;
    let elsewhere = get(&house.citizen, "/language?to=da&back=//evil.example").await;

    assert!(
        chosen.location == "/book?near=8000" && chosen.cookie.starts_with("genvej-language=da;")
    );
    assert_eq!(elsewhere.location, "/");
}

/// Every route of the console for clerks.
const CLERKS_ROUTES: [(&str, &str); 21] = [
    ("GET", "/"),
    ("POST", "/check-in"),
    ("GET", "/cases/{case}"),
    ("POST", "/cases/{case}/documents"),
    ("POST", "/cases/{case}/questions"),
    ("POST", "/cases/{case}/answer"),
    ("POST", "/cases/{case}/witness"),
    ("POST", "/cases/{case}/witness/heard"),
    ("GET", "/cases/{case}/chip"),
    ("POST", "/cases/{case}/chip"),
    ("POST", "/cases/{case}/chip/answers/0123456789abcdef0123456789abcdef"),
    ("POST", "/cases/{case}/second"),
    ("POST", "/cases/{case}/issue"),
    ("POST", "/cases/{case}/refuse"),
    ("POST", "/cases/{case}/flag"),
    ("POST", "/cases/{case}/take-over"),
    ("POST", "/cases/{case}/lost"),
    ("GET", "/screens"),
    ("POST", "/screens/begin"),
    ("POST", "/screens/confirm"),
    ("POST", "/screens/0123456789abcdef0123456789abcdef/end"),
];

fn handlers(source: &str) -> usize {
    let routes = source.lines().filter(|line| line.trim().starts_with(".route("));
    routes.map(|line| line.matches("get(").count() + line.matches("post(").count()).sum()
}

#[tokio::test]
async fn every_route_of_the_console_that_wants_a_clerk_is_in_the_list() {
    let desk = handlers(include_str!("../src/desk.rs"));
    let cases = handlers(include_str!("../src/desk/cases.rs"));

    assert_eq!(desk + cases, CLERKS_ROUTES.len());
}

/// The routes of the console for supervisors.
const SUPERVISORS_ROUTES: [(&str, &str); 3] = [
    ("GET", "/stopped"),
    ("POST", "/stopped/agents/0123456789abcdef0123456789abcdef"),
    ("POST", "/stopped/centres/0123456789abcdef0123456789abcdef"),
];

#[tokio::test]
async fn a_supervisor_signs_in_at_the_desk_and_holds_no_case() {
    let house = house().await;
    let supervisor = session(&house, "aarhus", Role::Supervisor).await;
    let clerk = clerk(&house, "nuuk").await;

    let start = ask(&house.desk, "GET", "/", None, &supervisor).await;
    assert_eq!((start.status, start.location.as_str()), (StatusCode::SEE_OTHER, "/stopped"));
    let stopped = ask(&house.desk, "GET", "/stopped", None, &supervisor).await;
    assert_eq!(stopped.status, StatusCode::OK, "{}", stopped.body);
    let token = hidden(&stopped.body, "form_token").to_owned();
    let form = format!("form_token={token}");
    for (method, path) in SUPERVISORS_ROUTES {
        let form = (method == "POST").then_some(form.as_str());
        let done = ask(&house.desk, method, path, form, &supervisor).await;
        assert!(done.status.is_success() || done.location == "/stopped", "{method} {path}");
        let wrong = ask(&house.desk, method, path, form, &clerk).await;
        assert_eq!(wrong.status, StatusCode::FORBIDDEN, "{method} {path}");
        let nobody = ask(&house.desk, method, path, form, "").await;
        assert_eq!(nobody.location, "/sign-in", "{method} {path}");
    }
    let case = ask(&house.desk, "POST", "/check-in", Some(&form), &supervisor).await;
    assert_eq!(case.status, StatusCode::FORBIDDEN);
    let supervisors = handlers(include_str!("../src/console/stopped.rs"));
    assert_eq!(supervisors, SUPERVISORS_ROUTES.len());
}

async fn clerk(house: &House, centre: &str) -> String {
    session(house, centre, Role::Clerk).await
}

async fn session(house: &House, centre: &str, role: Role) -> String {
    let claims = Claims {
        issuer: "https://id.example".to_owned(),
        subject: centre.to_owned(),
        name: "Kim".to_owned(),
        roles: vec![role.code().to_owned()],
        centre: Some(centre.to_owned()),
        person: Some(recovery::sensitive::Sensitive::new(format!("member-{centre}"))),
        declared: None,
    };
    let session = house
        .service
        .sign_in_by_provider(&claims, &ProviderTokens::default(), Site::Desk, centre)
        .await
        .unwrap();
    format!("genvej-language=en; __Host-genvej-desk={}", session.as_str())
}

/// A case that a clerk of Aarhus has opened.
async fn case(house: &House, cookie: &str) -> (String, String) {
    let form = get(&house.citizen, &format!("/book/aarhus/{AT}")).await;
    let filled = format!("by=sms&contact=12345678&form={}", hidden(&form.body, "form"));
    let booked = post(&house.citizen, &format!("/book/aarhus/{AT}"), &filled).await;
    let reference =
        booked.body.split("reference=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let today = ask(&house.desk, "GET", "/", None, cookie).await;
    assert!(
        today.body.contains(&reference) && today.body.contains("Can be checked in now"),
        "{}",
        today.body
    );
    let token = hidden(&today.body, "form_token").to_owned();
    let form = format!("form_token={token}&reference={reference}");
    let checked_in = ask(&house.desk, "POST", "/check-in", Some(&form), cookie).await;
    assert_eq!(checked_in.status, StatusCode::SEE_OTHER);
    (checked_in.location, token)
}

#[tokio::test]
async fn nobody_and_the_wrong_person_reach_no_route_of_the_console() {
    let house = house().await;
    let (aarhus, nuuk) = (clerk(&house, "aarhus").await, clerk(&house, "nuuk").await);
    let (case, token) = case(&house, &aarhus).await;
    let theirs = ask(&house.desk, "GET", "/", None, &nuuk).await;
    let their_token = hidden(&theirs.body, "form_token").to_owned();

    for (method, route) in CLERKS_ROUTES {
        let path = route.replace("/cases/{case}", &case);
        let form = |token: &str| {
            (method == "POST").then(|| format!("form_token={token}&picture=driving-licence&no_expiry=yes&answer=x&photo=yes&national_number=0101801234&delivery=screen&reason=picture-differs&reference=AAAAAAAA"))
        };

        let nobody = ask(&house.desk, method, &path, form(&token).as_deref(), "").await;
        assert!(
            nobody.status == StatusCode::SEE_OTHER && nobody.location == "/sign-in",
            "{method} {route}"
        );

        if method == "POST" {
            let forged =
                ask(&house.desk, method, &path, form(&their_token).as_deref(), &aarhus).await;
            assert_eq!(
                forged.status,
                StatusCode::FORBIDDEN,
                "{method} {route}: another session's form"
            );
        }
        if route.contains("{case}") {
            let wrong = ask(&house.desk, method, &path, form(&their_token).as_deref(), &nuuk).await;
            assert_eq!(wrong.status, StatusCode::NOT_FOUND, "{method} {route}: another centre");
        }
    }
}

#[tokio::test]
async fn the_pages_of_a_case_have_all_their_words_and_name_what_is_wrong() {
    let house = house().await;
    let cookie = clerk(&house, "aarhus").await;
    let (case, token) = case(&house, &cookie).await;

    for language in ["da", "en"] {
        let cookie = cookie.replace("genvej-language=en", &format!("genvej-language={language}"));
        for path in ["/", &case, "/screens"] {
            let page = ask(&house.desk, "GET", path, None, &cookie).await;
            assert!(
                page.status == StatusCode::OK && wordless(&page.body).is_none(),
                "{path} {:?}",
                wordless(&page.body)
            );
        }
    }
    let form = format!(
        "form_token={token}&picture=emergency-passport&no_expiry=yes&picture_matches=yes&national_number=0101801234"
    );
    let wrong = ask(&house.desk, "POST", &format!("{case}/documents"), Some(&form), &cookie).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        wrong.body.contains("This document never counts") && wrong.body.contains("<title>Error: "),
        "{}",
        wrong.body
    );
    let refuse = format!("form_token={token}&reason=documents-not-valid");
    let refused = ask(&house.desk, "POST", &format!("{case}/refuse"), Some(&refuse), &cookie).await;
    assert_eq!(refused.location, case);
    let ended = ask(&house.desk, "GET", &case, None, &cookie).await;
    assert!(
        ended.body.contains("The documents are not valid")
            && ended.body.contains("Book a new appointment")
    );
}

/// Sends a request of the screen's page, signed by the screen's key.
async fn signed(
    screen: &Router,
    service: &Service,
    path: &str,
    body: &str,
) -> (StatusCode, String) {
    let key = SoftwareKey::from_bytes(&[5; 32]).unwrap();
    let keyid = thumbprint(&key.public_key().to_bytes());
    let nonce = service.nonce(&keyid).await.unwrap();
    let target_uri = format!("https://screen.genvej.example{path}");
    let message = Message { method: "POST", target_uri: &target_uri, body: body.as_bytes() };
    let once = (nonce.as_str(), "0123456789abcdef");
    let input = SigningInput::by(SignedBy::Screen, &message, &keyid, once).unwrap();
    let headers = input.clone().signed(&key.sign(input.to_sign()));
    let mut request = Request::builder().method("POST").uri(path);
    for (name, value) in headers.pairs() {
        request = request.header(name, value);
    }
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let response = screen.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

#[tokio::test]
async fn a_screen_is_paired_over_http_and_no_session_of_a_clerk_opens_it() {
    let house = house().await;
    let screen = web::screen(house.service.clone());
    let cookie = clerk(&house, "aarhus").await;
    let page = get(&screen, "/").await;
    assert!(page.status == StatusCode::OK && wordless(&page.body).is_none());

    let list = ask(&house.desk, "GET", "/screens", None, &cookie).await;
    let token = hidden(&list.body, "form_token").to_owned();
    let begin = format!("form_token={token}&name=Desk+1");
    let begun = ask(&house.desk, "POST", "/screens/begin", Some(&begin), &cookie).await;
    assert!(begun.body.contains("<svg") && wordless(&begun.body).is_none(), "{}", begun.body);
    let code = begun.body.split("id=\"pairing-code\">").nth(1).unwrap().split('<').next().unwrap();

    for path in ["/state", "/code", "/blank"] {
        let by_clerk = ask(&screen, "POST", path, Some("{}"), &cookie).await;
        assert_eq!(by_clerk.status, StatusCode::BAD_REQUEST, "{path}: a session is no signature");
        let unknown = signed(&screen, &house.service, path, "{}").await;
        assert_eq!(unknown.0, StatusCode::UNAUTHORIZED, "{path}");
    }
    let key = SoftwareKey::from_bytes(&[5; 32]).unwrap().public_key().to_bytes();
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let offer = format!("{{\"code\":\"{code}\",\"public_key\":\"{hex}\"}}");
    let offered = signed(&screen, &house.service, "/pair", &offer).await;
    assert_eq!(offered.0, StatusCode::OK, "{}", offered.1);
    let check = offered.1.split("\"check\":\"").nth(1).unwrap().split('"').next().unwrap();

    let confirm = format!("form_token={token}&check={check}");
    let alone = ask(&house.desk, "POST", "/screens/confirm", Some(&confirm), &cookie).await;
    assert_eq!(alone.status, StatusCode::UNPROCESSABLE_ENTITY, "one member of staff is not two");
    let state = signed(&screen, &house.service, "/state", "{}").await;
    assert!(state.1.contains("confirming"), "{}", state.1);
}

/// RFC 6265bis section 4.1.3.2: a browser accepts such a cookie only from this host.
#[tokio::test]
async fn over_tls_cookies_are_of_this_host_alone() {
    let house = house().await;
    let session = clerk(&house, "aarhus").await;
    let today = ask(&house.desk, "GET", "/", None, &session).await;
    assert_eq!(today.status, StatusCode::OK);

    let planted = session.replace("__Host-genvej-desk", "genvej-desk");
    let turned_away = ask(&house.desk, "GET", "/", None, &planted).await;
    assert_eq!(turned_away.location, "/sign-in", "what a neighbour can set opens nothing");

    let form = format!("form_token={}", hidden(&today.body, "form_token"));
    let gone = ask(&house.desk, "POST", "/sign-out", Some(&form), &session).await;
    assert!(gone.cookie.starts_with("__Host-genvej-desk=;"), "{}", gone.cookie);
    for attribute in ["Secure", "HttpOnly", "Path=/", "SameSite=Strict", "Max-Age=0"] {
        assert!(gone.cookie.contains(attribute), "{attribute}: {}", gone.cookie);
    }
    assert!(!gone.cookie.contains("Domain"), "{}", gone.cookie);
}
