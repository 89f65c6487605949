//! A document is ordered, issued, read at a desk and judged.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]
#![expect(unreachable_pub, reason = "shared by the tests of this folder")]

use chip::certificate::Certificate;
use chip::chip_authentication::{self, Dg14};
use chip::csca::Store;
use chip::date::UnixTime;
use chip::lds::file::{DataGroup, FileId};
use chip::password::Password;
use chip::reader::{Failure, Link, LinkStep, Plan, Reader, Reading, Relayed, Step};
use chip::verdict::{ChipPolicy, Examination, Proof, examine};
use chip_sim::{
    Algorithm, Card, Curve, CurveForm, Digest, DocumentSpec, Faults, Issuer, KeyKind,
    PROFILE_VALIDITY, Random as _, Scheme, Seeded,
};

/// 2026-11-22T12:00:00Z
pub const NOW: UnixTime = UnixTime::from_secs(1_795_348_800);

pub const CHALLENGE: [u8; 8] = [0x5A; 8];

pub const P256: Algorithm = Algorithm {
    key: KeyKind::Ec { curve: Curve::Secp256r1, form: CurveForm::Explicit },
    scheme: Scheme::Ecdsa(Digest::Sha256),
};

/// A finished reading, the session behind it, and every command that was sent.
pub struct Read {
    pub reading: Reading,
    pub link: Link,
    pub sent: Vec<Vec<u8>>,
}

impl Read {
    /// How often an instruction was sent.
    pub fn count(&self, instruction: u8) -> usize {
        self.sent.iter().filter(|command| command[1] == instruction).count()
    }

    pub fn has(&self, number: u8) -> bool {
        self.reading.files.contains_key(&FileId::DataGroup(DataGroup::new(number).unwrap()))
    }
}

pub fn issuer(algorithm: Algorithm) -> Issuer {
    Issuer::generate("UT", algorithm, PROFILE_VALIDITY, &mut Seeded::new([31; 32]))
}

pub fn trusting(certificates: &[Vec<u8>]) -> Store {
    let mut store = Store::new();
    for certificate in certificates {
        store.add(Certificate::from_der(certificate).unwrap());
    }
    store
}

pub fn issued_by(issuer: &Issuer, spec: &DocumentSpec) -> Card {
    Card::new(issuer.issue(spec, &mut Seeded::new([32; 32])).unwrap(), [33; 32])
}

/// A card of the usual issuer that misbehaves, and the store that trusts the issuer.
pub fn card(spec: &DocumentSpec, faults: Faults) -> (Card, Store) {
    let issuer = issuer(P256);
    (issued_by(&issuer, spec).with_faults(faults), trusting(&issuer.csca_certificates()))
}

pub fn by_mrz(card: &Card) -> Plan {
    Plan::new(Password::from_mrz_information(card.document().mrz_information()).unwrap())
}

pub fn random(seed: u8) -> chip::reader::Random {
    let mut source = Seeded::new([seed; 32]);
    Box::new(move |bytes| source.fill(bytes))
}

/// Reads to the end; an empty answer is a tag that left the field.
pub fn read(card: &mut Card, plan: Plan) -> Result<Read, Box<Failure>> {
    go_on(card, Reader::begin(plan, random(41), None), CHALLENGE)
}

pub fn go_on(card: &mut Card, mut step: Step, challenge: [u8; 8]) -> Result<Read, Box<Failure>> {
    let mut sent = Vec::new();
    loop {
        step = match step {
            Step::Send(awaiting) => {
                sent.push(awaiting.command().to_vec());
                let answer = card.transmit(awaiting.command());
                if answer.is_empty() {
                    return Err(Box::new(awaiting.tag_lost()));
                }
                awaiting.answer(answer)
            }
            Step::AccessGranted(granted) => granted.go_on(Some(challenge)),
            Step::Done(done) => {
                return Ok(Read { reading: done.reading, link: done.link, sent });
            }
            Step::Failed(failure) => return Err(Box::new(failure)),
        };
    }
}

/// Reads a card that must come out whole: byte for byte what lies in the chip.
pub fn read_whole(card: &mut Card) -> Read {
    let plan = by_mrz(card);
    let read = read(card, plan).unwrap_or_else(|failure| panic!("{:?}", failure.error));
    for number in [1, 2, 11, 12, 14, 15] {
        let file = FileId::DataGroup(DataGroup::new(number).unwrap());
        assert_eq!(
            read.reading.files.get(&file).map(Vec::as_slice),
            card.document().file(chip_sim::File::DataGroup(number)),
            "DG{number}"
        );
    }
    read
}

/// Judges a reading with the active authentication it holds, and nothing else.
pub fn judge(reading: &Reading, trust: &Store) -> Examination {
    let answer = reading.active_authentication.as_ref();
    let proofs: Vec<Proof<'_>> = answer
        .and_then(|given| {
            let answer = given.outcome.as_ref().ok()?;
            Some(Proof::ActiveAuthentication { challenge: given.challenge, answer })
        })
        .into_iter()
        .collect();
    judge_with(reading, trust, &proofs)
}

pub fn judge_with(reading: &Reading, trust: &Store, proofs: &[Proof<'_>]) -> Examination {
    let data_groups = reading.data_groups();
    let evidence = reading.evidence(&data_groups, proofs);
    examine(&evidence, trust, &ChipPolicy::default(), NOW)
}

/// The server's chip authentication with the offer at `at` of DG14, relayed over the session of a
/// reading: whether the chip proved itself.
pub fn agrees(card: &mut Card, read: Read, at: usize, trust: &Store) -> Option<Examination> {
    let Read { reading, link, .. } = read;
    let dg14 = &reading.files[&FileId::DG14];
    let dg14 = Dg14::from_file(dg14).unwrap();
    let offer = dg14.offers().get(at)?;
    let mut octets = vec![0; chip_authentication::random_bytes(offer)];
    random(42)(&mut octets);
    let (relay, pending) = chip_authentication::begin(&dg14, offer, &octets).unwrap();
    let mut commands: Vec<Relayed> = relay.agree.into_iter().map(Relayed::Protect).collect();
    let agreements = commands.len();
    commands.push(Relayed::Forward(relay.read.encode().unwrap()));
    let mut step = link.relay(commands);
    let answers = loop {
        step = match step {
            LinkStep::Send(awaiting) => {
                let answer = card.transmit(awaiting.command());
                awaiting.answer(answer)
            }
            LinkStep::Done { answers, .. } => break answers,
            LinkStep::Failed(_) => return None,
        };
    };
    let last = answers.get(agreements)?;
    let answer = chip::apdu::Response::parse(last).unwrap();
    let proof = pending.finish(&answer).ok()?;
    Some(judge_with(&reading, trust, &[Proof::ChipAuthentication(&proof)]))
}
