//! A mail as its reader sees it: as much of MIME as the service's own mails use.

/// Parts inside parts beyond this are left alone.
const DEPTH_MAX: u8 = 4;

/// A mail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mail {
    /// The sender.
    pub from: String,
    /// The subject.
    pub subject: String,
    /// The first plain text.
    pub text: String,
    /// The first calendar file.
    pub calendar: Option<String>,
}

/// Reads a mail; what cannot be read is left out.
pub fn read(bytes: &[u8]) -> Mail {
    let (headers, body) = split(bytes);
    let mut mail = Mail {
        from: words(&header(&headers, "from")),
        subject: words(&header(&headers, "subject")),
        ..Mail::default()
    };
    part(&headers, body, &mut mail, 0);
    mail
}

fn part(headers: &[(String, String)], body: &[u8], mail: &mut Mail, depth: u8) {
    let kind = header(headers, "content-type");
    let lower = kind.to_lowercase();
    if lower.starts_with("multipart/") {
        let Some(boundary) = parameter(&kind, "boundary").filter(|_| depth < DEPTH_MAX) else {
            return;
        };
        for piece in pieces(body, &boundary) {
            let (headers, body) = split(piece);
            part(&headers, body, mail, depth + 1);
        }
        return;
    }
    let encoding = header(headers, "content-transfer-encoding").to_lowercase();
    let bytes = match encoding.as_str() {
        "base64" => base64(body),
        "quoted-printable" => quoted_printable(body),
        _ => body.to_vec(),
    };
    let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
    if lower.starts_with("text/calendar") {
        mail.calendar.get_or_insert(text);
    } else if mail.text.is_empty() && (lower.is_empty() || lower.starts_with("text/plain")) {
        mail.text = text;
    }
}

/// Headers, unfolded, and the body behind the empty line.
fn split(bytes: &[u8]) -> (Vec<(String, String)>, &[u8]) {
    let mut headers: Vec<(String, String)> = Vec::new();
    let mut rest = bytes;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let (line, behind) = rest.split_at(end + 1);
        rest = behind;
        let line = String::from_utf8_lossy(line).trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        match (line.starts_with([' ', '\t']), headers.last_mut()) {
            (true, Some((_, value))) => {
                value.push(' ');
                value.push_str(line.trim_start());
            }
            (_, _) => {
                if let Some((name, value)) = line.split_once(':') {
                    headers.push((name.to_lowercase(), value.trim().to_owned()));
                }
            }
        }
    }
    (headers, rest)
}

fn header(headers: &[(String, String)], name: &str) -> String {
    headers.iter().find(|(known, _)| known == name).map(|(_, v)| v.clone()).unwrap_or_default()
}

/// A parameter behind a semicolon, with or without quotes.
fn parameter(value: &str, name: &str) -> Option<String> {
    value.split(';').skip(1).find_map(|parameter| {
        let (known, value) = parameter.trim().split_once('=')?;
        known.eq_ignore_ascii_case(name).then(|| value.trim_matches('"').to_owned())
    })
}

/// What stands between the lines that begin with the boundary.
fn pieces<'a>(body: &'a [u8], boundary: &str) -> Vec<&'a [u8]> {
    let marker = format!("--{boundary}");
    let mut pieces = Vec::new();
    let mut begin = None;
    let mut at = 0;
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(marker.as_bytes()) {
            if let Some(begin) = begin {
                pieces.extend(body.get(begin..at));
            }
            begin = Some(at + line.len());
        }
        at += line.len();
    }
    pieces
}

/// Encoded words of a header (RFC 2047).
fn words(value: &str) -> String {
    let mut text = String::new();
    let mut rest = value;
    while let Some((before, encoded)) = rest.split_once("=?") {
        // Blanks between two encoded words do not count.
        if text.is_empty() || !before.trim().is_empty() {
            text.push_str(before);
        }
        let mut fields = encoded.splitn(3, '?');
        let (_, kind, behind) = (fields.next(), fields.next(), fields.next());
        let Some((word, behind)) = behind.and_then(|behind| behind.split_once("?=")) else {
            rest = encoded;
            break;
        };
        let bytes = match kind {
            Some("b" | "B") => base64(word.as_bytes()),
            Some(_) | None => quoted_printable(word.replace('_', " ").as_bytes()),
        };
        text.push_str(&String::from_utf8_lossy(&bytes));
        rest = behind;
    }
    text.push_str(rest);
    text
}

fn base64(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0_u8);
    for byte in text {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = (bits << 6 | u32::from(value)) & 0x00FF_FFFF;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.extend((bits >> count).to_be_bytes().last());
        }
    }
    bytes
}

fn quoted_printable(text: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, behind @ ..] = rest {
        rest = behind;
        if *first != b'=' {
            bytes.push(*first);
            continue;
        }
        rest = match behind {
            [b'\r', b'\n', behind @ ..] | [b'\n', behind @ ..] => behind,
            [high, low, behind @ ..] => {
                if let (Some(high), Some(low)) = (digit(*high), digit(*low)) {
                    bytes.push(high << 4 | low);
                }
                behind
            }
            _ => behind,
        };
    }
    bytes
}
