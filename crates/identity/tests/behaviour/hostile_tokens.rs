//! What an attacker may try: all of it is rejected, and nothing panics.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use booked_identity::{InvalidToken, TOKEN_BYTES_MAX};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixtures::{
    HOUR_S, NOW, OTHER_KEY, RFC_KEY_ID, RFC_PUBLIC_KEY, ada, good_claims, private_key, token_of, verifier,
};

fn refusal(token: &str) -> InvalidToken {
    verifier().verify(token, NOW).expect_err("the token must be refused")
}

fn part(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

fn header() -> Value {
    json!({ "alg": "EdDSA", "typ": "JWT", "kid": RFC_KEY_ID })
}

/// Signed with the real key, whatever the header and the claims contain.
fn signed(header: &Value, claims: &Value) -> String {
    let message = format!("{}.{}", part(header), part(claims));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &private_key(), Algorithm::EdDSA).unwrap();
    format!("{message}.{signature}")
}

fn with(mut base: Value, field: &str, value: Value) -> Value {
    base[field] = value;
    base
}

fn without(mut base: Value, field: &str) -> Value {
    base.as_object_mut().unwrap().remove(field);
    base
}

#[test]
fn the_forger_of_these_tests_can_make_a_good_token() {
    assert!(verifier().verify(&signed(&header(), &good_claims()), NOW).is_ok());
}

#[test]
fn the_algorithm_none_is_refused() {
    for none in ["none", "None", "NONE", ""] {
        let head = with(header(), "alg", json!(none));
        let unsigned = format!("{}.{}.", part(&head), part(&good_claims()));
        assert_eq!(refusal(&unsigned), InvalidToken::Malformed, "{none:?} without a signature");
        assert_eq!(refusal(&signed(&head, &good_claims())), InvalidToken::Malformed, "{none:?} signed");
    }
}

#[test]
fn hs256_with_the_public_key_as_its_secret_is_refused() {
    let public = URL_SAFE_NO_PAD.decode(RFC_PUBLIC_KEY).unwrap();
    for secret in [public.as_slice(), RFC_PUBLIC_KEY.as_bytes()] {
        let mut head = Header::new(Algorithm::HS256);
        head.kid = Some(RFC_KEY_ID.into());
        let token = jsonwebtoken::encode(&head, &good_claims(), &EncodingKey::from_secret(secret)).unwrap();
        assert_eq!(refusal(&token), InvalidToken::WrongAlgorithm);
    }
}

#[test]
fn a_token_of_another_algorithm_is_refused_even_with_a_good_signature() {
    for algorithm in ["HS256", "HS512", "RS256", "PS256", "ES256"] {
        let token = signed(&with(header(), "alg", json!(algorithm)), &good_claims());
        assert_eq!(refusal(&token), InvalidToken::WrongAlgorithm, "{algorithm}");
    }
}

#[test]
fn a_token_of_a_foreign_key_that_borrows_our_keys_name_is_refused() {
    let mut head = Header::new(Algorithm::EdDSA);
    head.kid = Some(RFC_KEY_ID.into());
    let foreign = EncodingKey::from_ed_pem(OTHER_KEY.as_bytes()).unwrap();
    let token = jsonwebtoken::encode(&head, &good_claims(), &foreign).unwrap();
    assert_eq!(refusal(&token), InvalidToken::BadSignature);
}

#[test]
fn a_key_that_the_token_itself_brings_is_not_used() {
    let foreign = booked_identity::SigningKeys::from_pem(OTHER_KEY).unwrap();
    let head = json!({
        "alg": "EdDSA", "typ": "JWT", "kid": RFC_KEY_ID, "jwk": foreign.jwks().keys[0],
    });
    let message = format!("{}.{}", part(&head), part(&good_claims()));
    let key = EncodingKey::from_ed_pem(OTHER_KEY.as_bytes()).unwrap();
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::EdDSA).unwrap();
    assert_eq!(refusal(&format!("{message}.{signature}")), InvalidToken::BadSignature);
}

#[test]
fn the_payload_of_another_token_under_a_good_signature_is_refused() {
    let token = token_of(&ada());
    let parts: Vec<&str> = token.split('.').collect();
    let claims = part(&with(good_claims(), "role", json!("admin")));
    assert_eq!(refusal(&format!("{}.{claims}.{}", parts[0], parts[2])), InvalidToken::BadSignature);
}

#[test]
fn another_issuer_or_audience_is_refused() {
    let issued_by = |issuer: Value| refusal(&signed(&header(), &with(good_claims(), "iss", issuer)));
    let meant_for = |audience: Value| refusal(&signed(&header(), &with(good_claims(), "aud", audience)));
    assert_eq!(issued_by(json!("somebody")), InvalidToken::WrongIssuer);
    assert_eq!(issued_by(json!("")), InvalidToken::WrongIssuer);
    assert_eq!(issued_by(json!(["booked"])), InvalidToken::Malformed);
    assert_eq!(meant_for(json!("somebody")), InvalidToken::WrongAudience);
    assert_eq!(meant_for(json!(["booked", "somebody"])), InvalidToken::Malformed);
}

#[test]
fn a_token_that_lacks_a_claim_or_a_header_field_is_refused() {
    for claim in ["iss", "aud", "sub", "email", "role", "iat", "exp"] {
        let token = signed(&header(), &without(good_claims(), claim));
        assert_eq!(refusal(&token), InvalidToken::Malformed, "without {claim}");
        let token = signed(&header(), &with(good_claims(), claim, Value::Null));
        assert_eq!(refusal(&token), InvalidToken::Malformed, "{claim} is null");
    }
    for field in ["alg", "typ", "kid"] {
        let token = signed(&without(header(), field), &good_claims());
        assert_eq!(refusal(&token), InvalidToken::Malformed, "without {field}");
    }
}

#[test]
fn claims_and_header_fields_that_cannot_be_ours_are_refused() {
    let claims = [
        ("sub", json!("7")),
        ("role", json!("root")),
        ("role", json!("Admin")),
        ("exp", json!("never")),
        ("exp", json!(1e300)),
        ("exp", json!(u64::MAX)),
        ("iat", json!(0.5)),
    ];
    for (claim, value) in claims {
        let token = signed(&header(), &with(good_claims(), claim, value.clone()));
        assert_eq!(refusal(&token), InvalidToken::Malformed, "{claim} is {value}");
    }
    let header_fields = [
        ("typ", json!("at+jwt")),
        ("kid", json!(7)),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("crit", Value::Null),
        ("crit", json!("exp")),
        ("b64", json!(false)),
        ("b64", json!(true)),
        ("zip", json!("DEF")),
        ("zip", Value::Null),
        ("enc", json!("A256GCM")),
    ];
    for (field, value) in header_fields {
        let token = signed(&with(header(), field, value.clone()), &good_claims());
        assert_eq!(refusal(&token), InvalidToken::Malformed, "{field} is {value}");
    }
}

#[test]
fn a_token_whose_time_has_not_come_is_refused() {
    let from = |nbf: Value| verifier().verify(&signed(&header(), &with(good_claims(), "nbf", nbf)), NOW);
    for past in [json!(i64::MIN), json!(0), json!(NOW), json!(NOW + 60)] {
        assert!(from(past.clone()).is_ok(), "not before {past}");
    }
    for future in [json!(NOW + 61), json!(NOW + HOUR_S), json!(i64::MAX)] {
        assert_eq!(from(future.clone()), Err(InvalidToken::FromTheFuture), "not before {future}");
    }
    for no_time in [Value::Null, json!("0"), json!(0.5), json!([0]), json!(u64::MAX)] {
        assert_eq!(from(no_time.clone()), Err(InvalidToken::Malformed), "not before {no_time}");
    }
}

#[test]
fn a_member_that_stands_twice_is_refused() {
    let twice = |json: &Value, member: &str| {
        let (first, others) = (json[member].to_string(), json.to_string());
        format!("{{\"{member}\":{first},{}", &others[1..])
    };
    let sign = |header: &str, claims: &str| {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature =
            jsonwebtoken::crypto::sign(message.as_bytes(), &private_key(), Algorithm::EdDSA).unwrap();
        format!("{message}.{signature}")
    };
    for member in ["alg", "typ", "kid"] {
        let token = sign(&twice(&header(), member), &good_claims().to_string());
        assert_eq!(refusal(&token), InvalidToken::Malformed, "{member} twice");
    }
    for claim in ["iss", "aud", "sub", "email", "role", "iat", "exp"] {
        let token = sign(&header().to_string(), &twice(&good_claims(), claim));
        assert_eq!(refusal(&token), InvalidToken::Malformed, "{claim} twice");
    }
    let not_before = with(with(good_claims(), "nbf", json!(NOW + HOUR_S)), "other", json!(0));
    let claims = not_before.to_string().replace("\"other\"", "\"nbf\"");
    assert_eq!(refusal(&sign(&header().to_string(), &claims)), InvalidToken::Malformed, "nbf twice");
}

#[test]
fn a_key_that_is_to_be_fetched_is_not() {
    for field in ["jku", "x5u"] {
        let head = with(without(header(), "kid"), field, json!("https://example.com/keys"));
        assert_eq!(refusal(&signed(&head, &good_claims())), InvalidToken::Malformed, "{field}");
    }
}

#[test]
fn times_at_the_ends_of_the_scale_do_not_overflow() {
    for (iat, exp) in [(i64::MIN, i64::MIN), (i64::MAX, i64::MAX), (i64::MIN, i64::MAX), (0, 0)] {
        let claims = with(with(good_claims(), "iat", json!(iat)), "exp", json!(exp));
        for now in [i64::MIN, 0, NOW, i64::MAX] {
            let verified = verifier().verify(&signed(&header(), &claims), now);
            assert!(verified.is_err() || now < exp, "iat {iat}, exp {exp} was good at {now}");
        }
    }
}

#[test]
fn a_huge_token_is_not_even_decoded() {
    assert_eq!(refusal(&"a".repeat(TOKEN_BYTES_MAX + 1)), InvalidToken::TooLong);
    let nested = format!("{}.e30.", URL_SAFE_NO_PAD.encode("[".repeat(5000)));
    assert_eq!(refusal(&nested), InvalidToken::Malformed);
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_or_is_taken_for_a_token(text in any::<String>(), now in any::<i64>()) {
        prop_assert!(verifier().verify(&text, now).is_err());
    }

    #[test]
    fn no_three_parts_are_taken_for_a_token(text in "[A-Za-z0-9_=-]{0,80}\\.[A-Za-z0-9_=-]{0,80}\\.[A-Za-z0-9_=-]{0,90}") {
        prop_assert!(verifier().verify(&text, NOW).is_err());
    }

    #[test]
    fn no_claims_under_a_good_signature_make_it_panic(
        field in prop::sample::select(vec!["iss", "aud", "sub", "email", "role", "iat", "exp", "other"]),
        text in any::<String>(),
        number in any::<i64>(),
        now in any::<i64>(),
    ) {
        for value in [json!(text), json!(number), json!([text]), json!({ "a": number })] {
            let _judged = verifier().verify(&signed(&header(), &with(good_claims(), field, value)), now);
        }
    }

    #[test]
    fn a_token_with_any_byte_changed_is_refused(position in any::<prop::sample::Index>(), byte in 0x20..0x7f_u8) {
        let good = token_of(&ada());
        let mut bytes = good.clone().into_bytes();
        let position = position.index(bytes.len());
        prop_assume!(bytes[position] != byte);
        bytes[position] = byte;
        prop_assert!(verifier().verify(&String::from_utf8(bytes).unwrap(), NOW).is_err());
    }

    #[test]
    fn a_token_cut_or_continued_is_refused(keep in any::<prop::sample::Index>(), more in "[A-Za-z0-9_.=-]{1,9}") {
        let good = token_of(&ada());
        let kept = &good[..keep.index(good.len())];
        prop_assert!(verifier().verify(kept, NOW).is_err());
        let continued = format!("{good}{more}");
        prop_assert!(verifier().verify(&continued, NOW).is_err());
    }

    #[test]
    fn whoever_it_is_signed_for_comes_out_again(email in any::<String>(), id in any::<u128>(), life_s in 1..HOUR_S) {
        let mut who = ada();
        who.user = booked_ids::UserId::from_uuid(uuid::Uuid::from_u128(id));
        who.email = email;
        let token = crate::fixtures::keys().sign(&who, NOW, life_s).unwrap();
        let verified = verifier().verify(&token, NOW).unwrap();
        prop_assert_eq!(verified.identity, who);
        prop_assert_eq!(verified.expires_unix_s, NOW + life_s);
    }
}
