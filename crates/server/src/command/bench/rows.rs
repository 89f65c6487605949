//! Measures how soon a server is ready over a database of many rows: none of them may have to be read first (PROTOCOLS.md
//! section 14a).

use super::app::{App, Line, random};
use super::house::{House, direct};
use super::{Figure, step};
use crate::command::{Failed, block_on};
use recovery::caller_limits::AgentLimit;
use recovery::id::StaffId;
use recovery::policy::{Policy, Profile};
use recovery::time::{Instants, Timestamp};
use server::backend;
use server::key_file::KeyFile;
use server::system::Stopwatch;
use store::keys::Keys;
use store::seal::Nonce;
use store::{Record, Store as _, Transaction, Version, facade};

/// The number of rows that are saved at once while the database is filled.
const AT_ONCE: u32 = 4_000;
/// The number of instants in each row, so that it is about as long as that of an app instance.
const INSTANTS: i64 = 24;
/// The number of rows after which the progress is printed.
const SAID_EVERY: u32 = 1_000_000;

/// Fills a database with `rows` sealed rows of counters, accepts them as the newest, and starts `genvej serve` over them
/// twice: the second time after the first was killed.
pub(super) fn ready(house: &House, rows: u32) -> Result<Vec<Figure>, Failed> {
    fill(house, rows)?;
    step("The rows are taken for the newest (genvej audit accept-restore)");
    let watch = Stopwatch::start();
    house.accept_restore()?;
    let accepting = watch.elapsed();
    step("A start, an app that is bound, a PIN try");
    let watch = Stopwatch::start();
    let served = house.serve()?;
    let first = watch.elapsed();
    let line = Line::over(direct(), house.public(), house.origin());
    let mut app = block_on(async {
        let mut app = App::ready(line, "bench-rows").await?;
        app.check().await?;
        Ok(app)
    })?;
    drop(served);
    step("The server is killed; another start, and the next PIN try of the app");
    let watch = Stopwatch::start();
    let served = house.serve()?;
    let again = watch.elapsed();
    let watch = Stopwatch::start();
    block_on(async { app.check().await })?;
    let tried = watch.elapsed();
    drop(served);
    let size = house.database_bytes()?;
    let how = format!("over {rows} rows of counters, {:.1} GB on disk", size / 1e9);
    let figure = |what, value, unit| Figure { what, value, unit, how: how.clone() };
    Ok(vec![
        figure("ready after a start", first.as_secs_f64(), "s"),
        figure("ready after kill -9", again.as_secs_f64(), "s"),
        figure("first PIN try after it", tried.as_secs_f64() * 1e3, "ms"),
        figure("audit accept-restore", accepting.as_secs_f64(), "s"),
    ])
}

fn fill(house: &House, rows: u32) -> Result<(), Failed> {
    let keys = KeyFile::read(house.key_file())?.keys;
    let database = backend::open(house.config())?;
    let outcome = block_on(async {
        let at = database.last_committed().await?.ok_or("the database has no first commit")?;
        let mut done = 0;
        while done < rows {
            if done.is_multiple_of(SAID_EVERY) {
                step(&format!("{done} of {rows} rows are there"));
            }
            let mut transaction = Transaction::new(at);
            let next = done.saturating_add(AT_ONCE).min(rows);
            for number in done..next {
                transaction = transaction.insert(row(number, rows, &keys, at));
            }
            database.commit(transaction).await?;
            done = next;
        }
        Ok(())
    });
    database.close();
    outcome
}

/// One counter. The ids rise and lie over the whole range, as random ones do once they are sorted.
fn row(number: u32, of: u32, keys: &Keys, at: Timestamp) -> Record {
    let mut low = [0; 8];
    random(&mut low);
    let apart = u128::MAX / u128::from(of.max(1));
    let id = u128::from(number) * apart + u128::from(u64::from_be_bytes(low)) % apart;
    let mut nonce = Nonce([0; store::seal::NONCE_BYTES]);
    random(&mut nonce.0);
    let unknown = Instants::from_stored((0..INSTANTS).map(|n| Timestamp(at.0 - n)).collect());
    let limit = AgentLimit { agent: StaffId(id), unknown, stopped: false };
    let policy = Policy::of(Profile::PublicService);
    facade::record(&limit, Version::FIRST, (&policy, keys), None, nonce)
}
