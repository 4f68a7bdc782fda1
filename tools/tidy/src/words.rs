//! Words that must not come back: each was renamed, and two names for one thing are worse than either.

mod retired;

use std::collections::BTreeSet;

use crate::{
    tokens::{Token, tokens},
    tree::{Tree, assert_broken, assert_kept},
    words::retired::{NAMES, PHRASES, Retired},
};

/// This rule names them, and history is told in the words of its time.
const MAY_USE_THEM: [&str; 3] =
    ["CHANGELOG.md", "tools/tidy/src/words.rs", "tools/tidy/src/words/retired.rs"];

fn no_word_comes_back(tree: &Tree) -> Vec<String> {
    breaks(tree, NAMES, PHRASES)
}

/// Names are whole identifiers of code, and names of files. Phrases are words in their order, in whatever is written:
/// comments, texts, documents and code; one in small letters is found in capitals too.
fn breaks(tree: &Tree, names: &[Retired], phrases: &[Retired]) -> Vec<String> {
    let mut broken = Vec::new();
    for (path, text) in tree.files().filter(|(path, _)| !MAY_USE_THEM.contains(path)) {
        let applies = |retired: &&Retired| {
            retired.below.is_empty() || retired.below.iter().any(|folder| path.starts_with(folder))
        };
        let used = names_of(path, text);
        for name in names.iter().filter(applies).filter(|it| used.contains(it.word)) {
            broken.push(format!("{path}: `{}` is called {} now", name.word, name.instead));
        }
        let (written, lowercase) = (words_of(text, false), words_of(text, true));
        for phrase in phrases.iter().filter(applies) {
            let is_lowercase = !phrase.word.contains(char::is_uppercase);
            let text = if is_lowercase { &lowercase } else { &written };
            for line in lines_with(phrase.word, text) {
                broken.push(format!("{path}:{line}: instead of \"{}\" say {}", phrase.word, phrase.instead));
            }
        }
    }
    broken
}

/// The identifiers of a file's code and the parts of its path.
fn names_of(path: &str, text: &str) -> BTreeSet<String> {
    let words = |text: &str| -> BTreeSet<String> {
        text.split(|it: char| !is_of_a_word(it)).filter(|it| !it.is_empty()).map(str::to_owned).collect()
    };
    let mut names = words(path);
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("rs") => names.extend(tokens(path, text).into_iter().filter_map(|token| match token {
            Token::Word(word) => Some(word),
            Token::Sign(_) | Token::Literal => None,
        })),
        Some("lua" | "sql") => {
            let without_comment = |line| str::split_once(line, "--").map_or(line, |(code, _)| code);
            names.extend(text.lines().map(without_comment).flat_map(words));
        }
        _ => {}
    }
    names
}

/// The words and signs of a text, each with the number of its line. What begins the lines of a comment is left out, so
/// that a phrase may go on there.
fn words_of(text: &str, in_lowercase: bool) -> Vec<(usize, String)> {
    let mut words = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_start().trim_start_matches(['/', '!', '#', '-', '*']);
        let line = if in_lowercase { line.to_lowercase() } else { line.to_owned() };
        words.extend(split(&line).map(|word| (index + 1, word.to_owned())));
    }
    words
}

/// Words, and each other sign that is no space by itself.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let first = rest.chars().next()?;
        let end = if is_of_a_word(first) {
            rest.find(|it: char| !is_of_a_word(it)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

fn is_of_a_word(sign: char) -> bool {
    sign.is_alphanumeric() || matches!(sign, '_' | '\'')
}

fn lines_with(phrase: &str, words: &[(usize, String)]) -> Vec<usize> {
    let phrase: Vec<&str> = split(phrase).collect();
    let found = words.windows(phrase.len()).filter(|window| window.iter().map(|(_, word)| word).eq(&phrase));
    found.map(|window| window[0].0).collect()
}

#[test]
fn renamed_things_keep_their_new_names() {
    assert_kept(no_word_comes_back);
}

#[test]
fn no_word_is_retired_twice() {
    for table in [NAMES, PHRASES] {
        let words: BTreeSet<(&str, &[&str])> = table.iter().map(|it| (it.word, it.below)).collect();
        assert_eq!(words.len(), table.len());
    }
}

#[cfg(test)]
mod samples {
    use super::{Retired, Tree, assert_broken, breaks};

    const ANYWHERE: &[&str] = &[];
    const NAMES: &[Retired] = &[
        Retired { word: "SeatPool", instead: "SeatInventory", below: ANYWHERE },
        Retired { word: "seat", instead: "instance", below: &["tools/local-system/"] },
    ];
    const PHRASES: &[Retired] = &[
        Retired { word: "none where", instead: "\"none if\"", below: ANYWHERE },
        Retired { word: "HOLD_MS", instead: "HOLD_TTL_MS", below: ANYWHERE },
        Retired { word: "torment", instead: "\"chaos\"", below: &["tools/"] },
    ];

    fn rule(tree: &Tree) -> Vec<String> {
        breaks(tree, NAMES, PHRASES)
    }

    #[test]
    fn a_retired_name_breaks_the_rule_in_code_and_as_a_file() {
        assert_broken(
            rule,
            &[
                ("a.rs", "//! The SeatPool is no code here, and SeatPools another name.\nstruct SeatPools;"),
                ("b.rs", "//! B.\nfn f(_: &SeatPool) {}"),
                ("c.lua", "-- SeatPool\nlocal a = SeatPool"),
                ("services/seat/src/a.rs", "struct Seat { seat: u8 }"),
                ("tools/local-system/src/seat.rs", "//! Seats."),
            ],
            &[
                "b.rs: `SeatPool` is called SeatInventory now",
                "c.lua",
                "tools/local-system/src/seat.rs: `seat`",
            ],
        );
    }

    #[test]
    fn a_retired_phrase_breaks_the_rule_in_comments_texts_and_documents() {
        assert_broken(
            rule,
            &[
                ("a.rs", "//! Gives a list, none\n//! where it is empty.\nconst A: &str = \"Torment\";"),
                ("b.md", "There are none. Where? `none_where`, HOLD_MS_X, hold_ms."),
                ("c.yaml", "# None where it is empty.\nenv: HOLD_MS"),
                ("tools/d.rs", "const A: &str = \"Torments torment\";"),
            ],
            &[
                "a.rs:1: instead of \"none where\"",
                "c.yaml:1:",
                "c.yaml:2: instead of \"HOLD_MS\"",
                "tools/d.rs:1:",
            ],
        );
    }
}
