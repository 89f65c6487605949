//! Replays the corpus of every target on stable.

use std::path::Path;

#[test]
fn every_corpus_runs_through_its_target() {
    for (name, run) in genvej_fuzz::TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
        let mut inputs = 0;
        for entry in std::fs::read_dir(&folder).expect("every target has a corpus folder") {
            let path = entry.expect("a readable corpus").path();
            run(&std::fs::read(path).expect("a readable input"));
            inputs += 1;
        }
        assert!(inputs > 0, "{name} has an empty corpus");
    }
}
