//! The phone's slot on a real pcscd with vsmartcard's virtual reader: cards come and go, and the service too.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::thread;
use std::time::Duration;

use chip::password::Password;
use chip::reader::{Plan, Reader, Reading, Resume, Retry, Step};
use chip_sim::{
    Card, Document, Faults, File, Random, ReadLimit, Seeded, VirtualReader, profile,
    with_virtual_reader,
};
use phone::{CardSlot, DeskReader, NoCard};

#[test]
fn cards_and_the_service_come_and_go_and_a_document_is_read_whole() {
    let name = "cards_and_the_service_come_and_go_and_a_document_is_read_whole";
    with_virtual_reader(name, play).unwrap_or_else(|error| panic!("{error}"));
}

fn play(reader: &mut VirtualReader) {
    let mut slot = DeskReader::named("vpcd").unwrap();
    assert!(slot.has_reader());
    assert!(!slot.is_present());
    assert_eq!(slot.connect().err(), Some(NoCard::Nothing));
    assert!(!DeskReader::named("omnikey").unwrap().has_reader(), "another reader is meant");
    assert!(DeskReader::named("").unwrap().has_reader(), "the first that there is");

    // A chip that leaves the field again and again is read on where it stopped.
    let document = passport();
    let limit = ReadLimit { bytes_max: 1_000, status: 0x6700, naked: false, ends_session: false };
    let faults =
        Faults { lost_after_bytes: Some(6_000), read_limit: Some(limit), ..Faults::default() };
    reader.insert(0, Card::new(document.clone(), [3; 32]).with_faults(faults));
    let (reading, contacts) = read(&mut slot, &document);
    assert!(contacts > 1, "{contacts}");
    assert_whole(&reading, &document);

    // Taken away in the middle of a contact, and put back.
    reader.remove(0);
    until("the card is gone", || !slot.is_present());
    reader.insert(0, Card::new(document.clone(), [4; 32]));
    until("the card is seen", || slot.is_present());
    let mut card = slot.connect().unwrap();
    let select = [0, 0xA4, 4, 0x0C, 7, 0xA0, 0, 0, 2, 0x47, 0x10, 1];
    assert_eq!(card.transmit(&select).unwrap().as_slice(), [0x90, 0x00]);
    assert!(slot.is_present(), "asked during a contact");
    reader.remove(0);
    assert!(card.transmit(&select).is_err());
    assert!(card.transmit(&select).is_err(), "what broke does not come back");
    drop(card);
    until("the card is gone", || !slot.is_present());
    assert_eq!(slot.connect().err(), Some(NoCard::Nothing));
    reader.insert(0, Card::new(document.clone(), [5; 32]));
    let (reading, contacts) = read(&mut slot, &document);
    assert_eq!(contacts, 1);
    assert_whole(&reading, &document);

    // The service is stopped and started again.
    reader.stop();
    until("the service is gone", || !slot.has_reader());
    assert!(!slot.is_present());
    assert_eq!(slot.connect().err(), Some(NoCard::NoReader));
    reader.start_daemon().unwrap();
    until("the reader is back", || slot.has_reader());
    let (reading, _) = read(&mut slot, &document);
    assert_whole(&reading, &document);
}

fn passport() -> Document {
    let (_, document) = profile("td3").unwrap().issue(&mut Seeded::new([1; 32])).unwrap();
    document
}

fn until(what: &str, mut is: impl FnMut() -> bool) {
    for _ in 0..200 {
        if is() {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("not within 10 s: {what}");
}

/// Reads as the app does: a contact, and where it breaks another one that goes on there.
fn read(slot: &mut DeskReader, document: &Document) -> (Reading, u32) {
    let password = Password::from_mrz_information(document.mrz_information()).unwrap();
    let mut resume: Option<Resume> = None;
    for contact in 1..=20 {
        let mut card = None;
        until("a chip answers", || {
            card = slot.connect().ok();
            card.is_some()
        });
        let mut card = card.unwrap();
        let mut random = Seeded::new([u8::try_from(contact).unwrap(); 32]);
        let random = Box::new(move |octets: &mut [u8]| random.fill(octets));
        let mut step = Reader::begin(Plan::new(password.clone()), random, resume.take());
        let failure = loop {
            step = match step {
                Step::Send(awaiting) => match card.transmit(awaiting.command()) {
                    Ok(answer) => awaiting.answer(answer.to_vec()),
                    Err(_) => break awaiting.tag_lost(),
                },
                Step::AccessGranted(granted) => granted.go_on(Some([7; 8])),
                Step::Done(done) => return (done.reading, contact),
                Step::Failed(failure) => break failure,
            };
        };
        assert_eq!(failure.error.retry(), Retry::HoldAgain, "{}", failure.error);
        resume = Some(failure.resume);
    }
    panic!("not read in twenty contacts");
}

fn assert_whole(reading: &Reading, document: &Document) {
    for (file, of_chip) in [
        (File::DataGroup(1), chip::lds::file::FileId::DG1),
        (File::DataGroup(2), chip::lds::file::FileId::DG2),
        (File::Sod, chip::lds::file::FileId::Sod),
    ] {
        let read = reading.files.get(&of_chip).map(|bytes| bytes.as_slice());
        assert_eq!(read, document.file(file));
    }
    let proven = reading.active_authentication.as_ref().map(|given| given.outcome.is_ok());
    assert_eq!(proven, Some(true));
}
