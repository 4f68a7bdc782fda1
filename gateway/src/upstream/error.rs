//! Why a call to a service has no response. It tells more than [`Failure`], which it becomes: what may be tried next, and
//! whether the replica is healthy, depend on how the call failed.

use booked_failure::Failure;

use crate::services::ServiceName;

#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// Not a byte of the request was sent.
    #[error("not sent: {0}")]
    NotSent(String),
    /// Not a byte of the request was sent: there was no room for it in time.
    #[error("not sent: {0}")]
    Overloaded(&'static str),
    /// Not a byte of the request was sent: the replica accepted no connection in time.
    #[error("not sent: no connection in time")]
    ConnectTimedOut,
    /// The request was sent, at least in part; the connection broke before the whole response was read.
    #[error("the response was lost: {0}")]
    Lost(String),
    /// The request was sent; the response did not come in time.
    #[error("no response in time")]
    TimedOut,
}

impl CallError {
    /// What this means for a call that changes something and was sent before, if its response was `lost`: the call may have
    /// been done then, even if it surely was not sent again.
    pub(super) fn after(self, lost: Option<Self>) -> Self {
        match (self, lost) {
            (Self::NotSent(_) | Self::Overloaded(_) | Self::ConnectTimedOut, Some(lost)) => lost,
            (error, _) => error,
        }
    }

    pub(crate) fn into_failure(self, service: ServiceName) -> Failure {
        match self {
            Self::NotSent(_) | Self::Overloaded(_) | Self::ConnectTimedOut => {
                Failure::not_done(service.as_str(), self)
            }
            Self::Lost(_) | Self::TimedOut => Failure::unknown(service.as_str(), self),
        }
    }
}
