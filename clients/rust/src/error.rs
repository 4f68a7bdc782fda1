//! Why a call gave no value.

use std::{fmt, time::Duration};

use booked_contract::{Code, ErrorBody};
use http::StatusCode;

/// A call gave no value.
#[derive(Debug, thiserror::Error)]
#[error("{failure}")]
#[non_exhaustive]
pub struct Error {
    /// What happened to the last try.
    pub failure: Failure,
    /// Whether what was asked for may have been done, or may be done later. Then make the same call with this
    /// idempotency key again, or look.
    pub outcome_unknown: bool,
    /// What the request was sent with.
    pub idempotency_key: Option<String>,
}

/// What can happen to one try.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// An answer came that is an error.
    #[error("{0}")]
    Api(Box<ApiError>),
    /// No connection could be made; nothing was done.
    #[error("not sent: {0}")]
    NotSent(String),
    /// No answer came: the connection was lost, or the time was up. What became of the request is unknown.
    #[error("no answer: {0}")]
    Lost(String),
    /// An answer came that says success, but not what the API says. What became of the request is unknown.
    #[error("{0}")]
    Unreadable(String),
    /// The answer would be the one whose `ETag` was given.
    #[error("not modified")]
    NotModified,
}

/// An answer that is an error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// What it says; none if something other than the API has answered, such as a proxy.
    pub body: Option<ErrorBody>,
    /// What the gateway calls the request, to ask its operator about it.
    pub request_id: Option<String>,
    /// After how long to try again, if the answer says so.
    pub retry_after: Option<Duration>,
    /// Whether this is the first answer again, to a request that was sent before with the same key.
    pub replayed: bool,
}

/// A value cannot be sent. The text says which, without showing it, since it may be secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unsendable(pub(crate) &'static str);

impl Error {
    /// The code of the answer; none if there was no answer, or it has a code that is not known here.
    #[must_use]
    pub fn code(&self) -> Option<Code> {
        self.api()?.code()
    }

    /// The answer, if there was one.
    #[must_use]
    pub fn api(&self) -> Option<&ApiError> {
        match &self.failure {
            Failure::Api(error) => Some(error),
            _ => None,
        }
    }
}

impl Failure {
    /// Whether what was asked for may have been done, or may be done later, as far as this try tells.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        match self {
            Self::Api(error) => error.outcome_unknown(),
            Self::Lost(_) | Self::Unreadable(_) => true,
            Self::NotSent(_) | Self::NotModified => false,
        }
    }
}

impl ApiError {
    /// The code; none if there is none, or it is not known here. Its text is in the body.
    #[must_use]
    pub fn code(&self) -> Option<Code> {
        Code::named(&self.body.as_ref()?.category_code)
    }

    /// With these nothing was done, or the first request with the key is under way and its answer comes by asking
    /// again. So sending any request again is safe.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self.code(), Some(Code::Unavailable | Code::TooManyRequests | Code::FirstRequestUnderWay))
    }

    pub(crate) fn is_gateway_timeout(&self) -> bool {
        self.status == StatusCode::GATEWAY_TIMEOUT
    }

    /// Whether it also tells what became of earlier tries: their refusal would have been the same.
    pub(crate) fn is_final(&self) -> bool {
        !self.is_passing()
            && self.status != StatusCode::UNAUTHORIZED
            && self.status < StatusCode::INTERNAL_SERVER_ERROR.as_u16()
    }

    fn outcome_unknown(&self) -> bool {
        // A proxy may have passed the request on before it failed.
        let is_of_proxy = self.body.is_none() && self.status >= StatusCode::INTERNAL_SERVER_ERROR.as_u16();
        is_of_proxy || self.is_gateway_timeout() || self.code() == Some(Code::FirstRequestUnderWay)
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.body {
            Some(body) => write!(f, "{}: {}", body.category_code, body.msg)?,
            None => write!(f, "an answer that is not the API's")?,
        }
        if let Some(detail) = self.body.as_ref().and_then(|body| body.error.as_ref()) {
            write!(f, " ({detail})")?;
        }
        write!(f, " [status {}", self.status)?;
        if let Some(id) = &self.request_id {
            write!(f, ", request {id}")?;
        }
        f.write_str("]")
    }
}
