//! `/cases/{case}/chip`: the server reads the chip of the person's document through the clerk's reader. The page
//! carries the server's commands to the reader on the clerk's machine and the answers back. The server holds every key
//! (PROTOCOLS.md section 7); the page and the reader's program hold none.

use super::{AtDesk, CaseShown, code_of};
use crate::console::{self, Console};
use crate::extract::Path;
use crate::page::{Frame, html};
use crate::staff::StaffForm;
use crate::{Code, Refusal, Words};
use axum::response::{IntoResponse, Json, Response};
use chip::lds::file::FileId;
use chip::password::Password;
use chip::reader::{Progress, Stage};
use http::header::CONTENT_SECURITY_POLICY;
use http::{HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use service::chip_relay::{COMMANDS_MAX, RelayAnswers, RelaySend, RelayStart};
use service::desk::{ChipFinding, DeskCase, DeskChip, DeskStep};
use service::{Failure, RefusalCode};
use zeroize::Zeroizing;

/// The content security policy of the page. In addition to the usual one, it lets the page connect to the program that
/// lends the clerk's reader, which listens on a port of the clerk's machine.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self' data:; \
     connect-src 'self' http://127.0.0.1:*; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
);

/// The largest form with answers, in bytes. The answers are in hex; the limit is many times the largest portrait.
const ANSWERS_BYTES_MAX: usize = 2 * 1024 * 1024;
/// The longest answer of a chip, in bytes: the most that an extended length can express, and a status word.
const ANSWER_BYTES_MAX: usize = 65_538;

#[derive(askama::Template)]
#[template(path = "desk/chip.html")]
struct ChipPage {
    frame: Console,
    case: CaseShown,
    findings: Vec<Finding>,
}

/// A text about the result of the read. The page contains all of them, and its script shows the right one.
struct Finding {
    code: &'static str,
    class: &'static str,
    words: String,
}

impl Finding {
    fn all(frame: &Frame) -> Vec<Self> {
        let found = |finding: ChipFinding, class| {
            let code = finding.code();
            Self { code, class, words: frame.t(&format!("desk-chip-found-{code}")) }
        };
        vec![
            found(ChipFinding::Theirs { proven: true }, "ok"),
            found(ChipFinding::Theirs { proven: false }, "ok"),
            found(ChipFinding::NamesNobody { proven: true }, "warn"),
            found(ChipFinding::NamesNobody { proven: false }, "warn"),
            found(ChipFinding::NotGenuine { code: "" }, "stop"),
            found(ChipFinding::Refused, "stop"),
        ]
    }
}

/// `GET /cases/{case}/chip`: shows the page that reads the chip.
pub(super) async fn page(at: AtDesk) -> Result<Response, Refusal> {
    // Where the chip was read, or the case was refused or lapsed meanwhile, the page of the case shows it.
    let Some(found) = waiting(&at).await? else { return Ok(at.to_page()) };
    let frame = at.frame(format!("/cases/{}/chip", found.case), None);
    let (case, findings) = (CaseShown::of(&found), Finding::all(&frame));
    let mut response = html(StatusCode::OK, &ChipPage { frame, case, findings });
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, POLICY);
    Ok(response)
}

/// The case, where it waits for a second proof and this clerk holds it.
async fn waiting(at: &AtDesk) -> Result<Option<DeskCase>, Failure> {
    let found = at.service().desk_case(at.caller(), at.id).await?;
    let waits = found.mine && matches!(found.step, DeskStep::SecondProof { .. });
    Ok(waits.then_some(found))
}

/// The data that opens the chip, as the clerk typed them from the document.
#[derive(Deserialize)]
pub(super) struct OpeningForm {
    #[serde(default)]
    number: String,
    #[serde(default)]
    birth: String,
    #[serde(default)]
    expiry: String,
    /// The card access number, used instead of the other three fields.
    #[serde(default)]
    can: String,
}

impl OpeningForm {
    fn password(&self) -> Result<Password, Code> {
        if !self.can.trim().is_empty() {
            return Password::card_access_number(self.can.trim()).map_err(|_| Code::ChipCanForm);
        }
        let birth = mrz_date(&self.birth).ok_or(Code::ChipBirthForm)?;
        let expiry = mrz_date(&self.expiry).ok_or(Code::ChipExpiryForm)?;
        Password::mrz(self.number.trim(), &birth, &expiry).map_err(|_| Code::ChipNumberForm)
    }
}

/// A date in the form of the machine-readable zone (`YYMMDD`), from `2030-12-31`, `31-12-2030`, `31122030`, or the form
/// of the zone itself.
fn mrz_date(typed: &str) -> Option<Zeroizing<String>> {
    let typed = typed.trim();
    // The form of the zone: with fillers for unknown parts, or followed by its check digit.
    let zone = Zeroizing::new(typed.replace('\u{AB}', "<<"));
    let fillers = zone.contains('<') && zone.chars().all(|c| c.is_ascii_digit() || c == '<');
    let checked = zone.len() == 7 && zone.chars().all(|c| c.is_ascii_digit());
    if fillers || checked {
        return Some(zone);
    }
    let year_first = typed.split('-').next().is_some_and(|year| year.len() == 4);
    let apart = |c: char| matches!(c, '-' | '.' | '/' | ' ');
    if !typed.chars().all(|c| c.is_ascii_digit() || apart(c)) {
        return None;
    }
    let digits: Zeroizing<String> =
        Zeroizing::new(typed.chars().filter(char::is_ascii_digit).collect());
    let part = |from: usize, to: usize| digits.get(from..to);
    match digits.len() {
        6 => Some(digits),
        8 if year_first => Some(Zeroizing::new([part(2, 4)?, part(4, 6)?, part(6, 8)?].concat())),
        8 => Some(Zeroizing::new([part(6, 8)?, part(2, 4)?, part(0, 2)?].concat())),
        _ => None,
    }
}

/// `POST /cases/{case}/chip`: begins the read.
pub(super) async fn begin(
    at: AtDesk,
    StaffForm(opening): StaffForm<OpeningForm>,
) -> Result<Response, Refusal> {
    let begun = async {
        // A case of another centre is answered like an unknown one, whatever the clerk typed.
        at.service().desk_case(at.caller(), at.id).await?;
        let start = RelayStart {
            password: opening.password()?,
            answer_bytes_max: ANSWER_BYTES_MAX,
            p_code: None,
        };
        Ok(at.service().begin_chip_at_desk(at.caller(), at.id, start).await?)
    };
    told(&at, begun.await)
}

/// The form with the chip's answers.
#[derive(Deserialize)]
pub(super) struct AnswersForm {
    #[serde(default)]
    turn: u32,
    /// The answers in hex, separated by commas.
    #[serde(default)]
    answers: String,
    /// `yes` where the contact with the chip was lost.
    #[serde(default)]
    lost: String,
}

impl AnswersForm {
    fn parsed(&self) -> Result<RelayAnswers, Code> {
        let no = || Code::MalformedBody;
        let answers = self
            .answers
            .split(',')
            .filter(|text| !text.is_empty())
            .map(|text| hex::decode(text).map_err(|_| no()))
            .collect::<Result<Vec<_>, _>>()?;
        if answers.len() > COMMANDS_MAX || answers.iter().any(|it| it.len() > ANSWER_BYTES_MAX) {
            return Err(no());
        }
        Ok(RelayAnswers { turn: self.turn, answers, lost: self.lost == "yes" })
    }
}

/// `POST /cases/{case}/chip/answers/{relay}`: continues the read.
pub(super) async fn answers(
    at: AtDesk,
    Path((_, relay)): Path<(String, String)>,
    StaffForm(answered): StaffForm<AnswersForm, ANSWERS_BYTES_MAX>,
) -> Result<Response, Refusal> {
    let next = async {
        at.service().desk_case(at.caller(), at.id).await?;
        let relay = service::id(&relay).ok_or(Code::Service(RefusalCode::RelayOver))?;
        let answers = answered.parsed()?;
        Ok(at.service().go_on_with_chip_at_desk(at.caller(), at.id, relay, answers).await?)
    };
    told(&at, next.await)
}

/// The reply to the page's script: the next commands, or the result.
#[derive(Serialize)]
#[serde(tag = "next", rename_all = "kebab-case")]
enum ScriptReply {
    Send {
        relay: String,
        turn: u32,
        new_contact: bool,
        commands: Vec<String>,
        part: &'static str,
        percent: u8,
    },
    Ended {
        finding: &'static str,
        /// The code of the verdict on a chip that is not genuine.
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<&'static str>,
    },
}

impl From<DeskChip> for ScriptReply {
    fn from(chip: DeskChip) -> Self {
        match chip {
            DeskChip::Send(RelaySend { relay, turn, new_contact, commands, progress, .. }) => {
                Self::Send {
                    relay: format!("{relay:032x}"),
                    turn,
                    new_contact,
                    commands: commands.iter().map(hex::encode).collect(),
                    part: part(progress),
                    percent: progress.percent(),
                }
            }
            DeskChip::Ended(seen) => Self::Ended {
                finding: seen.finding.code(),
                code: match seen.finding {
                    ChipFinding::NotGenuine { code } => Some(code),
                    ChipFinding::Theirs { .. }
                    | ChipFinding::NamesNobody { .. }
                    | ChipFinding::Refused => None,
                },
            },
        }
    }
}

const fn part(progress: Progress) -> &'static str {
    match (progress.stage, progress.file) {
        (Stage::Reading, Some(FileId::DG2)) => "picture",
        (Stage::Reading, _) => "data",
        (Stage::ActiveAuthentication | Stage::Relay | Stage::Challenge, _) => "proof",
        (Stage::CardAccess | Stage::Pace | Stage::Application | Stage::Bac, _) => "opening",
    }
}

/// An error for the page to show.
#[derive(Serialize)]
struct Problem {
    code: &'static str,
    error: String,
    /// The id of the field that has the error; empty where no field has it.
    field: &'static str,
}

fn told(at: &AtDesk, outcome: Result<DeskChip, Refusal>) -> Result<Response, Refusal> {
    let refusal = match outcome {
        Ok(chip) => return Ok(Json(ScriptReply::from(chip)).into_response()),
        Err(refusal) => refusal,
    };
    // The request itself was in order, but what it asked for was refused.
    let code = code_of(refusal)?;
    let error = console::in_words(at.state.site, Words::of(at.language), code);
    let problem = Problem { code: code.code(), error, field: field_of(code) };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(problem)).into_response())
}

fn field_of(code: Code) -> &'static str {
    let fields = [
        (Code::ChipNumberForm, "chip-number"),
        (Code::Service(RefusalCode::ChipPasswordWrong), "chip-number"),
        (Code::ChipBirthForm, "chip-birth"),
        (Code::ChipExpiryForm, "chip-expiry"),
        (Code::ChipCanForm, "chip-can"),
        (Code::Service(RefusalCode::ChipNeedsCardAccessNumber), "chip-can"),
    ];
    fields.into_iter().find(|(about, _)| *about == code).map_or("", |(_, field)| field)
}

#[cfg(test)]
mod tests {
    use super::mrz_date;

    #[test]
    fn dates_are_understood_as_clerks_write_them() {
        for typed in ["1974-08-12", "12-08-1974", "12.08.1974", "12081974", "740812", " 740812 "] {
            assert_eq!(
                mrz_date(typed).map(|it| it.to_string()).as_deref(),
                Some("740812"),
                "{typed}"
            );
        }
        for typed in ["", "12 August 1974", "1-8-74", "120819741"] {
            assert!(mrz_date(typed).is_none(), "{typed}");
        }
    }
}
