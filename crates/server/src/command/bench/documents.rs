//! Measures the verification of documents and the comparison of faces.

use super::{Figure, count};
use crate::command::Failed;
use crate::command::chip::{file_bytes, now};
use chip::certificate::Certificate;
use chip::csca::Store;
use chip::verdict::{ChipPolicy, Evidence, OpenedBy, verify};
use face::Engine;
use server::system::Stopwatch;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A passport of Utopia that `chip-sim` made, and its state's certificate: parts with their lengths before them, in the order
/// certificate, SOD, DG1, DG2. A test holds it against what verifies.
const DOCUMENT: &[u8] = include_bytes!("document.bin");

fn parts(mut bytes: &[u8]) -> Option<[&[u8]; 4]> {
    let mut next = || {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let (part, rest) = rest.split_at_checked(u32::from_be_bytes(*length).try_into().ok()?)?;
        bytes = rest;
        Some(part)
    };
    Some([next()?, next()?, next()?, next()?])
}

/// How many documents are verified in a second on one core.
pub(super) fn verified(span: Duration) -> Result<f64, Failed> {
    let [certificate, sod, dg1, dg2] =
        parts(DOCUMENT).ok_or("the document of the bench is damaged")?;
    let mut trusted = Store::new();
    trusted.add(Certificate::from_der(certificate)?);
    let groups = [(1, dg1), (2, dg2)];
    let evidence = Evidence {
        sod,
        data_groups: &groups,
        com: None,
        card_access: None,
        card_security: None,
        opened_by: OpenedBy::Bac,
        opened_with: None,
        proofs: &[],
    };
    let (policy, at) = (ChipPolicy::default(), now());
    verify(&evidence, &trusted, &policy, at)?;
    let watch = Stopwatch::start();
    let mut documents = 0_usize;
    while watch.elapsed() < span {
        verify(&evidence, &trusted, &policy, at)?;
        documents = documents.saturating_add(1);
    }
    Ok(count(documents) / watch.elapsed().as_secs_f64())
}

/// How long one session takes in which the portrait is compared with all live pictures.
pub(super) fn faces(
    portrait: &Path,
    live: &[PathBuf],
    engine: &Engine,
    span: Duration,
) -> Result<Figure, Failed> {
    let portrait = file_bytes(portrait)?;
    let live = live.iter().map(|path| file_bytes(path)).collect::<Result<Vec<_>, _>>()?;
    let frames: Vec<&[u8]> = live.iter().map(Vec::as_slice).collect();
    engine.compare(&portrait, &frames)?;
    let watch = Stopwatch::start();
    let mut sessions = 0_usize;
    while sessions == 0 || watch.elapsed() < span {
        engine.compare(&portrait, &frames)?;
        sessions = sessions.saturating_add(1);
    }
    Ok(Figure {
        what: "face comparison",
        value: watch.elapsed().as_secs_f64() * 1e3 / count(sessions),
        unit: "ms a session",
        how: format!("one portrait against {} live pictures, one thread", frames.len()),
    })
}
