//! What is found where, what may be installed, and what a person is told.

use std::fs::{create_dir_all, write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::install::decide;
use super::*;

fn program(folder: &Path, name: &str, says: &str) {
    create_dir_all(folder).unwrap();
    let path = folder.join(name);
    write(&path, format!("#!/bin/sh\necho '{says}'\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn postgres(folder: &Path, version: &str) {
    program(folder, "postgres", &format!("postgres (PostgreSQL) {version} (Debian {version}-0+deb12u1)"));
    program(folder, "initdb", "");
    program(folder, "psql", "");
}

fn valkey(folder: &Path, version: &str) {
    program(
        folder,
        "valkey-server",
        &format!("Valkey server v={version} sha=00000000:0 malloc=jemalloc-5.3.0"),
    );
}

#[test]
fn the_first_place_that_is_new_enough_is_taken() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    postgres(&at("pg14"), "14.9");
    postgres(&at("pg15"), "15.14");
    postgres(&at("pg17"), "17.1");
    valkey(&at("old"), "7.2.8");
    valkey(&at("new"), "8.1.1");
    program(&at("new"), "valkey-cli", "");
    let places = Places {
        postgres: vec![at("none"), at("pg14"), at("pg15"), at("pg17")],
        programs: vec![at("old"), at("new")],
    };

    let found = find(&places).unwrap();

    assert_eq!(found.postgres_bin, at("pg15"));
    assert_eq!(found.valkey_server, at("new").join("valkey-server"));
    assert_eq!(found.valkey_cli, Some(at("new").join("valkey-cli")));
}

#[test]
fn a_folder_without_initdb_or_psql_is_passed_over() {
    let root = tempfile::tempdir().unwrap();
    valkey(root.path(), "8.0.1");
    program(root.path(), "postgres", "postgres (PostgreSQL) 16.1");
    let places = Places { postgres: vec![root.path().to_owned()], programs: vec![root.path().to_owned()] };

    let missing = find(&places).unwrap_err();

    assert_eq!(missing.what(), "PostgreSQL 15 or newer");
}

#[test]
fn versions_are_ordered_by_number_newest_first() {
    let root = tempfile::tempdir().unwrap();
    for name in ["9", "15", "17", "common", "16beta"] {
        create_dir_all(root.path().join(name)).unwrap();
    }

    let found = places::newest_first(root.path(), "");

    assert_eq!(found, ["17", "15", "9"].map(|name| root.path().join(name)));
}

#[test]
fn what_is_missing_is_said_in_one_message_with_what_to_type() {
    let missing = find(&Places::default()).unwrap_err();

    let message = missing.to_string();
    assert!(message.starts_with("Not found on this machine: PostgreSQL 15 or newer and Valkey 8 or newer."));
    assert!(message.contains("nstall"), "no advice in: {message}");
    let message = missing.because("no network").to_string();
    assert!(
        message.contains("Installing failed: no network\nInstall them as your system does it"),
        "{message}"
    );
}

#[test]
fn installing_is_asked_for_at_a_terminal_and_done_by_root_without_one() {
    assert_eq!(decide(None, true, true), Install::Ask);
    assert_eq!(decide(None, true, false), Install::Ask);
    assert_eq!(decide(None, false, true), Install::Yes);
    assert_eq!(decide(None, false, false), Install::Never);
    assert_eq!(decide(Some("1"), true, false), Install::Yes);
    assert_eq!(decide(Some("1"), false, false), Install::Yes);
    assert_eq!(decide(Some("0"), false, true), Install::Never);
}
