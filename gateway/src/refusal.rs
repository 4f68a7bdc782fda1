//! What the gateway answers instead of a service: every reason, and the one place that says how it is answered.

use actix_web::{
    HttpResponse, ResponseError as _,
    http::{StatusCode, header},
};
use booked_contract::Code;
use booked_ids::InvalidUuid;
use booked_server::ApiError;

use crate::{askers::TooFast, metrics::Reason, routes::Methods};

/// Why a request does not get a service's answer.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// No route has the path.
    NoSuchRoute,
    /// The path's routes have other methods.
    MethodNotAllowed { allowed: Methods },
    /// The address or the user asks too much: in a second, or at a time.
    TooManyRequests { reason: Reason, retry_after_s: u64 },
    /// There is no room for the body: nothing was done.
    NoRoom,
    /// The id in the path may be read as another path by somebody on the way.
    IdMalformed,
    /// No token, or none that is good.
    TokenInvalid,
    /// The token is good, its role is not enough.
    RoleNotAllowed,
    /// The body is larger than is taken.
    BodyTooLarge,
    /// The body ended too early or was not framed as it should be.
    BodyBroken,
    /// The body did not come in time.
    BodyTooSlow,
    /// The request target is not one that HTTP allows.
    TargetMalformed,
    /// Nothing was done: for this reason.
    Unavailable { cause: String },
    /// Nothing was done: more ask than can be served.
    Busy { cause: &'static str },
    /// It may have been done, the answer was lost: for this reason.
    OutcomeUnknown { cause: String },
    /// A service answered what it never should.
    Nonsense { cause: String },
}

impl Refusal {
    pub(crate) fn too_fast(reason: Reason, too_fast: TooFast) -> Self {
        Self::TooManyRequests { reason, retry_after_s: too_fast.retry_after_s }
    }

    /// Whoever has that much under way may ask again when some of it has ended.
    pub(crate) fn too_many(reason: Reason) -> Self {
        Self::TooManyRequests { reason, retry_after_s: 1 }
    }

    /// The limit that was met, if it was one.
    pub(crate) fn limit(&self) -> Option<Reason> {
        match self {
            Self::TooManyRequests { reason, .. } => Some(*reason),
            Self::NoRoom => Some(Reason::BodyBytes),
            Self::BodyTooLarge => Some(Reason::BodySize),
            Self::BodyTooSlow => Some(Reason::SlowBody),
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
            Self::NoRoom => error(Code::Unavailable),
            // As the event service says it.
            Self::IdMalformed => {
                ApiError::new(Code::InvalidEventId).with_detail(InvalidUuid).error_response()
            }
            Self::TokenInvalid => error(Code::TokenInvalid),
            Self::RoleNotAllowed => error(Code::RoleNotAllowed),
            Self::BodyTooLarge => error(Code::BodyTooLarge),
            Self::BodyBroken => {
                ApiError::new(Code::BodyUndecodable).with_detail("the body broke off").error_response()
            }
            Self::BodyTooSlow => HttpResponse::build(StatusCode::REQUEST_TIMEOUT).force_close().finish(),
            Self::TargetMalformed => HttpResponse::BadRequest().finish(),
            Self::Unavailable { cause } => ApiError::because(Code::Unavailable, &cause).error_response(),
            // Not told at length: under overload most calls end so, and metrics count them.
            Self::Busy { cause } => {
                tracing::debug!(cause, "a request was refused");
                ApiError::new(Code::Unavailable).for_a_crowd().error_response()
            }
            Self::OutcomeUnknown { cause } => {
                ApiError::because(Code::UpstreamTimedOut, &cause).error_response()
            }
            Self::Nonsense { cause } => ApiError::because(Code::Unknown, &cause).error_response(),
        }
    }
}

fn error(code: Code) -> HttpResponse {
    ApiError::new(code).error_response()
}
