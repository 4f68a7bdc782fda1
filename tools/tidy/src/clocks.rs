//! Ticketing reads no wall clock of its own: a hold and a sale end by Valkey's clock and books are dated by Postgres', so replicas
//! whose clocks differ agree (invariant 8).

use crate::{
    tokens::{Token, tokens},
    tree::{Tree, assert_broken, assert_kept},
};

/// What runs in ticketing.
const PLACES: [&str; 3] = ["services/ticketing/src/", "crates/feed/src/", "crates/idempotency/src/"];
const WALL_CLOCKS: [&str; 5] = ["SystemTime", "UNIX_EPOCH", "SystemClock", "Clock", "Local"];

fn no_wall_clock_is_read(tree: &Tree) -> Vec<String> {
    let mut broken = Vec::new();
    for (path, text) in tree.with_extension("rs") {
        if !PLACES.iter().any(|place| path.starts_with(place)) {
            continue;
        }
        let tokens = tokens(path, text);
        let is_utc_now = |index: usize| {
            let word = |at: usize, expected: &str| matches!(tokens.get(at), Some(Token::Word(word)) if word == expected);
            word(index, "Utc") && word(index + 3, "now")
        };
        for (index, token) in tokens.iter().enumerate() {
            let Token::Word(word) = token else { continue };
            if WALL_CLOCKS.contains(&word.as_str()) || is_utc_now(index) {
                broken.push(format!("{path}: `{word}`: ask Valkey or Postgres what time it is"));
            }
        }
    }
    broken
}

#[test]
fn ticketing_has_no_clock_of_its_own() {
    assert_kept(no_wall_clock_is_read);
}

#[test]
fn a_wall_clock_breaks_the_rule_and_a_stopwatch_does_not() {
    assert_broken(
        no_wall_clock_is_read,
        &[
            ("services/ticketing/src/a.rs", "fn f() { SystemTime::now() }"),
            ("services/ticketing/src/b.rs", "fn f() { Utc::now() }"),
            ("crates/feed/src/c.rs", "fn f(clock: &dyn Clock) {}"),
            ("services/ticketing/src/d.rs", "fn f() -> DateTime<Utc> { Instant::now() }"),
            ("services/event/src/e.rs", "fn f() { Utc::now() }"),
        ],
        &["c.rs", "a.rs", "b.rs"],
    );
}
