//! How bodies are read: one JSON object; a required field that is missing or `null` counts as empty; no U+0000.

use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error as _};
use serde_json::value::RawValue;

/// The longest text about a body that is returned to the client; what is wrong may be as long as the body itself.
const REASON_CHARS_MAX: usize = 200;

/// The body cannot be decoded. The text says where, and contains nothing but what the client sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Undecodable(String);

/// Reads a request's body.
///
/// # Errors
///
/// [`Undecodable`] if it is not one JSON object, or a field has the wrong type.
pub fn read_object<T: DeserializeOwned>(body: &[u8]) -> Result<T, Undecodable> {
    let first = body.iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
    if first != Some(&b'{') {
        return Err(Undecodable("the body is not a JSON object".to_owned()));
    }
    // Checked here for the whole body: serde_json does not validate fields that it skips.
    let body = str::from_utf8(body).map_err(|_| Undecodable("the body is not UTF-8".to_owned()))?;
    serde_json::from_str(body)
        .map_err(|error| Undecodable(error.to_string().chars().take(REASON_CHARS_MAX).collect()))
}

/// For required integers: `null` counts as 0, and so does a missing one by `#[serde(default)]`.
pub(crate) fn integer_or_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    optional_integer(deserializer).map(Option::unwrap_or_default)
}

/// For optional integers. Read from the text of the number: serde_json takes `-0` for a float, which it is not, and a
/// float is not an integer even if it has a whole value.
pub(crate) fn optional_integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Option::<Box<RawValue>>::deserialize(deserializer)?
        .map(|number| {
            number.get().parse().map_err(|_| D::Error::custom("an integer of 64 bits belongs here"))
        })
        .transpose()
}

/// For required fields: `null` counts as empty, and so does a missing one by `#[serde(default)]`.
fn or_empty<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// For required texts: like [`or_empty`], and without U+0000, which Postgres cannot store.
pub(crate) fn text_or_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    optional_text(deserializer).map(Option::unwrap_or_default)
}

/// For required lists of texts: like [`text_or_empty`], for each of them.
pub(crate) fn texts_or_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let texts: Vec<String> = or_empty(deserializer)?;
    if texts.iter().any(|text| text.contains('\0')) {
        return Err(D::Error::custom("a text contains U+0000"));
    }
    Ok(texts)
}

/// For optional texts: without U+0000.
pub(crate) fn optional_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    if text.as_deref().is_some_and(|text| text.contains('\0')) {
        return Err(D::Error::custom("a text contains U+0000"));
    }
    Ok(text)
}
