//! A mail server: takes everything that is sent to it (RFC 5321, without extensions).

use std::io;

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

use super::{Content, Inbox, Running, mime};

/// Longest line, with its break (RFC 5321 §4.5.3.1.6 wants 1,000).
const LINE_BYTES_MAX: u64 = 8_192;

/// Largest mail.
const MAIL_BYTES_MAX: usize = 1_048_576;

/// Most addressees of one mail (§4.5.3.1.8).
const ADDRESSEES_MAX: usize = 100;

/// Starts the server.
///
/// # Errors
///
/// Where no loopback port can be had.
pub async fn serve(inbox: Inbox) -> io::Result<Running> {
    super::listen(move |stream| session(BufReader::new(stream), inbox.clone())).await
}

async fn session(mut stream: BufReader<TcpStream>, inbox: Inbox) -> io::Result<()> {
    stream.write_all(b"220 sandbox.example ready\r\n").await?;
    let mut addressees: Option<Vec<String>> = None;
    while let Some(line) = line(&mut stream).await? {
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        let verb: String = text.chars().take(4).collect::<String>().to_ascii_uppercase();
        let mut goodbye = false;
        let answer = match verb.as_str() {
            "EHLO" => "250-sandbox.example\r\n250-8BITMIME\r\n250 SMTPUTF8",
            "HELO" | "NOOP" => "250 well",
            "RSET" => {
                addressees = None;
                "250 forgotten"
            }
            "MAIL" => {
                addressees = Some(Vec::new());
                "250 go on"
            }
            "RCPT" => match (&mut addressees, address(&text)) {
                (None, _) => "503 MAIL comes first",
                (Some(list), _) if list.len() >= ADDRESSEES_MAX => "452 too many",
                (Some(list), Some(address)) => {
                    list.push(address);
                    "250 known"
                }
                (Some(_), None) => "501 no address",
            },
            "DATA" => match addressees.take().filter(|list| !list.is_empty()) {
                None => "503 RCPT comes first",
                Some(list) => {
                    stream.write_all(b"354 go on, end with a dot\r\n").await?;
                    match data(&mut stream).await? {
                        None => "552 too large",
                        Some(bytes) => {
                            keep(&inbox, list, &bytes);
                            "250 taken"
                        }
                    }
                }
            },
            "QUIT" => {
                goodbye = true;
                "221 goodbye"
            }
            _ => "502 not spoken here",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
        if goodbye {
            break;
        }
    }
    Ok(())
}

/// The address between angle brackets.
fn address(line: &str) -> Option<String> {
    let (_, rest) = line.split_once('<')?;
    let (address, _) = rest.split_once('>')?;
    address.contains('@').then(|| address.to_owned())
}

/// One line with its break; `None` at the end, an error where it is too long.
async fn line(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    stream.take(LINE_BYTES_MAX).read_until(b'\n', &mut line).await?;
    match line.last() {
        None => Ok(None),
        Some(b'\n') => Ok(Some(line)),
        Some(_) => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// The mail up to the lone dot; `None` where it is too large.
async fn data(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Vec<u8>>> {
    let mut mail = Vec::new();
    let mut fits = true;
    while let Some(line) = line(stream).await? {
        if line == b".\r\n" || line == b".\n" {
            return Ok(fits.then_some(mail));
        }
        // A line that begins with a dot has one more (§4.5.2).
        let line = line.strip_prefix(b".").unwrap_or(&line);
        if mail.len() + line.len() > MAIL_BYTES_MAX {
            fits = false;
        } else {
            mail.extend_from_slice(line);
        }
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}

fn keep(inbox: &Inbox, addressees: Vec<String>, bytes: &[u8]) {
    let mail = mime::read(bytes);
    for to in addressees {
        let content = Content::Mail {
            from: mail.from.clone(),
            subject: mail.subject.clone(),
            text: mail.text.clone(),
            calendar: mail.calendar.clone(),
        };
        inbox.keep(to, content);
    }
}
