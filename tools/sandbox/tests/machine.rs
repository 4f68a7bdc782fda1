//! Machines that lack something: the programs, or a folder that the servers can reach.

use std::{
    os::unix::fs::{MetadataExt, PermissionsExt},
    process::Command,
};

use booked_sandbox::{Install, PostgresOptions, PostgresServer, programs, test_programs};

/// Looks for the programs in a process whose environment the other test prepares.
#[test]
#[ignore = "another test runs it with an empty search path"]
fn look_for_programs() {
    match programs(Install::Never) {
        Ok(found) => println!("{found:?}"),
        Err(missing) => println!("{missing}"),
    }
}

#[test]
fn missing_programs_are_named_with_what_to_type() {
    let mut look = Command::new(std::env::current_exe().unwrap());
    look.args(["--ignored", "--exact", "look_for_programs", "--nocapture"])
        .env("PATH", "")
        .env_remove("BOOKED_VALKEY_SERVER");

    let said = String::from_utf8(look.output().unwrap().stdout).unwrap();

    assert!(
        said.contains("Not found on this machine: ") && said.contains("Valkey 7.2 (or Redis 7.0) or newer"),
        "{said}"
    );
    assert!(said.contains("nstall"), "no advice: {said}");
}

#[test]
fn a_folder_that_the_server_cannot_reach_is_replaced_by_one_that_every_start_finds_again() {
    let programs = test_programs();
    let folder = tempfile::tempdir().unwrap();
    let is_root = folder.path().metadata().unwrap().uid() == 0;
    if !is_root {
        // Nobody else reads our folders then: the servers run as ourselves.
        return;
    }
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).unwrap();
    let wanted = folder.path().join("booked/postgres");
    let start = || {
        let options = PostgresOptions { durable: false, ..PostgresOptions::new(&wanted) };
        PostgresServer::start(&programs, options).unwrap()
    };

    let first = start();
    first.create_database("kept").unwrap();
    let used = first.data_dir().to_owned();
    drop(first);
    let second = start();

    assert!(!used.starts_with(folder.path()), "{}", used.display());
    assert!(!wanted.exists(), "a folder that nobody uses was left");
    assert_eq!(used.metadata().unwrap().mode() & 0o777, 0o700);
    assert_eq!(second.data_dir(), used);
    assert_eq!(second.execute("kept", "SELECT 1").unwrap(), "1");
    drop(second);
    std::fs::remove_dir_all(used).unwrap();
}
