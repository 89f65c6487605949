//! Reads a document on a reader of this machine. Every key is held here, so that what the chip proves counts as it does on
//! the server.

use super::tag::{Tag, WakeError};
use std::sync::Arc;

use chip::reader::{Limits, Plan, Progress, Proven, ProvingReader, Randoms, ReadError, Turn};
use server::system::SystemRandom;
use service::Random as _;

/// Why a document was not read.
#[derive(Debug, thiserror::Error)]
pub(super) enum DeskError {
    #[error("the document was not read")]
    Reading(#[source] ReadError),
    #[error("the document was not read")]
    Wake(#[source] WakeError),
}

/// Reads the whole document and lets the chip prove everything that it can.
pub(super) fn read(
    tag: &mut dyn Tag,
    plan: Plan,
    limits: Limits,
    watch: &mut dyn FnMut(Progress),
) -> Result<Proven, DeskError> {
    let randoms: Randoms = Arc::new(|octets: &mut [u8]| SystemRandom.fill(octets));
    let mut turn = ProvingReader::begin(plan, randoms, limits);
    loop {
        turn = match turn {
            Turn::Send(waiting) => {
                watch(waiting.progress());
                if waiting.begins_session() {
                    tag.wake().map_err(DeskError::Wake)?;
                }
                // One command a turn: nothing is sent ahead over a reader's cable.
                let answers: Option<Vec<Vec<u8>>> =
                    waiting.commands().iter().map(|command| tag.transmit(command)).collect();
                match answers {
                    Some(answers) => waiting.answers(answers),
                    None => waiting.lost(),
                }
            }
            Turn::Done(proven) => return Ok(*proven),
            Turn::Failed(error) => return Err(DeskError::Reading(error)),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::super::tag::{Tag, WakeError};
    use super::{DeskError, read};
    use chip::password::Password;
    use chip::reader::{AccessControl, Limits, Plan, Proven};
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

    fn seen(card: Card, takes_extended: bool) -> Result<Proven, DeskError> {
        let zone = card.document().mrz_information();
        let plan = Plan::new(Password::from_mrz_information(zone).unwrap());
        let mut slot = Slot { card, takes_extended, later: Faults::default() };
        read(&mut slot, plan, Limits { resumptions_max: 5 }, &mut |_| {})
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
