//! A Valkey that may evict keys is refused: it would forget holds and inventories piece by piece.

use std::{
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, channel},
    },
    time::Duration,
};

use booked_sandbox::{test_valkey, test_valkey_cluster};

use crate::process::Process;

#[test]
fn a_process_ends_with_a_clear_error() {
    let server = test_valkey();
    for policy in ["allkeys-lru", "volatile-ttl"] {
        server.command(&["CONFIG", "SET", "maxmemory-policy", policy]).unwrap();
        let (status, said) = Process::serve(&[("VALKEY_URL", &server.url())]).ended();
        assert_eq!(status.code(), Some(1), "{said}");
        let why = format!("booked-ticketing: Valkey's maxmemory-policy is {policy}; it must be noeviction");
        assert_eq!(last_words(&said), why);
    }
}

#[test]
fn a_node_of_a_cluster_is_no_single_server() {
    let cluster = test_valkey_cluster();
    let node = cluster.url().replace("redis-cluster://", "redis://");
    let (node, _) = node.split_once(',').unwrap();
    let (status, said) = Process::serve(&[("VALKEY_URL", node)]).ended();
    assert_eq!(status.code(), Some(1), "{said}");
    let why = "booked-ticketing: Valkey is a cluster; VALKEY_URL must be redis-cluster://…";
    assert_eq!(last_words(&said), why);
}

/// The last line that is for a reader: the runtime, which ends after `main` has spoken, may still log below it.
fn last_words(said: &str) -> &str {
    said.lines().rfind(|line| !line.starts_with('{')).unwrap()
}

#[test]
fn a_process_that_finds_its_valkey_away_ends_when_it_comes_and_is_unfit() {
    let server = test_valkey();
    server.command(&["CONFIG", "SET", "maxmemory-policy", "allkeys-random"]).unwrap();
    let way = Way::to(server.port());
    let url = server.url().replace(&format!(":{}", server.port()), &format!(":{}", way.port));
    let process = std::thread::spawn(move || Process::serve(&[("VALKEY_URL", &url)]).ended());
    way.open_after_a_try();
    let (status, said) = process.join().unwrap();
    assert_eq!(status.code(), Some(1), "{said}");
}

/// A way to a Valkey that is unreachable until it is opened: earlier connections are refused.
struct Way {
    port: u16,
    is_open: Arc<AtomicBool>,
    tried: Receiver<()>,
}

impl Way {
    fn to(valkey: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (is_open, (tries, tried)) = (Arc::new(AtomicBool::new(false)), channel());
        let open = Arc::clone(&is_open);
        std::thread::spawn(move || {
            for client in listener.incoming().map(Result::unwrap) {
                if open.load(Ordering::Relaxed) {
                    let server = TcpStream::connect(("127.0.0.1", valkey)).unwrap();
                    pass_on(client.try_clone().unwrap(), server.try_clone().unwrap());
                    pass_on(server, client);
                } else {
                    let _ = tries.send(());
                }
            }
        });
        Self { port, is_open, tried }
    }

    fn open_after_a_try(&self) {
        self.tried.recv_timeout(Duration::from_secs(30)).unwrap();
        self.is_open.store(true, Ordering::Relaxed);
    }
}

fn pass_on(mut from: TcpStream, mut to: TcpStream) {
    std::thread::spawn(move || std::io::copy(&mut from, &mut to));
}
