//! The types that settings have, and how each is read from a text.

use std::{fmt, fs, net::SocketAddr, path::PathBuf, str::FromStr, time::Duration};

use booked_identity::internal::Credential;
use secrecy::SecretString;

use super::setting::{Kind, Setting, Value};
use crate::Endpoints;

/// What an optional setting is if it is given.
pub trait OptionalValue {
    /// Its type.
    type Value: Value;
}

impl<T: Value> OptionalValue for Option<T> {
    type Value = T;
}

/// Reads a text that is no secret.
///
/// # Errors
///
/// The text, and why it cannot be read.
pub fn parsed<T: FromStr<Err: fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error| format!("is {text:?}: {error}"))
}

fn integer(text: &str, setting: &Setting) -> Result<u64, String> {
    let number: u64 = parsed(text)?;
    match &setting.range {
        Some(range) if !range.contains(&number) => {
            Err(format!("is {number}, not within {} to {}", range.start(), range.end()))
        }
        _ => Ok(number),
    }
}

macro_rules! integers {
    ($($type:ty),+) => {
        $(impl Value for $type {
            const KIND: Kind = Kind::Integer;

            fn read(text: &str, setting: &Setting) -> Result<Self, String> {
                integer(text, setting)?.try_into().map_err(|error| format!("is {text:?}: {error}"))
            }
        })+
    };
}

integers!(u32, u64, usize, i64);

/// A limit, and 0 is none.
impl Value for Option<usize> {
    const KIND: Kind = Kind::Integer;

    fn read(text: &str, setting: &Setting) -> Result<Self, String> {
        usize::read(text, setting).map(|number| (number > 0).then_some(number))
    }
}

/// In the unit with which the setting's name ends: `_MS` or `_S`.
impl Value for Duration {
    const KIND: Kind = Kind::Integer;

    fn read(text: &str, setting: &Setting) -> Result<Self, String> {
        let number = integer(text, setting)?;
        if setting.name.ends_with("_MS") {
            Ok(Self::from_millis(number))
        } else if setting.name.ends_with("_S") {
            Ok(Self::from_secs(number))
        } else {
            Err("has no unit in its name".to_owned())
        }
    }
}

/// A switch.
impl Value for bool {
    const KIND: Kind = Kind::Choice(&["on", "off"]);

    fn read(text: &str, _: &Setting) -> Result<Self, String> {
        match text {
            "on" => Ok(true),
            "off" => Ok(false),
            other => Err(format!("is {other:?}, neither on nor off")),
        }
    }
}

impl Value for String {
    const KIND: Kind = Kind::Text("TEXT");

    fn read(text: &str, _: &Setting) -> Result<Self, String> {
        Ok(text.to_owned())
    }
}

impl Value for SocketAddr {
    const KIND: Kind = Kind::Text("ADDRESS");

    fn read(text: &str, _: &Setting) -> Result<Self, String> {
        parsed(text)
    }
}

impl Value for PathBuf {
    const KIND: Kind = Kind::Text("PATH");

    fn read(text: &str, _: &Setting) -> Result<Self, String> {
        Ok(text.into())
    }
}

/// What a file holds.
impl Value for Vec<u8> {
    const KIND: Kind = Kind::Text("FILE");

    fn read(text: &str, _: &Setting) -> Result<Self, String> {
        fs::read(text).map_err(|error| format!("cannot be read: {error}"))
    }
}

/// Where the replicas of a service listen.
impl Value for Endpoints {
    const KIND: Kind = Kind::Text("URL,…");

    fn read(text: &str, _: &Setting) -> Result<Self, String> {
        // The text itself is not shown: somebody may have put a password into it.
        text.parse().map_err(|error| format!("cannot be used: {error}"))
    }
}

impl Value for SecretString {
    const KIND: Kind = Kind::Secret("SECRET");

    fn read(text: &str, _: &Setting) -> Result<Self, String> {
        Ok(text.into())
    }
}

impl Value for Credential {
    const KIND: Kind = Kind::Secret("SECRET");

    fn read(text: &str, _: &Setting) -> Result<Self, String> {
        Self::parse(text).map_err(|error| error.to_string())
    }
}
