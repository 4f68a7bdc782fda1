//! Servers end with the process that owns them, however it ends.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

use std::{
    io::{BufRead, BufReader},
    net::{Ipv4Addr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use booked_sandbox::{PostgresOptions, PostgresServer, test_postgres, test_programs, test_valkey};

const GONE_WITHIN: Duration = Duration::from_secs(30);

/// The process that is killed: it says where its servers are, and waits for its end.
#[test]
#[ignore = "the other tests run it in a process of its own"]
fn owner_of_servers() {
    let (postgres, valkey) = (test_postgres(), test_valkey());
    println!("\nservers {} {}", postgres.port(), postgres.data_dir().display());
    println!("\nservers {} {}", valkey.port(), valkey.data_dir().display());
    println!("\nready");
    std::thread::park();
}

/// The owner, and the ports and folders of its servers.
fn start_owner() -> (Child, Vec<(u16, String)>) {
    let mut owner = Command::new(std::env::current_exe().unwrap());
    owner.args(["--ignored", "--exact", "owner_of_servers", "--nocapture"]).stdout(Stdio::piped());
    let mut owner = owner.spawn().unwrap();
    let lines = BufReader::new(owner.stdout.take().unwrap()).lines().map(Result::unwrap);
    let servers = lines
        .take_while(|line| line != "ready")
        .filter_map(|line| {
            let (port, folder) = line.strip_prefix("servers ")?.split_once(' ')?;
            Some((port.parse().unwrap(), folder.to_owned()))
        })
        .collect();
    (owner, servers)
}

fn accepts(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}

fn await_end(what: &str, is_over: impl Fn() -> bool) {
    let deadline = Instant::now() + GONE_WITHIN;
    while !is_over() {
        assert!(Instant::now() < deadline, "after {GONE_WITHIN:?} there still is {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn an_owner_killed_without_warning_leaves_no_server_and_no_temporary_folder() {
    let (mut owner, servers) = start_owner();
    assert_eq!(servers.len(), 2);
    for (port, _) in &servers {
        assert!(accepts(*port), "port {port} is dead before its time");
    }

    owner.kill().unwrap();
    owner.wait().unwrap();

    for (port, folder) in servers {
        await_end(&format!("a server at port {port}"), || !accepts(port));
        await_end(&folder, || !Path::new(&folder).exists());
    }
}

#[test]
fn a_dropped_server_is_gone_with_its_temporary_folder() {
    let server = test_postgres();
    let (port, folder) = (server.port(), server.data_dir().to_owned());

    drop(server);

    assert!(!accepts(port));
    assert!(!folder.exists());
}

#[test]
fn a_folder_has_one_server_at_a_time() {
    let server = test_postgres();
    let options = PostgresOptions { durable: false, ..PostgresOptions::new(server.data_dir()) };

    let second = PostgresServer::start(&test_programs(), options);

    let error = format!("{:#}", second.err().expect("a second server started in the folder of the first"));
    assert!(error.contains("another server is running in"), "{error}");
    assert_eq!(server.execute("postgres", "SELECT 1").unwrap(), "1");
}
