//! Nothing is left for later: no test is skipped, no function is a promise, no comment puts off work.

use crate::{
    tokens::{Token, follows, tokens},
    tree::{Tree, assert_broken, assert_kept},
};

/// In two halves, so that this file keeps its own rule.
const PUT_OFF: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

fn nothing_is_unfinished(tree: &Tree) -> Vec<String> {
    let mut broken = Vec::new();
    for (path, text) in tree.with_extension("rs") {
        let tokens = tokens(path, text);
        for (index, token) in tokens.iter().enumerate() {
            let Token::Word(word) = token else { continue };
            let is_macro = follows(&tokens, index + 1, "!") && !follows(&tokens, index + 1, "!=");
            let is_attribute = index >= 2 && follows(&tokens, index - 2, "#[");
            match word.as_str() {
                "todo" | "unimplemented" if is_macro => broken.push(format!("{path}: `{word}!` is no code")),
                "ignore" if is_attribute && !is_run_by_its_file(&tokens[index..], text) => {
                    broken.push(format!("{path}: a test that is ignored tests nothing"));
                }
                _ => {}
            }
        }
    }
    for (path, text) in tree.code() {
        for word in PUT_OFF.iter().filter(|word| text.contains(**word)) {
            broken.push(format!("{path}: `{word}`: do it, or file an issue"));
        }
    }
    broken
}

/// Whether the ignored function that follows is one which another test of the file starts, by its name, in a process of
/// its own.
fn is_run_by_its_file(tokens: &[Token], text: &str) -> bool {
    let mut names = tokens.windows(2).filter_map(|pair| match pair {
        [Token::Word(keyword), Token::Word(name)] if keyword == "fn" => Some(name),
        _ => None,
    });
    names.next().is_some_and(|name| text.contains(&format!("\"{name}\"")))
}

#[test]
fn nothing_is_left_for_later() {
    assert_kept(nothing_is_unfinished);
}

#[test]
fn skipped_tests_and_promises_break_the_rule() {
    let put_off = format!("-- {}: later\n", PUT_OFF[0]);
    assert_broken(
        nothing_is_unfinished,
        &[
            ("a.rs", "#[test]\n#[ignore]\nfn t() {}"),
            ("b.rs", "#[test]\n#[ignore = \"slow\"]\nfn t() {}"),
            ("c.rs", "fn f() { todo!() }"),
            ("d.rs", "fn f(todo: u8, ignore: [u8; 2]) -> bool { todo != ignore[0] }"),
            ("e.lua", put_off.as_str()),
            ("f.rs", "#[test]\n#[ignore = \"run by t\"]\nfn child() {}\nfn t() { run(\"child\") }"),
        ],
        &["a.rs", "b.rs", "c.rs", "e.lua"],
    );
}
