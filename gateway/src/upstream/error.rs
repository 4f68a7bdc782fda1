//! Why a call to a service has no response, and so whether it may have been done.

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
