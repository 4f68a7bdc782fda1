//! One `use` per crate: all that a module imports from one crate, or from its own, is one statement.

use std::collections::BTreeMap;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::tree::{Tree, assert_broken, assert_kept};

fn one_use_per_crate(tree: &Tree) -> Vec<String> {
    let mut broken = Vec::new();
    for (path, text) in tree.with_extension("rs") {
        let stream: TokenStream = text.parse().unwrap_or_else(|error| panic!("{path} is no Rust: {error}"));
        let repeated = repeated(stream);
        broken.extend(
            repeated.iter().map(|first| format!("{path}: write the imports of `{first}` as one `use`")),
        );
    }
    broken
}

/// The crates (or `crate`, `super`, `self`) that have several statements of one visibility and with the same attributes,
/// in the module or in a module within it. What a function imports for itself does not count.
fn repeated(module: TokenStream) -> Vec<String> {
    let trees: Vec<TokenTree> = module.into_iter().collect();
    let mut statements: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut within = Vec::new();
    // What precedes the keyword in the same item: attributes and visibility.
    let mut before = String::new();
    let mut keyword = String::new();
    let mut is_inner = false;
    for (index, tree) in trees.iter().enumerate() {
        match tree {
            TokenTree::Ident(word) if word == "use" => {
                // A leading `::` is no name.
                let first = trees[index + 1..].iter().find_map(|tree| match tree {
                    TokenTree::Ident(first) => Some(first.to_string()),
                    _ => None,
                });
                *statements.entry((before.clone(), first.unwrap_or_default())).or_default() += 1;
            }
            TokenTree::Ident(word) if word == "mod" => keyword = word.to_string(),
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                if keyword == "mod" {
                    within.extend(repeated(group.stream()));
                }
                before.clear();
                keyword.clear();
                continue;
            }
            TokenTree::Punct(sign) if sign.as_char() == ';' => {
                before.clear();
                keyword.clear();
                continue;
            }
            TokenTree::Punct(sign) if sign.as_char() == '!' => is_inner = before.ends_with('#'),
            // `#![...]` belongs to the file.
            TokenTree::Group(_) if is_inner => {
                before.clear();
                is_inner = false;
                continue;
            }
            _ => {}
        }
        before.push_str(&tree.to_string());
    }
    let repeated = statements.into_iter().filter(|(_, count)| *count > 1).map(|((_, first), _)| first);
    repeated.chain(within).collect()
}

#[test]
fn imports_of_a_crate_are_one_statement() {
    assert_kept(one_use_per_crate);
}

#[test]
fn two_statements_for_one_crate_break_the_rule() {
    assert_broken(
        one_use_per_crate,
        &[
            ("a.rs", "//! A.\n#![allow(unused)]\nuse std::fs;\nuse serde::Serialize;\nuse std::io;\n"),
            (
                "b.rs",
                "use crate::{a, b::{self, c}};\nfn f() { use crate::d; }\nmod tests { use super::*; use super::f; }",
            ),
            ("c.rs", "pub use a::B;\npub use a::C;"),
        ],
        &[
            "a.rs: write the imports of `std`",
            "b.rs: write the imports of `super`",
            "c.rs: write the imports of `a`",
        ],
    );
}

#[test]
fn statements_that_differ_in_visibility_or_attributes_may_repeat_a_crate() {
    assert_broken(
        one_use_per_crate,
        &[(
            "a.rs",
            "//! A.\nuse std::fs;\n#[cfg(test)]\nuse std::io;\npub use std::fmt;\npub(crate) use std::time;\nfn f() { use std::rc; }",
        )],
        &[],
    );
}
