//! What failures of the ports mean to a client.

use booked_contract::Code;
use booked_server::ApiError;

use crate::ports::{HashFailure, StoreFailure};

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
    let code = match failure {
        HashFailure::TooBusy => Code::Unavailable,
        HashFailure::Failed(_) => Code::Unknown,
    };
    ApiError::because(code, failure)
}
