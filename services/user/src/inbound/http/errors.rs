//! How errors of the ports are answered.

use booked_contract::Code;
use booked_server::ApiError;

use crate::ports::{HashError, TooManyGuesses};

impl From<HashError> for ApiError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::TooBusy => Self::because(Code::Unavailable, &error).for_a_crowd(),
            HashError::Slowed(wait) => wait.into(),
            HashError::Failed(_) => Self::because(Code::Unknown, &error),
        }
    }
}

impl From<TooManyGuesses> for ApiError {
    fn from(TooManyGuesses { retry_after_s }: TooManyGuesses) -> Self {
        Self::new(Code::TooManyRequests).with_retry_after(retry_after_s)
    }
}
