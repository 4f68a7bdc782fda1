//! The cache of valid tokens answers like the verifier, only faster.

use std::sync::Arc;

use booked_identity::{InvalidToken, SigningKeys, VerifiedTokens, Verifier};

use crate::fixtures::{HOUR_S, NOW, OTHER_KEY, ada, token_of, verifier};

#[test]
fn a_token_is_checked_once_and_then_remembered() {
    let tokens = VerifiedTokens::new(verifier(), 100);
    let token = token_of(&ada());
    let first = tokens.verify(&token, NOW).unwrap();
    let again = tokens.verify(&token, NOW).unwrap();
    assert_eq!(first.identity, ada());
    assert!(Arc::ptr_eq(&first, &again), "the second answer is not the remembered one");
}

#[test]
fn a_remembered_token_expires_all_the_same() {
    let tokens = VerifiedTokens::new(verifier(), 100);
    let token = token_of(&ada());
    assert!(tokens.verify(&token, NOW + HOUR_S - 1).is_ok());
    assert_eq!(tokens.verify(&token, NOW + HOUR_S), Err(InvalidToken::Expired));
    assert_eq!(tokens.verify(&token, NOW + HOUR_S), Err(InvalidToken::Expired));
}

#[test]
fn a_text_that_only_begins_like_a_remembered_token_is_refused() {
    let tokens = VerifiedTokens::new(verifier(), 100);
    let token = token_of(&ada());
    tokens.verify(&token, NOW).unwrap();
    assert!(tokens.verify(&format!("{token}A"), NOW).is_err());
    assert!(tokens.verify(&token[..token.len() - 1], NOW).is_err());
    let (message, _) = token.rsplit_once('.').unwrap();
    assert!(tokens.verify(&format!("{message}.{}", "A".repeat(86)), NOW).is_err());
}

#[test]
fn a_bad_token_stays_bad_however_often_it_is_shown() {
    let tokens = VerifiedTokens::new(verifier(), 100);
    let foreign = SigningKeys::from_pem(OTHER_KEY).unwrap().sign(&ada(), NOW, HOUR_S).unwrap();
    for _ in 0..3 {
        assert_eq!(tokens.verify(&foreign, NOW), Err(InvalidToken::UnknownKey));
    }
}

#[test]
fn a_new_set_of_keys_remembers_nothing_of_the_old_one() {
    let token = token_of(&ada());
    VerifiedTokens::new(verifier(), 100).verify(&token, NOW).unwrap();

    let others = SigningKeys::from_pem(OTHER_KEY).unwrap();
    let tokens = VerifiedTokens::new(Verifier::new(&others.jwks()), 100);
    assert_eq!(tokens.verify(&token, NOW), Err(InvalidToken::UnknownKey));
}

#[test]
fn more_tokens_than_it_remembers_are_still_answered() {
    for tokens_max in [0, 1, 8] {
        let tokens = VerifiedTokens::new(verifier(), tokens_max);
        for life_s in 1..50 {
            let token = crate::fixtures::keys().sign(&ada(), NOW, life_s).unwrap();
            assert_eq!(tokens.verify(&token, NOW).unwrap().expires_unix_s, NOW + life_s);
        }
    }
}
