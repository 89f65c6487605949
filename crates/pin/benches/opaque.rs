//! The bare server cost of one PIN check: KE1 → KE2 → judge KE3. `cargo bench -p pin`.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a bench measures and prints")]
#![expect(clippy::unwrap_used, reason = "a bench stops at the first surprise")]

use std::time::Instant;

use pin::{
    Account, CredentialIdentifier, Holder, Login, Pin, Record, Registration, ServerSetup, Stretch,
};

const ROUNDS: u32 = 2_000;

fn main() {
    let mut random = |bytes: &mut [u8]| getrandom::fill(bytes).unwrap();
    let holder = Holder(b"bench");
    let cheap = Stretch::new(8, 1).unwrap();
    let pin = Pin::parse("402916").unwrap();
    let setup = ServerSetup::generate(&mut random);
    let identifier = CredentialIdentifier::generate(&mut random);
    let registration = Registration::start(pin.clone(), &mut random).unwrap();
    let response = setup.answer_registration(&identifier, registration.request()).unwrap();
    let upload = registration.finish(&response, holder, &cheap, &mut random).unwrap();
    let record = Record::from_bytes(&upload).unwrap();
    let login = Login::start(pin.clone(), &mut random).unwrap();

    let mut micros: Vec<u128> = (0..ROUNDS)
        .map(|_| {
            let account = Account::Registered { identifier, record: &record };
            let start = Instant::now();
            let answered = setup.answer_login(account, holder, login.ke1(), &mut random).unwrap();
            let answering = start.elapsed();
            let finished = login.finish(&answered.ke2, holder, &cheap, &mut random).unwrap();
            let start = Instant::now();
            answered.state.finish(holder, &finished.ke3).unwrap();
            (answering + start.elapsed()).as_micros()
        })
        .collect();
    micros.sort_unstable();
    let at = |share: usize| micros.get(micros.len() * share / 100).copied().unwrap_or_default();
    println!("OPAQUE server cost a login, µs: median {} · p99 {}", at(50), at(99));

    let start = Instant::now();
    let account = Account::Registered { identifier, record: &record };
    let answered = setup.answer_login(account, holder, login.ke1(), &mut random).unwrap();
    let _ = login.finish(&answered.ke2, holder, &Stretch::ON_THE_PHONE, &mut random);
    println!("Argon2id on the phone, ms: about {}", start.elapsed().as_millis());
}
