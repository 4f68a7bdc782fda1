//! What can go wrong in the database, by what it means for the caller.

use std::convert::Infallible;

use booked_failure::{During, Failure};
use diesel::result::{DatabaseErrorKind, Error};

/// The database, as failures name it.
pub(crate) const POSTGRES: &str = "Postgres";

/// A transaction had no effect, or nobody knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransactionError<R> {
    /// The work itself refused; everything was rolled back.
    #[error("rolled back")]
    Aborted(R),
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl<R: From<Failure>> TransactionError<R> {
    /// The refusal, or the failure as one: for work whose refusals include [`Failure`].
    pub fn flatten(self) -> R {
        match self {
            Self::Aborted(refusal) => refusal,
            Self::Failed(failure) => failure.into(),
        }
    }
}

impl From<TransactionError<Infallible>> for Failure {
    fn from(error: TransactionError<Infallible>) -> Self {
        match error {
            TransactionError::Aborted(never) => match never {},
            TransactionError::Failed(failure) => failure,
        }
    }
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

/// Of a statement that reads. A failed read changed nothing, so it is never unknown.
pub(crate) fn of_read(error: &Error) -> Failure {
    surely_not_done(During::Read, error)
}

fn surely_not_done(during: During, error: &Error) -> Failure {
    if may_pass(error) {
        Failure::not_done(POSTGRES, error)
    } else {
        Failure::refused(POSTGRES, during, error)
    }
}

impl<R> TransactionError<R> {
    /// The name by which metrics count it; none if the work itself refused.
    pub(crate) fn kind(&self) -> Option<&'static str> {
        match self {
            Self::Aborted(_) => None,
            Self::Failed(failure) => Some(failure.kind()),
        }
    }

    /// Of work that never came to its commit.
    pub(crate) fn before_commit(during: During, abort: Abort<R>) -> Self {
        match abort {
            Abort::Refuse(refusal) => Self::Aborted(refusal),
            Abort::Failed(error) => Self::Failed(surely_not_done(during, &error)),
        }
    }

    /// Of a commit that did not answer "done". Only what a commit itself can refuse is known to be rolled back. A full disk
    /// is not among it: the server says the same words if it could not write the commit to its log, and panics.
    pub(crate) fn in_commit(during: During, abort: Abort<R>) -> Self {
        use DatabaseErrorKind::{
            CheckViolation, ExclusionViolation, ForeignKeyViolation, NotNullViolation, SerializationFailure,
            UniqueViolation,
        };
        Self::Failed(match abort {
            Abort::Refuse(refusal) => return Self::Aborted(refusal),
            Abort::Failed(error @ Error::DatabaseError(SerializationFailure, _)) => {
                Failure::not_done(POSTGRES, error)
            }
            Abort::Failed(
                error @ Error::DatabaseError(
                    UniqueViolation | ForeignKeyViolation | ExclusionViolation | CheckViolation
                    | NotNullViolation,
                    _,
                ),
            ) => Failure::refused(POSTGRES, during, error),
            Abort::Failed(error) => Failure::unknown(POSTGRES, error),
        })
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
