//! The words that a search looks for.

/// Words that must all be found in an event's name, address or description, each at the beginning of a word. The store
/// takes the text apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SearchText(String);

impl SearchText {
    /// Characters after these are not looked at.
    pub const CHARS_MAX: usize = 200;
    /// Words after these are not looked for.
    pub const WORDS_MAX: usize = 10;

    /// The text to look for; `None` if it has neither a letter nor a digit.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // Postgres cannot store U+0000, which stands between words as any control character does.
        let text: String = text.chars().take(Self::CHARS_MAX).collect::<String>().replace('\0', " ");
        text.contains(char::is_alphanumeric).then_some(Self(text))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<String> {
        SearchText::parse(text).map(|text| text.0)
    }

    #[test]
    fn a_text_without_a_letter_or_digit_is_none() {
        for empty in ["", " ", "\0", "&|!:*()<->'\\\"", "—…“”"] {
            assert_eq!(parsed(empty), None, "{empty}");
        }
        for good in ["a", "7", " é ", "東", "a&b"] {
            assert_eq!(parsed(good).as_deref(), Some(good));
        }
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(parsed(&"é".repeat(5_000)), Some("é".repeat(200)));
        assert_eq!(parsed("a\0b").as_deref(), Some("a b"));
    }
}
