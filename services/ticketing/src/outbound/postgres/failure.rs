//! Failures of the database as the ports tell them.

use std::convert::Infallible;

use booked_postgres::{ReadFailure, WriteFailure};

use crate::ports::StoreFailure;

impl From<ReadFailure> for StoreFailure {
    fn from(failure: ReadFailure) -> Self {
        match failure {
            ReadFailure::Unavailable(why) => Self::Unavailable(why),
            ReadFailure::Refused(error) => Self::Refused(error.to_string()),
        }
    }
}

impl From<WriteFailure<Infallible>> for StoreFailure {
    fn from(failure: WriteFailure<Infallible>) -> Self {
        match failure {
            WriteFailure::Aborted(never) => match never {},
            WriteFailure::Unavailable(why) => Self::Unavailable(why),
            WriteFailure::Refused(error) => Self::Refused(error.to_string()),
            WriteFailure::Unknown(why) => Self::Unknown(why),
        }
    }
}
