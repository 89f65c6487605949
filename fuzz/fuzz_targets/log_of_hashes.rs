#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| genvej_fuzz::TARGETS
    .iter()
    .filter(|(name, _)| *name == "log_of_hashes")
    .for_each(|(_, run)| run(data)));
