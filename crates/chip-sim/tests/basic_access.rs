//! The `chip` crate's own access control and secure messaging against the card's.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use chip::apdu::{Command, Response};
use chip::bac::{Bac, BacError, BacRandom};
use chip::password::Password;
use chip::secure_messaging::SecureMessaging;
use chip::sod::Sod;
use chip_sim::{Card, Faults, File, ReadLimit, Seeded, SpoiledResponse, profile};

const APPLICATION: [u8; 7] = [0xA0, 0, 0, 2, 0x47, 0x10, 0x01];

fn card(name: &str) -> Card {
    let (_, document) = profile(name).unwrap().issue(&mut Seeded::new([5; 32])).unwrap();
    Card::new(document, [6; 32])
}

fn ask(card: &mut Card, command: &Command) -> Response {
    Response::parse(&card.transmit(&command.encode().unwrap())).unwrap()
}

fn select(card: &mut Card) {
    let command = Command::new(0, 0xA4, 4, 0x0C).with_data(APPLICATION);
    assert!(ask(card, &command).status.is_success());
}

fn open(card: &mut Card, information: &str) -> Result<SecureMessaging, BacError> {
    select(card);
    let password = Password::from_mrz_information(information).unwrap();
    let bac = Bac::new(&password, BacRandom { challenge: [1; 8], key: [2; 16] })?;
    let challenge = ask(card, &Bac::challenge_command());
    let (command, bac) = bac.authenticate(&challenge)?;
    bac.finish(&ask(card, &command))
}

fn read_file(
    card: &mut Card,
    mut session: SecureMessaging,
    file: File,
) -> (Vec<u8>, SecureMessaging) {
    let id = file.id().to_be_bytes();
    let command = Command::new(0, 0xA4, 2, 0x0C).with_data(id);
    let (protected, waiting) = session.protect(&command).unwrap();
    let (answer, after) = waiting.open(&ask(card, &protected)).unwrap();
    assert!(answer.status.is_success());
    session = after;
    let mut content = Vec::new();
    loop {
        let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
        let command = Command::new(0, 0xB0, high, low).expecting(231);
        let (protected, waiting) = session.protect(&command).unwrap();
        let (answer, after) = waiting.open(&ask(card, &protected)).unwrap();
        session = after;
        if answer.data.is_empty() {
            return (content, session);
        }
        content.extend(answer.data);
    }
}

#[test]
fn every_file_comes_out_of_a_bac_session() {
    for name in ["bac", "aa", "ca", "td3"] {
        let mut card = card(name);
        let document = card.document().clone();
        let mut session = open(&mut card, document.mrz_information()).unwrap();
        let files = document
            .files()
            .filter(|(file, _)| matches!(file, File::Com | File::Sod | File::DataGroup(_)));
        let mut sod = None;
        for (file, content) in files {
            let (read, after) = read_file(&mut card, session, file);
            session = after;
            assert_eq!(read, content, "{name} {file:?}");
            if file == File::Sod {
                sod = Some(Sod::from_file(&read).unwrap());
            }
        }
        let sod = sod.unwrap();
        for number in sod.data_groups() {
            assert!(sod.matches(number, document.file(File::DataGroup(number)).unwrap()));
        }
    }
}

#[test]
fn a_wrong_key_is_told_as_one() {
    let mut card = card("bac");
    let wrong = "L898902C<369080619406236";

    let error = open(&mut card, wrong).unwrap_err();

    assert!(matches!(error, BacError::WrongKey { .. }), "{error:?}");
}

#[test]
fn nothing_is_read_before_access_control() {
    let mut card = card("bac");
    select(&mut card);

    let answer = ask(&mut card, &Command::new(0, 0xB0, 0x81, 0).expecting(256));

    assert_eq!(answer.status.0, 0x6982);
}

#[test]
fn a_plain_command_ends_the_session() {
    let mut card = card("bac");
    let information = card.document().mrz_information().to_owned();
    let session = open(&mut card, &information).unwrap();

    let read = Command::new(0, 0xB0, 0x81, 0).expecting(16);
    assert_eq!(ask(&mut card, &read).status.0, 0x6982);

    let (protected, _) = session.protect(&read).unwrap();
    assert_eq!(ask(&mut card, &protected).status.0, 0x6982);
}

#[test]
fn a_changed_command_is_not_carried_out() {
    let mut card = card("bac");
    let information = card.document().mrz_information().to_owned();
    let session = open(&mut card, &information).unwrap();
    let read = Command::new(0, 0xB0, 0x81, 0).expecting(16);
    let (mut protected, _) = session.protect(&read).unwrap();

    protected.p2 = 1;

    assert_eq!(ask(&mut card, &protected).status.0, 0x6988);
}

#[test]
fn every_spoiled_response_is_refused_by_the_reader() {
    use SpoiledResponse::{
        OtherStatusOutside, Plain, PlainStatus, Replayed, WithoutMac, WithoutStatusObject, WrongMac,
    };
    for spoiled in
        [Plain, PlainStatus, WithoutStatusObject, WithoutMac, WrongMac, OtherStatusOutside]
    {
        let faults = Faults { spoiled_from: Some((1, spoiled)), ..Faults::default() };
        let mut card = card("bac").with_faults(faults);
        let information = card.document().mrz_information().to_owned();
        let session = open(&mut card, &information).unwrap();
        let read = Command::new(0, 0xB0, 0x81, 0).expecting(16);
        let (protected, waiting) = session.protect(&read).unwrap();

        assert!(waiting.open(&ask(&mut card, &protected)).is_err(), "{spoiled:?}");
    }
    // The reader reads once, then gets the first answer again.
    let faults = Faults { spoiled_from: Some((2, Replayed)), ..Faults::default() };
    let mut card = card("bac").with_faults(faults);
    let information = card.document().mrz_information().to_owned();
    let session = open(&mut card, &information).unwrap();
    let read = Command::new(0, 0xB0, 0x81, 0).expecting(16);
    let (protected, waiting) = session.protect(&read).unwrap();
    let (_, session) = waiting.open(&ask(&mut card, &protected)).unwrap();
    let (protected, waiting) = session.protect(&read).unwrap();
    assert!(waiting.open(&ask(&mut card, &protected)).is_err());
}

#[test]
fn a_naked_error_leaves_the_counter_where_it_was() {
    let limit = ReadLimit { bytes_max: 128, status: 0x6700, naked: true, ends_session: false };
    let faults = Faults { read_limit: Some(limit), ..Faults::default() };
    let mut card = card("bac").with_faults(faults);
    let information = card.document().mrz_information().to_owned();
    let session = open(&mut card, &information).unwrap();
    let unprotected = session.protect(&Command::new(0, 0xB0, 0x82, 0).expecting(200)).unwrap();
    let answer = ask(&mut card, &unprotected.0);
    assert_eq!((answer.status.0, answer.data.len()), (0x6700, 0));
    let chip::secure_messaging::OpenError::Unprotected { session, .. } =
        unprotected.1.open(&answer).unwrap_err()
    else {
        panic!("the naked error was not told as one");
    };

    let short = Command::new(0, 0xB0, 0x82, 0).expecting(100);
    let (protected, waiting) = session.resume_reading().protect(&short).unwrap();
    let (answer, _) = waiting.open(&ask(&mut card, &protected)).unwrap();

    assert_eq!(answer.data.len(), 100);
}
