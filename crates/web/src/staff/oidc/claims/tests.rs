//! Tests of claims as different providers write them.

use super::super::line::{HttpAnswer, HttpCall, LineError, OidcClient};
use super::super::settings::ClientAuthentication;
use super::*;
use serde_json::json;
use std::sync::Arc;

#[derive(Debug)]
struct NoLine;

#[async_trait::async_trait]
impl OidcClient for NoLine {
    async fn call(&self, _: HttpCall) -> Result<HttpAnswer, LineError> {
        Err(LineError::Busy)
    }
}

fn settings(claims: ClaimNames) -> OidcSettings {
    OidcSettings {
        issuer: "https://id.example".into(),
        client_id: "genvej".into(),
        client_secret: None,
        client_authentication: ClientAuthentication::Post,
        scope: "openid".into(),
        claims,
        audiences: Vec::new(),
        acr_values: Vec::new(),
        max_age_secs: None,
        client: Arc::new(NoLine),
    }
}

fn said(more: Value) -> Result<Claims, TokenFault> {
    let mut claims = json!({"sub": "anna"});
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    read(claims.as_object().unwrap(), &settings(ClaimNames::default()))
}

#[test]
fn roles_are_a_list_or_one_and_null_is_none() {
    for (value, expected) in [
        (json!(["agent", "clerk"]), vec!["agent", "clerk"]),
        (json!("agent"), vec!["agent"]),
        (json!(["boss", "agent", "agent", null]), vec!["agent"]),
        (json!(null), vec![]),
        (json!([]), vec![]),
        (json!(""), vec![]),
        (json!("agent clerk"), vec![]),
        (
            json!(
                (0..900).map(|n| format!("group-{n}")).chain(["clerk".into()]).collect::<Vec<_>>()
            ),
            vec!["clerk"],
        ),
    ] {
        let claims = said(json!({"genvej_roles": value.clone()})).unwrap();
        assert_eq!(claims.roles, expected, "{value}");
    }
    for value in [json!(7), json!({"agent": true}), json!([7]), json!(true)] {
        assert_eq!(said(json!({"genvej_roles": value})).unwrap_err().field, "roles");
    }
}

#[test]
fn names_and_ids_are_taken_as_directories_write_them() {
    assert_eq!(said(json!({})).unwrap().name, "anna", "the subject in place of a name");
    assert_eq!(said(json!({"name": null})).unwrap().name, "anna");
    assert_eq!(said(json!({"name": " "})).unwrap().name, "anna");
    assert!(said(json!({"name": "æ".repeat(10_000)})).unwrap().name.len() <= NAME_BYTES_MAX);
    assert_eq!(said(json!({"name": 7})).unwrap_err().field, "name");

    let claims = said(json!({"genvej_centre": 751, "genvej_person": "p-1"})).unwrap();
    assert_eq!(claims.centre.as_deref(), Some("751"));
    assert_eq!(claims.person.unwrap().expose(), "p-1");
    let none = said(json!({"genvej_centre": null, "genvej_person": ""})).unwrap();
    assert!(none.centre.is_none() && none.person.is_none());
    for (claims, field) in [
        (json!({"genvej_centre": "x".repeat(65)}), "centre"),
        (json!({"genvej_centre": ["aarhus"]}), "centre"),
        (json!({"genvej_centre": 7.5}), "centre"),
        (json!({"genvej_person": "x".repeat(65)}), "person"),
        (json!({"genvej_person": "a\u{0}"}), "person"),
        (json!({"genvej_person": true}), "person"),
    ] {
        assert_eq!(said(claims).unwrap_err().field, field);
    }
}

#[test]
fn claims_are_found_under_the_configured_names() {
    let names = ClaimNames {
        name: "display name".into(),
        roles: "/realm_access/roles".into(),
        centre: "https://example.org/centre".into(),
        person: "/ids/a~1b/0".into(),
        ..ClaimNames::default()
    };
    let claims = json!({
        "sub": "anna", "display name": "Anna", "realm_access": {"roles": ["clerk"]},
        "https://example.org/centre": "aarhus", "ids": {"a/b": ["p-1"]}, "genvej_roles": ["agent"],
    });
    let claims = claims.as_object().unwrap();

    let read = read(claims, &settings(names.clone())).unwrap();

    assert_eq!((read.name.as_str(), read.centre.as_deref()), ("Anna", Some("aarhus")));
    assert_eq!(read.roles, ["clerk"]);
    assert_eq!(read.person.unwrap().expose(), "p-1");
    assert!(speaks_of_roles(claims, &settings(names)));
    let none = json!({"realm_access": {"roles": null}});
    let names = ClaimNames { roles: "/realm_access/roles".into(), ..ClaimNames::default() };
    assert!(!speaks_of_roles(none.as_object().unwrap(), &settings(names)));
}
