//! A token says for whom it was signed, for as long as it was signed for.

use booked_identity::{InvalidToken, Jwks, SignError, SigningKeys, TOKEN_BYTES_MAX, Verifier};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use crate::fixtures::{HOUR_S, NOW, OTHER_KEY, RFC_KEY_ID, RFC_PUBLIC_KEY, ada, keys, token_of, verifier};

#[test]
fn a_token_says_who_it_was_signed_for_and_until_when() {
    let verified = verifier().verify(&token_of(&ada()), NOW).unwrap();
    assert_eq!(verified.identity, ada());
    assert_eq!(verified.expires_unix_s, NOW + HOUR_S);
}

#[test]
fn a_token_is_good_to_its_last_second_and_not_beyond() {
    let token = token_of(&ada());
    assert!(verifier().verify(&token, NOW + HOUR_S - 1).is_ok());
    assert_eq!(verifier().verify(&token, NOW + HOUR_S), Err(InvalidToken::Expired));
    assert_eq!(verifier().verify(&token, i64::MAX), Err(InvalidToken::Expired));
}

#[test]
fn a_token_is_good_where_the_clock_is_a_little_behind_the_signers_but_not_far() {
    let token = token_of(&ada());
    assert!(verifier().verify(&token, NOW - 60).is_ok());
    assert_eq!(verifier().verify(&token, NOW - 61), Err(InvalidToken::FromTheFuture));
    assert_eq!(verifier().verify(&token, i64::MIN), Err(InvalidToken::FromTheFuture));
}

#[test]
fn the_header_names_algorithm_type_and_key() {
    let header = jsonwebtoken::decode_header(token_of(&ada())).unwrap();
    assert_eq!(header.alg, Algorithm::EdDSA);
    assert_eq!(header.typ.as_deref(), Some("JWT"));
    assert_eq!(header.kid.as_deref(), Some(RFC_KEY_ID));
}

#[test]
fn a_token_without_a_life_is_not_signed() {
    assert_eq!(keys().sign(&ada(), NOW, 0), Err(SignError::BadLifetime));
    assert_eq!(keys().sign(&ada(), NOW, -1), Err(SignError::BadLifetime));
    assert_eq!(keys().sign(&ada(), NOW, i64::MAX), Err(SignError::BadLifetime));
}

#[test]
fn a_token_that_would_be_refused_for_its_length_is_not_signed() {
    let mut wordy = ada();
    wordy.email = "a".repeat(TOKEN_BYTES_MAX);
    assert_eq!(keys().sign(&wordy, NOW, HOUR_S), Err(SignError::TooLong));
}

#[test]
fn a_token_of_a_key_that_is_not_published_asks_for_a_newer_set() {
    let other = booked_identity::SigningKeys::from_pem(OTHER_KEY).unwrap();
    let token = other.sign(&ada(), NOW, HOUR_S).unwrap();
    assert_eq!(verifier().verify(&token, NOW), Err(InvalidToken::UnknownKey));
}

#[test]
fn keys_are_published_as_rfc_8037_and_rfc_7638_say() {
    let published = serde_json::to_value(keys().jwks()).unwrap();
    assert_eq!(
        published,
        json!({ "keys": [{
            "kty": "OKP", "crv": "Ed25519", "x": RFC_PUBLIC_KEY, "kid": RFC_KEY_ID, "use": "sig", "alg": "EdDSA",
        }] })
    );
    assert_eq!(serde_json::from_value::<Jwks>(published).unwrap(), keys().jwks());
    assert!(verifier().knows(RFC_KEY_ID));
    assert!(!verifier().knows("another"));
}

#[test]
fn keys_that_are_not_for_tokens_are_passed_over() {
    let good = json!({
        "kty": "OKP", "crv": "Ed25519", "x": RFC_PUBLIC_KEY, "kid": "other", "use": "sig", "alg": "EdDSA",
    });
    let verifier_of = |key: &Value| Verifier::new(&serde_json::from_value(json!({ "keys": [key] })).unwrap());
    assert_eq!(verifier_of(&good).kids().collect::<Vec<_>>(), ["other"]);

    for (field, value) in [("kty", "EC"), ("crv", "X25519"), ("use", "enc"), ("alg", "ES256"), ("kid", "")] {
        let mut key = good.clone();
        key[field] = json!(value);
        assert_eq!(verifier_of(&key).kids().count(), 0, "took a key with {field} {value:?}");
    }
}

#[test]
fn a_set_that_also_holds_an_rsa_key_is_read() {
    let rsa = json!({ "kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "rsa", "use": "sig", "alg": "RS256" });
    let ours = keys().jwks().keys.remove(0);
    let set: Jwks = serde_json::from_value(json!({ "keys": [rsa, ours] })).unwrap();
    let verifier = Verifier::new(&set);
    assert!(verifier.verify(&token_of(&ada()), NOW).is_ok());
    assert!(!verifier.knows("rsa"));
}

#[test]
fn a_malformed_key_keeps_no_other_from_coming_or_going() {
    for x in ["", "AAAA", "not base64!"] {
        let mut set = keys().jwks();
        set.keys[0].x = x.into();
        set.keys.extend(SigningKeys::from_pem(OTHER_KEY).unwrap().jwks().keys);
        let verifier = Verifier::new(&set);
        assert_eq!(verifier.verify(&token_of(&ada()), NOW), Err(InvalidToken::UnknownKey), "took {x:?}");
        assert_eq!(verifier.kids().count(), 1, "{x:?}");
    }
}

#[test]
fn of_an_empty_set_no_token_is_good() {
    let verifier = Verifier::new(&Jwks { keys: Vec::new() });
    assert_eq!(verifier.verify(&token_of(&ada()), NOW), Err(InvalidToken::UnknownKey));
}

#[test]
fn debug_shows_no_email_and_no_key() {
    let shown = format!("{:?} {:?}", verifier().verify(&token_of(&ada()), NOW), keys());
    assert!(!shown.contains("ada@example.org"), "{shown}");
    assert!(shown.contains(RFC_KEY_ID) && !shown.contains("nWGxn"), "{shown}");
}
