//! Which files are keys, and how one is written.

use std::{
    fs,
    os::unix::{self, fs::PermissionsExt},
    path::Path,
};

use booked_identity::{KeyError, SigningKeys, next_key_name};

use crate::fixtures::{OTHER_KEY, RFC_KEY, RFC_KEY_ID};

fn ids(dir: &Path) -> Vec<String> {
    SigningKeys::load(dir).unwrap().ids().map(ToString::to_string).collect()
}

#[test]
fn a_mounted_kubernetes_secret_is_read_through_its_links_each_key_once() {
    let dir = tempfile::tempdir().unwrap();
    let version = dir.path().join("..2026_01_01_00_00_00.123456789");
    fs::create_dir(&version).unwrap();
    fs::write(version.join("000001.pem"), RFC_KEY).unwrap();
    fs::write(version.join("000002.pem"), OTHER_KEY).unwrap();
    unix::fs::symlink(version.file_name().unwrap(), dir.path().join("..data")).unwrap();
    for name in ["000001.pem", "000002.pem"] {
        unix::fs::symlink(Path::new("..data").join(name), dir.path().join(name)).unwrap();
    }

    let ids = ids(dir.path());
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], RFC_KEY_ID);
}

#[test]
fn hidden_files_and_files_of_another_kind_are_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("key.pem"), RFC_KEY).unwrap();
    fs::write(dir.path().join(".hidden.pem"), "no key").unwrap();
    fs::write(dir.path().join("README.txt"), "no key").unwrap();
    fs::write(dir.path().join("key.pem.bak"), OTHER_KEY).unwrap();
    assert_eq!(ids(dir.path()), [RFC_KEY_ID]);
}

#[test]
fn a_name_comes_before_the_names_that_continue_it() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a-2.pem"), OTHER_KEY).unwrap();
    fs::write(dir.path().join("a.pem"), RFC_KEY).unwrap();
    assert_eq!(ids(dir.path())[0], RFC_KEY_ID);
}

#[test]
fn one_bad_file_refuses_the_whole_set_and_is_named() {
    let rsa = RFC_KEY.replace("PRIVATE KEY", "RSA PRIVATE KEY");
    let cut = format!("{RFC_KEY}{}", &OTHER_KEY[..60]);
    let long = format!("{RFC_KEY}{}", "#".repeat(17 * 1024));
    let garbled = RFC_KEY.replace("MC4C", "MC4D");
    for bad in ["", "no key", rsa.as_str(), cut.as_str(), long.as_str(), garbled.as_str()] {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("1.pem"), RFC_KEY).unwrap();
        fs::write(dir.path().join("2.pem"), bad).unwrap();
        let refused = SigningKeys::load(dir.path()).unwrap_err();
        assert!(matches!(&refused, KeyError::NoKeyInFile { path } if path.ends_with("2.pem")), "{refused}");
        assert!(!refused.to_string().contains("MC4"), "{refused}");
    }
}

#[test]
fn a_folder_that_is_empty_or_not_there_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(SigningKeys::load(dir.path()), Err(KeyError::EmptyFolder { .. })));
    assert!(matches!(SigningKeys::load(&dir.path().join("none")), Err(KeyError::Io { .. })));
    assert!(matches!(SigningKeys::from_pem(""), Err(KeyError::NoKey)));
}

#[test]
fn a_folder_with_more_keys_than_anyone_has_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    for number in 0..65 {
        fs::write(dir.path().join(format!("{number}.pem")), RFC_KEY).unwrap();
    }
    assert!(matches!(SigningKeys::load(dir.path()), Err(KeyError::TooManyFiles { .. })));
}

#[test]
fn a_new_key_is_for_its_owners_eyes_only_and_can_be_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("made/for/it");
    let id = SigningKeys::generate(&folder, &next_key_name(&folder).unwrap()).unwrap();

    let mode = fs::metadata(folder.join("000001.pem")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(ids(&folder), [id.as_str()]);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
}

#[test]
fn a_key_is_never_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("000001.pem"), RFC_KEY).unwrap();
    let refused = SigningKeys::generate(dir.path(), "000001");
    assert!(matches!(refused, Err(KeyError::Exists { .. })), "{refused:?}");
    assert_eq!(fs::read_to_string(dir.path().join("000001.pem")).unwrap(), RFC_KEY);
}

#[test]
fn a_name_that_leads_elsewhere_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let long = "a".repeat(65);
    for name in ["", ".", "..", "../out", "/tmp/out", ".hidden", "a b", "a.pem", "schlüssel", long.as_str()]
    {
        let refused = SigningKeys::generate(dir.path(), name);
        assert!(matches!(refused, Err(KeyError::BadName { .. })), "{name:?}: {refused:?}");
    }
}
