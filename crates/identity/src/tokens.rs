//! Tokens: JWTs signed with Ed25519, and the strict check of one that a client presents.

use std::collections::{HashMap, HashSet};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use booked_ids::UserId;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors::ErrorKind};
use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};

use crate::{
    Identity, Jwks, Role,
    jwks::{Jwk, KeyId},
};

/// The longest token that is examined, and so the longest that is signed.
pub const TOKEN_BYTES_MAX: usize = 8 * 1024;

/// How far the signer's clock may be ahead of the verifier's.
const CLOCK_SKEW_MAX_S: i64 = 60;
const PUBLIC_KEY_BYTES: usize = 32;
const ISSUER: &str = "booked";
const AUDIENCE: &str = "booked";
const TYPE: &str = "JWT";

/// Checks tokens against the keys of one JWKS. It never changes: create another one when the JWKS changes.
pub struct Verifier {
    keys: HashMap<String, DecodingKey>,
    jwks: Jwks,
    signature_only: Validation,
}

/// What a valid token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The identity that the token is for.
    pub identity: Identity,
    /// From this second on it is no longer valid.
    pub expires_unix_s: i64,
}

impl Verifier {
    /// Accepts the Ed25519 signature keys of the set. Keys of another kind and malformed ones are skipped: nothing
    /// that is wrong with one key may keep another from being added or removed. With an empty set no token is valid.
    #[must_use]
    pub fn new(jwks: &Jwks) -> Self {
        let mut keys = HashMap::new();
        let mut accepted: Vec<Jwk> = Vec::new();
        for jwk in jwks.keys.iter().filter(|jwk| jwk.signs_tokens()) {
            let public = URL_SAFE_NO_PAD.decode(&jwk.x).ok();
            let Some(public) = public.filter(|bytes| bytes.len() == PUBLIC_KEY_BYTES) else { continue };
            // Of two keys with one name the latter counts.
            accepted.retain(|other| other.kid != jwk.kid);
            accepted.push(jwk.clone());
            keys.insert(jwk.kid.clone(), DecodingKey::from_ed_der(&public));
        }
        Self { keys, jwks: Jwks { keys: accepted }, signature_only: signature_only() }
    }

    /// The keys whose tokens are accepted, in the order of the set, and no others.
    #[must_use]
    pub fn jwks(&self) -> &Jwks {
        &self.jwks
    }

    /// The names of the keys whose tokens are accepted.
    pub fn kids(&self) -> impl Iterator<Item = &str> {
        self.jwks.keys.iter().map(|jwk| jwk.kid.as_str())
    }

    /// Whether the set has a key of this name.
    #[must_use]
    pub fn knows(&self, kid: &str) -> bool {
        self.keys.contains_key(kid)
    }

    /// Returns the identity that the token was signed for.
    ///
    /// # Errors
    ///
    /// The reason; the client gets the same answer for all of them. After [`InvalidToken::UnknownKey`] a newer JWKS
    /// may have the key, but anyone can make up names of keys: limit how often the JWKS is fetched for that.
    pub fn verify(&self, token: &str, now_unix_s: i64) -> Result<Verified, InvalidToken> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(InvalidToken::TooLong);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| InvalidToken::Malformed)?;
        if changes_meaning(token) {
            return Err(InvalidToken::Malformed);
        }
        let key = self.key_for(&header)?;
        let claims = jsonwebtoken::decode::<Claims>(token, key, &self.signature_only)
            .map_err(|error| match error.kind() {
                ErrorKind::InvalidSignature => InvalidToken::BadSignature,
                _ => InvalidToken::Malformed,
            })?
            .claims;
        claims.check(now_unix_s)
    }

    fn key_for(&self, header: &Header) -> Result<&DecodingKey, InvalidToken> {
        if header.alg != Algorithm::EdDSA {
            return Err(InvalidToken::WrongAlgorithm);
        }
        if header.typ.as_deref() != Some(TYPE) {
            return Err(InvalidToken::Malformed);
        }
        let kid = header.kid.as_deref().ok_or(InvalidToken::Malformed)?;
        self.keys.get(kid).ok_or(InvalidToken::UnknownKey)
    }
}

/// Whether the header has a member that gives the rest another meaning: `crit` names extensions that must be
/// understood, and none is; the others are such extensions. The presence of the member counts, whatever its value:
/// the library treats `null` as absent.
fn changes_meaning(token: &str) -> bool {
    #[derive(Deserialize)]
    struct Extensions {
        #[serde(default, deserialize_with = "is_there")]
        crit: bool,
        #[serde(default, deserialize_with = "is_there")]
        b64: bool,
        #[serde(default, deserialize_with = "is_there")]
        zip: bool,
        #[serde(default, deserialize_with = "is_there")]
        enc: bool,
    }
    let header = token.split('.').next().and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let extensions = header.and_then(|header| serde_json::from_slice(&header).ok());
    extensions.is_none_or(|Extensions { crit, b64, zip, enc }| crit || b64 || zip || enc)
}

fn is_there<'de, D: Deserializer<'de>>(value: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(value).map(|_| true)
}

/// A claim that may be absent, but not `null`.
fn some<'de, D: Deserializer<'de>>(value: D) -> Result<Option<i64>, D::Error> {
    i64::deserialize(value).map(Some)
}

/// The library checks form and signature; the claims are checked here, since it would read the clock itself, and
/// would accept an audience that is one of several.
fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.required_spec_claims = HashSet::new();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation
}

pub(crate) fn sign(
    key_id: &KeyId,
    key: &EncodingKey,
    identity: &Identity,
    now_unix_s: i64,
    lifetime_s: i64,
) -> Result<String, SignError> {
    let expires = now_unix_s.checked_add(lifetime_s).filter(|_| lifetime_s > 0);
    let claims = Claims {
        iss: ISSUER.to_owned(),
        aud: AUDIENCE.to_owned(),
        sub: identity.user.to_string(),
        email: identity.email.clone(),
        role: identity.role.as_str().to_owned(),
        iat: now_unix_s,
        nbf: None,
        exp: expires.ok_or(SignError::BadLifetime)?,
    };
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some(key_id.as_str().to_owned());
    let token = jsonwebtoken::encode(&header, &claims, key).map_err(|_| SignError::NotSigned)?;
    if token.len() > TOKEN_BYTES_MAX {
        return Err(SignError::TooLong);
    }
    Ok(token)
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    email: String,
    role: String,
    iat: i64,
    /// Our tokens do not have it; in a token that has it, it counts.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    nbf: Option<i64>,
    exp: i64,
}

impl Claims {
    fn check(self, now_unix_s: i64) -> Result<Verified, InvalidToken> {
        if self.iss != ISSUER {
            return Err(InvalidToken::WrongIssuer);
        }
        if self.aud != AUDIENCE {
            return Err(InvalidToken::WrongAudience);
        }
        if now_unix_s >= self.exp {
            return Err(InvalidToken::Expired);
        }
        let begins = self.nbf.map_or(self.iat, |not_before| not_before.max(self.iat));
        if begins > now_unix_s.saturating_add(CLOCK_SKEW_MAX_S) {
            return Err(InvalidToken::FromTheFuture);
        }
        let user: UserId = self.sub.parse().map_err(|_| InvalidToken::Malformed)?;
        let role: Role = self.role.parse().map_err(|_| InvalidToken::Malformed)?;
        let identity = Identity { user, email: self.email, role };
        Ok(Verified { identity, expires_unix_s: self.exp })
    }
}

/// Why a token is not valid, for the log: a client is only told that it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// Longer than [`TOKEN_BYTES_MAX`].
    #[error("token too long")]
    TooLong,
    /// Not a JWT, or one without the header fields and claims that ours have.
    #[error("token malformed")]
    Malformed,
    /// Signed with an algorithm other than EdDSA, or so it claims.
    #[error("token of another algorithm")]
    WrongAlgorithm,
    /// Signed with a key that the JWKS does not have; a newer JWKS may have it.
    #[error("token signed by an unknown key")]
    UnknownKey,
    /// The signature is not one of this key over this text.
    #[error("token signature wrong")]
    BadSignature,
    /// Issued by someone else.
    #[error("token of another issuer")]
    WrongIssuer,
    /// Meant for someone else.
    #[error("token for another audience")]
    WrongAudience,
    /// Its lifetime is over.
    #[error("token expired")]
    Expired,
    /// Issued, or valid only from, later than now by more than clocks may differ.
    #[error("token of the future")]
    FromTheFuture,
}

/// Why a token could not be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// All keys were removed.
    #[error("there is no key to sign with")]
    NoKey,
    /// The lifetime is not positive, or ends after the latest time that can be represented.
    #[error("the life of a token must be a positive number of seconds")]
    BadLifetime,
    /// The email makes the token longer than [`TOKEN_BYTES_MAX`].
    #[error("the token would be too long")]
    TooLong,
    /// The library refused.
    #[error("the token could not be signed")]
    NotSigned,
}
