use super::OperatorRequest;

fn with<'a>(token: &'a str, path: &'a str, body: &'a [u8]) -> OperatorRequest<'a> {
    OperatorRequest { token, idempotency_key: "k", method: "POST", path_and_query: path, body }
}

#[test]
fn another_method_path_or_body_is_another_request() {
    let asked = with("t", "/v1/a", b"b");
    let others = [
        OperatorRequest { method: "PUT", ..asked },
        OperatorRequest { path_and_query: "/v1/ab", body: b"", ..asked },
        OperatorRequest { body: b"c", ..asked },
    ];

    for other in others {
        assert_ne!(asked.fingerprint(), other.fingerprint());
    }
    assert_eq!(asked.fingerprint(), OperatorRequest { token: "u", ..asked }.fingerprint());
}
