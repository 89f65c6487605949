//! What is said while the face is shown: prompts, what helps, and why a try was not enough.

use app_core::FaceWay;
use wire::face::FacePrompt;

use crate::words::Words;

/// Angles from which the sentence no longer says "a little".
const FAR_FROM_DEGREES: u8 = 18;

/// What is asked. Whoever cannot turn the head has the phone moved around it.
pub(crate) fn prompt(w: Words, way: FaceWay, prompt: FacePrompt, degrees: Option<u8>) -> String {
    let is_far = degrees.is_some_and(|degrees| degrees >= FAR_FROM_DEGREES);
    match (way, prompt) {
        (_, FacePrompt::LookStraight) => w.t("prompt-look-straight"),
        (_, FacePrompt::MoveCloser) => w.t("prompt-move-closer"),
        (FaceWay::TurnHead | FaceWay::ComeNearer, FacePrompt::TurnLeft) => {
            w.t(if is_far { "prompt-turn-left-far" } else { "prompt-turn-left" })
        }
        (FaceWay::TurnHead | FaceWay::ComeNearer, FacePrompt::TurnRight) => {
            w.t(if is_far { "prompt-turn-right-far" } else { "prompt-turn-right" })
        }
        // Seen from its right side, a head has turned to its left.
        (FaceWay::MovePhone, FacePrompt::TurnLeft) => w.t("prompt-phone-right"),
        (FaceWay::MovePhone, FacePrompt::TurnRight) => w.t("prompt-phone-left"),
    }
}

/// What helps, by the code of the phone or the server; nothing for a code that is not known.
pub(crate) fn hint(w: Words, code: &str, way: FaceWay, prompt: FacePrompt) -> Option<String> {
    Some(match code {
        "face-too-dark" => w.t("hint-too-dark"),
        "face-too-bright" => w.t("hint-too-bright"),
        "face-too-far" | "face-too-small" => w.t("hint-too-far"),
        "face-too-near" => w.t("hint-too-near"),
        "face-look-straight" => w.t("hint-look-straight"),
        "face-hold-still" => w.t("hint-hold-still"),
        "face-glasses-reflect" => w.t("hint-glasses-reflect"),
        "face-several" => w.t("hint-several"),
        "face-none" => w.t("hint-none"),
        "face-unreadable" => w.t("hint-unreadable"),
        "face-too-large" => w.t("hint-too-large"),
        "face-not-jpeg" => w.t("hint-not-jpeg"),
        "face-profile" => w.t("hint-profile"),
        "face-sunglasses" => w.t("hint-sunglasses"),
        "face-mask" => w.t("hint-mask"),
        "face-keep-there" => w.t("hint-keep-there"),
        "face-more-time" => w.t("hint-more-time"),
        "face-other-side" => match way {
            FaceWay::MovePhone => w.t("hint-phone-other-side"),
            FaceWay::TurnHead | FaceWay::ComeNearer => w.t("hint-other-side"),
        },
        "face-too-far-round" => match way {
            FaceWay::MovePhone => w.t("hint-phone-back"),
            FaceWay::TurnHead | FaceWay::ComeNearer => w.t("hint-turn-back"),
        },
        "face-busy" => w.t("hint-busy"),
        "face-follow-prompt" => match (prompt, way) {
            (FacePrompt::MoveCloser, _) => w.t("hint-closer"),
            (_, FaceWay::MovePhone) => w.t("hint-phone-further"),
            (_, FaceWay::TurnHead | FaceWay::ComeNearer) => w.t("hint-turn-further"),
        },
        _ => return None,
    })
}

/// Why the last try was not enough.
pub(crate) fn reason(w: Words, code: &str) -> String {
    match code {
        "no-match" => w.t("reason-no-match"),
        "live-flat-picture" => w.t("reason-flat"),
        "live-presentation-attack" => w.t("reason-print-or-screen"),
        "live-another-face" | "live-several-faces" | "face-several" => w.t("reason-another-face"),
        "live-prompt-not-met" => w.t("reason-prompt-not-met"),
        "face-unsure" => w.t("reason-unsure"),
        "face-none" | "face-too-small" => w.t("reason-none"),
        "face-hold-still" | "live-blurred-frame" => w.t("reason-blurred"),
        "face-sunglasses" | "face-mask" => w.t("reason-covered"),
        "face-light-not-seen" => w.t("reason-light"),
        _ => w.t("reason-not-live"),
    }
}

/// What the person can do about it.
pub(crate) fn next(w: Words, code: &str) -> String {
    match code {
        "no-match" => w.t("next-no-match"),
        "live-flat-picture" | "live-presentation-attack" | "live-prompt-not-met" => {
            w.t("next-own-face")
        }
        "live-another-face" | "live-several-faces" | "face-several" => w.t("next-alone"),
        "face-hold-still" | "live-blurred-frame" => w.t("next-hold-still"),
        "face-sunglasses" | "face-mask" => w.t("next-uncovered"),
        "face-light-not-seen" => w.t("next-screen-light"),
        _ => w.t("next-light"),
    }
}
