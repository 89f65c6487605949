//! Processor time of the calling thread.

use rustix::time::ClockId;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::time::Duration;

/// Adds to `own` the processor time that the calling thread spends on `work`.
pub(super) fn counted<T>(own: &mut Duration, work: impl FnOnce() -> T) -> T {
    let before = processor_time(ClockId::ThreadCPUTime);
    let done = work();
    *own += processor_time(ClockId::ThreadCPUTime).saturating_sub(before);
    done
}

/// The processor time that the calling thread or this process has used since it began.
pub(super) fn processor_time(clock: ClockId) -> Duration {
    let used = rustix::time::clock_gettime(clock);
    Duration::new(u64::try_from(used.tv_sec).unwrap_or(0), u32::try_from(used.tv_nsec).unwrap_or(0))
}

/// The outcome of a future, and the processor time of the threads that drove it.
pub(super) async fn timed<T>(future: impl Future<Output = T>) -> (T, Duration) {
    let (mut future, mut took) = (pin!(future), Duration::ZERO);
    let done = poll_fn(|context| counted(&mut took, || future.as_mut().poll(context))).await;
    (done, took)
}
