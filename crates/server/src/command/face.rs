//! `genvej face`: compares and measures pictures that the operator has.

use super::chip::read;
use super::{Failed, say};
use clap::{Args, Subcommand};
use face::evaluation::{Evaluation, Pictures, evaluate, png, svg};
use face::{Engine, ModelSet, Score, Threshold};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The default set's manifest, for the folder that set-up fills.
const DEFAULT_MANIFEST: &str = include_str!("../../../face/models/default.toml");

/// Faces.
#[derive(Debug, Subcommand)]
pub(super) enum Face {
    /// Compares a portrait with live pictures: scores, outcome, reasons.
    Compare {
        /// The portrait: JPEG or JPEG 2000.
        portrait: PathBuf,
        /// One or more live pictures.
        #[arg(required = true)]
        live: Vec<PathBuf>,
        #[command(flatten)]
        models: Models,
    },
    /// Compares every `chip/NNN.*` of a folder with every `live/NNN.*`: rates with bounds, a recommended threshold, a plot.
    Evaluate {
        /// The folder.
        dir: PathBuf,
        /// As JSON.
        #[arg(long)]
        json: bool,
        /// Where the plots go (det.svg and det.png); the folder itself is left alone.
        #[arg(long, default_value = ".")]
        out: PathBuf,
        #[command(flatten)]
        models: Models,
    },
}

/// Which models.
#[derive(Debug, Args)]
pub(super) struct Models {
    /// A folder with a manifest in place of the default set.
    #[arg(long, env = "GENVEJ_MODELS")]
    models: Option<PathBuf>,
}

impl Models {
    /// The engine with the threshold of the set's own manifest.
    pub(super) fn engine(&self) -> Result<Engine, Failed> {
        let folder = match &self.models {
            Some(folder) => folder.clone(),
            None => default_folder()
                .ok_or("no folder for the face models: give --models, or set HOME")?,
        };
        let path = folder.join("manifest.toml");
        let manifest = std::fs::read_to_string(&path).map_err(|error| {
            format!(
                "{} cannot be read: {error}; `cargo xtask models` fetches the default set",
                path.display()
            )
        })?;
        let set = ModelSet::load(&manifest, |name: &str| std::fs::read(folder.join(name)))?;
        // Measuring uses the threshold that the manifest fixes; a server asks for a confirmation besides.
        let accept = set.bands().accept;
        Ok(Engine::new(set, Threshold(accept))?)
    }
}

fn default_folder() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let folder = cache.or(home)?.join("genvej/models");
    Some(folder.join(face::manifest::folder_name(DEFAULT_MANIFEST)))
}

impl Face {
    pub(super) fn run(self) -> Result<(), Failed> {
        match self {
            Self::Compare { portrait, live, models } => {
                compare(&portrait, &live, &models.engine()?)
            }
            Self::Evaluate { dir, json, out, models } => {
                run_evaluation(&dir, json, &out, &models.engine()?)
            }
        }
    }
}

fn compare(portrait: &Path, live: &[PathBuf], engine: &Engine) -> Result<(), Failed> {
    let portrait = read(portrait)?;
    let live = live.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
    let frames: Vec<&[u8]> = live.iter().map(Vec::as_slice).collect();
    let comparison = match engine.compare(&portrait, &frames) {
        Ok(comparison) => comparison,
        Err(error) => return Err(format!("{} ({error})", error.code()).into()),
    };
    let scores = comparison.scores();
    for (name, score) in &scores.embeddings {
        say(format_args!("{name}: {}", decimal(*score)));
    }
    if let Some(fused) = scores.fused {
        say(format_args!(
            "fused: {} (threshold {})",
            decimal(fused),
            decimal(engine.bands().accept)
        ));
    }
    if let Some(pad) = scores.pad {
        say(format_args!("passive presentation-attack check: {}", decimal(pad)));
    }
    for missing in comparison.missing() {
        say(format_args!("not in this set: {missing:?}"));
    }
    say(match comparison.liveness() {
        face::Liveness::NotChecked => {
            "liveness: not checked (one picture cannot show it)".to_owned()
        }
        face::Liveness::Passed => "liveness: passed".to_owned(),
        face::Liveness::Failed(reasons) => {
            let codes: Vec<&str> = reasons.iter().map(|reason| reason.code()).collect();
            format!("liveness: failed ({})", codes.join(", "))
        }
    });
    let reason = match comparison.result() {
        face::FaceResult::TryAgain(reason) => format!(" ({})", reason.code()),
        face::FaceResult::Match | face::FaceResult::NoMatch => String::new(),
    };
    say(format_args!("outcome: {}{reason}", comparison.result().code()));
    Ok(())
}

fn decimal(score: Score) -> String {
    format!("{:.4}", f64::from(score.ten_thousandths()) / 10_000.0)
}

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

fn run_evaluation(dir: &Path, json: bool, out: &Path, engine: &Engine) -> Result<(), Failed> {
    let portraits = pictures(&dir.join("chip"))?;
    let lives = pictures(&dir.join("live"))?;
    let all = portraits.len() + lives.len();
    let set = Pictures { portraits: &portraits, lives: &lives };
    let evaluation = evaluate(engine, &set, |done| {
        let _ = write!(std::io::stderr(), "\r{done} of {all} pictures");
    })?;
    let _ = writeln!(std::io::stderr());
    std::fs::create_dir_all(out)?;
    std::fs::write(out.join("det.svg"), svg(&evaluation))?;
    std::fs::write(out.join("det.png"), png(&evaluation))?;
    if json {
        say(serde_json::to_string_pretty(&as_json(&evaluation, engine))?);
    } else {
        table(&evaluation, out);
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

fn as_json(evaluation: &Evaluation, engine: &Engine) -> serde_json::Value {
    let score = |score: Score| f64::from(score.ten_thousandths()) / 10_000.0;
    let models: Vec<serde_json::Value> = engine
        .models()
        .iter()
        .map(|model| serde_json::json!({ "name": model.name, "sha256": hex::encode(model.sha256) }))
        .collect();
    let scores: Vec<serde_json::Value> = evaluation
        .pairs
        .iter()
        .map(|pair| {
            serde_json::json!({
                "portrait": pair.portrait, "live": pair.live, "genuine": pair.is_genuine(),
                "score": score(pair.fused), "outcome": pair.result.code(),
            })
        })
        .collect();
    serde_json::json!({
        "pairs_genuine": evaluation.rates.pairs_genuine,
        "pairs_impostor": evaluation.rates.pairs_impostor,
        "false_non_matches": evaluation.rates.false_non_matches,
        "false_matches": evaluation.rates.false_matches,
        "fnmr": { "rate": evaluation.rates.fnmr.rate, "low": evaluation.rates.fnmr.low, "high": evaluation.rates.fnmr.high },
        "fmr": { "rate": evaluation.rates.fmr.rate, "low": evaluation.rates.fmr.low, "high": evaluation.rates.fmr.high },
        "threshold": score(evaluation.threshold),
        "recommended": evaluation.recommended.map(score),
        "models": models,
        "scores": scores,
    })
}
