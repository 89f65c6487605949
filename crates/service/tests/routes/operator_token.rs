//! Tokens of the operator's clients.

use service::Failure;
use service::operator_token::{OperatorRequest, Scope, Scopes, TokenError};
use testkit::house::{House, OPERATOR, SECRET};

fn with<'a>(token: &'a str, path: &'a str, body: &'a [u8]) -> OperatorRequest<'a> {
    OperatorRequest { token, idempotency_key: "k", method: "POST", path_and_query: path, body }
}

#[tokio::test]
async fn a_token_holds_what_was_asked_for_and_no_more_than_the_client_may() {
    let house = House::new().await;

    let all = house.service.operator_token(OPERATOR, SECRET, None).await.unwrap();
    let one = house.service.operator_token(OPERATOR, SECRET, Some("sign-ins")).await.unwrap();

    assert_eq!(all.scopes, Scopes::all());
    let caller = house.service.check_operator_token(with(&one.token, "/", b"")).await.unwrap();
    assert!(caller.may(Scope::SignIns).is_ok());
    assert!(
        matches!(caller.may(Scope::Enrolments), Err(Failure::Refused(no)) if no.code.code() == "scope-missing")
    );
    for unknown in ["everything", "sign-ins everything", "", " "] {
        let refused = house.service.operator_token(OPERATOR, SECRET, Some(unknown)).await;
        assert!(matches!(refused, Err(TokenError::InvalidScope)), "{unknown:?}");
    }
    let wrong = house.service.operator_token(OPERATOR, "wrong", None).await;
    assert!(matches!(wrong, Err(TokenError::InvalidClient)));
}

#[tokio::test]
async fn a_token_whose_scopes_were_changed_is_none() {
    let house = House::new().await;
    let one = house.service.operator_token(OPERATOR, SECRET, Some("sign-ins")).await.unwrap().token;

    let more = one.replace("sign-ins", "sign-ins+enrolments");

    assert!(house.service.check_operator_token(with(&one, "/", b"")).await.is_ok());
    assert!(house.service.check_operator_token(with(&more, "/", b"")).await.is_err());
}
