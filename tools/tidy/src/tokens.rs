//! A Rust file as its tokens, so that a rule does not stumble over comments and texts.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A token, as far as the rules care.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Word(String),
    Sign(char),
    Literal,
}

/// The tokens of a file, its brackets among them as signs.
pub(crate) fn tokens(path: &str, text: &str) -> Vec<Token> {
    let stream: TokenStream = text.parse().unwrap_or_else(|error| panic!("{path} is no Rust: {error}"));
    let mut tokens = Vec::new();
    flatten(stream, &mut tokens);
    tokens
}

/// The names that the file uses as a part of a path, also within `use a::{b, c}`.
pub(crate) fn names_in_paths(tokens: &[Token]) -> impl Iterator<Item = &str> {
    let mut in_use = false;
    tokens.iter().enumerate().filter_map(move |(index, token)| {
        match token {
            Token::Word(word) if word == "use" => in_use = true,
            Token::Sign(';') => in_use = false,
            _ => {}
        }
        let Token::Word(word) = token else { return None };
        let beside_colons =
            follows(tokens, index + 1, "::") || (index >= 2 && follows(tokens, index - 2, "::"));
        (in_use || beside_colons).then_some(word.as_str())
    })
}

/// Whether these signs stand at the index.
pub(crate) fn follows(tokens: &[Token], index: usize, signs: &str) -> bool {
    signs.chars().enumerate().all(|(offset, sign)| tokens.get(index + offset) == Some(&Token::Sign(sign)))
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    for tree in stream {
        match tree {
            TokenTree::Ident(word) => tokens.push(Token::Word(word.to_string())),
            TokenTree::Punct(sign) => tokens.push(Token::Sign(sign.as_char())),
            TokenTree::Literal(_) => tokens.push(Token::Literal),
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ('(', ')'),
                    Delimiter::Brace => ('{', '}'),
                    Delimiter::Bracket | Delimiter::None => ('[', ']'),
                };
                tokens.push(Token::Sign(open));
                flatten(group.stream(), tokens);
                tokens.push(Token::Sign(close));
            }
        }
    }
}
