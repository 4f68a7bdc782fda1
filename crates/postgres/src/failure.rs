//! What can go wrong in the database, by what it means for the caller.

use diesel::result::{DatabaseErrorKind, Error};

/// A read failed; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ReadFailure {
    /// The database cannot be reached, or has no connection to give, or did not answer in time.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The database refused.
    #[error("the database refused to read: {0}")]
    Refused(Error),
}

/// A transaction failed.
#[derive(Debug, thiserror::Error)]
pub enum WriteFailure<R> {
    /// The work itself refused; everything was rolled back.
    #[error("rolled back")]
    Aborted(R),
    /// Nothing was done: the database cannot be reached, has no connection to give, or was lost before the commit.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The database refused; everything was rolled back.
    #[error("the database refused to write: {0}")]
    Refused(Error),
    /// The commit was sent, and nobody knows what came of it.
    #[error("the outcome is unknown: {0}")]
    Unknown(String),
}

/// Why a transaction's work stops: by its own decision, or because a statement failed.
#[derive(Debug)]
pub enum Abort<R> {
    /// The work itself refuses.
    Refuse(R),
    /// A statement failed.
    Failed(Error),
}

impl<R> From<Error> for Abort<R> {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl ReadFailure {
    pub(crate) fn of(error: Error) -> Self {
        if is_lost(&error) { Self::Unavailable(error.to_string()) } else { Self::Refused(error) }
    }

    /// What it is called where failures are counted.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "unavailable",
            Self::Refused(_) => "refused",
        }
    }
}

impl<R> WriteFailure<R> {
    /// What it is called where failures are counted; none where the work itself refused.
    pub(crate) fn kind(&self) -> Option<&'static str> {
        match self {
            Self::Aborted(_) => None,
            Self::Unavailable(_) => Some("unavailable"),
            Self::Refused(_) => Some("refused"),
            Self::Unknown(_) => Some("unknown"),
        }
    }

    /// Of work that never came to its commit.
    pub(crate) fn before_commit(abort: Abort<R>) -> Self {
        match abort {
            Abort::Refuse(refusal) => Self::Aborted(refusal),
            Abort::Failed(error) if is_lost(&error) => Self::Unavailable(error.to_string()),
            Abort::Failed(error) => Self::Refused(error),
        }
    }

    /// Of a commit that did not answer "done". Only what a commit itself can refuse is known to be rolled back.
    pub(crate) fn in_commit(abort: Abort<R>) -> Self {
        use DatabaseErrorKind::{
            CheckViolation, ExclusionViolation, ForeignKeyViolation, NotNullViolation, SerializationFailure,
            UniqueViolation,
        };
        match abort {
            Abort::Refuse(refusal) => Self::Aborted(refusal),
            Abort::Failed(Error::DatabaseError(
                kind @ (SerializationFailure | UniqueViolation | ForeignKeyViolation | ExclusionViolation
                | CheckViolation | NotNullViolation),
                message,
            )) => Self::Refused(Error::DatabaseError(kind, message)),
            Abort::Failed(error) => Self::Unknown(error.to_string()),
        }
    }
}

/// Whether the connection, or the patience with it, was lost rather than the statement refused. Diesel does not hand
/// on the SQLSTATE, so what the server says of its own end is known by its words.
fn is_lost(error: &Error) -> bool {
    match error {
        Error::DatabaseError(
            DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection,
            _,
        )
        | Error::BrokenTransactionManager => true,
        Error::DatabaseError(_, information) => {
            let message = information.message();
            [
                "terminating connection",
                "the database system is",
                "canceling statement due to statement timeout",
                "canceling statement due to lock timeout",
                "remaining connection slots are reserved",
                "sorry, too many clients already",
            ]
            .iter()
            .any(|words| message.starts_with(words))
        }
        _ => false,
    }
}
