//! How bodies are read: one JSON object; a required field that is missing or `null` counts as empty; no U+0000.

use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error as _};

/// The body cannot be decoded; says where, never more than what the client sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Undecodable(String);

/// Reads a request's body.
///
/// # Errors
///
/// [`Undecodable`] where it is not one JSON object, or a field has the wrong type.
pub fn read_object<T: DeserializeOwned>(body: &[u8]) -> Result<T, Undecodable> {
    let first = body.iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
    if first != Some(&b'{') {
        return Err(Undecodable("the body is not a JSON object".to_owned()));
    }
    serde_json::from_slice(body).map_err(|error| Undecodable(error.to_string()))
}

/// For required fields: `null` counts as empty, and so does a missing one by `#[serde(default)]`.
pub(crate) fn or_empty<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
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
