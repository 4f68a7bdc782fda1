//! The paths that a Rust file names, its tests left out.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A path that a file names.
#[derive(Debug)]
pub(crate) struct Use {
    pub(crate) path: Vec<String>,
    /// The name by which a `use` binds it here.
    pub(crate) binds: Option<String>,
    /// Whether the file itself needs it; otherwise it only hands the name on.
    pub(crate) is_needed: bool,
}

/// All paths of the file but those of its tests.
pub(crate) fn without_tests(path: &str, text: &str) -> Vec<Use> {
    let stream: TokenStream = text.parse().unwrap_or_else(|error| panic!("{path} is no Rust: {error}"));
    let (mut uses, mut names) = (Vec::new(), Vec::new());
    read(stream, &mut uses, &mut names);
    let handed_on = |it: &Use| it.binds.as_ref().filter(|_| !it.is_needed).cloned();
    let needed: Vec<bool> =
        uses.iter().map(|it| handed_on(it).is_none_or(|name| names.contains(&name))).collect();
    uses.iter_mut().zip(needed).for_each(|(it, is_needed)| it.is_needed = is_needed);
    uses
}

/// Reads a group of tokens; `names` has every word outside of `use`.
fn read(stream: TokenStream, uses: &mut Vec<Use>, names: &mut Vec<String>) {
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    let mut index = 0;
    let mut is_public = false;
    while let Some(tree) = trees.get(index) {
        match tree {
            TokenTree::Punct(sign) if sign.as_char() == '#' && is_test(trees.get(index + 1)) => {
                index = end_of_item(&trees, index + 2);
                continue;
            }
            TokenTree::Ident(word) if word == "pub" => is_public = true,
            // Declaring a module does not use its name.
            TokenTree::Ident(word) if word == "mod" => {
                is_public = false;
                index += 2;
                continue;
            }
            TokenTree::Ident(word) if word == "use" => {
                let end = end_of_statement(&trees, index);
                for (path, binds) in tree_of_use(&trees[index + 1..end]) {
                    uses.push(Use { path, binds: Some(binds), is_needed: !is_public });
                }
                is_public = false;
                index = end;
            }
            TokenTree::Ident(_) => {
                let path = path_at(&trees, index);
                is_public = false;
                index += 1 + 3 * (path.len() - 1);
                if path.len() > 1 {
                    names.push(path[0].clone());
                    uses.push(Use { path, binds: None, is_needed: true });
                } else {
                    names.extend(path);
                }
                continue;
            }
            TokenTree::Group(group) => {
                // The brackets of `pub(crate)` belong to it.
                is_public &= group.delimiter() == Delimiter::Parenthesis;
                read(group.stream(), uses, names);
            }
            _ => is_public = false,
        }
        index += 1;
    }
}

/// Whether this is the `[cfg(test)]` or the `[test]` of an attribute.
fn is_test(tree: Option<&TokenTree>) -> bool {
    let Some(TokenTree::Group(group)) = tree else { return false };
    let text = group.stream().to_string().replace(' ', "");
    text == "test" || text.starts_with("cfg(test)") || text.starts_with("cfg(all(test")
}

/// Behind the item that begins here: its block or its semicolon.
fn end_of_item(trees: &[TokenTree], from: usize) -> usize {
    let is_end = |tree: &TokenTree| match tree {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(sign) => sign.as_char() == ';',
        _ => false,
    };
    trees[from..].iter().position(is_end).map_or(trees.len(), |end| from + end + 1)
}

fn end_of_statement(trees: &[TokenTree], from: usize) -> usize {
    let is_end = |tree: &TokenTree| matches!(tree, TokenTree::Punct(sign) if sign.as_char() == ';');
    trees[from..].iter().position(is_end).map_or(trees.len(), |end| from + end)
}

/// `a::b::c`, from here on.
fn path_at(trees: &[TokenTree], from: usize) -> Vec<String> {
    let mut path = Vec::new();
    let mut index = from;
    while let Some(TokenTree::Ident(word)) = trees.get(index) {
        path.push(word.to_string());
        if !is_colons(trees, index + 1) {
            break;
        }
        index += 3;
    }
    path
}

fn is_colons(trees: &[TokenTree], at: usize) -> bool {
    let is_colon = |at: usize| matches!(trees.get(at), Some(TokenTree::Punct(sign)) if sign.as_char() == ':');
    is_colon(at) && is_colon(at + 1)
}

/// The paths of a `use`, each with the name that it binds.
fn tree_of_use(trees: &[TokenTree]) -> Vec<(Vec<String>, String)> {
    let mut path = path_at(trees, 0);
    let after = if path.is_empty() { 0 } else { 3 * path.len() - 2 };
    let group = trees.iter().find_map(|tree| match tree {
        TokenTree::Group(group) => Some(group.stream().into_iter().collect::<Vec<_>>()),
        _ => None,
    });
    if let Some(group) = group {
        let branches = group.split(|tree| matches!(tree, TokenTree::Punct(sign) if sign.as_char() == ','));
        let branches = branches.filter(|branch| !branch.is_empty()).flat_map(tree_of_use);
        return branches
            .map(|(branch, binds)| (path.iter().cloned().chain(branch).collect(), binds))
            .collect();
    }
    let renamed = match trees.get(after..) {
        Some([TokenTree::Ident(keyword), TokenTree::Ident(name)]) if keyword == "as" => {
            Some(name.to_string())
        }
        _ => None,
    };
    if path.len() > 1 && path.last().is_some_and(|name| name == "self") {
        path.pop();
    }
    let binds = renamed.or_else(|| path.last().cloned()).unwrap_or_default();
    vec![(path, binds)]
}
