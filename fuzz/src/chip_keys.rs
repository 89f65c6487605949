use chip::active;
use chip::chip_authentication::{self, CardSecurity, Dg14};

/// DG14, DG15 and EF.CardSecurity, and answers under their keys: nothing panics, nothing counts.
pub fn run(data: &[u8]) {
    if let Ok(dg14) = Dg14::from_file(data) {
        for offer in dg14.offers().iter().take(2) {
            let random = vec![7; chip_authentication::random_bytes(offer)];
            let _begun = chip_authentication::begin(&dg14, offer, &random);
        }
    }
    if let Ok(security) = CardSecurity::from_file(data) {
        let _points = security.points().count();
    }
    if let Ok(key) = active::public_key(data) {
        let answer = data.get(..data.len().min(128)).unwrap_or_default();
        assert!(active::verify(&key, None, [7; 8], answer).is_err());
    }
}
