//! A Valkey that may evict keys is refused: it would forget holds and maps piece by piece.

use booked_sandbox::test_valkey;

use crate::process::Process;

#[test]
fn a_process_ends_with_a_clear_error() {
    let server = test_valkey();
    for policy in ["allkeys-lru", "volatile-ttl"] {
        server.command(&["CONFIG", "SET", "maxmemory-policy", policy]).unwrap();
        let (status, said) = Process::serve(&[("VALKEY_URL", &server.url())]).ended();
        assert_eq!(status.code(), Some(1), "{said}");
        let last = said.lines().last().unwrap();
        let why = format!("booked-ticketing: Valkey's maxmemory-policy is {policy}; it must be noeviction");
        assert_eq!(last, why, "the last thing that it says");
    }
}

#[test]
fn a_process_that_finds_its_valkey_away_ends_when_it_comes_and_is_unfit() {
    let mut server = test_valkey();
    server.stop();
    let url = server.url();
    let process = std::thread::spawn(move || Process::serve(&[("VALKEY_URL", &url)]).ended());
    server.restart().unwrap();
    server.command(&["CONFIG", "SET", "maxmemory-policy", "allkeys-random"]).unwrap();
    let (status, said) = process.join().unwrap();
    assert_eq!(status.code(), Some(1), "{said}");
}
