//! The clock of a recording process.

use std::{
    sync::LazyLock,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

/// Now, in microseconds since 1970. The machine's clock is read only once; from then on time never goes backward, even
/// if that clock is set, so that times show the order of calls.
#[must_use]
pub fn now_us() -> u64 {
    static START: LazyLock<(Instant, u64)> = LazyLock::new(start);
    let (instant, unix_us) = *START;
    unix_us.saturating_add(micros(instant.elapsed().as_micros()))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a recorder of a system's times must not depend on that system's clock"
)]
fn start() -> (Instant, u64) {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (Instant::now(), micros(since_1970.as_micros()))
}

fn micros(wide: u128) -> u64 {
    u64::try_from(wide).unwrap_or(u64::MAX)
}
