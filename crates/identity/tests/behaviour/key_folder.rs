//! A key that is removed from the folder while a process runs is no longer accepted, whatever is wrong with the
//! others.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use booked_identity::{KeyError, KeyFolder, SignError, UNREADABLE_MAX};

use crate::fixtures::{HOUR_S, NOW, OTHER_KEY, RFC_KEY, RFC_KEY_ID, ada};

const SECOND: Duration = Duration::from_secs(1);

fn ids(folder: &KeyFolder) -> Vec<String> {
    folder.keys().ids().map(ToString::to_string).collect()
}

fn open(dir: &Path, now: Instant) -> KeyFolder {
    KeyFolder::open(dir.to_owned(), now).unwrap()
}

/// One with both keys in it.
fn folder_of_two(now: Instant) -> (tempfile::TempDir, KeyFolder) {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("1.pem"), RFC_KEY).unwrap();
    fs::write(dir.path().join("2.pem"), OTHER_KEY).unwrap();
    let folder = open(dir.path(), now);
    assert_eq!(ids(&folder).len(), 2);
    (dir, folder)
}

#[test]
fn the_only_key_ends_at_once_when_its_file_is_gone() {
    let (dir, now) = (tempfile::tempdir().unwrap(), Instant::now());
    fs::write(dir.path().join("1.pem"), RFC_KEY).unwrap();
    let mut folder = open(dir.path(), now);

    fs::remove_file(dir.path().join("1.pem")).unwrap();
    assert!(folder.read_again(now + SECOND).is_empty(), "that is no fault");

    assert!(folder.keys().jwks().keys.is_empty());
    assert_eq!(folder.keys().sign(&ada(), NOW, HOUR_S), Err(SignError::NoKey));
}

#[test]
fn a_key_ends_at_once_when_its_file_is_gone_though_another_file_is_broken() {
    let now = Instant::now();
    let (dir, mut folder) = folder_of_two(now);
    let other = ids(&folder)[1].clone();

    fs::remove_file(dir.path().join("1.pem")).unwrap();
    fs::write(dir.path().join("3.pem"), "no key").unwrap();
    let wrong = folder.read_again(now + SECOND);

    assert!(matches!(&wrong[..], [KeyError::NoKeyInFile { path }] if path.ends_with("3.pem")), "{wrong:?}");
    assert_eq!(ids(&folder), [other]);
}

#[test]
fn a_file_that_is_written_over_by_another_key_gives_up_the_old_one_at_once() {
    let now = Instant::now();
    let (dir, mut folder) = folder_of_two(now);

    fs::write(dir.path().join("1.pem"), OTHER_KEY).unwrap();
    folder.read_again(now + SECOND);

    assert!(!ids(&folder).contains(&RFC_KEY_ID.to_owned()));
}

#[test]
fn a_new_key_comes_though_another_file_is_broken() {
    let (dir, now) = (tempfile::tempdir().unwrap(), Instant::now());
    fs::write(dir.path().join("1.pem"), RFC_KEY).unwrap();
    let mut folder = open(dir.path(), now);

    fs::write(dir.path().join("2.pem"), "no key").unwrap();
    fs::write(dir.path().join("3.pem"), OTHER_KEY).unwrap();
    assert_eq!(folder.read_again(now + SECOND).len(), 1);

    assert_eq!(ids(&folder).len(), 2);
}

#[test]
fn the_keys_of_a_file_that_is_half_written_stay_a_short_time_and_in_their_place() {
    let now = Instant::now();
    let (dir, mut folder) = folder_of_two(now);
    let both = ids(&folder);

    fs::write(dir.path().join("1.pem"), &RFC_KEY[..60]).unwrap();
    assert_eq!(folder.read_again(now + SECOND).len(), 1);
    assert_eq!(ids(&folder), both);

    assert_eq!(folder.read_again(now + UNREADABLE_MAX).len(), 1);
    assert_eq!(ids(&folder), both[1..]);

    fs::write(dir.path().join("1.pem"), RFC_KEY).unwrap();
    assert!(folder.read_again(now + UNREADABLE_MAX + SECOND).is_empty());
    assert_eq!(ids(&folder), both);
}

#[test]
fn a_folder_that_is_being_swapped_keeps_its_keys_a_short_time_and_no_longer() {
    let now = Instant::now();
    let (dir, mut folder) = folder_of_two(now);
    let both = ids(&folder);

    fs::rename(dir.path(), dir.path().with_extension("away")).unwrap();
    assert_eq!(folder.read_again(now + SECOND).len(), 1);
    assert_eq!(ids(&folder), both);
    assert_eq!(folder.read_again(now + UNREADABLE_MAX).len(), 1);
    assert!(ids(&folder).is_empty());

    fs::rename(dir.path().with_extension("away"), dir.path()).unwrap();
    assert!(folder.read_again(now + UNREADABLE_MAX + SECOND).is_empty());
    assert_eq!(ids(&folder), both);
}

#[test]
fn a_folder_without_a_key_that_can_be_used_is_not_opened() {
    let (dir, now) = (tempfile::tempdir().unwrap(), Instant::now());
    let open = || KeyFolder::open(dir.path().to_owned(), now).map(|folder| ids(&folder));
    assert!(matches!(open(), Err(KeyError::EmptyFolder { .. })));
    fs::write(dir.path().join("1.pem"), "no key").unwrap();
    assert!(matches!(open(), Err(KeyError::NoKeyInFile { .. })));
    fs::write(dir.path().join("2.pem"), RFC_KEY).unwrap();
    assert_eq!(open().unwrap(), [RFC_KEY_ID]);
}

#[test]
fn no_key_goes_missing_while_files_are_renamed() {
    let now = Instant::now();
    let (dir, mut folder) = folder_of_two(now);
    // So many files that the system lists them in several pieces, between which a name can move.
    for number in 0..3000 {
        fs::write(dir.path().join(format!("filler-{number}")), "").unwrap();
    }
    let (first, retired) = (dir.path().join("1.pem"), dir.path().join("retired-1.pem"));

    for round in 0..100 {
        let (from, to) = if round % 2 == 0 { (&first, &retired) } else { (&retired, &first) };
        std::thread::scope(|scope| {
            scope.spawn(|| fs::rename(from, to).unwrap());
            folder.read_again(now);
            assert_eq!(ids(&folder).len(), 2, "a key went missing in round {round}");
        });
        folder.read_again(now);
    }
}
