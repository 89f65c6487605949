//! `genvej face compare` and `genvej face liveness`: judges one comparison, or one capture.

use super::{Failed, NOT_READABLE, decimal, missing, models, number, say};
use face::liveness::{FrameReport, LivenessReport};
use face::{Capture, CompareError, Comparison, Engine, FaceResult, Frame, Liveness};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

pub(super) fn compare(
    portrait: &Path,
    live: &[PathBuf],
    as_json: bool,
    engine: &Engine,
) -> Result<(), Failed> {
    let compared = read(portrait).and_then(|portrait| {
        let live = live.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
        let frames: Vec<&[u8]> = live.iter().map(Vec::as_slice).collect();
        Ok(engine.compare(&portrait, &frames)?)
    });
    match compared {
        Ok(comparison) if as_json => print(in_json(Some(&comparison), None, engine)),
        Ok(comparison) => {
            in_words(&comparison, engine);
            Ok(())
        }
        Err(nothing) => nothing.told(as_json, engine),
    }
}

/// No outcome was reached: the stable code of the reason, and the file that it is about.
struct Nothing {
    code: &'static str,
    /// The reason in words.
    why: String,
}

impl From<CompareError> for Nothing {
    fn from(error: CompareError) -> Self {
        Self { code: error.code(), why: error.to_string() }
    }
}

impl Nothing {
    /// Ends the command. With JSON output the whole answer is printed all the same, without scores.
    fn told(self, as_json: bool, engine: &Engine) -> Result<(), Failed> {
        if as_json {
            print(in_json(None, Some(self.code), engine))?;
        }
        Err(format!("{} ({})", self.code, self.why).into())
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Nothing> {
    std::fs::read(path).map_err(|error| Nothing {
        code: NOT_READABLE,
        why: format!("{} cannot be read: {error}", path.display()),
    })
}

fn print(answer: Map<String, Value>) -> Result<(), Failed> {
    say(serde_json::to_string_pretty(&Value::Object(answer))?);
    Ok(())
}

pub(super) fn liveness(
    files: &[PathBuf],
    portrait: Option<&Path>,
    as_json: bool,
    engine: &Engine,
) -> Result<(), Failed> {
    let pictures = match files.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>() {
        Ok(pictures) => pictures,
        Err(nothing) => return nothing.told(as_json, engine),
    };
    // Nothing was asked when these were taken, so that neither prompts nor times are judged.
    let frames: Vec<Frame<'_>> =
        pictures.iter().map(|picture| Frame { picture, at_millis: 0, prompt: 0 }).collect();
    let capture = Capture { steps: &[], frames: &frames };
    let report = engine.liveness(&capture)?;
    let comparison = match portrait {
        None => None,
        Some(path) => {
            let judged = read(path).and_then(|portrait| Ok(engine.judge(&portrait, &capture)?));
            match judged {
                Ok(comparison) => Some(comparison),
                Err(nothing) => return nothing.told(as_json, engine),
            }
        }
    };
    if as_json {
        let compared = comparison.map_or_else(Map::new, |it| in_json(Some(&it), None, engine));
        let mut answer = compared;
        answer.extend(report_in_json(&report, files, engine));
        return print(answer);
    }
    for (file, frame) in files.iter().zip(&report.frames) {
        say(frame_in_words(file, frame));
    }
    if let Some(depth) = report.depth {
        let least = face::liveness::DEPTH_MIN;
        say(format_args!("depth: {depth:.3} (a head shows at least {least})"));
    }
    if let Some(living) = report.living {
        say(format_args!("passive presentation-attack check: {}", decimal(living)));
    }
    match &comparison {
        Some(comparison) => in_words(comparison, engine),
        None => {
            for check in missing(engine) {
                say(format_args!("not in this set: {check}"));
            }
            say(liveness_in_words(&report.liveness));
        }
    }
    Ok(())
}

fn codes(liveness: &Liveness) -> Vec<&'static str> {
    match liveness {
        Liveness::NotChecked | Liveness::Passed => Vec::new(),
        Liveness::Failed(reasons) => reasons.iter().map(|reason| reason.code()).collect(),
    }
}

const fn name(liveness: &Liveness) -> &'static str {
    match liveness {
        Liveness::NotChecked => "not-checked",
        Liveness::Passed => "passed",
        Liveness::Failed(_) => "failed",
    }
}

fn liveness_in_words(liveness: &Liveness) -> String {
    match liveness {
        Liveness::NotChecked => {
            "liveness: not checked (nothing was asked, so that nothing proves life)".to_owned()
        }
        Liveness::Passed => "liveness: passed".to_owned(),
        Liveness::Failed(_) => format!("liveness: failed ({})", codes(liveness).join(", ")),
    }
}

fn frame_in_words(file: &Path, frame: &FrameReport) -> String {
    let turn = frame.turn.map_or_else(|| "no face".to_owned(), |turn| format!("turned {turn:.0}°"));
    let living = frame.living.map(|score| format!(", living {}", decimal(score)));
    let reasons: Vec<&str> = frame.reasons.iter().map(|reason| reason.code()).collect();
    let reasons =
        if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join(", ")) };
    format!("{}: {turn}{}{reasons}", file.display(), living.unwrap_or_default())
}

fn reason(result: FaceResult) -> Option<&'static str> {
    match result {
        FaceResult::TryAgain(reason) => Some(reason.code()),
        FaceResult::Match | FaceResult::NoMatch => None,
    }
}

fn in_words(comparison: &Comparison, engine: &Engine) {
    let scores = comparison.scores();
    for (name, score) in &scores.embeddings {
        say(format_args!("{name}: {}", decimal(*score)));
    }
    if let Some(fused) = scores.fused {
        let threshold = decimal(engine.bands().accept);
        say(format_args!("fused: {} (threshold {threshold})", decimal(fused)));
    }
    if let Some(pad) = scores.pad {
        say(format_args!("passive presentation-attack check: {}", decimal(pad)));
    }
    for check in missing(engine) {
        say(format_args!("not in this set: {check}"));
    }
    say(liveness_in_words(comparison.liveness()));
    let reason = reason(comparison.result()).map(|code| format!(" ({code})")).unwrap_or_default();
    say(format_args!("outcome: {}{reason}", comparison.result().code()));
}

/// The same fields whether or not an outcome was reached; `code` says why none was.
fn in_json(
    comparison: Option<&Comparison>,
    code: Option<&str>,
    engine: &Engine,
) -> Map<String, Value> {
    let scores = comparison.map(Comparison::scores);
    let each: Map<String, Value> = scores
        .into_iter()
        .flat_map(|scores| &scores.embeddings)
        .map(|(name, score)| (name.clone(), number(*score)))
        .collect();
    let liveness = comparison.map_or(&Liveness::NotChecked, Comparison::liveness);
    let answer = json!({
        "outcome": comparison.map(|it| it.result().code()),
        "reason": comparison.and_then(|it| reason(it.result())),
        "code": code,
        "score": scores.and_then(|scores| scores.fused).map(number),
        "scores": each,
        "passive_check": scores.and_then(|scores| scores.pad).map(number),
        "threshold": number(engine.bands().accept),
        "liveness": name(liveness),
        "liveness_reasons": codes(liveness),
        "models": models(engine),
        "missing": missing(engine),
    });
    match answer {
        Value::Object(fields) => fields,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}

fn report_in_json(
    report: &LivenessReport,
    files: &[PathBuf],
    engine: &Engine,
) -> impl Iterator<Item = (String, Value)> {
    let frames: Vec<Value> = files
        .iter()
        .zip(&report.frames)
        .map(|(file, frame)| {
            let reasons: Vec<&str> = frame.reasons.iter().map(|reason| reason.code()).collect();
            json!({
                "file": file.display().to_string(), "turn_degrees": frame.turn,
                "living": frame.living.map(number), "reasons": reasons,
            })
        })
        .collect();
    [
        ("liveness", json!(name(&report.liveness))),
        ("liveness_reasons", json!(codes(&report.liveness))),
        ("depth", json!(report.depth)),
        ("passive_check", json!(report.living.map(number))),
        ("frames", json!(frames)),
        ("models", json!(models(engine))),
        ("missing", json!(missing(engine))),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
}
