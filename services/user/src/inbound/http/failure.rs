//! What failures of the ports mean to a client.

use booked_contract::Code;
use booked_server::ApiError;

use crate::ports::{HashFailure, StoreFailure, TooManyGuesses};

pub(super) fn of_store(failure: &StoreFailure) -> ApiError {
    let code = match failure {
        StoreFailure::Unavailable(_) => Code::Unavailable,
        StoreFailure::NotRead(_) => Code::ReadFailed,
        StoreFailure::NotWritten(_) => Code::WriteFailed,
        StoreFailure::Unknown(_) => Code::UpstreamTimedOut,
    };
    ApiError::because(code, failure)
}

pub(super) fn of_hashing(failure: &HashFailure) -> ApiError {
    match failure {
        HashFailure::TooBusy => ApiError::because(Code::Unavailable, failure).for_a_crowd(),
        HashFailure::Slowed(wait) => of_guessing(*wait),
        HashFailure::Failed(_) => ApiError::because(Code::Unknown, failure),
    }
}

pub(super) fn of_guessing(TooManyGuesses { retry_after_s }: TooManyGuesses) -> ApiError {
    ApiError::new(Code::TooManyRequests).with_retry_after(retry_after_s)
}
