//! How every endpoint answers if it cannot do what was asked.

use std::{fmt, ops::RangeInclusive};

use actix_web::{
    HttpResponse, HttpResponseBuilder, ResponseError,
    http::{StatusCode, header},
};
use booked_contract::{Code, ErrorBody, IDEMPOTENCY_REPLAYED_HEADER};
use booked_failure::{During, Failure};

use crate::{FlightError, Random as _, SystemRandom};

/// The number of seconds after which a client may retry what was unavailable: chosen from this range, so that a crowd
/// that was refused together does not come back together.
const RETRY_AFTER_S: RangeInclusive<u64> = 1..=3;
/// The same if a queue is full: more requests wait than can be served soon.
const RETRY_AFTER_CROWD_S: RangeInclusive<u64> = 2..=6;

/// An error of the contract. The cause of a 5xx goes to the log, never to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    code: Code,
    status: u16,
    detail: Option<String>,
    is_crowded: bool,
    retry_after_s: Option<u64>,
    is_replay: bool,
}

impl ApiError {
    /// The error of this code, with its usual status.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self {
            code,
            status: code.status(),
            detail: None,
            is_crowded: false,
            retry_after_s: None,
            is_replay: false,
        }
    }

    /// Says what is wrong in this case. The client sees this text.
    #[must_use]
    pub fn with_detail(mut self, detail: impl fmt::Display) -> Self {
        self.detail = Some(detail.to_string());
        self
    }

    /// Too many are already waiting: a request that is refused for this is asked to come back later than usual.
    #[must_use]
    pub fn for_a_crowd(mut self) -> Self {
        self.is_crowded = true;
        self
    }

    /// Says after how many seconds the client may try again.
    #[must_use]
    pub fn with_retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The same error with a status other than the code's usual one.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Says whether the request was answered this before, under the same idempotency key.
    #[must_use]
    pub fn replayed(mut self, is_replay: bool) -> Self {
        self.is_replay = is_replay;
        self
    }

    /// A failure on our side: the cause goes to the log, and the client sees only the code.
    #[must_use]
    pub fn because(code: Code, cause: &(dyn fmt::Display + Send + Sync)) -> Self {
        tracing::warn!(code = code.as_str(), cause = %cause, "a request failed");
        Self::new(code)
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// What is wrong in this case, if that was said.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }
}

impl From<Code> for ApiError {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl From<crate::lifecycle::Interrupted> for ApiError {
    fn from(interrupted: crate::lifecycle::Interrupted) -> Self {
        Self::because(Code::UpstreamTimedOut, &interrupted)
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        let code = match &failure {
            Failure::NotDone(_) => Code::Unavailable,
            Failure::Refused(During::Read, _) => Code::ReadFailed,
            Failure::Refused(During::Write, _) => Code::WriteFailed,
            Failure::Refused(During::Transaction, _) => Code::TransactionFailed,
            Failure::Unknown(_) => Code::UpstreamTimedOut,
            // Nothing failed.
            Failure::Repeated(_) => return Code::FirstRequestUnderWay.into(),
        };
        Self::because(code, &failure)
    }
}

impl From<FlightError> for ApiError {
    fn from(error: FlightError) -> Self {
        let code = match error {
            FlightError::Busy => Code::Unavailable,
            FlightError::Interrupted => Code::Unknown,
        };
        Self::because(code, &error)
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.code.msg())
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponseBuilder::new(self.status_code());
        let seconds = if self.is_crowded { RETRY_AFTER_CROWD_S } else { RETRY_AFTER_S };
        let says_when = matches!(self.code, Code::Unavailable | Code::FirstRequestUnderWay);
        let by_code = says_when.then(|| one_of(seconds));
        if let Some(seconds) = self.retry_after_s.or(by_code) {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        if self.is_replay {
            response.insert_header((IDEMPOTENCY_REPLAYED_HEADER, "true"));
        }
        response.json(ErrorBody::new(self.code, self.detail.clone()))
    }
}

fn one_of(seconds: RangeInclusive<u64>) -> u64 {
    let many = seconds.end() - seconds.start() + 1;
    let [random, ..] = SystemRandom.bytes();
    seconds.start() + u64::from(random) % many
}
