//! What every script on an event begins with: of `prelude.lua`, the parts that it mentions. Lua makes each function anew whenever
//! a script runs, so that the whole prelude would cost some scripts as much as what they do.

use std::collections::HashSet;

/// The keys and the time of an event, and what scripts do with them.
pub(super) const PRELUDE: &str = include_str!("prelude.lua");

/// A declaration of the prelude.
struct Part {
    /// Its lines, without those of comments.
    code: String,
    names: Vec<String>,
}

/// The script behind what it mentions of the prelude, directly or by way of another part, in the prelude's order.
pub(super) fn with_prelude(script: &str) -> String {
    let parts = parts();
    let mut needed = vec![false; parts.len()];
    let mut unread = vec![without_comments(script)];
    while let Some(code) = unread.pop() {
        let words = words(&code);
        for (part, is_needed) in parts.iter().zip(&mut needed) {
            if !*is_needed && part.names.iter().any(|name| words.contains(name.as_str())) {
                *is_needed = true;
                unread.push(part.code.clone());
            }
        }
    }
    let used = parts.into_iter().zip(needed).filter_map(|(part, is_needed)| is_needed.then_some(part.code));
    used.chain([script.to_owned()]).collect()
}

/// A declaration begins with `local` at the beginning of a line, and ends where the next one begins.
fn parts() -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for line in without_comments(PRELUDE).lines() {
        if let Some(declared) = line.strip_prefix("local ") {
            parts.push(Part { code: String::new(), names: names(declared) });
        }
        if let Some(part) = parts.last_mut() {
            part.code.push_str(line);
            part.code.push('\n');
        }
    }
    parts
}

/// Of `a, b = …` or `function a(…)`.
fn names(declared: &str) -> Vec<String> {
    let names = match declared.strip_prefix("function ") {
        Some(function) => function.split('(').next(),
        None => declared.split('=').next(),
    };
    names.unwrap_or_default().split(',').map(|name| name.trim().to_owned()).collect()
}

fn without_comments(code: &str) -> String {
    code.lines().filter(|line| !line.trim_start().starts_with("--")).fold(String::new(), |mut all, line| {
        all.push_str(line);
        all.push('\n');
        all
    })
}

fn words(code: &str) -> HashSet<&str> {
    code.split(|character: char| !character.is_alphanumeric() && character != '_').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_has_what_it_mentions_and_what_that_mentions() {
        let code = with_prelude("return free(seats_from(2)) -- so\n");
        for part in ["local taken, holds", "local call", "local function seats_from", "local function free"] {
            assert_eq!(code.matches(part).count(), 1, "{part}:\n{code}");
        }
        for part in ["local function pair", "expire_holds", "set_terms", "SETTLING"] {
            assert!(!code.contains(part), "{part}:\n{code}");
        }
        assert!(code.ends_with("return free(seats_from(2)) -- so\n"), "{code}");
    }

    #[test]
    fn what_stands_before_is_declared_before() {
        let code = with_prelude("note('user', {})\n");
        let at = |text: &str| code.find(text).unwrap();
        assert!(at("local SETTLING, SOLD, NOTED_FOR_MS") < at("local function note("), "{code}");
        assert!(at("local function key_of") < at("local function buyer"), "{code}");
    }

    #[test]
    fn every_line_of_the_prelude_belongs_to_a_part() {
        let all: String = parts().into_iter().map(|part| part.code).collect();
        assert_eq!(all, without_comments(PRELUDE));
        assert!(parts().iter().flat_map(|part| part.names.clone()).all(|name| {
            !name.is_empty() && name.chars().all(|character| character.is_alphanumeric() || character == '_')
        }));
    }
}
