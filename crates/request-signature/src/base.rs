//! The signature base, RFC 9421 §2.5.

/// What is signed of a request, as both sides see it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    /// Upper-case method.
    pub method: &'a str,
    /// The absolute target URI with its query (RFC 9421 §2.2.2), as the phone called it: the server
    /// puts its own configured origin in front of path and query, and never believes a Host header.
    pub target_uri: &'a str,
    /// The body's exact bytes; empty where there is none.
    pub body: &'a [u8],
}

impl std::fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message").field("method", &self.method).finish_non_exhaustive()
    }
}

/// Covered components in the profile's order, as they stand in `Signature-Input`.
pub(crate) const COMPONENTS: &str =
    r#"("@method" "@target-uri" "content-digest" "idempotency-key")"#;

/// Builds the bytes that are signed. `parameters` is the value of `Signature-Input` after its label,
/// exactly as it was sent.
///
/// Method and URI must hold no line break: a line of the base must not be able to say two things.
/// The values of the other lines are checked when their headers are parsed.
pub(crate) fn signature_base(
    message: &Message<'_>,
    content_digest: &str,
    idempotency_key: &str,
    parameters: &str,
) -> Option<String> {
    let plain = |text: &str| text.bytes().all(|byte| (0x21..0x7f).contains(&byte));
    if !plain(message.method) || !plain(message.target_uri) {
        return None;
    }
    Some(format!(
        "\"@method\": {}\n\"@target-uri\": {}\n\"content-digest\": {content_digest}\n\
         \"idempotency-key\": {idempotency_key}\n\"@signature-params\": {parameters}",
        message.method, message.target_uri,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_that_could_add_a_line_has_no_base() {
        for target_uri in
            ["https://a.example/\n\"x\": y", "https://a.example/ b", "https://å.example/"]
        {
            let message = Message { method: "GET", target_uri, body: b"" };
            assert_eq!(signature_base(&message, "", "", ""), None);
        }
    }
}
