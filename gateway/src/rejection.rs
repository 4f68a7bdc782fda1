//! What the gateway answers instead of a service: every reason, and how each is answered.

use actix_web::{
    HttpResponse, ResponseError as _,
    http::{StatusCode, header},
};
use booked_contract::Code;
use booked_failure::Failure;
use booked_ids::InvalidUuid;
use booked_server::ApiError;

use crate::{client_limits::RateExceeded, metrics::LimitKind, routes::Methods, services::ServiceName};

/// Why a request does not get a service's response.
#[derive(Debug)]
pub(crate) enum Rejection {
    NoSuchRoute,
    /// The path's routes have other methods.
    MethodNotAllowed {
        allowed: Methods,
    },
    /// The address or the user sends too many requests, in a second or at once.
    TooManyRequests {
        limit: LimitKind,
        retry_after_s: u64,
    },
    /// There is no memory for the body: nothing was done.
    BodyBudgetExceeded,
    /// Something between the client and the service may read the id in the path as another path.
    IdMalformed,
    /// There is no token, or no valid one.
    TokenInvalid,
    /// The token is valid, its role is not enough.
    RoleNotAllowed,
    /// The idempotency key is not one string of visible characters.
    IdempotencyKeyMalformed,
    BodyTooLarge,
    /// The body ended too early, or its framing is wrong.
    BodyMalformed,
    BodyTimedOut,
    /// HTTP does not allow the request target.
    TargetMalformed,
    /// A call to a service failed.
    Failed(Failure),
    /// Nothing was done: there are more requests than can be served.
    Overloaded(&'static str),
    /// A service responded as it never should.
    BadUpstreamResponse(String),
    /// The gateway itself failed.
    Internal(String),
}

impl Rejection {
    pub(crate) fn rate_exceeded(limit: LimitKind, exceeded: RateExceeded) -> Self {
        Self::TooManyRequests { limit, retry_after_s: exceeded.retry_after_s }
    }

    /// A client with that many requests in flight may try again when some have ended.
    pub(crate) fn concurrency_exceeded(limit: LimitKind) -> Self {
        Self::TooManyRequests { limit, retry_after_s: 1 }
    }

    /// Which tokens are valid is not known before the keys have been fetched once.
    pub(crate) fn no_keys_yet() -> Self {
        let user = ServiceName::User.as_str();
        Self::Failed(Failure::not_done(user, "it has not published its keys yet"))
    }

    /// The limit that was exceeded, if it was one.
    pub(crate) fn limit(&self) -> Option<LimitKind> {
        match self {
            Self::TooManyRequests { limit, .. } => Some(*limit),
            Self::BodyBudgetExceeded => Some(LimitKind::BodyBytes),
            Self::BodyTooLarge => Some(LimitKind::BodySize),
            Self::BodyTimedOut => Some(LimitKind::SlowBody),
            _ => None,
        }
    }

    pub(crate) fn into_response(self) -> HttpResponse {
        match self {
            Self::NoSuchRoute => error(Code::NoSuchRoute),
            Self::MethodNotAllowed { allowed } => {
                let mut response = error(Code::MethodNotAllowed);
                if let Ok(allowed) = header::HeaderValue::try_from(allowed.to_string()) {
                    response.headers_mut().insert(header::ALLOW, allowed);
                }
                response
            }
            Self::TooManyRequests { retry_after_s, .. } => {
                let mut response = error(Code::TooManyRequests);
                response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(retry_after_s));
                response
            }
            Self::BodyBudgetExceeded => error(Code::Unavailable),
            // As the event service answers it.
            Self::IdMalformed => {
                ApiError::new(Code::InvalidEventId).with_detail(InvalidUuid).error_response()
            }
            Self::TokenInvalid => error(Code::TokenInvalid),
            Self::RoleNotAllowed => error(Code::RoleNotAllowed),
            Self::IdempotencyKeyMalformed => ApiError::new(Code::IdempotencyKeyMalformed)
                .with_detail("Idempotency-Key: one string of 1 to 255 visible characters, quoted or bare")
                .error_response(),
            Self::BodyTooLarge => error(Code::BodyTooLarge),
            Self::BodyMalformed => {
                ApiError::new(Code::BodyUndecodable).with_detail("the body broke off").error_response()
            }
            Self::BodyTimedOut => HttpResponse::build(StatusCode::REQUEST_TIMEOUT).force_close().finish(),
            Self::TargetMalformed => HttpResponse::BadRequest().finish(),
            Self::Failed(failure) => ApiError::from(failure).error_response(),
            // Not a warning: under overload most calls end like this, and metrics count them.
            Self::Overloaded(cause) => {
                tracing::debug!(cause, "a request was rejected");
                ApiError::new(Code::Unavailable).for_a_crowd().error_response()
            }
            Self::BadUpstreamResponse(cause) | Self::Internal(cause) => {
                ApiError::because(Code::Unknown, &cause).error_response()
            }
        }
    }
}

fn error(code: Code) -> HttpResponse {
    ApiError::new(code).error_response()
}
