//! Refusals that take the same time, so that the time of an answer does not tell what the answer hides.

use crate::Failure;
use std::time::Duration;

/// Delays a refusal until `millis` milliseconds after the call; a success or a fault is returned at once.
///
/// The work behind the refusals must take less time than that; reading one row more or less takes a few milliseconds.
pub(crate) async fn refusing_after<T>(
    least_millis: u64,
    act: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    // The end is set now, before anything was done.
    let end = tokio::time::sleep(Duration::from_millis(least_millis));
    let outcome = act.await;
    if matches!(outcome, Err(Failure::Refused(_))) {
        end.await;
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::refusing_after;
    use crate::{Failure, RefusalCode};
    use std::time::Duration;

    #[tokio::test]
    async fn refusals_take_the_same_time_whatever_was_done_before_them() {
        for work in [0, 30, 150] {
            let begun = tokio::time::Instant::now();

            let refused: Result<(), _> = refusing_after(200, async {
                tokio::time::sleep(Duration::from_millis(work)).await;
                Err(Failure::refused(RefusalCode::NotFound))
            })
            .await;

            assert!(refused.is_err());
            let took = begun.elapsed().as_millis();
            assert!((200..300).contains(&took), "{took} ms after {work} ms of work");
        }
        let begun = tokio::time::Instant::now();
        assert!(refusing_after(60_000, async { Ok(()) }).await.is_ok());
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
}
