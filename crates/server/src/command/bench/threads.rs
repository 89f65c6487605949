//! The processor time of the threads of this process, by name, as Linux counts it.

use crate::command::Failed;
use std::time::Duration;

/// The processor time of all threads whose name begins with `name`. A thread that has ended is not counted.
pub(super) fn processor_time_of(name: &str) -> Result<Duration, Failed> {
    let mut used = Duration::ZERO;
    for thread in std::fs::read_dir("/proc/self/task")? {
        let thread = thread?.path();
        if !std::fs::read_to_string(thread.join("comm"))?.starts_with(name) {
            continue;
        }
        // Time on the processor and time in its queue in nanoseconds, and the number of turns (Linux, sched-stats.rst).
        let counted = std::fs::read_to_string(thread.join("schedstat"))?;
        let on_processor = counted.split_whitespace().next().unwrap_or_default();
        used += Duration::from_nanos(on_processor.parse()?);
    }
    Ok(used)
}
