//! What the gateway answers instead of a service: every reason, and the one place that says how it is answered.

use actix_web::{
    HttpResponse, ResponseError as _,
    http::{StatusCode, header},
};
use booked_contract::Code;
use booked_server::ApiError;

use crate::routes::Methods;

/// Why a request does not get a service's answer.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// No route has the path.
    NoSuchRoute,
    /// The path's routes have other methods.
    MethodNotAllowed { allowed: Methods },
    /// The address or the user asks too fast.
    TooManyRequests { retry_after_s: u64 },
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
            Self::TooManyRequests { retry_after_s } => {
                let mut response = error(Code::TooManyRequests);
                response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(retry_after_s));
                response
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
