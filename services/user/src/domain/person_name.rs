//! The name of a person.

/// A name, as it was given. Only the size of a request limits its length: the contract has no other limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonName(String);

/// The text has no character, so it is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name is empty")]
pub struct EmptyName;

impl PersonName {
    /// Accepts any text that is not empty.
    ///
    /// # Errors
    ///
    /// The text is empty.
    pub fn parse(text: String) -> Result<Self, EmptyName> {
        if text.is_empty() { Err(EmptyName) } else { Ok(Self(text)) }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_a_character_at_least() {
        assert_eq!(PersonName::parse(String::new()), Err(EmptyName));
        for name in ["é".to_owned(), "é".repeat(10_000)] {
            assert_eq!(PersonName::parse(name.clone()).unwrap().as_str(), name);
        }
    }
}
