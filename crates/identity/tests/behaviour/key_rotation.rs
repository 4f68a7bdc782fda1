//! Rotating the keys logs nobody out: publish, promote, and later delete.

use std::{fs, path::Path};

use booked_identity::{Identity, InvalidToken, KeyError, SigningKeys, Verifier, next_key_name};

use crate::fixtures::{HOUR_S, NOW, ada};

fn load(dir: &Path) -> SigningKeys {
    SigningKeys::load(dir).unwrap()
}

fn gateway_of(dir: &Path) -> Verifier {
    Verifier::new(&load(dir).jwks())
}

fn sign(dir: &Path, identity: &Identity) -> String {
    load(dir).sign(identity, NOW, HOUR_S).unwrap()
}

fn new_key(dir: &Path) -> String {
    SigningKeys::generate(dir, &next_key_name(dir).unwrap()).unwrap().to_string()
}

fn signer(dir: &Path) -> String {
    load(dir).ids().next().unwrap().to_string()
}

#[test]
fn a_new_key_is_published_before_it_signs() {
    let dir = tempfile::tempdir().unwrap();
    let (old, new) = (new_key(dir.path()), new_key(dir.path()));

    assert_eq!(signer(dir.path()), old);
    let gateway = gateway_of(dir.path());
    assert!(gateway.knows(&old) && gateway.knows(&new));
}

#[test]
fn a_gateway_that_fetched_before_the_promotion_takes_tokens_from_before_and_after() {
    let dir = tempfile::tempdir().unwrap();
    new_key(dir.path());
    let before = sign(dir.path(), &ada());
    let new = new_key(dir.path());
    let gateway = gateway_of(dir.path());

    fs::rename(dir.path().join("000001.pem"), dir.path().join("retired-000001.pem")).unwrap();
    let after = sign(dir.path(), &ada());

    assert_eq!(signer(dir.path()), new);
    assert!(gateway.verify(&before, NOW).is_ok());
    assert!(gateway.verify(&after, NOW).is_ok());
}

#[test]
fn a_retired_keys_tokens_stay_good_until_its_file_is_deleted() {
    let dir = tempfile::tempdir().unwrap();
    new_key(dir.path());
    let before = sign(dir.path(), &ada());
    new_key(dir.path());
    let retired = dir.path().join("retired-000001.pem");
    fs::rename(dir.path().join("000001.pem"), &retired).unwrap();

    assert!(gateway_of(dir.path()).verify(&before, NOW).is_ok());
    fs::remove_file(retired).unwrap();
    assert_eq!(gateway_of(dir.path()).verify(&before, NOW), Err(InvalidToken::UnknownKey));
}

#[test]
fn the_next_rotation_works_like_the_first() {
    let dir = tempfile::tempdir().unwrap();
    new_key(dir.path());
    let second = new_key(dir.path());
    fs::rename(dir.path().join("000001.pem"), dir.path().join("retired-000001.pem")).unwrap();

    let third = new_key(dir.path());
    assert!(dir.path().join("000003.pem").exists());
    assert_eq!(signer(dir.path()), second);
    assert!(gateway_of(dir.path()).knows(&third));
}

#[test]
fn a_key_that_would_sign_before_it_is_known_is_not_made() {
    let dir = tempfile::tempdir().unwrap();
    SigningKeys::generate(dir.path(), "main").unwrap();
    let refused = SigningKeys::generate(dir.path(), "000001");
    assert!(matches!(refused, Err(KeyError::WouldSignAtOnce { .. })), "{refused:?}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_key_that_is_there_under_two_names_is_published_once() {
    let dir = tempfile::tempdir().unwrap();
    let old = new_key(dir.path());
    let new = new_key(dir.path());
    fs::copy(dir.path().join("000001.pem"), dir.path().join("retired-000001.pem")).unwrap();

    let ids: Vec<String> = load(dir.path()).ids().map(ToString::to_string).collect();
    assert_eq!(ids, [old, new]);
}

#[test]
fn a_set_read_during_a_rename_is_whole_or_refused() {
    let dir = tempfile::tempdir().unwrap();
    new_key(dir.path());
    new_key(dir.path());
    // So many files that the system lists them in several pieces, between which a name can move.
    for number in 0..3000 {
        fs::write(dir.path().join(format!("filler-{number}")), "").unwrap();
    }
    let (first, retired) = (dir.path().join("000001.pem"), dir.path().join("retired-000001.pem"));

    for round in 0..200 {
        let (from, to) = if round % 2 == 0 { (&first, &retired) } else { (&retired, &first) };
        std::thread::scope(|scope| {
            scope.spawn(|| fs::rename(from, to).unwrap());
            if let Ok(keys) = SigningKeys::load(dir.path()) {
                assert_eq!(keys.ids().count(), 2, "a key went missing in round {round}");
            }
        });
    }
}
