//! Erasure and retention on SQLite, as `docs/retention.md` promises them.

use crate::phone_call::{code_called_for, sent_to};
use recovery::case::{Closed, Stage};
use recovery::id::{CaseId, PCodeId, PersonId};
use recovery::p_code::PCode;
use recovery::person::ChannelKind;
use recovery::route::RefusalReason;
use recovery::sensitive::{KeyedHash, Sensitive};
use recovery::time::Duration;
use service::caller::{App, Operator};
use service::enrolment::{Enrol, NewChannel, TypedActivation};
use service::erasure::Named;
use service::phone_call::CallStep;
use service::{Service, journal};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::case::StoredCase;
use store::facade::{self, Owner};
use store::p_code::StoredPCode;
use store::{Id, Kind, Store, SubjectId, Transaction, person_key, sequencer};
use store_sqlite::Sqlite;
use tempfile::TempDir;
use testkit::house::{Device, House, NOW, cpr};

/// A house whose rows lie in a file.
struct OnDisk {
    house: House,
    store: Arc<Sqlite>,
    folder: TempDir,
}

fn opened(path: &Path) -> Arc<Sqlite> {
    Sqlite::migrate(path).unwrap();
    Arc::new(Sqlite::open(path).unwrap())
}

impl OnDisk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = opened(&folder.path().join("genvej.sqlite"));
        let moved = Arc::clone(&store);
        let house = House::empty(|parts| parts).moved_to(|parts| parts.store = moved);
        Self { house, store, folder }
    }

    fn service(&self) -> &Service {
        &self.house.service
    }

    async fn operator(&self, key: &str) -> Operator {
        self.house.operator(key).await
    }

    /// Person 1 of the register with a number, and an app.
    async fn enrolled(&self, key: &str) -> App {
        let since = NOW.minus(Duration::from_days(300));
        let enrol = Enrol {
            person: "person-1".to_owned(),
            national_number: Some(cpr(1).digits().to_owned()),
            channels: vec![NewChannel {
                kind: ChannelKind::Phone,
                address: Sensitive::new("+4520123456".to_owned()),
                changed_at: since,
                confirmed_at: since,
                sim_changed_at: None,
            }],
            language: "da".to_owned(),
        };
        let offered = self.service().enrol(&self.operator(key).await, &enrol).await.unwrap();
        let phone = Device::new(u8::try_from(key.len()).unwrap());
        let offer = offered.id.offer_text();
        let typed = TypedActivation {
            offer: &offer,
            code: &offered.code,
            device_name: "Min telefon",
            language: "da",
        };
        let signed = phone.new_key(self.service()).await;
        let activated = self.service().activate(&signed, typed).await.unwrap();
        let app = phone.app(self.service(), activated.instance, &format!("app-{key}")).await;
        self.choose_pin(&app, activated.grant.id).await;
        app
    }

    async fn choose_pin(&self, app: &App, grant: recovery::id::GrantId) {
        let mut random = |bytes: &mut [u8]| self.service().parts().random.fill(bytes);
        let stretch = pin::Stretch::new(8, 1).unwrap();
        let holder = pin::Holder(b"an app");
        let pin = pin::Pin::parse("402916").unwrap();
        let registration = pin::Registration::start(pin, &mut random).unwrap();
        let request = *registration.request();
        let answer = self.service().registration_start(app, grant, &request).await.unwrap();
        let record = registration.finish(&answer, holder, &stretch, &mut random).unwrap();
        self.service().registration_finish(app, grant, &record).await.unwrap();
    }

    /// Everything of theirs that this service can hold: a case, codes, a sign-in, replies, messages under way.
    async fn lived(&self) -> App {
        let app = self.enrolled("first").await;
        let begun = self.service().start_chip_face(&app, 1, false).await.unwrap();
        let card = chip_sim::profile("residence-card").unwrap();
        let (_, card) = card.issue(&mut chip_sim::Seeded::new([3; 32])).unwrap();
        let keys = card.file(chip_sim::File::DataGroup(14)).unwrap();
        self.service().agree_with_chip(&app, begun.case, &[4; 16], keys, 0).await.unwrap();
        // One from before the person had a national number.
        let (id, hash) = (PCodeId(8), KeyedHash([8; 32]));
        let now = self.service().now().await.unwrap();
        let p_code = PCode::issue(id, app.person(), hash, now).next;
        self.house.rows().save(&StoredPCode { p_code, code: hash }).await;
        let number = "209800123";
        let recorded = self.operator("d").await;
        self.service().record_foreign_document(&recorded, "person-1", "SWE", number).await.unwrap();
        self.service()
            .request_sign_in(&self.operator("s").await, "person-1", "Banken")
            .await
            .unwrap();
        let call = code_called_for(&self.house, 1).await;
        assert_eq!(call.step, CallStep::Sent);
        app
    }

    async fn named(&self, service: &Service) -> Option<PersonId> {
        let number = cpr(1);
        let by_number = service.person_named(Named::NationalNumber(number.digits())).await.unwrap();
        let by_id = service.person_named(Named::OperatorId("person-1")).await.unwrap();
        assert_eq!(by_number, by_id);
        by_number
    }

    /// Rows that belong to this person, by kind.
    async fn rows_of(&self, person: PersonId) -> Vec<u16> {
        let mut kinds = Vec::new();
        // 1 and 2 are the store's own: keys and leases.
        for code in 3..200 {
            // Used nonces are nobody's and hold nothing.
            if code == store::kinds::USED_NONCE.code() {
                continue;
            }
            let kind = Kind::new(code, "any");
            for row in self.store.scan(kind, None, 10_000).await.unwrap() {
                if facade::owner(&row).unwrap() == Owner::Person(person) {
                    kinds.push(code);
                }
            }
        }
        kinds
    }

    async fn count(&self, kind: Kind) -> usize {
        let rows = self.store.scan(kind, None, 10_000).await.unwrap();
        rows.iter().filter(|row| !has_ended(row)).count()
    }

    /// Rows of a kind that ended before their time.
    async fn count_ended(&self, kind: Kind) -> usize {
        self.store
            .scan(kind, None, 10_000)
            .await
            .unwrap()
            .iter()
            .filter(|row| has_ended(row))
            .count()
    }

    fn pass(&self, span: Duration) {
        let day = Duration::from_days(1).as_millis();
        let millis = span.as_millis();
        (0..millis / day).for_each(|_| self.house.clock.advance_ms(86_400_000));
        self.house.clock.advance_ms(u32::try_from(millis % day).unwrap());
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

#[tokio::test]
async fn an_erased_person_leaves_nothing_that_opens_and_a_journal_that_verifies() {
    let disk = OnDisk::new();
    let app = disk.lived().await;
    let person = disk.named(disk.service()).await.unwrap();
    assert_eq!(person, app.person());
    let mut kinds = disk.rows_of(person).await;
    kinds.dedup();
    assert!(kinds.len() >= 9, "the test leaves rows of many kinds: {kinds:?}");
    let keys = &disk.service().parts().keys;
    let key = person_key::load(&*disk.store, keys, Id(person.0)).await.unwrap();
    let SubjectId(random) = key.unwrap().0.subject;
    assert_ne!(random, person.0, "the journal has a name of its own for a person");
    let subject = SubjectId(random);
    let counters = [
        store::kinds::INSTANCE,
        store::kinds::PERSON,
        store::kinds::CASE,
        store::kinds::TEMPORARY_PIN,
        store::kinds::P_CODE,
        store::kinds::ENROLMENT,
        store::kinds::GRANT,
    ];

    assert!(disk.service().erase_person(person).await.unwrap());

    assert_eq!(disk.rows_of(person).await, [] as [u16; 0]);
    for kind in counters {
        assert!(disk.count_ended(kind).await > 0, "{kind} ends by a tombstone, never by deletion");
    }
    assert_eq!(disk.named(disk.service()).await, None);
    assert!(disk.store.load(store::kinds::PERSON_KEY, Id(person.0)).await.unwrap().is_none());
    assert_eq!(disk.service().run_outbox().await.unwrap().done, 0, "nothing more is sent");
    let about = disk.store.journal_about(subject, 1_000).await.unwrap();
    assert!(about.len() > 5, "the journal keeps its rows: {}", about.len());
    let readable: Vec<String> = about
        .iter()
        .filter_map(|it| journal::open_of_service(&disk.service().parts().keys, &it.row).ok())
        .map(|entry| entry.code)
        .collect();
    assert_eq!(readable, ["person-erased"]);
    sequencer::extend(&*disk.store, 10_000).await.unwrap();
    let chain = sequencer::verify(&*disk.store, None).await.unwrap();
    assert!(chain.size >= u64::try_from(about.len()).unwrap());
    assert!(!disk.service().erase_person(person).await.unwrap(), "twice is not an error");
}

#[tokio::test]
async fn every_kind_that_a_person_s_row_can_have_is_purged() {
    let disk = OnDisk::new();
    let app = disk.lived().await;
    let (_, key) = person_key::load(&*disk.store, &disk.service().parts().keys, Id(app.person().0))
        .await
        .unwrap()
        .unwrap();
    let now = disk.service().now().await.unwrap();
    let gone = Transaction::new(now).delete(store::kinds::PERSON_KEY, Id(app.person().0), key);
    disk.store.commit(gone).await.unwrap();
    assert!(!disk.rows_of(app.person()).await.is_empty());

    disk.service().purge().await.unwrap();

    assert_eq!(disk.rows_of(app.person()).await, [] as [u16; 0]);
}

#[tokio::test]
async fn a_restored_backup_knows_the_person_until_the_erasure_is_replayed() {
    let disk = OnDisk::new();
    let app = disk.lived().await;
    disk.store.empty_log().await.unwrap();
    std::fs::copy(disk.path("genvej.sqlite"), disk.path("backup.sqlite")).unwrap();
    disk.service().erase_person(app.person()).await.unwrap();

    let backup = opened(&disk.path("backup.sqlite"));
    let restored = disk.house.served_with(|parts| parts.store = backup);
    assert_eq!(disk.named(&restored).await, Some(app.person()));
    assert!(restored.erase_person(app.person()).await.unwrap());

    assert_eq!(disk.named(&restored).await, None);
}

#[tokio::test]
async fn nobody_is_erased_in_order_to_begin_anew() {
    let disk = OnDisk::new();
    let app = disk.enrolled("first").await;
    for _ in 0..3 {
        assert_eq!(sent_to(&disk.house, 1).await.0.step, CallStep::Sent);
    }
    disk.service().erase_person(app.person()).await.unwrap();

    let back = disk.enrolled("second").await;

    assert_ne!(back.person(), app.person());
    let (call, _) = sent_to(&disk.house, 1).await;
    assert_eq!(call.step, CallStep::NotPossible);
    let case = disk.house.rows().load::<StoredCase>(Id(call.id.0)).await.unwrap().case;
    let Stage::Closed(Closed::Refused { reason, .. }) = case.stage else { panic!("{case:?}") };
    assert_eq!(reason, RefusalReason::IssueCapReached);
    assert_eq!(disk.count(store::kinds::TOMBSTONE).await, 0, "it is used up");
}

#[tokio::test]
async fn a_tombstone_goes_after_30_days() {
    let disk = OnDisk::new();
    let app = disk.enrolled("first").await;
    disk.service().erase_person(app.person()).await.unwrap();

    disk.pass(Duration::from_days(30).minus_a_millisecond());
    disk.service().sweep().await.unwrap();
    assert_eq!(disk.count(store::kinds::TOMBSTONE).await, 1);
    disk.pass(Duration::from_millis(1));
    disk.service().sweep().await.unwrap();

    assert_eq!(disk.count(store::kinds::TOMBSTONE).await, 0);
}

/// A document without proof of presence buys one recovery in 365 days, whoever is erased in between.
#[tokio::test]
async fn the_tombstone_of_a_document_without_presence_stays_365_days() {
    let disk = OnDisk::new();
    let app = disk.enrolled("first").await;
    let document = KeyedHash([7; 32]);
    let past = recovery::person::PastRecovery {
        case: CaseId(9),
        route: recovery::route::Route::ChipFace,
        at: NOW,
        without_presence: Some(document),
    };
    disk.house.change_person(app.person(), |it| it.recoveries.push(past)).await;
    disk.service().erase_person(app.person()).await.unwrap();

    disk.pass(Duration::from_days(200));
    disk.service().sweep().await.unwrap();
    let back = disk.enrolled("second").await;

    let person = disk.house.person(back.person()).await;
    assert_eq!(person.recoveries.len(), 1, "the document is remembered");
    assert_eq!(person.recoveries[0].without_presence, Some(document));
    disk.service().erase_person(back.person()).await.unwrap();
    disk.pass(Duration::from_days(165).minus_a_millisecond());
    disk.service().sweep().await.unwrap();
    assert_eq!(disk.count(store::kinds::TOMBSTONE).await, 1);
    disk.pass(Duration::from_millis(1));
    disk.service().sweep().await.unwrap();
    assert_eq!(disk.count(store::kinds::TOMBSTONE).await, 0);
}

#[tokio::test]
async fn rows_go_when_the_table_of_retention_says_so() {
    let disk = OnDisk::new();
    disk.lived().await;
    let hours = |hours| Duration::from_hours(hours);
    // Kind, how many there are, and after how long the last of them is gone; in the order of time.
    let table = [
        (store::kinds::SIGN_IN, 1, hours(24)),
        (store::kinds::REPLY, 2, hours(24)),
        (store::kinds::GRANT, 1, hours(48)),
        (store::kinds::ENROLMENT, 1, hours(72)),
        (store::kinds::P_CODE, 1, hours(61 * 24)),
    ];
    for (kind, count, _) in &table {
        assert!(disk.count(*kind).await >= *count, "{kind} at the beginning");
    }
    let mut passed = Duration::ZERO;
    for (kind, _, after) in table {
        disk.pass(Duration::from_millis(after.as_millis() - passed.as_millis()));
        passed = after;

        disk.service().sweep().await.unwrap();

        assert_eq!(disk.count(kind).await, 0, "{kind} after {after:?}");
    }
    disk.service().sweep().await.unwrap();
    assert_eq!(disk.rows_of(PersonId(0)).await, [] as [u16; 0]);
}

#[tokio::test]
async fn a_removed_channel_is_forgotten_after_30_days() {
    let disk = OnDisk::new();
    let app = disk.enrolled("first").await;
    disk.service().set_channels(&disk.operator("c").await, "person-1", &[]).await.unwrap();
    let channels = async || disk.house.person(app.person()).await.channels.len();

    disk.pass(Duration::from_days(30).minus_a_millisecond());
    disk.service().sweep().await.unwrap();
    assert_eq!(channels().await, 1, "notices still go there");
    disk.pass(Duration::from_millis(1));
    disk.service().sweep().await.unwrap();

    assert_eq!(channels().await, 0);
}

#[tokio::test]
async fn what_is_due_of_an_erased_person_does_not_stand_in_the_way() {
    let disk = OnDisk::new();
    let app = disk.lived().await;
    let (_, key) = person_key::load(&*disk.store, &disk.service().parts().keys, Id(app.person().0))
        .await
        .unwrap()
        .unwrap();
    let now = disk.service().now().await.unwrap();
    let gone = Transaction::new(now).delete(store::kinds::PERSON_KEY, Id(app.person().0), key);
    disk.store.commit(gone).await.unwrap();
    disk.pass(Duration::from_hours(2));

    disk.service().sweep().await.unwrap();

    let now = disk.service().now().await.unwrap();
    for kind in [store::kinds::CASE, store::kinds::TEMPORARY_PIN] {
        assert!(disk.store.due(kind, now, 10).await.unwrap().is_empty(), "{kind}");
    }
}

fn has_ended(row: &store::Row) -> bool {
    // Some rows are not sealed, such as used nonces; they have no owner.
    facade::owner(row).is_ok_and(|owner| owner == Owner::Ended)
}

trait JustBefore {
    fn minus_a_millisecond(self) -> Self;
}

impl JustBefore for Duration {
    fn minus_a_millisecond(self) -> Self {
        Self::from_millis(self.as_millis() - 1)
    }
}
