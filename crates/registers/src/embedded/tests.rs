use jiff::civil::date;

use super::*;
use crate::{DocumentStatus, FactKind, Facts, import::population};

const POPULATION: &str = "\
person,row,from,until,registered,v1,v2,v3,v4,v5,v6,v7
p1,person,2020-01-01,,,01,K,1980-05-06,DNK,,,
p1,number,,,,660580-1234,,,,,,
p1,number,,2001-02-03,,660580-1238,,,,,,
p1,name,2010-06-01,,,Anne Marie,,Holm,,,,
p1,name,1980-05-06,2010-06-01,,Anne Marie,Skov,Dam,,,,
p1,address,2020-03-01,,,0101,Elmevej,0012a,02,TV,2300,København S
p1,address,2000-01-01,2020-03-01,,0751,Birkevej,7,,,8000,Aarhus C
p1,birthplace,,,,0461,\"Sankt Knuds, Odense\",,,,,
p1,mother,1980-05-06,,,1955-01-02,620155-0002,Karen Dam,,,,
p1,child,,,,,610111-5004,,,,,
p1,civil,2010-06-01,,,G,640479-0003,,,,,
p2,person,2026-11-01,,,20,M,1999-09-09,D,,,
";

const DOCUMENTS: &str = "\
person;kind;state;number;issued;expires;carries_cpr;standing;standing_since
p1;passport;DNK;123456789;2020-01-01;2030-01-01;yes;in-force;
p1;driving-licence;DNK;12345678;2010-01-01;2026-11-22;yes;in-force;
p1;health-card;DNK;12345678;;;yes;in-force;
p2;passport;D<<;C01X00T47;2020-01-01;2030-01-01;no;stolen;2026-10-01
";

fn tables() -> Tables {
    let people = population::read(POPULATION.as_bytes()).unwrap();
    let documents = crate::import::documents::read(DOCUMENTS.as_bytes()).unwrap();
    Tables::new(people, documents, Places::built_in(), Freshness::Live).unwrap()
}

fn number(text: &str) -> DocumentNumber {
    DocumentNumber::parse(text).unwrap()
}

#[tokio::test]
async fn an_earlier_number_still_finds_the_person() {
    let registers = EmbeddedRegisters::new(tables());

    for text in ["660580-1234", "6605801238"] {
        let found = registers.person_by_cpr(&Cpr::parse(text).unwrap()).await.unwrap().unwrap();
        assert_eq!(found.person.as_str(), "p1");
    }
    let unknown = Cpr::parse("610170-0001").unwrap();
    assert_eq!(registers.person_by_cpr(&unknown).await.unwrap(), None);
}

#[tokio::test]
async fn passport_and_licence_registers_hold_what_they_are_called() {
    let registers = EmbeddedRegisters::new(tables());
    let germany = IssuingState::parse("D").unwrap();

    let holder = registers.passport_holder(germany, &number("c01x00t47")).await.unwrap();
    assert_eq!(holder.unwrap().as_str(), "p2");
    let elsewhere = registers.passport_holder(IssuingState::DENMARK, &number("C01X00T47")).await;
    assert_eq!(elsewhere.unwrap(), None);
    let licence = registers.licence_holder(&number("12345678")).await.unwrap();
    assert_eq!(licence.unwrap().as_str(), "p1");
    assert_eq!(registers.licence_holder(&number("123456789")).await.unwrap(), None);
    let wrong_kind = registers.passport_holder(IssuingState::DENMARK, &number("12345678")).await;
    assert_eq!(wrong_kind.unwrap(), None);
}

#[tokio::test]
async fn the_status_of_a_document_turns_at_midnight_in_denmark() {
    let registers = EmbeddedRegisters::new(tables());
    let status = async |now: &str| {
        let now: Timestamp = now.parse().unwrap();
        let kind = DocumentKind::DrivingLicence;
        let number = number("12345678");
        let answer = registers.document_status(kind, IssuingState::DENMARK, &number, now);
        answer.await.unwrap().unwrap()
    };

    let before = status("2026-11-22T22:59:59Z").await;
    let after = status("2026-11-22T23:00:00Z").await;

    assert_eq!(before.status, DocumentStatus::Valid);
    assert_eq!(after.status, DocumentStatus::Expired);
    assert_eq!(after.as_of, "2026-11-22T23:00:00Z".parse().unwrap());
}

#[tokio::test]
async fn a_loaded_table_answers_as_of_its_making() {
    let made: Timestamp = "2026-11-20T04:00:00Z".parse().unwrap();
    let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
    let documents = crate::import::documents::read(DOCUMENTS.as_bytes()).unwrap();
    let freshness = Freshness::AsOf(made);
    let tables = Tables::new(Vec::new(), documents, Places::built_in(), freshness).unwrap();
    let registers = EmbeddedRegisters::new(tables);
    let germany = IssuingState::parse("D").unwrap();

    let kind = DocumentKind::Passport;
    let answer = registers.document_status(kind, germany, &number("C01X00T47"), now).await;
    let unknown = registers.document_status(kind, germany, &number("X"), now).await;

    let stolen = StatusAnswer { status: DocumentStatus::Stolen, as_of: made };
    assert_eq!(answer.unwrap(), Some(stolen));
    assert_eq!(unknown.unwrap(), None);
}

#[test]
fn the_folder_gives_back_what_was_saved() {
    let folder = tempfile::tempdir().unwrap();
    let centres = crate::import::centres::read(
        "centre,name,municipality,street,postcode,town,latitude,longitude,zone,desks,hours\n\
         nuuk,Nuuk,956,Vej 1,3900,Nuuk,64.18,-51.72,America/Nuuk,2,thu 13:00-18:00 mon 10:00-15:00\n"
            .as_bytes(),
    );
    let tables = tables().with_centres(centres.unwrap());

    tables.save(folder.path()).unwrap();
    let again = Tables::load(folder.path(), Freshness::Live).unwrap();

    assert_eq!(again.people(), tables.people());
    assert_eq!(again.documents(), tables.documents());
    assert_eq!(again.centres(), tables.centres());
    assert_eq!(again.centres()[0].hours[0].day, crate::Weekday::Monday);
    assert_eq!(again.centres()[0].zone_name(), "America/Nuuk");
}

#[test]
fn a_number_of_two_people_is_refused() {
    let mut people = population::read(POPULATION.as_bytes()).unwrap();
    let old = people[0].former_numbers[0].cpr.clone();
    people[1].cpr = Some(old);

    let refused = Tables::new(people, Vec::new(), Places::built_in(), Freshness::Live);

    assert_eq!(refused.unwrap_err(), TablesError::NumberTwice { first: 0, second: 1 });
}

#[test]
fn a_backdated_change_is_as_young_as_the_file_that_brought_it() {
    let seen_on = date(2026, 11, 22);
    let poisoned = POPULATION.replace(
        "p1,address,2000-01-01,2020-03-01,,0751,Birkevej,7",
        "p1,address,2000-01-01,2020-03-01,,0751,Attackervej,7",
    );

    let before = tables();
    let people = population::read(poisoned.as_bytes()).unwrap();
    let after = before.with_population(people, seen_on).unwrap();

    let person = after.person(&PersonRef::parse("p1").unwrap()).unwrap();
    let facts = Facts::of(person, after.places());
    let changed = |kind| facts.of_kind(kind).next().unwrap().changed_on;
    assert_eq!(changed(FactKind::FormerAddress), Some(seen_on));
    assert_eq!(changed(FactKind::MonthOfMovingIn), Some(date(2020, 3, 1)));
    assert_eq!(changed(FactKind::MotherBirthDate), Some(date(1980, 5, 6)));
}

#[test]
fn somebody_who_was_not_there_before_is_new_as_a_whole() {
    let seen_on = date(2026, 11, 22);
    let newcomer = POPULATION.replace("p1,", "p9,").replace("660580", "670580");
    let people = population::read(newcomer.as_bytes()).unwrap();

    let after = tables().with_population(people, seen_on).unwrap();

    let person = after.person(&PersonRef::parse("p9").unwrap()).unwrap();
    let facts = Facts::of(person, after.places());
    assert!(facts.0.iter().all(|fact| fact.changed_on == Some(seen_on)));
    assert!(!facts.0.is_empty());
}

#[test]
fn a_changed_national_number_is_the_same_person() {
    let renumbered = POPULATION.replace("p1,", "p7,");
    let people = population::read(renumbered.as_bytes()).unwrap();

    let after = tables().with_population(people, date(2026, 11, 22)).unwrap();

    let person = after.person(&PersonRef::parse("p7").unwrap()).unwrap();
    assert_eq!(person.registered, None);
}

#[test]
fn nothing_personal_is_in_debug() {
    let text = format!("{:?}", tables());

    for planted in ["Anne", "Holm", "Elmevej", "660580", "123456789", "C01X00T47"] {
        assert!(!text.contains(planted), "{planted}");
    }
}
