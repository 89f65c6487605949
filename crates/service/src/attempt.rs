//! Runs a use case again where a concurrent request changed what it had read.

use crate::Failure;
use std::future::Future;

/// Runs `body` with a fresh unit of work and commits it; begins again where a concurrent request changed what was read.
///
/// Evaluates to `Result<T, Failure>`. `return` and `?` in the body leave only the body.
///
/// It is a macro and not a method that takes an async closure: the compiler cannot show that the future of a closure over a
/// borrowed unit of work is `Send`, and every handler's future has to be (docs/adr/attempt-macro.md).
macro_rules! attempt {
    ($service:expr, |$work:ident| $body:expr) => {
        async {
            let service: &$crate::Service = $service;
            for _ in 0..=service.parts().settings.conflict_retries_max {
                let mut begun = $crate::work::Work::begin(service).await?;
                let outcome = {
                    let $work = &mut begun;
                    $crate::attempt::body(async { $body }).await
                };
                match outcome {
                    Ok(value) => match begun.commit().await {
                        Ok(()) => return Ok(value),
                        Err($crate::Failure::Rival) => {}
                        Err(other) => return Err(other),
                    },
                    Err($crate::Failure::Rival) => {}
                    Err(other) => return Err(other),
                }
            }
            Err($crate::Failure::busy())
        }
        .await
    };
}

/// Fixes the error type of a body, so that `?` in it knows its error.
pub(crate) fn body<T, F: Future<Output = Result<T, Failure>>>(body: F) -> F {
    body
}
