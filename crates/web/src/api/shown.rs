//! Conversions from the values of `service` to the messages of `wire`.

use crate::code::Texts;
use crate::{Code, Language, Refusal};
use chip::lds::file::FileId;
use chip::reader::Stage;
use recovery::authenticator::View;
use recovery::time::Timestamp;
use service::RefusalCode;
use service::chip_face::{CaptureProgress, Light, Movement, Next, Progress, Prompt, Relayed, Way};
use service::sign_in::{Decision, SignIn};
use service::state::OpenGrant;
use wire::face::{CaptureStart, CaptureView, FaceLight, FaceMovement, FacePrompt};
use wire::grant::GrantView;
use wire::instance::LockState;
use wire::recovery::{RecoveryStep, RecoveryView};
use wire::relay::{RelayPart, RelayView};
use wire::sign_in::{SignInStatus, SignInView};

pub(super) fn hex(id: u128) -> String {
    format!("{id:032x}")
}

pub(super) fn instant(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.0).map_or_else(|_| at.0.to_string(), |at| at.to_string())
}

pub(super) fn parsed_instant(text: &str) -> Result<Timestamp, Refusal> {
    text.parse::<jiff::Timestamp>()
        .map(|at| Timestamp(at.as_millisecond()))
        .map_err(|_| Refusal::new(Code::MalformedBody))
}

/// Parses an id in a path. A text that is not an id is answered like an id that does not exist.
pub(super) fn id(text: &str) -> Result<u128, Refusal> {
    service::id(text).ok_or_else(|| Refusal::new(RefusalCode::NotFound))
}

/// The bytes, where they have exactly the required length.
pub(super) fn exactly<const N: usize>(bytes: &wire::Bytes) -> Result<&[u8; N], Refusal> {
    bytes.0.as_slice().try_into().map_err(|_| Refusal::new(RefusalCode::MalformedPinMessage))
}

pub(super) fn lock(view: View) -> LockState {
    match view {
        View::AwaitingFirstPin => LockState::AwaitingFirstPin,
        View::Ready { tries_to_next_rung } => LockState::Ready { tries_left: tries_to_next_rung },
        View::TemporarilyLocked { seconds_remaining, wrong } => {
            LockState::Locked { seconds_left: seconds_remaining, wrong_tries: wrong }
        }
        View::Blocked => LockState::Blocked,
        View::Frozen => LockState::Frozen,
        View::Unbound => LockState::Unbound,
    }
}

pub(super) fn grant(open: OpenGrant) -> GrantView {
    GrantView {
        grant_id: hex(open.grant.id.0),
        seconds_left: open.seconds_left,
        birth_date: open.birth_date.map(|date| date.expose().clone()),
    }
}

pub(super) fn sign_in(sign_in: &SignIn, now: Timestamp) -> SignInView {
    let status = match sign_in.decision {
        Decision::Approved => SignInStatus::Approved,
        Decision::Refused => SignInStatus::Refused,
        Decision::Replaced => SignInStatus::Replaced,
        Decision::NumberWrong => SignInStatus::NumberWrong,
        Decision::None if now >= sign_in.until => SignInStatus::Lapsed,
        Decision::None => SignInStatus::Waiting,
    };
    let seconds_left = match status {
        SignInStatus::Waiting => sign_in.until.seconds_from(now),
        SignInStatus::Approved
        | SignInStatus::Refused
        | SignInStatus::Lapsed
        | SignInStatus::Replaced
        | SignInStatus::NumberWrong => 0,
    };
    SignInView {
        sign_in_id: hex(sign_in.id.0),
        service_name: sign_in.service_name.clone(),
        status,
        seconds_left,
    }
}

pub(super) fn recovery(progress: Progress, language: Language) -> RecoveryView {
    let step = match progress.step {
        Next::Chip { p_code_given, read_by_server } => {
            RecoveryStep::Chip { p_code_given, read_by_server }
        }
        Next::Face { coming_nearer, coloured_light, tries_left, last_reason } => {
            RecoveryStep::Face {
                coming_nearer,
                coloured_light,
                tries_left,
                last_reason: last_reason.map(|code| code.to_string()),
            }
        }
        Next::NewPin(open) => RecoveryStep::NewPin { grant: grant(*open) },
        // The texts of the code say what the person can do next.
        Next::Refused { code, next_step: _ } => {
            let Texts { title, detail, next } = Texts::of(code, language);
            RecoveryStep::Refused { code: code.to_string(), title, detail, next }
        }
        Next::Completed => RecoveryStep::Completed,
    };
    RecoveryView { case_id: hex(progress.case.0), step, seconds_left: progress.seconds_left }
}

pub(super) fn capture(progress: CaptureProgress) -> CaptureView {
    let count = |frames: usize| u8::try_from(frames).unwrap_or(u8::MAX);
    CaptureView {
        capture_nonce: progress.nonce,
        turn_degrees: progress.steps.last().and_then(|step| step.degrees),
        light: progress.steps.last().and_then(|step| step.light).map(light),
        prompts: progress.steps.iter().map(|step| prompt(step.prompt)).collect(),
        frames_met: count(progress.frames_met),
        frames_needed: count(progress.frames_needed),
        counted: progress.counted,
        hint: progress.hint.map(|hint| hint.code().to_owned()),
        wanted: progress.wanted,
        seconds_left: progress.seconds_left,
    }
}

const fn prompt(prompt: Prompt) -> FacePrompt {
    match prompt {
        Prompt::LookStraight => FacePrompt::LookStraight,
        Prompt::TurnLeft => FacePrompt::TurnLeft,
        Prompt::TurnRight => FacePrompt::TurnRight,
        Prompt::MoveCloser => FacePrompt::MoveCloser,
    }
}

const fn light(light: Light) -> FaceLight {
    match light {
        Light::White => FaceLight::White,
        Light::Blue => FaceLight::Blue,
        Light::Green => FaceLight::Green,
        Light::Amber => FaceLight::Amber,
    }
}

pub(super) const fn way(start: &CaptureStart) -> Way {
    let movement = match start.movement {
        FaceMovement::TurnsHead => Movement::TurnsHead,
        FaceMovement::ComesNearer => Movement::ComesNearer,
    };
    Way { movement, lit: start.coloured_light }
}

pub(super) fn relay(step: Relayed, language: Language) -> RelayView {
    match step {
        Relayed::Send(send) => RelayView::Send {
            relay_id: hex(send.relay),
            turn: send.turn,
            new_contact: send.new_contact,
            commands: send.commands.into_iter().map(Into::into).collect(),
            part: part(send.progress),
            percent: send.progress.percent(),
            expires_in_secs: send.seconds_left,
        },
        Relayed::Ended(end) => {
            let (dg2, birth_date) = match end.accepted {
                Some(accepted) => (
                    Some(accepted.dg2.expose().clone().into()),
                    Some(accepted.birth_date.expose().clone()),
                ),
                None => (None, None),
            };
            RelayView::Ended { recovery: recovery(end.progress, language), dg2, birth_date }
        }
    }
}

const fn part(progress: chip::reader::Progress) -> RelayPart {
    match (progress.stage, progress.file) {
        (Stage::Reading, Some(FileId::DG2)) => RelayPart::Picture,
        (Stage::Reading, _) => RelayPart::Data,
        (Stage::ActiveAuthentication | Stage::Relay | Stage::Challenge, _) => RelayPart::Proof,
        (Stage::CardAccess | Stage::Pace | Stage::Application | Stage::Bac, _) => {
            RelayPart::Opening
        }
    }
}
