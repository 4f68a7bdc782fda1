//! What failures of the ports mean to a client.

use booked_contract::Code;
use booked_server::{ApiError, NotFetched};

use crate::{ports::StoreFailure, usecases::ReadError};

pub(super) fn of_store(failure: &StoreFailure) -> ApiError {
    let code = match failure {
        StoreFailure::Unavailable(_) => Code::Unavailable,
        StoreFailure::NotRead(_) => Code::ReadFailed,
        StoreFailure::NotWritten(_) => Code::WriteFailed,
        StoreFailure::Unknown(_) => Code::UpstreamTimedOut,
    };
    ApiError::because(code, failure)
}

pub(super) fn of_reading(error: &ReadError) -> ApiError {
    match error {
        ReadError::Store(failure) => of_store(failure),
        ReadError::Ticketing(away) => ApiError::because(Code::Unavailable, away),
    }
}

pub(super) fn of_fetching(not_fetched: NotFetched) -> ApiError {
    match not_fetched {
        NotFetched::Busy => ApiError::because(Code::Unavailable, &not_fetched),
        NotFetched::Interrupted => ApiError::because(Code::Unknown, &not_fetched),
    }
}
