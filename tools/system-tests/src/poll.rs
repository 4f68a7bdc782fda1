//! Waiting for what comes true by itself, without sleeping longer than needed.

use std::{
    fmt::Display,
    time::{Duration, Instant},
};

const POLL: Duration = Duration::from_millis(50);

/// Asks again and again until the answer is `Ok`, at most this long.
///
/// # Panics
///
/// With the last `Err`, where the time is over.
#[expect(clippy::panic, reason = "tests fail by panicking, and this serves nothing else")]
pub async fn eventually<T, E: Display, F>(within: Duration, what: &str, ask: impl Fn() -> F) -> T
where
    F: Future<Output = Result<T, E>>,
{
    let deadline = Instant::now() + within;
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(last) if Instant::now() > deadline => panic!("{what}: not within {within:?}; last: {last}"),
            Err(_) => tokio::time::sleep(POLL).await,
        }
    }
}
