//! One person has one open account.

use recovery::id::StaffId;
use recovery::time::Duration;
use service::Failure;
use service::conduct::OwnPerson;
use service::staff::Account;
use std::sync::Arc;
use store::codec::{CodecError, Reader, Stored, Writer};
use store::facade::{Aggregate, Owner};
use store::{Id, Kind};
use testkit::FaultyStore;
use testkit::house::{House, cpr, person_ref};

const FIRST: u128 = 101;
const SECOND: u128 = 102;

async fn taken(house: &House, id: u128, person: &str) -> Result<(), Failure> {
    house.take_person(id, Some(person), None).await
}

fn refused(outcome: Result<(), Failure>) -> String {
    outcome.unwrap_err().to_string()
}

#[tokio::test]
async fn one_person_has_one_account_however_the_id_is_written() {
    let house = House::new().await;
    let digits = cpr(8).digits().to_owned();
    let hyphenated = format!("{}-{}", &digits[..6], &digits[6..]);
    taken(&house, FIRST, &digits).await.unwrap();

    for spelling in [digits.clone(), hyphenated.clone(), format!(" {digits} ")] {
        let again = taken(&house, SECOND, &spelling).await;
        assert_eq!(refused(again), "refused: staff-person-of-another", "{spelling:?}");
        taken(&house, FIRST, &spelling).await.unwrap();
    }

    taken(&house, FIRST, cpr(9).digits()).await.unwrap();
    taken(&house, SECOND, &hyphenated).await.expect("the first account carries another person now");
    house.employ(SECOND, None, Some(&[])).await;
    taken(&house, FIRST, &digits).await.expect("the second carries a declared list now");
}

#[tokio::test]
async fn the_operators_id_and_the_national_number_of_one_person_are_one() {
    let house = House::new().await;
    house.enrolled(8, Duration::from_days(30)).await;
    let (number, id) = (cpr(8).digits().to_owned(), person_ref(8).as_str().to_owned());

    for (first, second) in [(&number, &id), (&id, &number)] {
        taken(&house, FIRST, first).await.unwrap();
        assert_eq!(
            refused(taken(&house, SECOND, second).await),
            "refused: staff-person-of-another"
        );
    }
}

#[tokio::test]
async fn two_accounts_that_take_one_person_at_once_do_not_both_get_them() {
    let house = House::new().await;
    let own = OwnPerson::read(Some(cpr(8).digits()), None).unwrap();
    for id in [FIRST, SECOND] {
        house.rows().save(&Account::new(StaffId(id), "Anna".to_owned(), Vec::new())).await;
    }
    let store = Arc::new(FaultyStore::new(house.service.parts().store.clone()));
    let first = house.served_with(|parts| parts.store = store.clone());
    let (second, theirs) = (house.service.clone(), own.clone());
    store.before_the_next_commit(async move {
        second.set_staff_person(StaffId(SECOND), &theirs).await.unwrap();
    });

    let outcome = first.set_staff_person(StaffId(FIRST), &own).await;

    assert_eq!(refused(outcome), "refused: staff-person-of-another", "the second was there first");
}

/// A row as it was before one person had one account.
struct OfEarlierVersion {
    id: Id,
    person: String,
}

impl Aggregate for OfEarlierVersion {
    const KIND: Kind = store::kinds::STAFF_PERSON;

    fn id(&self) -> Id {
        self.id
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }
}

impl Stored for OfEarlierVersion {
    fn store(&self, w: &mut Writer) {
        w.u128(self.id.0);
        w.option(Some(&self.person), |w, person| w.str(person));
        w.bool(false);
        w.bool(false);
    }

    fn restore(_: &mut Reader<'_>, _: &'static str) -> Result<Self, CodecError> {
        unreachable!("it is written alone")
    }
}

#[tokio::test]
async fn an_account_of_an_earlier_version_is_compared_once_it_says_its_person_again() {
    let house = House::new().await;
    let old = OfEarlierVersion { id: Id(FIRST), person: cpr(8).digits().to_owned() };
    house.rows().save(&old).await;

    taken(&house, FIRST, cpr(8).digits()).await.unwrap();

    let second = taken(&house, SECOND, cpr(8).digits()).await;
    assert_eq!(refused(second), "refused: staff-person-of-another");
    let entries = house.journal_of_service().await;
    let said = entries.iter().filter(|it| it.code == "staff-person-taken").count();
    taken(&house, FIRST, cpr(8).digits()).await.unwrap();
    let entries = house.journal_of_service().await;
    assert_eq!(entries.iter().filter(|it| it.code == "staff-person-taken").count(), said);
}
