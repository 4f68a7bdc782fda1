//! What can go wrong in the database, by what it means for the caller.

use std::convert::Infallible;

use booked_failure::{During, Failure};
use diesel::result::{DatabaseErrorKind, Error};

/// The name of the database in failures.
pub(crate) const POSTGRES: &str = "Postgres";

/// A transaction had no effect, or its outcome is unknown.
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
    /// The refusal; or the failure, turned into a refusal: for work whose refusals include [`Failure`].
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

/// The failure of a statement that reads. A failed read changed nothing, so it is never unknown.
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

    /// The error of work that failed before its commit was sent.
    pub(crate) fn before_commit(during: During, abort: Abort<R>) -> Self {
        match abort {
            Abort::Refuse(refusal) => Self::Aborted(refusal),
            Abort::Failed(error) => Self::Failed(surely_not_done(during, &error)),
        }
    }

    /// The error of a commit that was not answered with "done". Only errors by which the commit itself refuses are
    /// known to mean that it was rolled back. A full disk is not one of them: the server uses the same words if it
    /// could not write the commit to its log, and panics.
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

/// Whether the same statement may succeed later: the connection was lost, a time limit was exceeded, or the server
/// lacks some resource. Diesel passes on few SQLSTATEs (40001 and 25006 are among them), so the others are recognized
/// by the server's words, in the language that [`crate::connect`] sets.
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

/// How the messages of temporary errors begin, by the class of their SQLSTATE.
const PASSING: [&str; 14] = [
    // 40: rolled back in favor of another transaction.
    "deadlock detected",
    // 53: a resource ran out.
    "could not extend file",
    "out of memory",
    "out of shared memory",
    "temporary file size exceeds temp_file_limit",
    "remaining connection slots are reserved",
    "sorry, too many clients already",
    "too many connections for",
    // 55: a lock that others hold, or a server that is read-only.
    "could not obtain lock on",
    "recovery is in progress",
    "cannot acquire lock mode",
    // 57: stopped by an operator, by a time limit, or by the server's own shutdown.
    "canceling statement due to",
    "terminating connection",
    "the database system is",
];

/// How the operating system says that the disk is full; in the message it follows what the server was doing.
const NO_SPACE: [&str; 2] = ["No space left on device", "Disk quota exceeded"];
