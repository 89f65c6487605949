//! Attack 33: a copy of one document and another genuine chip of the same state, swapped whenever contact is lost. What
//! comes out as proven must be the document of the chip that proved it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use std::sync::{Arc, Mutex};

use chip::certificate::Certificate;
use chip::csca::Store;
use chip::date::UnixTime;
use chip::password::Password;
use chip::reader::{Limits, Plan, Proven, ProvingReader, ReadError, Turn};
use chip::verdict::{ChipPolicy, Presence, VerifiedChip, VerifyError, verify};
use chip_sim::{
    ActiveAuthentication, Card, Document, DocumentSpec, File, Issuer, Portrait, Profile,
    Random as _, Seeded, profile, profiles,
};

/// 2026-11-22T12:00:00Z
const NOW: UnixTime = UnixTime::from_secs(1_795_348_800);

/// Swaps of the property test unless `GENVEJ_SWAPS` says how many; docs/chips.md has a run of 10,000.
const SWAPS: usize = 600;

/// Two documents of one state, and what an attacker can make of one of them.
struct Scene {
    trust: Store,
    /// The victim's document, of which the attacker has the files alone.
    victim: Document,
    /// The attacker's own genuine document.
    own: Document,
    lists_key: bool,
}

impl Scene {
    fn of(profile: &Profile) -> Self {
        let seed = &mut Seeded::new([1; 32]);
        let issuer =
            Issuer::generate(profile.country, profile.algorithm, chip_sim::PROFILE_VALIDITY, seed);
        let portrait = Portrait::grey(64, 64, 600);
        let victim = DocumentSpec { portrait: portrait.clone(), ..profile.spec.clone() };
        let own = DocumentSpec {
            number: victim.number.chars().rev().collect(),
            birth: "690413".to_owned(),
            surname: "Attacker".to_owned(),
            ..victim.clone()
        };
        Self::issued(&issuer, &victim, &own)
    }

    fn issued(issuer: &Issuer, victim: &DocumentSpec, own: &DocumentSpec) -> Self {
        let mut trust = Store::new();
        for certificate in issuer.csca_certificates() {
            trust.add(Certificate::from_der(&certificate).unwrap());
        }
        let lists_key =
            victim.active_authentication.is_some() || !victim.chip_authentication.is_empty();
        Self {
            trust,
            victim: issuer.issue(victim, &mut Seeded::new([2; 32])).unwrap(),
            own: issuer.issue(own, &mut Seeded::new([3; 32])).unwrap(),
            lists_key,
        }
    }

    /// The chips in the attacker's hand: everything but the victim's own chip.
    fn chips(&self) -> Vec<Document> {
        let mut seed = Seeded::new([4; 32]);
        let wrong = self.victim.cloned_without_secrets(|octets| seed.fill(octets));
        let hosted = self.victim.copied_onto(&self.own);
        let mut under_own_zone = wrong.copied_onto(&self.own);
        // One that has no mapping, or another way of opening than the genuine chip.
        under_own_zone.remove_file(File::CardSecurity);
        vec![self.own.clone(), wrong, hosted, under_own_zone]
    }

    fn judged(&self, proven: &Proven) -> Result<VerifiedChip, VerifyError> {
        let reading = &proven.reading;
        let data_groups = reading.data_groups();
        let proofs = proven.proofs();
        let evidence = reading.evidence(&data_groups, &proofs);
        verify(&evidence, &self.trust, &ChipPolicy::default(), NOW)
    }

    /// Whether the victim's document came out although its chip was never there.
    fn is_taken_in(&self, proven: &Proven) -> bool {
        let Ok(chip) = self.judged(proven) else { return false };
        let zone = self.victim.mrz();
        let is_victim = zone.contains(chip.document().number.expose().as_str());
        // A document that lists no key may be accepted as one whose presence nobody can show.
        is_victim && (self.lists_key || matches!(chip.presence(), Presence::Proven(_)))
    }
}

/// Whoever holds the cards to the reader, or the phone behind the relay.
struct Hand<F> {
    cards: Vec<Card>,
    at: usize,
    /// Before each command: the card to go on with after a loss.
    swap: F,
    swaps: usize,
}

impl<F: FnMut(&[u8]) -> Option<usize>> Hand<F> {
    fn new(documents: &[Document], swap: F) -> Self {
        let cards = documents.iter().map(|document| Card::new(document.clone(), [9; 32])).collect();
        Self { cards, at: 0, swap, swaps: 0 }
    }

    fn read(&mut self, password: &Password, batch: usize) -> Result<Proven, ReadError> {
        let plan = Plan { batch_commands_max: batch, ..Plan::new(password.clone()) };
        let source = Mutex::new(Seeded::new([41; 32]));
        let randoms = Arc::new(move |octets: &mut [u8]| source.lock().unwrap().fill(octets));
        let mut turn = ProvingReader::begin(plan, randoms, Limits { resumptions_max: 8 });
        loop {
            turn = match turn {
                Turn::Send(waiting) => {
                    if waiting.begins_session() {
                        self.cards[self.at].reset();
                    }
                    let mut answers = Vec::new();
                    let mut lost = false;
                    for command in waiting.commands() {
                        if let Some(next) = (self.swap)(command) {
                            self.at = next;
                            self.cards[next].reset();
                            self.swaps += 1;
                            lost = true;
                            break;
                        }
                        let answer = self.cards[self.at].transmit(command);
                        let stops = !answer.ends_with(&[0x90, 0x00]);
                        answers.push(answer);
                        if stops {
                            break;
                        }
                    }
                    if lost { waiting.lost_after(answers) } else { waiting.answers(answers) }
                }
                Turn::Done(proven) => return Ok(*proven),
                Turn::Failed(error) => return Err(error),
            };
        }
    }
}

fn passwords(scene: &Scene) -> Vec<Password> {
    let zone = |document: &Document| Password::from_mrz_information(document.mrz_information());
    let can = scene.own.can().map(|can| Password::card_access_number(can).unwrap());
    [zone(&scene.own).unwrap(), zone(&scene.victim).unwrap()].into_iter().chain(can).collect()
}

/// The reported attack: everything is read from the copy, and when a group is asked for that is not there, the genuine
/// chip of another document lies in its place.
#[test]
fn a_copy_and_another_genuine_chip_are_not_one_document() {
    for name in ["pace-cam", "foreign-id"] {
        let scene = Scene::of(&profile(name).unwrap());
        let hosted = scene.victim.copied_onto(&scene.own);
        for password in passwords(&scene) {
            for batch in [1, 256] {
                // The number of commands decides: as late as the reading lets it be.
                let whole = commands_of(&hosted, &password, batch);
                for left in 0..6 {
                    let mut seen = 0;
                    let last = whole.saturating_sub(left);
                    let swap = move |_: &[u8]| {
                        seen += 1;
                        (seen == last).then_some(1)
                    };
                    let chips = [hosted.clone(), scene.own.clone()];
                    let mut hand = Hand::new(&chips, swap);

                    if let Ok(proven) = hand.read(&password, batch) {
                        let taken_in = scene.is_taken_in(&proven);
                        assert!(!taken_in, "{name} {:?} {batch} {left}", password.kind());
                    }
                }
            }
        }
    }
}

fn commands_of(document: &Document, password: &Password, batch: usize) -> usize {
    let count = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&count);
    let swap = move |_: &[u8]| {
        *counted.lock().unwrap() += 1;
        None
    };
    let _ = Hand::new(std::slice::from_ref(document), swap).read(password, batch);
    *count.lock().unwrap()
}

/// The copy lists a key in its signed SOD and refuses to prove it; the other chip's mapping may not stand in.
#[test]
fn a_key_that_the_copy_refuses_is_not_made_good_by_another_chip() {
    let base = profile("pace-cam").unwrap();
    let active = profile("aa").unwrap().spec.active_authentication;
    assert!(matches!(active, Some(ActiveAuthentication::Generate(..))));
    let with_key = Profile {
        spec: DocumentSpec { active_authentication: active, ..base.spec.clone() },
        ..base
    };
    let scene = Scene::of(&with_key);
    let hosted = scene.victim.copied_onto(&scene.own);
    for password in passwords(&scene) {
        for batch in [1, 256] {
            let whole = commands_of(&hosted, &password, batch);
            for last in 1..=whole {
                let mut seen = 0;
                let swap = move |_: &[u8]| {
                    seen += 1;
                    (seen == last).then_some(1)
                };
                let chips = [hosted.clone(), scene.own.clone()];
                let mut hand = Hand::new(&chips, swap);

                if let Ok(proven) = hand.read(&password, batch) {
                    assert!(!scene.is_taken_in(&proven), "{:?} {batch} {last}", password.kind());
                }
            }
        }
    }
}

/// Two chips in the field, of which the password opens one: it is held again, and nobody is told to type another number.
#[test]
fn another_chip_that_does_not_open_is_no_wrong_password() {
    for name in ["bac", "pace-gm"] {
        let scene = Scene::of(&profile(name).unwrap());
        let password = Password::from_mrz_information(scene.own.mrz_information()).unwrap();
        for batch in [1, 256] {
            let late = commands_of(&scene.own, &password, batch).saturating_sub(1);
            let mut seen = 0;
            let other = move |_: &[u8]| {
                seen += 1;
                (seen == late).then_some(1)
            };
            let chips = [scene.own.clone(), scene.victim.clone()];

            let error = Hand::new(&chips, other).read(&password, batch).unwrap_err();
            assert_eq!(error.retry(), chip::reader::Retry::HoldAgain, "{name} {batch}");

            let mut seen = 0;
            let other_and_back = move |_: &[u8]| {
                seen += 1;
                match seen {
                    _ if seen == late => Some(1),
                    _ if seen == late + 3 => Some(0),
                    _ => None,
                }
            };
            let proven = Hand::new(&chips, other_and_back).read(&password, batch).unwrap();
            assert!(scene.judged(&proven).is_ok(), "{name} {batch}");
        }
    }
}

/// Every profile, any chip of the attacker's at any loss, at the cable and over the relay.
#[test]
fn swapping_chips_at_any_loss_never_proves_a_copy() {
    let wanted = std::env::var("GENVEJ_SWAPS").ok().and_then(|text| text.parse().ok());
    let profiles = profiles();
    let each = wanted.unwrap_or(SWAPS).div_ceil(profiles.len());
    let (mut swaps, mut whole) = (0, 0);
    for profile in &profiles {
        let scene = Scene::of(profile);
        let chips = scene.chips();
        let passwords = passwords(&scene);
        let mut draw = Seeded::new([u8::try_from(profile.name.len()).unwrap(); 32]);
        let mut octet = move || {
            let mut octet = [0; 1];
            draw.fill(&mut octet);
            usize::from(octet[0])
        };
        let mut done = 0;
        while done < each {
            let password = &passwords[octet() % passwords.len()];
            let batch = if octet() % 2 == 0 { 1 } else { 256 };
            let mut until = octet() % 40;
            let first = octet() % chips.len();
            let count = chips.len();
            let mut more = (0..64).map(|_| octet()).collect::<Vec<_>>().into_iter();
            let swap = move |_: &[u8]| {
                if until > 0 {
                    until -= 1;
                    return None;
                }
                until = more.next()? % 40;
                more.next().map(|next| next % count)
            };
            let mut hand = Hand::new(&chips, swap);
            hand.at = first;

            let read = hand.read(password, batch);

            done += hand.swaps.max(1);
            swaps += hand.swaps;
            if let Ok(proven) = read {
                whole += 1;
                assert!(!scene.is_taken_in(&proven), "{} {batch}", profile.name);
            }
        }
    }
    assert!(swaps > 0 && whole > 0, "{swaps} swaps, {whole} whole readings");
}

/// A genuine chip that is lost anywhere proves itself all the same: the rule costs an honest holder nothing.
#[test]
fn a_genuine_chip_that_is_lost_anywhere_proves_itself() {
    for name in ["pace-cam", "foreign-id", "td3", "ca"] {
        let scene = Scene::of(&profile(name).unwrap());
        let password = Password::from_mrz_information(scene.own.mrz_information()).unwrap();
        for batch in [1, 256] {
            let whole = commands_of(&scene.own, &password, batch);
            for last in 1..=whole {
                let mut seen = 0;
                let swap = move |_: &[u8]| {
                    seen += 1;
                    (seen == last).then_some(0)
                };
                let mut hand = Hand::new(std::slice::from_ref(&scene.own), swap);

                let proven = hand.read(&password, batch).unwrap();

                let chip = scene.judged(&proven).unwrap_or_else(|error| {
                    panic!("{name} {batch} lost at {last} of {whole}: {error:?}")
                });
                assert!(matches!(chip.presence(), Presence::Proven(_)), "{name} {batch} {last}");
            }
        }
    }
}
