//! How query parameters are parsed: if two have the same name, the first counts, and no text is malformed.

use url::form_urlencoded;

/// The first value of this parameter in a request's query string, decoded.
#[must_use]
pub fn first(query: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes()).find(|(it, _)| it == name).map(|(_, value)| value.into_owned())
}

/// The same, as an integer that is not negative; any other value counts as absent.
#[must_use]
pub fn first_integer(query: &str, name: &str) -> Option<i64> {
    let text = first(query, name)?;
    // The standard parser would also accept a plus sign.
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_the_first_counts() {
        assert_eq!(first("id=a&id=b", "id").as_deref(), Some("a"));
        assert_eq!(first_integer("limit=x&limit=5", "limit"), None);
        assert_eq!(first_integer("limit=5&limit=x", "limit"), Some(5));
    }

    #[test]
    fn what_is_no_integer_counts_as_not_given() {
        for odd in
            ["", "limit", "limit=", "limit=+5", "limit=%2B5", "limit=-5", "limit=5.0", "limit=1e2", "Limit=5"]
        {
            assert_eq!(first_integer(odd, "limit"), None, "{odd}");
        }
        assert_eq!(first_integer("limit=9223372036854775808", "limit"), None);
        assert_eq!(first_integer("limit=9223372036854775807", "limit"), Some(i64::MAX));
    }

    #[test]
    fn nothing_is_too_odd_to_be_read() {
        for odd in ["%", "%zz=1", "&&&", "=", "id=%FF%00", "id=%C3%28", "\u{0}"] {
            let _ = first(odd, "id");
        }
    }
}
