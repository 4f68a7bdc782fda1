//! What a person is called.

/// The most characters of a name.
pub const NAME_CHARACTERS_MAX: usize = 200;

/// A name, as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonName(String);

/// Why a text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PersonNameRefused {
    /// Not a character.
    #[error("the name is empty")]
    Empty,
    /// Longer than a name is.
    #[error("the name is longer than {NAME_CHARACTERS_MAX} characters")]
    TooLong,
}

impl PersonName {
    /// Takes 1 to [`NAME_CHARACTERS_MAX`] characters.
    ///
    /// # Errors
    ///
    /// It is empty or too long.
    pub fn parse(text: String) -> Result<Self, PersonNameRefused> {
        if text.is_empty() {
            return Err(PersonNameRefused::Empty);
        }
        if text.chars().nth(NAME_CHARACTERS_MAX).is_some() {
            return Err(PersonNameRefused::TooLong);
        }
        Ok(Self(text))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_1_to_200_characters() {
        assert_eq!(PersonName::parse(String::new()).unwrap_err(), PersonNameRefused::Empty);
        assert_eq!(PersonName::parse("é".to_owned()).unwrap().as_str(), "é");
        assert_eq!(PersonName::parse("é".repeat(200)).unwrap().as_str(), "é".repeat(200));
        assert_eq!(PersonName::parse("é".repeat(201)).unwrap_err(), PersonNameRefused::TooLong);
    }
}
