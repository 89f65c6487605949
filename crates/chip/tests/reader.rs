//! Whole readings of simulated cards: every profile, resumed, batched, limited.

mod on_a_card;

use chip::lds::file::FileId;
use chip::lds::security_info::Mapping;
use chip::reader::{AccessControl, Offers, Plan};
use chip_sim::{Faults, File, profiles};
use on_a_card::{Outcome, card, file_of, plan, read};

#[test]
fn every_profile_is_read_whole_and_byte_for_byte() {
    for profile in profiles() {
        let mut card = card(profile.name);
        let plan = plan(&card);

        let Outcome::Read(reading) = read(&mut card, plan) else { panic!("{}", profile.name) };

        for (file, content) in card.document().files() {
            let Some(file) = file_of(file) else { continue };
            let wanted = match file {
                FileId::DataGroup(group) => Plan::new(on_a_card::can()).data_groups.contains(&group),
                FileId::Com | FileId::Sod | FileId::CardAccess => true,
                FileId::CardSecurity | FileId::AtrInfo | FileId::Dir => false,
            };
            if wanted {
                let read = reading.files.get(&file).map(Vec::as_slice);
                assert_eq!(read, Some(content), "{} {file}", profile.name);
            }
        }
        println!(
            "{:24} {:?} {} apdus {} bytes",
            profile.name, reading.offers, reading.apdus, reading.bytes
        );
        assert_eq!(reading.sessions, 1, "{}", profile.name);
    }
}
