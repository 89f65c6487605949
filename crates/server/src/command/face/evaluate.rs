//! `genvej face evaluate`: error rates on the operator's own pictures.

use super::{Failed, NOT_READABLE, decimal, missing, models, number, say};
use face::Engine;
use face::evaluation::{Bounds, Evaluation, Gate, Pictures, Rates, Unusable, evaluate, gates, svg};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;

/// The code where the pictures make no pair of one person, or none of two.
const NO_PAIRS: &str = "face-no-pairs";

/// The names with their pictures, and the names of files that could not be read.
type Found = (Vec<(String, Vec<u8>)>, Vec<String>);

/// Every file of a folder, whatever its extension, without hidden ones.
fn pictures(dir: &Path) -> Result<Found, Failed> {
    let failed = |error| format!("face-folder-missing ({} cannot be read: {error})", dir.display());
    let (mut found, mut unreadable) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let hidden = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with('.');
        if !path.is_file() || path.file_name().is_none_or(hidden) {
            continue;
        }
        let Some(name) = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()) else {
            continue;
        };
        match std::fs::read(&path) {
            Ok(bytes) => found.push((name, bytes)),
            Err(_) => unreadable.push(name),
        }
    }
    found.sort();
    unreadable.sort();
    Ok((found, unreadable))
}

/// Names that are in only one of the two folders: they make pairs of two people and none of one.
fn alone(portraits: &[(String, Vec<u8>)], lives: &[(String, Vec<u8>)]) -> Vec<String> {
    let names = |pictures: &[(String, Vec<u8>)]| -> BTreeSet<String> {
        pictures.iter().map(|(name, _)| name.clone()).collect()
    };
    names(portraits).symmetric_difference(&names(lives)).cloned().collect()
}

pub(super) fn run(dir: &Path, json: bool, out: &Path, engine: &Engine) -> Result<(), Failed> {
    let (portraits, portraits_unreadable) = pictures(&dir.join("chip"))?;
    let (lives, lives_unreadable) = pictures(&dir.join("live"))?;
    let all = portraits.len() + lives.len();
    let set = Pictures { portraits: &portraits, lives: &lives };
    let mut evaluation = evaluate(engine, &set, |done| {
        let _ = write!(std::io::stderr(), "\r{done} of {all} pictures");
    })?;
    let _ = writeln!(std::io::stderr());
    for (names, is_portrait) in [(portraits_unreadable, true), (lives_unreadable, false)] {
        let unusable = |name| Unusable { name, is_portrait, code: NOT_READABLE };
        evaluation.unusable.extend(names.into_iter().map(unusable));
    }
    let alone = alone(&portraits, &lives);
    let labels = labels(&dir.join("labels.csv"))?;
    let groups = evaluation.by_group(|name| labels.of(name));
    let gates = labels.gates(&evaluation);
    if evaluation.says_something() {
        std::fs::create_dir_all(out)?;
        std::fs::write(out.join("det.svg"), svg(&evaluation))?;
    }
    if json {
        let groups = Groups { rates: &groups, gates: &gates };
        let answer = in_json(&evaluation, &groups, &alone, engine);
        say(serde_json::to_string_pretty(&answer)?);
    } else {
        table(&evaluation, out);
        for name in &alone {
            say(format_args!("in one of the two folders only: {name}"));
        }
        for (name, rates) in &groups {
            say(format_args!(
                "group {name}: {} genuine pairs ({} not accepted), {} impostor pairs ({} accepted)",
                rates.pairs_genuine,
                rates.false_non_matches,
                rates.pairs_impostor,
                rates.false_matches
            ));
        }
        gate_table(&gates);
    }
    if evaluation.says_something() {
        return Ok(());
    }
    Err(format!(
        "{NO_PAIRS} (usable pictures of one person in both folders, and of a second, are needed)"
    )
    .into())
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
    if evaluation.says_something() {
        say(format_args!("plot: det.svg in {}", out.display()));
    }
}

/// The results that are told for each group of people.
struct Groups<'a> {
    rates: &'a [(String, Rates)],
    gates: &'a [Gate],
}

/// Prints the gates: counts by group, for all lights together and for those in which a gate stopped somebody.
fn gate_table(gates: &[Gate]) {
    for gate in gates {
        let stopped: usize = gate.groups.iter().map(|group| group.stopped).sum();
        if gate.light.is_some() && stopped == 0 {
            continue;
        }
        let light = gate.light.map_or_else(
            || "all lights".to_owned(),
            |light| format!("light {}.{:02}", light / 100, light % 100),
        );
        let groups = gate
            .groups
            .iter()
            .map(|group| format!("{} {} of {}", group.group, group.stopped, group.tried));
        let groups: Vec<String> = groups.collect();
        let chance = gate.chance.map(|chance| format!(" (chance {chance:.3})")).unwrap_or_default();
        say(format_args!(
            "gate {}, {light}, by {}: {}{chance}",
            gate.gate,
            gate.label,
            groups.join(", ")
        ));
        if gate.differs() {
            say(format_args!(
                "WARNING: {} treats a group of {} otherwise, beyond chance",
                gate.gate, gate.label
            ));
        }
    }
}

fn gate_in_json(gate: &Gate) -> Value {
    let groups: Vec<Value> = gate
        .groups
        .iter()
        .map(|it| json!({ "group": it.group, "tried": it.tried, "stopped": it.stopped }))
        .collect();
    let light = gate.light.map(|light| f64::from(light) / 100.0);
    json!({
        "gate": gate.gate, "by": gate.label, "light": light, "groups": groups,
        "chance": gate.chance, "differs": gate.differs(),
    })
}

/// The labels of each name, by the columns that the first line of the file names.
struct Labels {
    columns: Vec<String>,
    of_name: BTreeMap<String, Vec<String>>,
}

impl Labels {
    /// All labels of a name as one group.
    fn of(&self, name: &str) -> Option<String> {
        self.of_name.get(name).map(|labels| labels.join(","))
    }

    fn gates(&self, evaluation: &Evaluation) -> Vec<Gate> {
        let everybody = std::iter::once(("all".to_owned(), None));
        let columns = self.columns.iter().cloned().zip((0..).map(Some));
        everybody
            .chain(columns)
            .flat_map(|(label, column)| {
                let group_of = |name: &str| match column {
                    None => Some("all".to_owned()),
                    Some(column) => self.of_name.get(name)?.get::<usize>(column).cloned(),
                };
                gates(&evaluation.looks, &label, group_of)
            })
            .collect()
    }
}

/// Reads the labels; without the file nobody has one. A first line that begins with `id` or `name` names the columns;
/// without one they are called `group`.
fn labels(path: &Path) -> Result<Labels, Failed> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(format!("{} cannot be read: {error}", path.display()).into()),
    };
    let mut labels = Labels { columns: Vec::new(), of_name: BTreeMap::new() };
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let mut cells = line.split(',').map(|cell| cell.trim().to_owned());
        let name = cells.next().unwrap_or_default();
        let cells: Vec<String> = cells.collect();
        if cells.is_empty() {
            return Err(format!("{}: no group in the line {line:?}", path.display()).into());
        }
        if labels.columns.is_empty() {
            if matches!(name.as_str(), "id" | "name") {
                labels.columns = cells;
                continue;
            }
            labels.columns = vec!["group".to_owned(); cells.len()];
        }
        labels.of_name.insert(name, cells);
    }
    Ok(labels)
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

fn in_json(
    evaluation: &Evaluation,
    groups: &Groups<'_>,
    alone: &[String],
    engine: &Engine,
) -> Value {
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
    let Groups { rates: by_group, gates } = groups;
    let groups_in_json: BTreeMap<&str, Value> =
        by_group.iter().map(|(name, of)| (name.as_str(), rates(of))).collect();
    let gates: Vec<Value> = gates.iter().map(gate_in_json).collect();
    let mut answer = rates(&evaluation.rates);
    if let Some(answer) = answer.as_object_mut() {
        answer.extend(
            [
                ("threshold", number(evaluation.threshold)),
                ("genuine_lowest", json!(evaluation.genuine_lowest.map(number))),
                ("impostor_highest", json!(evaluation.impostor_highest.map(number))),
                ("recommended", json!(evaluation.recommended.map(number))),
                ("fmr_provable", json!(evaluation.fmr_provable)),
                ("groups", json!(groups_in_json)),
                ("gates", json!(gates)),
                ("unusable", json!(unusable)),
                ("without_counterpart", json!(alone)),
                ("code", json!((!evaluation.says_something()).then_some(NO_PAIRS))),
                ("models", json!(models(engine))),
                ("missing", json!(missing(engine))),
                ("scores", json!(scores)),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
    }
    answer
}
