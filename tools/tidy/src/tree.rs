//! The files that a rule reads: the workspace's, or a sample's.

use std::{collections::BTreeMap, fs, path::Path};

/// Files that are compiled or run by the programs.
const CODE: [&str; 3] = ["lua", "rs", "sql"];
/// What else people read. A file without an extension is read if it is a script.
const TEXTS: [&str; 7] = ["md", "py", "sh", "toml", "tpl", "txt", "yaml"];

/// Texts by their path from the root, with `/` as separator.
pub(crate) struct Tree(BTreeMap<String, String>);

/// Answers with a line for everything that breaks it.
pub(crate) type Rule = fn(&Tree) -> Vec<String>;

impl Tree {
    pub(crate) fn of_workspace() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut texts = BTreeMap::new();
        read(&root, "", &mut texts);
        Self(texts)
    }

    pub(crate) fn sample(files: &[(&str, &str)]) -> Self {
        Self(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    pub(crate) fn contains(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    /// Rust, Lua and SQL files as path and text, by path.
    pub(crate) fn code(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files().filter(|(path, _)| CODE.contains(&extension_of(path)))
    }

    /// The files with this extension.
    pub(crate) fn with_extension(&self, extension: &'static str) -> impl Iterator<Item = (&str, &str)> {
        self.files().filter(move |(path, _)| extension_of(path) == extension)
    }

    /// All files: also documents, scripts and charts.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }
}

/// Fails with all that breaks the rule in the workspace.
pub(crate) fn assert_kept(rule: Rule) {
    let tree = Tree::of_workspace();
    assert!(tree.files().count() > 100, "the workspace's files were not found");
    let broken = rule(&tree);
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

/// Fails unless the sample breaks the rule once for each of these words, in their order.
pub(crate) fn assert_broken(rule: Rule, sample: &[(&str, &str)], words: &[&str]) {
    let broken = rule(&Tree::sample(sample));
    let as_expected =
        broken.len() == words.len() && broken.iter().zip(words).all(|(message, word)| message.contains(word));
    assert!(as_expected, "expected words {words:?}, got {broken:#?}");
}

fn read(folder: &Path, prefix: &str, texts: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().unwrap();
        let is_ours = !["node_modules", "target"].contains(&name.as_str()) && !name.starts_with('.');
        if kind.is_dir() && is_ours {
            read(&entry.path(), &format!("{path}/"), texts);
        } else if kind.is_file() {
            let extension = extension_of(&name);
            let is_named = CODE.contains(&extension) || TEXTS.contains(&extension);
            let is_script = || extension.is_empty() && fs::read(entry.path()).unwrap().starts_with(b"#!");
            if is_named || is_script() {
                texts.insert(path, fs::read_to_string(entry.path()).unwrap());
            }
        }
    }
}

fn extension_of(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, extension)| extension)
}
