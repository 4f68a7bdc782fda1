//! What can go wrong in the database, by what it means for the caller.

use diesel::result::{DatabaseErrorKind, Error};

/// A read failed; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ReadFailure {
    /// The database cannot be reached, has no connection to give, did not answer in time, or lacks what may come back.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The database refused, and will again.
    #[error("the database refused to read: {0}")]
    Refused(Error),
}

/// A transaction failed.
#[derive(Debug, thiserror::Error)]
pub enum WriteFailure<R> {
    /// The work itself refused; everything was rolled back.
    #[error("rolled back")]
    Aborted(R),
    /// Nothing was done: the database cannot be reached, has no connection to give, was lost before the commit, or lacks
    /// what may come back: space, memory, a lock, the right to write.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The database refused, and will again; everything was rolled back.
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
        if may_pass(&error) { Self::Unavailable(error.to_string()) } else { Self::Refused(error) }
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
            Abort::Failed(error) if may_pass(&error) => Self::Unavailable(error.to_string()),
            Abort::Failed(error) => Self::Refused(error),
        }
    }

    /// Of a commit that did not answer "done". Only what a commit itself can refuse is known to be rolled back. A full disk
    /// is not among it: the server says the same words where it could not write the commit to its log, and panics.
    pub(crate) fn in_commit(abort: Abort<R>) -> Self {
        use DatabaseErrorKind::{
            CheckViolation, ExclusionViolation, ForeignKeyViolation, NotNullViolation, SerializationFailure,
            UniqueViolation,
        };
        match abort {
            Abort::Refuse(refusal) => Self::Aborted(refusal),
            Abort::Failed(error @ Error::DatabaseError(SerializationFailure, _)) => {
                Self::Unavailable(error.to_string())
            }
            Abort::Failed(Error::DatabaseError(
                kind @ (UniqueViolation | ForeignKeyViolation | ExclusionViolation | CheckViolation
                | NotNullViolation),
                message,
            )) => Self::Refused(Error::DatabaseError(kind, message)),
            Abort::Failed(error) => Self::Unknown(error.to_string()),
        }
    }
}

/// Whether the same statement may succeed later: the connection or the patience with it was lost, or the server lacks
/// something. Diesel hands on few SQLSTATEs (40001 and 25006 are among them), so the others are known by the server's
/// words, in the language that [`crate::connect`] asks for.
fn may_pass(error: &Error) -> bool {
    use DatabaseErrorKind::{
        ClosedConnection, ReadOnlyTransaction, SerializationFailure, UnableToSendCommand,
    };
    match error {
        Error::DatabaseError(
            UnableToSendCommand | ClosedConnection | SerializationFailure | ReadOnlyTransaction,
            _,
        )
        | Error::BrokenTransactionManager => true,
        Error::DatabaseError(_, information) => {
            let message = information.message();
            PASSING.iter().any(|words| message.starts_with(words))
                || NO_SPACE.iter().any(|words| message.ends_with(words))
        }
        _ => false,
    }
}

/// How the server begins to say what passes, by the class of its SQLSTATE.
const PASSING: [&str; 14] = [
    // 40: rolled back for another transaction's sake.
    "deadlock detected",
    // 53: too little of something.
    "could not extend file",
    "out of memory",
    "out of shared memory",
    "temporary file size exceeds temp_file_limit",
    "remaining connection slots are reserved",
    "sorry, too many clients already",
    "too many connections for",
    // 55: a lock that others have, or a server that only reads.
    "could not obtain lock on",
    "recovery is in progress",
    "cannot acquire lock mode",
    // 57: an operator, a time limit, the server's own end.
    "canceling statement due to",
    "terminating connection",
    "the database system is",
];

/// How the operating system says that the disk is full, behind what the server was about.
const NO_SPACE: [&str; 2] = ["No space left on device", "Disk quota exceeded"];
