//! The rate limit on the sign-ins that each client of the operator asks for.

use crate::caller::Operator;
use crate::{Failure, RefusalCode, Service};
use std::collections::BTreeMap;

const MINUTE_MILLIS: i64 = 60_000;

/// The number of sign-ins that each client asked for in the present minute, in this process. Only configured clients have an
/// entry, so that it does not grow.
#[derive(Debug, Default)]
pub(crate) struct SignInRates {
    by_client: BTreeMap<String, MinuteCount>,
}

/// The number of sign-ins in one minute.
#[derive(Clone, Copy, Debug, Default)]
struct MinuteCount {
    /// The minute that is counted, in minutes since 1970.
    minute: i64,
    count: u32,
}

impl SignInRates {
    /// Counts one more sign-in; returns the milliseconds to wait where it is too many.
    fn count(&mut self, client: &str, max: u32, now_ms: i64) -> Result<(), i64> {
        let minute = now_ms.div_euclid(MINUTE_MILLIS);
        let counted = self.by_client.entry(client.to_owned()).or_default();
        if counted.minute != minute {
            *counted = MinuteCount { minute, count: 0 };
        }
        if counted.count >= max {
            return Err(MINUTE_MILLIS - now_ms.rem_euclid(MINUTE_MILLIS));
        }
        counted.count = counted.count.saturating_add(1);
        Ok(())
    }
}

impl Service {
    pub(super) fn count_sign_in(&self, operator: &Operator) -> Result<(), Failure> {
        let parts = self.parts();
        let known = parts.operator_clients.iter().find(|client| client.id == operator.client());
        let max = known.map_or(0, |client| client.sign_ins_per_minute_max);
        let now = parts.clock.now().0;
        let counted =
            self.sign_in_rates.lock().map(|mut rates| rates.count(operator.client(), max, now));
        match counted {
            Ok(Err(wait)) => {
                let secs = u64::try_from(wait).unwrap_or(0).div_ceil(1_000);
                Err(Failure::with_wait(RefusalCode::SignInRateReached, secs))
            }
            Ok(Ok(())) | Err(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SignInRates;

    #[test]
    fn each_client_has_its_own_minute() {
        let mut rates = SignInRates::default();

        assert_eq!(rates.count("shop", 2, 59_000), Ok(()));
        assert_eq!(rates.count("shop", 2, 59_001), Ok(()));
        assert_eq!(rates.count("shop", 2, 59_400), Err(600));
        assert_eq!(rates.count("bank", 2, 59_400), Ok(()));
        assert_eq!(rates.count("shop", 2, 60_000), Ok(()));
    }
}
