//! Phase 5, identity: whose token it is.

use std::sync::Arc;

use actix_http::Request;
use actix_web::{HttpMessage as _, http::header};
use booked_identity::{Identity, InvalidToken, Verified};

use crate::{keys::TokenKeys, refusal::Refusal, routes::Who};

/// Who is asking; nobody, where anyone may ask: a token is not looked at then.
pub(crate) async fn find(
    who: Who,
    request: &Request,
    keys: &TokenKeys,
    now_unix_s: i64,
) -> Result<Option<Caller>, Refusal> {
    match who {
        Who::Anyone => Ok(None),
        Who::Users | Who::Admins => {
            let token = bearer_token(request).ok_or(Refusal::TokenInvalid)?;
            verify(token, keys, now_unix_s).await.map(|verified| Some(Caller(verified)))
        }
    }
}

/// A caller whose token is good.
#[derive(Clone, Debug)]
pub(crate) struct Caller(Arc<Verified>);

impl Caller {
    pub(crate) fn identity(&self) -> &Identity {
        &self.0.identity
    }
}

/// A token that names a key which we do not know may have been signed by a new one, and where no key is known yet,
/// any may be good: the keys are looked at again before it is refused.
async fn verify(token: &str, keys: &TokenKeys, now_unix_s: i64) -> Result<Arc<Verified>, Refusal> {
    if let Some(known) = keys.seen() {
        match known.verify(token, now_unix_s) {
            Ok(verified) => return Ok(verified),
            Err(InvalidToken::UnknownKey) => {}
            Err(invalid) => return refuse(invalid),
        }
    }
    match keys.look_again().await {
        Some(known) => known.verify(token, now_unix_s).or_else(refuse),
        None => {
            Err(Refusal::Unavailable { cause: "the user service has not published its keys yet".to_owned() })
        }
    }
}

fn refuse(invalid: InvalidToken) -> Result<Arc<Verified>, Refusal> {
    tracing::debug!(%invalid, "a token was refused");
    Err(Refusal::TokenInvalid)
}

/// The token of `Authorization: Bearer …`; none where the header stands there twice, since nobody could say which one
/// another part of the system would look at.
fn bearer_token(request: &Request) -> Option<&str> {
    let mut values = request.headers().get_all(header::AUTHORIZATION);
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
