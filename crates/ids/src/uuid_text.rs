//! How a UUID is read from text: hyphenated, in either case, and in no other form.

use uuid::Uuid;

/// The text is not a hyphenated UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a hyphenated UUID")]
pub struct InvalidUuid;

/// Reads a hyphenated UUID in upper or lower case.
///
/// # Errors
///
/// [`InvalidUuid`] for every other form, including those that RFC 9562 allows elsewhere (`urn:uuid:…`, braces, no
/// hyphens): two texts for one id would make two keys of it.
pub fn parse_uuid(text: &str) -> Result<Uuid, InvalidUuid> {
    if text.len() != uuid::fmt::Hyphenated::LENGTH {
        return Err(InvalidUuid);
    }
    Uuid::try_parse(text).map_err(|_| InvalidUuid)
}
