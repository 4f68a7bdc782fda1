//! The texts of an event. None may be empty, and each has a maximum length.

/// The text is empty or too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} must have 1 to {chars_max} characters")]
pub struct InvalidText {
    field: &'static str,
    chars_max: usize,
}

macro_rules! text {
    ($(#[doc = $doc:literal])* $name:ident, $field:literal, $chars_max:literal) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// The maximum length, in characters.
            pub const CHARS_MAX: usize = $chars_max;

            /// Accepts a text that is neither empty nor too long.
            ///
            /// # Errors
            ///
            /// [`InvalidText`] if it is.
            pub fn parse(text: String) -> Result<Self, InvalidText> {
                // A character has one to four bytes, so a text with few enough bytes has few enough characters, and
                // need not be counted.
                let fits = text.len() <= Self::CHARS_MAX || text.chars().count() <= Self::CHARS_MAX;
                if text.is_empty() || !fits {
                    return Err(InvalidText { field: $field, chars_max: Self::CHARS_MAX });
                }
                Ok(Self(text))
            }

            /// For a text that was parsed before it was stored.
            #[must_use]
            pub fn from_store(text: String) -> Self {
                Self(text)
            }

            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }
    };
}

text! {
    /// The title of an event.
    EventName, "name", 200
}

text! {
    /// The place of an event, for a person to read.
    Address, "address", 500
}

text! {
    /// What else there is to know about an event.
    Description, "description", 10_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_to_two_hundred_characters() {
        assert!(EventName::parse(String::new()).is_err());
        assert!(EventName::parse("a".to_owned()).is_ok());
        assert!(EventName::parse("é".repeat(200)).is_ok());
        assert!(EventName::parse("é".repeat(201)).is_err());
    }

    #[test]
    fn an_address_has_up_to_five_hundred_characters_and_a_description_ten_thousand() {
        assert!(Address::parse("a".repeat(500)).is_ok());
        assert!(Address::parse("a".repeat(501)).is_err());
        assert!(Description::parse("a".repeat(10_000)).is_ok());
        assert!(Description::parse("a".repeat(10_001)).is_err());
    }

    #[test]
    fn what_is_wrong_names_the_field() {
        let error = Address::parse(String::new()).unwrap_err();
        assert_eq!(error.to_string(), "address must have 1 to 500 characters");
    }
}
