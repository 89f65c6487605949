//! `genvej face evaluate`: error rates on anybody's own pictures.

use super::{Failed, decimal, missing, models, number, say};
use crate::command::chip::read;
use face::Engine;
use face::evaluation::{Bounds, Evaluation, Pictures, Rates, evaluate, png, svg};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

fn pictures(dir: &Path) -> Result<Vec<(String, Vec<u8>)>, Failed> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(dir)
        .map_err(|error| format!("{} cannot be read: {error}", dir.display()))?;
    for entry in entries {
        let path = entry?.path();
        if let Some(name) =
            path.file_stem().and_then(|stem| stem.to_str()).filter(|_| path.is_file())
        {
            found.push((name.to_owned(), read(&path)?));
        }
    }
    found.sort();
    Ok(found)
}

pub(super) fn run(dir: &Path, json: bool, out: &Path, engine: &Engine) -> Result<(), Failed> {
    let portraits = pictures(&dir.join("chip"))?;
    let lives = pictures(&dir.join("live"))?;
    let all = portraits.len() + lives.len();
    let set = Pictures { portraits: &portraits, lives: &lives };
    let evaluation = evaluate(engine, &set, |done| {
        let _ = write!(std::io::stderr(), "\r{done} of {all} pictures");
    })?;
    let _ = writeln!(std::io::stderr());
    let labels = labels(&dir.join("labels.csv"))?;
    let groups = evaluation.by_group(|name| labels.get(name).cloned());
    std::fs::create_dir_all(out)?;
    std::fs::write(out.join("det.svg"), svg(&evaluation))?;
    std::fs::write(out.join("det.png"), png(&evaluation))?;
    if json {
        say(serde_json::to_string_pretty(&in_json(&evaluation, &groups, engine))?);
    } else {
        table(&evaluation, out);
        for (name, rates) in &groups {
            say(format_args!(
                "group {name}: {} genuine pairs ({} not accepted), {} impostor pairs ({} accepted)",
                rates.pairs_genuine,
                rates.false_non_matches,
                rates.pairs_impostor,
                rates.false_matches
            ));
        }
    }
    Ok(())
}

fn table(evaluation: &Evaluation, out: &Path) {
    let rates = &evaluation.rates;
    say(format_args!(
        "genuine pairs:  {} ({} not accepted)",
        rates.pairs_genuine, rates.false_non_matches
    ));
    say(format_args!(
        "impostor pairs: {} ({} accepted)",
        rates.pairs_impostor, rates.false_matches
    ));
    say(format_args!("threshold: {}", decimal(evaluation.threshold)));
    say(format_args!(
        "FNMR: {:.4} (95 %: {:.4} to {:.4})",
        rates.fnmr.rate, rates.fnmr.low, rates.fnmr.high
    ));
    say(format_args!(
        "FMR:  {:.6} (95 %: {:.6} to {:.6})",
        rates.fmr.rate, rates.fmr.low, rates.fmr.high
    ));
    for (what, score) in [
        ("lowest genuine score", evaluation.genuine_lowest),
        ("highest impostor score", evaluation.impostor_highest),
        ("recommended threshold", evaluation.recommended),
    ] {
        if let Some(score) = score {
            say(format_args!("{what}: {}", decimal(score)));
        }
    }
    say(format_args!("the lowest FMR that so few pairs can show: {:.6}", evaluation.fmr_provable));
    for unusable in &evaluation.unusable {
        say(format_args!("not usable: {} ({})", unusable.name, unusable.code));
    }
    say(format_args!("plots: det.svg and det.png in {}", out.display()));
}

/// The group of each name; nobody has one where the file is not there.
fn labels(path: &Path) -> Result<BTreeMap<String, String>, Failed> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(format!("{} cannot be read: {error}", path.display()).into()),
    };
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| match line.split_once(',') {
            Some((name, group)) => Ok((name.trim().to_owned(), group.trim().to_owned())),
            None => Err(format!("{}: no group in the line {line:?}", path.display()).into()),
        })
        .collect()
}

fn bounds(bounds: &Bounds) -> Value {
    json!({ "rate": bounds.rate, "low": bounds.low, "high": bounds.high })
}

fn rates(rates: &Rates) -> Value {
    json!({
        "pairs_genuine": rates.pairs_genuine,
        "pairs_impostor": rates.pairs_impostor,
        "false_non_matches": rates.false_non_matches,
        "false_matches": rates.false_matches,
        "fnmr": bounds(&rates.fnmr),
        "fmr": bounds(&rates.fmr),
    })
}

fn in_json(evaluation: &Evaluation, groups: &[(String, Rates)], engine: &Engine) -> Value {
    let scores: Vec<Value> = evaluation
        .pairs
        .iter()
        .map(|pair| {
            let each: Vec<Value> = pair.scores.iter().copied().map(number).collect();
            json!({
                "portrait": pair.portrait, "live": pair.live, "genuine": pair.is_genuine(),
                "score": number(pair.fused), "scores": each, "outcome": pair.result.code(),
            })
        })
        .collect();
    let unusable: Vec<Value> = evaluation
        .unusable
        .iter()
        .map(|it| json!({ "name": it.name, "portrait": it.is_portrait, "reason": it.code }))
        .collect();
    let groups: BTreeMap<&str, Value> =
        groups.iter().map(|(name, of)| (name.as_str(), rates(of))).collect();
    let mut answer = rates(&evaluation.rates);
    if let Some(answer) = answer.as_object_mut() {
        answer.extend(
            [
                ("threshold", number(evaluation.threshold)),
                ("genuine_lowest", json!(evaluation.genuine_lowest.map(number))),
                ("impostor_highest", json!(evaluation.impostor_highest.map(number))),
                ("recommended", json!(evaluation.recommended.map(number))),
                ("fmr_provable", json!(evaluation.fmr_provable)),
                ("groups", json!(groups)),
                ("unusable", json!(unusable)),
                ("models", json!(models(engine))),
                ("missing", json!(missing(engine))),
                ("scores", json!(scores)),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
    }
    answer
}
