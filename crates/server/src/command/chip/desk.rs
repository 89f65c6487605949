//! Reading a document at this machine: the local one of the three ways. Every key is held here, so what the chip proves
//! counts as it does on the server.

use chip::active::CHALLENGE_BYTES;
use chip::apdu::Response;
use chip::chip_authentication::{
    ChipProof, Dg14, Handover, Offer, PaceCamProof, begin_by, prove_by_pace, random_bytes,
};
use chip::lds::file::FileId;
use chip::lds::security_info::Group;
use chip::reader::{
    AccessControl, Failure, Link, LinkStep, Plan, Progress, ReadError, Reader, Reading, Relayed,
    Resume, Retry, Step,
};
use server::system::SystemRandom;
use service::Random as _;

/// The longest answer with short lengths: data and status word.
const SHORT_ANSWER_BYTES: usize = 258;

/// Losses in a row at an extended length after which the reader is taken to know none.
const EXTENDED_LOSSES_MAX: u32 = 2;

/// Chip authentications that are tried: every key and way of real documents.
const AGREEMENTS_MAX: usize = 8;

/// A chip within reach.
pub(super) trait Tag {
    /// Sends a command and returns the answer; `None` where the chip left the field or the reader could not carry it.
    fn transmit(&mut self, command: &[u8]) -> Option<Vec<u8>>;

    /// Waits for the chip and wakes it up anew.
    fn wake(&mut self) -> Result<(), WakeError>;
}

/// No chip came.
#[derive(Debug, thiserror::Error)]
#[error("no chip answers at the reader: {0}")]
pub(super) struct WakeError(pub(super) String);

/// Why a document was not read.
#[derive(Debug, thiserror::Error)]
pub(super) enum DeskError {
    #[error("the document was not read")]
    Reading(#[source] ReadError),
    #[error("the document was not read")]
    Wake(#[source] WakeError),
}

/// What was read, and what the chip proved.
pub(super) struct Seen {
    pub(super) reading: Reading,
    pub(super) chip_authentication: Option<ChipProof>,
    pub(super) pace_cam: Option<PaceCamProof>,
    /// Keys of DG14 that were tried and did not answer for themselves.
    pub(super) agreements_failed: usize,
    /// Times that the reading went on after a lost tag.
    pub(super) resumptions: u32,
    /// All commands, those of the proof among them.
    pub(super) apdus: u64,
    /// All octets sent and received.
    pub(super) bytes: u64,
}

/// A desk with one chip on its reader.
pub(super) struct Desk<'a> {
    tag: &'a mut dyn Tag,
    plan: Plan,
    resumptions_max: u32,
    watch: &'a mut dyn FnMut(Progress),
    resumptions: u32,
    extended_losses: u32,
    apdus: u64,
    bytes: u64,
}

/// How one try at chip authentication ended.
enum Tried {
    Proven(ChipProof),
    Refused,
    TagLost,
}

/// A finished session.
struct Session {
    reading: Reading,
    link: Link,
}

impl<'a> Desk<'a> {
    pub(super) fn new(
        tag: &'a mut dyn Tag,
        plan: Plan,
        resumptions_max: u32,
        watch: &'a mut dyn FnMut(Progress),
    ) -> Self {
        Self {
            tag,
            // The desk holds the ephemeral keys of PACE, so that mapping is proof here.
            plan: Plan { prefer_chip_authentication_mapping: true, ..plan },
            resumptions_max,
            watch,
            resumptions: 0,
            extended_losses: 0,
            apdus: 0,
            bytes: 0,
        }
    }

    /// Reads the document whole and lets the chip prove everything that it can.
    pub(super) fn read(mut self) -> Result<Seen, DeskError> {
        let mut challenge = [0; CHALLENGE_BYTES];
        SystemRandom.fill(&mut challenge);
        let Session { reading, link } = self.session(None, Some(challenge))?;
        let pace_cam = by_mapping(&reading);
        let (chip_authentication, agreements_failed) = self.agree(&reading, link)?;
        Ok(Seen {
            reading,
            chip_authentication,
            pace_cam,
            agreements_failed,
            resumptions: self.resumptions,
            apdus: self.apdus,
            bytes: self.bytes,
        })
    }

    /// One reading to its end, over as many sessions as lost tags make necessary.
    fn session(
        &mut self,
        mut resume: Option<Resume>,
        challenge: Option<[u8; CHALLENGE_BYTES]>,
    ) -> Result<Session, DeskError> {
        loop {
            self.tag.wake().map_err(DeskError::Wake)?;
            let random = Box::new(|octets: &mut [u8]| SystemRandom.fill(octets));
            let step = Reader::begin(self.plan.clone(), random, resume.take());
            match self.run(step, challenge) {
                Ok(session) => return Ok(session),
                Err(failure) if self.may_go_on(&failure.error) => {
                    self.resumptions += 1;
                    resume = Some(failure.resume);
                }
                Err(failure) => return Err(DeskError::Reading(failure.error)),
            }
        }
    }

    fn may_go_on(&self, error: &ReadError) -> bool {
        error.retry() == Retry::HoldAgain && self.resumptions < self.resumptions_max
    }

    fn run(
        &mut self,
        mut step: Step,
        challenge: Option<[u8; CHALLENGE_BYTES]>,
    ) -> Result<Session, Box<Failure>> {
        loop {
            step = match step {
                Step::Send(awaiting) => {
                    (self.watch)(awaiting.progress());
                    match self.transmit(awaiting.command()) {
                        Some(answer) => awaiting.answer(answer),
                        None => return Err(Box::new(awaiting.tag_lost())),
                    }
                }
                Step::AccessGranted(granted) => granted.go_on(challenge),
                Step::Done(done) => {
                    return Ok(Session { reading: done.reading, link: done.link });
                }
                Step::Failed(failure) => return Err(Box::new(failure)),
            };
        }
    }

    fn transmit(&mut self, command: &[u8]) -> Option<Vec<u8>> {
        let answer = self.tag.transmit(command);
        if let Some(answer) = &answer {
            self.apdus += 1;
            self.bytes += octets(command) + octets(answer);
            return Some(answer.clone());
        }
        // Many readers know no extended lengths, and say so as if the tag were lost.
        if matches!(command, [_, _, _, _, 0, _, ..]) {
            self.extended_losses += 1;
            if self.extended_losses >= EXTENDED_LOSSES_MAX {
                self.plan.answer_bytes_max = SHORT_ANSWER_BYTES;
            }
        }
        None
    }

    /// Chip authentication with each key and in each way until one is proven (CHIP-CASES.md case 24).
    fn agree(
        &mut self,
        reading: &Reading,
        link: Link,
    ) -> Result<(Option<ChipProof>, usize), DeskError> {
        let dg14 = reading.files.get(&FileId::DG14).and_then(|file| Dg14::from_file(file).ok());
        let Some(dg14) = dg14 else { return Ok((None, 0)) };
        let ways = dg14
            .offers()
            .iter()
            .flat_map(|offer| Handover::of(offer).iter().map(move |handover| (offer, *handover)));
        let resume = link.resume();
        let mut open = Some(link);
        let mut failed = 0;
        for (offer, handover) in ways.take(AGREEMENTS_MAX) {
            loop {
                // A chip that refused one way wants to be opened anew for the next.
                let link = match open.take() {
                    Some(link) => link,
                    None => self.session(resume.clone(), None)?.link,
                };
                match self.agree_by(&dg14, offer, handover, link) {
                    Tried::Proven(proof) => return Ok((Some(proof), failed)),
                    Tried::TagLost if self.resumptions < self.resumptions_max => {
                        self.resumptions += 1;
                    }
                    Tried::TagLost | Tried::Refused => break,
                }
            }
            failed += 1;
        }
        Ok((None, failed))
    }

    fn agree_by(&mut self, dg14: &Dg14, offer: &Offer, handover: Handover, link: Link) -> Tried {
        let mut random = vec![0; random_bytes(offer)];
        SystemRandom.fill(&mut random);
        let Ok((relay, pending)) = begin_by(dg14, offer, handover, &random) else {
            return Tried::Refused;
        };
        let Ok(read) = relay.read.encode() else { return Tried::Refused };
        let agreements = relay.agree.len();
        let mut commands: Vec<Relayed> = relay.agree.into_iter().map(Relayed::Protect).collect();
        commands.push(Relayed::Forward(read));
        let mut step = link.relay(commands);
        loop {
            step = match step {
                LinkStep::Send(awaiting) => match self.transmit(awaiting.command()) {
                    Some(answer) => awaiting.answer(answer),
                    None => return Tried::TagLost,
                },
                LinkStep::Done { answers, .. } => {
                    let answer = answers.get(agreements).and_then(|it| Response::parse(it).ok());
                    let proof = answer.and_then(|answer| pending.finish(&answer).ok());
                    return proof.map_or(Tried::Refused, Tried::Proven);
                }
                LinkStep::Failed(_) => return Tried::Refused,
            };
        }
    }
}

/// What PACE with chip authentication mapping showed.
fn by_mapping(reading: &Reading) -> Option<PaceCamProof> {
    let AccessControl::Pace { group: Group::Curve(curve), .. } = reading.access else {
        return None;
    };
    let security = reading.files.get(&FileId::CardSecurity)?;
    prove_by_pace(reading.chip_authentication.as_ref()?, security, curve)
}

fn octets(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Desk, DeskError, Seen, Tag, WakeError};
    use chip::password::Password;
    use chip::reader::{AccessControl, Plan};
    use chip_sim::{
        AgreementAnswer, Card, ChipAuthentication, Cipher, DocumentSpec, Faults, Group, Seeded,
        profile, profiles, utopian_passport,
    };

    /// A card on a reader of the test, put back with other faults each time that it is lost.
    struct Slot {
        card: Card,
        takes_extended: bool,
        later: Faults,
    }

    impl Tag for Slot {
        fn transmit(&mut self, command: &[u8]) -> Option<Vec<u8>> {
            if !self.takes_extended && matches!(command, [_, _, _, _, 0, _, ..]) {
                return None;
            }
            let answer = self.card.transmit(command);
            if answer.is_empty() {
                self.card.set_faults(self.later.clone());
                return None;
            }
            Some(answer)
        }

        fn wake(&mut self) -> Result<(), WakeError> {
            self.card.reset();
            Ok(())
        }
    }

    fn seen(card: Card, takes_extended: bool) -> Result<Seen, DeskError> {
        let zone = card.document().mrz_information();
        let plan = Plan::new(Password::from_mrz_information(zone).unwrap());
        let mut slot = Slot { card, takes_extended, later: Faults::default() };
        Desk::new(&mut slot, plan, 5, &mut |_| {}).read()
    }

    fn card(name: &str) -> Card {
        let (_, document) = profile(name).unwrap().issue(&mut Seeded::new([1; 32])).unwrap();
        Card::new(document, [2; 32])
    }

    #[test]
    fn every_profile_proves_what_it_can() {
        for profile in profiles() {
            if matches!(profile.name, "aa-rsa" | "dk-passport") {
                // RSA keys take long to make; the tests of the reader have them.
                continue;
            }
            let seen = seen(card(profile.name), true).unwrap();

            let active = matches!(profile.name, "aa" | "td1" | "td1-long" | "td2" | "td3");
            let agreed = matches!(profile.name, "ca" | "ca-3des" | "ca-dh" | "residence-card");
            let mapped = matches!(profile.name, "pace-cam" | "foreign-id");
            let given = seen.reading.active_authentication.as_ref();
            assert_eq!(
                given.is_some_and(|given| given.outcome.is_ok()),
                active,
                "{}",
                profile.name
            );
            assert_eq!(seen.chip_authentication.is_some(), agreed, "{}", profile.name);
            assert_eq!(seen.pace_cam.is_some(), mapped, "{}", profile.name);
            assert!(seen.apdus >= u64::from(seen.reading.apdus), "{}", profile.name);
            assert_eq!(seen.resumptions, 0);
        }
    }

    #[test]
    fn a_lost_tag_is_waited_for_and_the_reading_goes_on() {
        let faults = Faults { lost_after_bytes: Some(6_000), ..Faults::default() };

        let seen = seen(card("td3").with_faults(faults), true).unwrap();

        assert_eq!((seen.resumptions, seen.reading.sessions), (1, 2));
    }

    #[test]
    fn a_reader_that_takes_no_extended_lengths_reads_all_the_same() {
        let seen = seen(card("td3"), false).unwrap();

        assert_eq!(seen.resumptions, 2);
        assert!(matches!(seen.reading.access, AccessControl::Pace { .. }));
    }

    #[test]
    fn a_second_way_of_chip_authentication_is_tried_in_a_new_session() {
        let group = Group::Curve(chip_sim::Curve::BrainpoolP256r1);
        let spec = DocumentSpec {
            chip_authentication: vec![ChipAuthentication::new(group, Cipher::TripleDes)],
            ..utopian_passport()
        };
        let issuer = profile("ca").unwrap().issue(&mut Seeded::new([5; 32])).unwrap().0;
        let document = issuer.issue(&spec, &mut Seeded::new([6; 32])).unwrap();
        let answer = AgreementAnswer::OnlyGeneralAuthenticate;
        let faults = Faults { agreement_answer: answer, ..Faults::default() };

        let seen = seen(Card::new(document, [7; 32]).with_faults(faults), true).unwrap();

        assert!(seen.chip_authentication.is_some());
        assert_eq!(seen.agreements_failed, 1);
    }
}
