//! `genvej face`: compares, judges and measures pictures that the operator has.

mod evaluate;
mod judged;

use super::{Failed, say};
use clap::{Args, Subcommand};
use face::{Engine, Score, Threshold};
use serde_json::{Value, json};
use server::pictures::{FileDecoder, PictureWorkers, Settings};
use std::path::PathBuf;
use std::sync::Arc;

/// The code for a file that cannot be read.
const NOT_READABLE: &str = "face-not-readable";

/// Faces.
#[derive(Debug, Subcommand)]
pub(super) enum Face {
    /// Compares a portrait with live pictures: scores, outcome, reasons. Ends with 0 for every outcome (match, try-again,
    /// no-match), with 1 where none was reached; the answer then has the code of why. JPEG and JPEG 2000 are read.
    Compare {
        /// The portrait: JPEG or JPEG 2000.
        portrait: PathBuf,
        /// One or more live pictures.
        #[arg(required = true)]
        live: Vec<PathBuf>,
        /// As JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        models: Models,
    },
    /// Judges frames of one capture, in their order: is it a living, present person? Ends with 0 for every judgement.
    Liveness {
        /// 8 to 12 frames.
        #[arg(required = true)]
        frames: Vec<PathBuf>,
        /// Compares the best of them with this portrait too.
        #[arg(long)]
        portrait: Option<PathBuf>,
        /// As JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        models: Models,
    },
    /// Compares every `chip/NNN.*` of a folder with every `live/NNN.*`: rates with bounds, a recommended threshold, a plot, and what the checks on a
    /// frame stopped in several lights.
    /// Pictures that cannot be used are listed with a code. Ends with 1 where the rest makes no pair of one person or none of two.
    /// A file `labels.csv` there with a name and its groups on each line (and a first line `id,…` that names the columns) gives
    /// rates and counts of each group too.
    Evaluate {
        /// The folder.
        dir: PathBuf,
        /// As JSON.
        #[arg(long)]
        json: bool,
        /// Where the plot goes (det.svg); the folder itself is left alone.
        #[arg(long, default_value = ".")]
        out: PathBuf,
        #[command(flatten)]
        models: Models,
    },
}

/// Which models.
#[derive(Debug, Args)]
pub(super) struct Models {
    /// A folder with a manifest, or with the files of the strong set, in place of the default set. A file that is not there is
    /// taken from the default set; each is checked by hash.
    #[arg(long)]
    models: Option<PathBuf>,
}

impl Models {
    /// The face engine with the threshold of the set's own manifest.
    pub(super) fn engine(&self) -> Result<Engine, Failed> {
        let folder = match &self.models {
            Some(folder) => folder.clone(),
            None => server::default_models()
                .ok_or("no folder for the face models: give --models, or set HOME")?,
        };
        let set = server::load_models(&folder)?;
        for file in set.absent() {
            use std::io::Write as _;
            let _ = writeln!(std::io::stderr(), "genvej: {file} is not there; no passive check");
        }
        // Measuring uses the threshold that the manifest fixes; a server asks for a confirmation besides.
        let accept = set.bands().accept;
        let pictures = PictureWorkers::start(Settings::default())?;
        let decoder = Arc::new(FileDecoder(Arc::new(pictures)));
        Ok(Engine::new(set, Threshold(accept))?.with_decoder(decoder))
    }
}

impl Face {
    pub(super) fn run(self) -> Result<(), Failed> {
        match self {
            Self::Compare { portrait, live, json, models } => {
                judged::compare(&portrait, &live, json, &models.engine()?)
            }
            Self::Liveness { frames, portrait, json, models } => {
                judged::liveness(&frames, portrait.as_deref(), json, &models.engine()?)
            }
            Self::Evaluate { dir, json, out, models } => {
                evaluate::run(&dir, json, &out, &models.engine()?)
            }
        }
    }
}

fn decimal(score: Score) -> String {
    score.to_string()
}

fn number(score: Score) -> Value {
    json!(f64::from(score.ten_thousandths()) / 10_000.0)
}

/// Every model in use, for the answers in JSON.
fn models(engine: &Engine) -> Vec<Value> {
    let named = engine.models();
    named
        .iter()
        .map(|model| json!({ "name": model.name, "sha256": hex::encode(model.sha256) }))
        .collect()
}

/// The checks that the set cannot make.
fn missing(engine: &Engine) -> Vec<&'static str> {
    engine.missing().iter().map(|missing| missing.code()).collect()
}
