//! Recordings of sessions with other cards, bent anywhere: a replay ends, and agrees with nothing that was bent.

use std::sync::{Arc, LazyLock, Mutex};

use chip::password::Password;
use chip::reader::{Plan, Reader, Step};
use chip::replay::{Recorded, Recording, Secrets, replay};
use chip_sim::{Card, Seeded, profile};

/// Edits of one input at most.
const EDITS_MAX: usize = 16;

static BAC: LazyLock<Option<Recording>> = LazyLock::new(|| recorded("bac"));
static PACE: LazyLock<Option<Recording>> = LazyLock::new(|| recorded("pace-gm-3des"));

/// First octet: which recording. Then edits of five octets: what, in which exchange (two octets), at which octet, and which.
pub fn run(input: &[u8]) {
    let Some((which, edits)) = input.split_first() else { return };
    let base = if which & 1 == 0 { &*BAC } else { &*PACE };
    let Some(base) = base else { return };
    let mut bent = base.clone();
    for edit in edits.chunks_exact(5).take(EDITS_MAX) {
        let &[what, high, low, at, value] = edit else { continue };
        let count = bent.exchanges.len();
        if count == 0 {
            break;
        }
        let index = usize::from(u16::from_be_bytes([high, low])) % count;
        apply(&mut bent, what, index, usize::from(at), value);
    }
    let same = bent.exchanges.len() == base.exchanges.len()
        && bent
            .exchanges
            .iter()
            .zip(&base.exchanges)
            .all(|(one, other)| one.command == other.command && one.answer == other.answer);
    let outcome = replay(&bent);
    if same {
        assert!(outcome.is_ok(), "an honest recording replays");
    }
    if let Ok(replayed) = outcome {
        assert!(replayed.commands <= bent.exchanges.len());
        assert!(replayed.files.values().all(|bytes| bytes.len() <= chip::reader::FILE_BYTES_MAX));
    }
}

fn apply(bent: &mut Recording, what: u8, index: usize, at: usize, value: u8) {
    if what % 8 == 6 {
        bent.exchanges.remove(index);
        return;
    }
    if what % 8 == 7 {
        let again = bent.exchanges.get(index).cloned();
        bent.exchanges.extend(again);
        return;
    }
    let Some(pair) = bent.exchanges.get_mut(index) else { return };
    let bytes = if what & 8 == 0 { &mut pair.command } else { &mut pair.answer };
    match what % 8 {
        0..=2 => {
            if let Some(octet) = bytes.get_mut(at) {
                *octet ^= value;
            }
        }
        3 => bytes.truncate(at),
        4 => bytes.insert(at.min(bytes.len()), value),
        _ => bytes.push(value),
    }
}

fn recorded(name: &str) -> Option<Recording> {
    let (_, document) = profile(name)?.issue(&mut Seeded::new([7; 32])).ok()?;
    let password = Password::from_mrz_information(document.mrz_information()).ok()?;
    let mrz_information = document.mrz_information().to_owned();
    let mut card = Card::new(document, [8; 32]);
    let drawn: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
    let noted = Arc::clone(&drawn);
    let random = Box::new(move |octets: &mut [u8]| {
        // Far below every order, so that reducing changes nothing and the octets are the key.
        let (high, low) = octets.split_at_mut(octets.len().min(10));
        if low.is_empty() {
            high.fill(0x3C);
        }
        low.iter_mut().zip(1_u8..).for_each(|(octet, at)| *octet = at.wrapping_mul(37));
        if let Ok(mut noted) = noted.lock() {
            noted.push(octets.to_vec());
        }
    });
    let plan = Plan { answer_bytes_max: 258, ..Plan::new(password.clone()) };
    let mut exchanges = Vec::new();
    let mut step = Reader::begin(plan, random, None);
    loop {
        step = match step {
            Step::Send(awaiting) => {
                let command = awaiting.command().to_vec();
                let answer = card.transmit(&command);
                exchanges.push(Recorded { command, answer: answer.clone() });
                awaiting.answer(answer)
            }
            Step::AccessGranted(granted) => granted.go_on(None),
            Step::Done(_) => break,
            Step::Failed(_) => return None,
        };
    }
    let drawn = drawn.lock().ok()?;
    let (first, second) = (drawn.first()?.clone(), drawn.get(1)?.clone());
    let secrets = if first.len() == 8 {
        Secrets::Bac {
            mrz_information,
            rnd_ifd: first.try_into().ok()?,
            k_ifd: second.try_into().ok()?,
            rnd_ic: None,
        }
    } else {
        // The ephemeral key is drawn first.
        Secrets::Pace { password, mapping: second, agreement: first }
    };
    Some(Recording { secrets, exchanges, session_keys: None, aa_challenge: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recordings_that_are_bent_replay_as_they_are() {
        for recording in [&*BAC, &*PACE] {
            let recording = recording.as_ref().expect("it was recorded");
            assert!(replay(recording).is_ok());
        }
    }
}
