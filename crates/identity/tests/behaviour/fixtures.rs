//! A user, a moment, and keys.

use booked_identity::{Identity, Role, SigningKeys, Verifier};
use booked_ids::UserId;
use jsonwebtoken::EncodingKey;
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const NOW: i64 = 1_800_000_000;
pub(crate) const HOUR_S: i64 = 3600;

/// The key of RFC 8037, appendix A.
pub(crate) const RFC_KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
";
pub(crate) const RFC_KEY_ID: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
pub(crate) const RFC_PUBLIC_KEY: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

/// The key of RFC 8410, section 10.3.
pub(crate) const OTHER_KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
";

pub(crate) fn keys() -> SigningKeys {
    SigningKeys::from_pem(RFC_KEY).unwrap()
}

pub(crate) fn private_key() -> EncodingKey {
    EncodingKey::from_ed_pem(RFC_KEY.as_bytes()).unwrap()
}

pub(crate) fn verifier() -> Verifier {
    Verifier::new(&keys().jwks())
}

pub(crate) fn ada() -> Identity {
    Identity {
        user: UserId::from_uuid(Uuid::from_u128(7)),
        email: "ada@example.org".into(),
        role: Role::Admin,
    }
}

pub(crate) fn token_of(identity: &Identity) -> String {
    keys().sign(identity, NOW, HOUR_S).unwrap()
}

/// The claims of a token that is valid now; a test changes one of them.
pub(crate) fn good_claims() -> Value {
    json!({
        "iss": "booked", "aud": "booked", "sub": Uuid::from_u128(7).to_string(),
        "email": "ada@example.org", "role": "user", "iat": NOW, "exp": NOW + HOUR_S,
    })
}
