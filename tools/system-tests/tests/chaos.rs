//! Faults on the real thing, shortly; `cargo booked chaos` does it for as long as one likes.

use std::time::Duration;

use booked_chaos::{ChaosOptions, run};
use booked_local_system::Binaries;

/// Fixed, so that a failure can be repeated; the machine's own timing still makes every run another one.
const SEED: u64 = 2026;

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_killed_paused_cut_or_lost_no_promise_is_broken() {
    let folder = tempfile::tempdir().unwrap();
    let binaries = tokio::task::block_in_place(Binaries::build_for_tests).unwrap();
    let options = ChaosOptions {
        seed: SEED,
        length: Duration::from_secs(25),
        hold: Duration::from_secs(1),
        buyers: 16,
        without: None,
    };

    let verdict = run(&options, &binaries, folder.path(), |fault| eprintln!("{fault}")).await.unwrap();

    eprintln!("{verdict}");
    assert!(verdict.has_passed(), "{verdict}");
    assert!(verdict.sent_again() > 0, "{verdict}");
}
