use std::sync::{Arc, LazyLock};

use chip::password::Password;
use chip::reader::{FILES_BYTES_MAX, Limits, Plan, ProvingReader, Turn};
use chip_sim::{Card, Document, Seeded, profile};

/// Cards that are opened in every way and prove themselves in every way.
static CARDS: LazyLock<Vec<Document>> = LazyLock::new(|| {
    ["aa", "ca", "ca-3des", "pace-cam", "td1"]
        .iter()
        .filter_map(|name| Some(profile(name)?.issue(&mut Seeded::new([1; 32])).ok()?.1))
        .collect()
});

const LIMITS: Limits = Limits { resumptions_max: 3 };

/// Messages of the relay: as JSON, where the input begins as such; else what a phone does that carries a card's answers
/// and changes, cuts, repeats, withholds or makes up some of them.
pub fn run(data: &[u8]) {
    if data.first() == Some(&b'{') {
        message(data);
    } else {
        relay(data);
    }
}

fn message(data: &[u8]) {
    use wire::relay::{Agreement, AgreementRequest, RelayAnswers, RelayStart, RelayView};
    macro_rules! goes_there_and_back {
        ($($type:ty),*) => {$(
            if let Ok(message) = serde_json::from_slice::<$type>(data) {
                let text = serde_json::to_vec(&message).expect("it was read");
                let again: $type = serde_json::from_slice(&text).expect("it was written");
                assert!(again == message);
            }
        )*};
    }
    goes_there_and_back!(RelayStart, RelayAnswers, RelayView, AgreementRequest, Agreement);
    goes_there_and_back!(wire::chip::ChipReading, wire::chip::ChallengeRequest);
}

fn relay(data: &[u8]) {
    let [which, batch, script @ ..] = data else { return };
    let Some(document) = CARDS.get(usize::from(*which) % CARDS.len()) else { return };
    let mut card = Card::new(document.clone(), [8; 32]);
    let Ok(password) = Password::from_mrz_information(document.mrz_information()) else { return };
    let plan = Plan {
        batch_commands_max: usize::from(*batch).max(1),
        answer_bytes_max: if batch % 2 == 0 { 258 } else { 65_538 },
        ..Plan::new(password)
    };
    let mut script = script.iter().copied();
    let mut before = Vec::new();
    let mut turn = ProvingReader::begin(plan, Arc::new(|octets| octets.fill(0x5A)), LIMITS);
    let mut turns = 0_u32;
    loop {
        turns += 1;
        // Even a card that is read one octet a turn is through by then.
        assert!(turns < 50_000);
        turn = match turn {
            Turn::Send(waiting) => {
                let progress = waiting.progress();
                assert!(progress.bytes_done <= progress.bytes_total && progress.percent() <= 100);
                assert!(progress.bytes_done <= FILES_BYTES_MAX);
                if waiting.begins_session() {
                    card.reset();
                }
                let mut answers = Vec::new();
                let mut lost = false;
                for command in waiting.commands() {
                    let mut answer = card.transmit(command);
                    // Nothing left to do wrong: the card is read to its end.
                    let act = script.next().unwrap_or(0);
                    let argument = if act < 0xE0 { 0 } else { script.next().unwrap_or(0) };
                    let at = usize::from(argument) % answer.len().max(1);
                    match act {
                        0..0xE0 => {}
                        0xE0..0xE8 => answer.iter_mut().skip(at).take(1).for_each(|it| *it ^= 1),
                        0xE8..0xEC => answer.truncate(at),
                        0xEC..0xF0 => answer.clone_from(&before),
                        0xF0..0xF4 => answer = vec![0x90, argument],
                        0xF4..0xF8 => answer = vec![0x61, argument],
                        0xF8..0xFC => answer.extend(vec![argument; usize::from(argument) * 9]),
                        0xFC..=0xFF => lost = true,
                    }
                    if lost {
                        break;
                    }
                    before.clone_from(&answer);
                    let stops = !answer.ends_with(&[0x90, 0x00]);
                    answers.push(answer);
                    if stops {
                        break;
                    }
                }
                if lost { waiting.lost_after(answers) } else { waiting.answers(answers) }
            }
            Turn::Done(proven) => {
                let files = &proven.reading.files;
                assert!(files.values().map(Vec::len).sum::<usize>() <= FILES_BYTES_MAX);
                assert!(proven.resumptions <= LIMITS.resumptions_max);
                return;
            }
            Turn::Failed(_) => return,
        };
    }
}
