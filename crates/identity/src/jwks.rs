//! The published half of the signing keys: a JSON Web Key Set (RFC 7517) of Ed25519 keys (RFC 8037).

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The public keys that valid tokens are signed with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Jwks {
    /// One for each key; the first is the one that signs now.
    pub keys: Vec<Jwk>,
}

/// One public key. A field that is missing from a foreign key reads as empty, so that a set that also contains keys
/// of other kinds can still be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(description = "One public key.")]
pub struct Jwk {
    /// The family of the key: `OKP`.
    pub kty: String,
    /// The curve: `Ed25519`.
    #[serde(default)]
    #[schema(required = true)]
    pub crv: String,
    /// The 32 bytes of the public key, base64url without padding.
    #[serde(default)]
    #[schema(required = true)]
    pub x: String,
    /// The name by which a token's header says which key signed it.
    #[serde(default)]
    #[schema(required = true)]
    pub kid: String,
    /// What the key is for: `sig`.
    #[serde(default, rename = "use")]
    #[schema(required = true)]
    pub key_use: String,
    /// The algorithm: `EdDSA`.
    #[serde(default)]
    #[schema(required = true)]
    pub alg: String,
}

const OCTET_KEY_PAIR: &str = "OKP";
const ED25519: &str = "Ed25519";
const SIGNATURE: &str = "sig";
const EDDSA: &str = "EdDSA";

impl Jwk {
    /// The key as it is published, named by its thumbprint.
    pub(crate) fn of_ed25519(public_key: &[u8]) -> Self {
        let x = URL_SAFE_NO_PAD.encode(public_key);
        Self {
            kid: KeyId::thumbprint(&x).0,
            kty: OCTET_KEY_PAIR.to_owned(),
            crv: ED25519.to_owned(),
            x,
            key_use: SIGNATURE.to_owned(),
            alg: EDDSA.to_owned(),
        }
    }

    /// Whether tokens may be signed by this key: everything else that the set may contain is skipped.
    pub(crate) fn signs_tokens(&self) -> bool {
        self.kty == OCTET_KEY_PAIR
            && self.crv == ED25519
            && self.key_use == SIGNATURE
            && self.alg == EDDSA
            && !self.kid.is_empty()
    }
}

/// The name of a key: its RFC 7638 thumbprint, so that the same key has the same name on every replica.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyId(pub(crate) String);

impl KeyId {
    /// The name as it appears in a token's `kid`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn thumbprint(x: &str) -> Self {
        // The members and their order are prescribed by RFC 8037, section 2.
        let canonical = format!(r#"{{"crv":"{ED25519}","kty":"{OCTET_KEY_PAIR}","x":"{x}"}}"#);
        Self(URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes())))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_id_is_the_thumbprint_of_rfc_8037_appendix_a_3() {
        let thumbprint = KeyId::thumbprint("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(thumbprint.as_str(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
