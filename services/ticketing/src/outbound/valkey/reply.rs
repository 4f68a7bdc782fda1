//! What scripts answer, read into the rules' own types. An answer of another shape is an error of ours.

use std::time::Duration;

use booked_failure::Failure;
use booked_idempotency::Answered;
use booked_ids::{SeatNumber, UserId, parse_uuid};
use redis::{FromRedisValue, Value};

use crate::{
    domain::{
        booking::Refusal,
        seat::{AttemptId, Claim, ClaimKind, Hold, SeatState, SeatStates},
    },
    ports::{LimitOfBuyer, Released, Reserved, VALKEY},
};

pub(super) fn read<T: FromRedisValue>(value: Value) -> Result<T, Failure> {
    T::from_redis_value(value).map_err(|error| unexpected(&error))
}

pub(super) fn unexpected(what: &dyn std::fmt::Display) -> Failure {
    Failure::unknown(VALKEY, format!("an answer of an unexpected shape: {what}"))
}

/// An answer that begins with a word.
pub(super) fn worded(value: Value) -> Result<(String, std::vec::IntoIter<Value>), Failure> {
    let mut values = read::<Vec<Value>>(value)?.into_iter();
    let word = read(values.next().unwrap_or(Value::Nil))?;
    Ok((word, values))
}

/// What a script answers that keeps its answers: this time, or what it answered before. `read_answer` reads the answer's first word
/// and the rest.
pub(super) fn answered<T>(
    value: Value,
    read_answer: impl FnOnce(&str, std::vec::IntoIter<Value>) -> Result<T, Failure>,
) -> Result<Answered<T>, Failure> {
    let (word, mut rest) = worded(value)?;
    if word != "again" {
        return read_answer(&word, rest).map(Answered::now);
    }
    let word: String = read(rest.next().unwrap_or(Value::Nil))?;
    read_answer(&word, rest).map(Answered::before)
}

/// What the script that reserves answers.
pub(super) fn reserved(word: &str, mut rest: std::vec::IntoIter<Value>) -> Result<Reserved, Failure> {
    let mut number = || read::<i64>(rest.next().unwrap_or(Value::Nil));
    match word {
        "not loaded" => Ok(Reserved::NotLoaded),
        "other request" => Ok(Reserved::OtherRequest),
        "too few" => Ok(Reserved::TooFew),
        "cancelled" => Ok(Reserved::EventCancelled),
        "closed" => Ok(Reserved::Closed),
        "not yet" => Ok(Reserved::NotOnSaleYet { opens_unix_time: number()? }),
        "not noted" => Ok(Reserved::NotNoted { now_unix_ms: number()? }),
        "over limit" => {
            let limit = u32::try_from(number()?).unwrap_or(u32::MAX);
            Ok(Reserved::OverLimit { limit })
        }
        "too many held" => {
            let again_in = Duration::from_millis(number()?.unsigned_abs());
            Ok(Reserved::TooManyHeld { again_in })
        }
        "held" => {
            let expires_unix_ms = number()?;
            Ok(Reserved::Held { seats: seats(rest)?, expires_unix_ms })
        }
        other => Err(unexpected(&other)),
    }
}

/// What the scripts answer that release, or keep why that was refused.
pub(super) fn released(
    word: &str,
    rest: std::vec::IntoIter<Value>,
    asked: &[SeatNumber],
) -> Result<Released, Failure> {
    match word {
        "released" => Ok(Released::All),
        "not loaded" => Ok(Released::NotLoaded),
        "refused" => Ok(Released::Unheld(states(rest, asked)?)),
        "other request" => Ok(Released::OtherRequest),
        NOT_YOURS => Ok(Released::Refused(Refusal::NotYours)),
        NOT_RESERVED => Ok(Released::Refused(Refusal::NotReserved)),
        other => Err(unexpected(&other)),
    }
}

const NOT_YOURS: &str = "not yours";
const NOT_RESERVED: &str = "not reserved";

/// A refusal as it is kept.
pub(super) fn refusal_word(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NotYours => NOT_YOURS,
        Refusal::NotReserved => NOT_RESERVED,
    }
}

/// What the script that tells the limit of a buyer answers.
pub(super) fn limit_of_buyer(value: Value) -> Result<LimitOfBuyer, Failure> {
    let (word, mut rest) = worded(value)?;
    let mut number = || read::<i64>(rest.next().unwrap_or(Value::Nil));
    let count = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
    match word.as_str() {
        "not loaded" => Ok(LimitOfBuyer::NotLoaded),
        "no limit" => Ok(LimitOfBuyer::Unlimited),
        "not noted" => Ok(LimitOfBuyer::NotNoted { now_unix_ms: number()? }),
        "limit" => Ok(LimitOfBuyer::Limited { max: count(number()?), has: count(number()?) }),
        other => Err(unexpected(&other)),
    }
}

pub(super) fn seats(values: impl Iterator<Item = Value>) -> Result<Vec<SeatNumber>, Failure> {
    values.map(|value| read::<u32>(value).and_then(seat)).collect()
}

pub(super) fn seat(number: u32) -> Result<SeatNumber, Failure> {
    SeatNumber::new(number).ok_or_else(|| unexpected(&"seat 0"))
}

/// What inspect() of the prelude found, behind Valkey's time.
pub(super) fn states(
    mut values: std::vec::IntoIter<Value>,
    asked: &[SeatNumber],
) -> Result<SeatStates, Failure> {
    let now_unix_ms = read(values.next().unwrap_or(Value::Nil))?;
    let mut seats = Vec::with_capacity(asked.len());
    for seat in asked {
        let mut next = || values.next().unwrap_or(Value::Nil);
        let taken: u8 = read(next())?;
        let (user, score, claim): (String, String, String) = (read(next())?, read(next())?, read(next())?);
        let hold = match score.as_str() {
            "" => None,
            score => Some(Hold { user: user_id(&user), expires_unix_ms: number(score)? }),
        };
        let claim = if claim.is_empty() { None } else { Some(parse_claim(&claim)?) };
        seats.push(SeatState { seat: *seat, taken: taken == 1, hold, claim });
    }
    Ok(SeatStates { now_unix_ms, seats })
}

/// A claim as the scripts write it: attempt, kind, user and the hold's expiry between bars.
pub(super) fn parse_claim(text: &str) -> Result<Claim, Failure> {
    let mut parts = text.split('|');
    let mut next = || parts.next().unwrap_or_default();
    let attempt = parse_uuid(next()).map_err(|error| unexpected(&error))?;
    let kind = match next() {
        "book" => ClaimKind::Book,
        "cancel" => ClaimKind::Cancel,
        "check" => ClaimKind::Check,
        other => return Err(unexpected(&other)),
    };
    Ok(Claim { attempt: AttemptId(attempt), kind, user: user_id(next()) })
}

/// All texts in an answer, however deep: nodes of a cluster answer as an inventory.
pub(super) fn texts(value: Value) -> Vec<String> {
    match value {
        Value::BulkString(bytes) => vec![String::from_utf8_lossy(&bytes).into_owned()],
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => vec![text],
        Value::Array(values) => values.into_iter().flat_map(texts).collect(),
        Value::Map(pairs) => pairs.into_iter().flat_map(|(_, value)| texts(value)).collect(),
        _ => Vec::new(),
    }
}

fn user_id(text: &str) -> Option<UserId> {
    text.parse().ok()
}

fn number(text: &str) -> Result<i64, Failure> {
    text.parse().map_err(|error: std::num::ParseIntError| unexpected(&error))
}
