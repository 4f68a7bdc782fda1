//! Which programs are found, when they may be installed, and what the user reads if they are missing.

use std::{
    fs::{create_dir_all, write},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
};

use super::{
    install::{debian_version, decide},
    version::{REDIS_MIN, VALKEY_MIN},
    *,
};

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

fn redis(folder: &Path, version: &str) {
    program(
        folder,
        "redis-server",
        &format!("Redis server v={version} sha=00000000:0 malloc=jemalloc-5.2.1"),
    );
}

fn valkey(folder: &Path, version: &str) {
    program(
        folder,
        "valkey-server",
        &format!("Valkey server v={version} sha=00000000:0 malloc=jemalloc-5.3.0"),
    );
}

#[test]
fn the_first_version_that_is_new_enough_is_used() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    postgres(&at("pg14"), "14.9");
    postgres(&at("pg15"), "15.14");
    postgres(&at("pg17"), "17.1");
    valkey(&at("old"), "7.0.9");
    redis(&at("old"), "7.4.1");
    valkey(&at("new"), "8.1.1");
    program(&at("new"), "valkey-cli", "");
    let paths = SearchPaths {
        postgres: vec![at("none"), at("pg14"), at("pg15"), at("pg17")],
        programs: vec![at("old"), at("new")],
        chosen_valkey: None,
    };

    let found = find(&paths).unwrap();

    assert_eq!(found.postgres_bin, at("pg15"));
    assert_eq!(found.valkey_server, at("new").join("valkey-server"));
    assert_eq!(found.valkey_cli, Some(at("new").join("valkey-cli")));
}

#[test]
fn a_folder_without_initdb_or_psql_is_skipped() {
    let root = tempfile::tempdir().unwrap();
    valkey(root.path(), "8.0.1");
    program(root.path(), "postgres", "postgres (PostgreSQL) 16.1");
    let paths = SearchPaths {
        postgres: vec![root.path().to_owned()],
        programs: vec![root.path().to_owned()],
        ..SearchPaths::default()
    };

    let missing = find(&paths).unwrap_err();

    assert_eq!(missing.what(), "PostgreSQL 15 or newer");
}

#[test]
fn redis_is_used_if_there_is_no_valkey_unless_it_is_too_old() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    postgres(&at("pg"), "15.14");
    redis(&at("redis6"), "6.2.14");
    redis(&at("redis7"), "7.0.15");
    program(&at("redis7"), "redis-cli", "");
    let mut paths = SearchPaths {
        postgres: vec![at("pg")],
        programs: vec![at("redis6"), at("redis7")],
        chosen_valkey: None,
    };

    let found = find(&paths).unwrap();

    assert_eq!(found.valkey_server, at("redis7").join("redis-server"));
    assert_eq!(found.valkey_cli, Some(at("redis7").join("redis-cli")));
    paths.programs.pop();
    assert_eq!(find(&paths).unwrap_err().what(), "Valkey 7.2 (or Redis 7.0) or newer");
}

#[test]
fn the_chosen_server_is_used_or_none() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    postgres(&at("pg"), "15.14");
    valkey(&at("valkey"), "8.1.1");
    redis(&at("redis"), "7.0.15");
    let chosen = at("redis").join("redis-server");
    let mut paths = SearchPaths {
        postgres: vec![at("pg")],
        programs: vec![at("valkey")],
        chosen_valkey: Some(chosen.clone()),
    };

    assert_eq!(find(&paths).unwrap().valkey_server, chosen);
    paths.chosen_valkey = Some(at("nowhere"));
    assert!(find(&paths).is_err());
}

#[test]
fn versions_are_ordered_by_number_newest_first() {
    let root = tempfile::tempdir().unwrap();
    for name in ["9", "15", "17", "common", "16beta"] {
        create_dir_all(root.path().join(name)).unwrap();
    }

    let found = search_paths::newest_first(root.path(), "");

    assert_eq!(found, ["17", "15", "9"].map(|name| root.path().join(name)));
}

#[test]
fn one_message_tells_what_is_missing_and_what_to_type() {
    let missing = find(&SearchPaths::default()).unwrap_err();

    let message = missing.to_string();
    assert!(message.starts_with(
        "Not found on this machine: PostgreSQL 15 or newer and Valkey 7.2 (or Redis 7.0) or newer."
    ));
    assert!(message.contains("nstall"), "no advice in: {message}");
    let message = missing.because("no network").to_string();
    assert!(
        message.contains("Installing failed: no network\nInstall them with the tools of your system"),
        "{message}"
    );
}

#[test]
fn a_terminal_is_asked_before_installing_and_without_one_root_installs() {
    assert_eq!(decide(None, true, true), Install::Ask);
    assert_eq!(decide(None, true, false), Install::Ask);
    assert_eq!(decide(None, false, true), Install::Yes);
    assert_eq!(decide(None, false, false), Install::Never);
    assert_eq!(decide(Some("1"), true, false), Install::Yes);
    assert_eq!(decide(Some("1"), false, false), Install::Yes);
    assert_eq!(decide(Some("0"), false, true), Install::Never);
}

/// Uses `dpkg --compare-versions`, if there is a `dpkg`.
#[test]
fn what_debian_and_ubuntu_offer_is_new_enough() {
    let offered = [
        (POSTGRES_MIN, ["15+248+deb12u1", "16+257build1.1", "17+278"], "14+238"),
        (VALKEY_MIN, ["7.2.11+dfsg1-0ubuntu0.2", "8.0.1+dfsg1-1~bpo12+1", "8.1.1+dfsg1-3"], "7.1.9-1"),
        (REDIS_MIN, ["7.0.15-1~deb12u5", "7.0.15-1ubuntu0.24.04.1", "8.0.2-3"], "6.0.16-1ubuntu1"),
    ];
    for (oldest, new_enough, too_old) in offered {
        let oldest = debian_version(oldest);
        let is_at_least = |version: &str| {
            let compared = Command::new("dpkg").args(["--compare-versions", version, "ge", &oldest]).status();
            compared.map(|status| status.success())
        };
        for version in new_enough {
            assert!(is_at_least(version).unwrap_or(true), "{version} is at least {oldest}");
        }
        assert!(!is_at_least(too_old).unwrap_or(false), "{too_old} is older than {oldest}");
    }
}
