//! Tests that need a process of their own: a process has one set of metrics, which other tests would change.

use std::{env, process::Command, thread};

/// Set in a process that runs one test.
const ALONE: &str = "BOOKED_TEST_ALONE";

/// Runs the calling test again in a process of its own, and fails if it fails there. `false` says that this is that process, so
/// that the test goes on: `if ran_in_own_process() { return; }`.
pub(crate) fn ran_in_own_process() -> bool {
    if env::var_os(ALONE).is_some() {
        return false;
    }
    let thread = thread::current();
    let test = thread.name().expect("a test's thread has the test's name");
    let alone = Command::new(env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&alone.stdout) + String::from_utf8_lossy(&alone.stderr);
    assert!(alone.status.success() && said.contains("1 passed"), "{said}");
    true
}
