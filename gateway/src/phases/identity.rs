//! Phase 5, identity: whose token it is.

use std::sync::Arc;

use actix_http::Request;
use actix_web::{HttpMessage as _, http::header};
use booked_identity::{Identity, InvalidToken, Verified};

use crate::{jwks_cache::JwksCache, rejection::Rejection, routes::Access};

/// The caller, if the route needs one: if anyone may use it, tokens are ignored.
pub(crate) async fn authenticate(
    access: Access,
    request: &Request,
    jwks: &JwksCache,
    now_unix_s: i64,
) -> Result<Option<Caller>, Rejection> {
    match access {
        Access::Anyone => Ok(None),
        Access::Users | Access::Admins => {
            let token = bearer_token(request).ok_or(Rejection::TokenInvalid)?;
            verify(token, jwks, now_unix_s).await.map(|verified| Some(Caller(verified)))
        }
    }
}

/// A caller whose token is valid.
#[derive(Clone, Debug)]
pub(crate) struct Caller(Arc<Verified>);

impl Caller {
    pub(crate) fn identity(&self) -> &Identity {
        &self.0.identity
    }
}

/// A token that names an unknown key may have been signed by a new one, and as long as no key is known, any token may be
/// valid: before it is rejected, the keys are refreshed.
async fn verify(token: &str, jwks: &JwksCache, now_unix_s: i64) -> Result<Arc<Verified>, Rejection> {
    if let Some(tokens) = jwks.current() {
        match tokens.verify(token, now_unix_s) {
            Ok(verified) => return Ok(verified),
            Err(InvalidToken::UnknownKey) => {}
            Err(invalid) => return reject(invalid),
        }
    }
    match jwks.refresh().await {
        Some(tokens) => tokens.verify(token, now_unix_s).or_else(reject),
        None => Err(Rejection::no_keys_yet()),
    }
}

fn reject(invalid: InvalidToken) -> Result<Arc<Verified>, Rejection> {
    tracing::debug!(%invalid, "a token was rejected");
    Err(Rejection::TokenInvalid)
}

/// The token of `Authorization: Bearer …`. If a request has that header twice, neither token is accepted: a proxy in
/// front might read the other one, and take the caller for somebody else.
fn bearer_token(request: &Request) -> Option<&str> {
    let mut values = request.headers().get_all(header::AUTHORIZATION);
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (scheme, token) = std::str::from_utf8(value.as_bytes()).ok()?.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
