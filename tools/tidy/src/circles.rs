//! No circle of modules: whatever a file needs can be read without the file itself.
//!
//! A module is a file. It needs another one if it names a path into it; that its parent declares it or hands its names on
//! does not count. Tests are left out: they may look at everything.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    paths::{Use, without_tests},
    tree::{Tree, assert_broken, assert_kept},
};

/// The files of a crate by the paths of their modules, `load::run`; the root's is empty.
type Modules<'a> = BTreeMap<String, &'a str>;
/// For each module, other modules.
type Graph<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

fn no_circles(tree: &Tree) -> Vec<String> {
    let mut crates: BTreeMap<&str, Modules> = BTreeMap::new();
    for (path, _) in tree.with_extension("rs") {
        let Some((name, inside)) = path.split_once("/src/") else { continue };
        let names: Vec<&str> = match inside.trim_end_matches(".rs") {
            "lib" | "main" => Vec::new(),
            inside => inside.split('/').collect(),
        };
        if !names.contains(&"tests") {
            crates.entry(name).or_default().insert(names.join("::"), path);
        }
    }
    crates.values().flat_map(|modules| circles(tree, modules)).collect()
}

/// One line for each group of modules that need each other.
fn circles(tree: &Tree, modules: &Modules) -> Vec<String> {
    let paths = |path: &str| without_tests(path, tree.text(path).unwrap_or_default());
    let uses: BTreeMap<&str, Vec<Use>> =
        modules.iter().map(|(module, path)| (module.as_str(), paths(path))).collect();
    let resolver = Resolver { modules, uses: &uses };
    let mut needs = Graph::new();
    for (module, all) in &uses {
        let needed = all.iter().filter(|it| it.is_needed).filter_map(|it| resolver.home(module, &it.path, 0));
        needs.insert(module, needed.filter(|needed| needed != module).collect());
    }
    let reach: Graph = needs.keys().map(|module| (*module, reached(module, &needs))).collect();
    let mut found = BTreeSet::new();
    for (module, reached) in &reach {
        let group: BTreeSet<&str> = reached
            .iter()
            .filter(|other| reach[*other].contains(*module))
            .map(|other| modules[*other])
            .collect();
        if group.len() > 1 {
            found.insert(group.into_iter().collect::<Vec<_>>().join(", "));
        }
    }
    found.into_iter().map(|group| format!("these need each other: {group}")).collect()
}

fn reached<'a>(from: &str, needs: &Graph<'a>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&str> = needs[from].iter().copied().collect();
    while let Some(module) = next.pop() {
        if reached.insert(module) {
            next.extend(&needs[module]);
        }
    }
    reached
}

/// Finds the file that a path leads to.
struct Resolver<'a> {
    modules: &'a Modules<'a>,
    uses: &'a BTreeMap<&'a str, Vec<Use>>,
}

/// A name is re-exported a few times at most; more is a circle of names.
const REEXPORTS_MAX: usize = 8;

impl<'a> Resolver<'a> {
    /// The module in which the last name of the path is defined; none if the path leads out of the crate.
    fn home(&self, from: &str, path: &[String], depth: usize) -> Option<&'a str> {
        let mut at: Vec<&str> = from.split("::").filter(|name| !name.is_empty()).collect();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => {
                at.clear();
                rest = &rest[1..];
            }
            "self" => rest = &rest[1..],
            "super" => {
                while rest.first().is_some_and(|it| it == "super") {
                    at.pop()?;
                    rest = &rest[1..];
                }
            }
            child => {
                at.push(child);
                self.module(&at)?;
                at.pop();
            }
        }
        for (index, name) in rest.iter().enumerate() {
            at.push(name);
            if self.module(&at).is_none() {
                at.pop();
                let reexport = self.reexport(&at, name).filter(|_| depth < REEXPORTS_MAX);
                let further: Option<Vec<String>> =
                    reexport.map(|path| path.iter().chain(&rest[index + 1..]).cloned().collect());
                let further = further.and_then(|path| self.home(&at.join("::"), &path, depth + 1));
                return further.or_else(|| self.module(&at));
            }
        }
        self.module(&at)
    }

    fn module(&self, names: &[&str]) -> Option<&'a str> {
        self.modules.get_key_value(&names.join("::")).map(|(module, _)| module.as_str())
    }

    /// The path by which this module re-exports the name.
    fn reexport(&self, module: &[&str], name: &str) -> Option<&'a [String]> {
        let uses = self.uses.get(module.join("::").as_str())?;
        let reexport = uses.iter().find(|it| it.binds.as_deref() == Some(name))?;
        Some(reexport.path.as_slice())
    }
}

#[test]
fn no_module_needs_itself_by_way_of_others() {
    assert_kept(no_circles);
}

#[test]
fn a_parent_and_a_child_that_need_each_other_are_a_circle() {
    assert_broken(
        no_circles,
        &[
            ("a/src/lib.rs", "mod load;"),
            ("a/src/load.rs", "mod run; struct Options; fn load() { run::run(Options) }"),
            ("a/src/load/run.rs", "use super::Options; pub fn run(_: Options) {}"),
        ],
        &["a/src/load.rs, a/src/load/run.rs"],
    );
}

#[test]
fn a_name_that_is_handed_on_leads_to_where_it_is_defined() {
    assert_broken(
        no_circles,
        &[
            (
                "a/src/lib.rs",
                "mod one; mod two; mod three; pub use one::One; pub use two::{Two, other as another};",
            ),
            ("a/src/one.rs", "use crate::{Two}; pub struct One;"),
            ("a/src/two.rs", "pub struct Two; fn f() -> crate::One { crate::three::f() }"),
            ("a/src/three.rs", "#[cfg(test)] mod tests { use crate::Two; }"),
        ],
        &["a/src/one.rs, a/src/two.rs"],
    );
}

#[test]
fn who_only_declares_and_hands_on_needs_nothing() {
    assert_broken(
        no_circles,
        &[
            ("a/src/lib.rs", "mod one; mod two; pub use one::One; pub struct Root;"),
            (
                "a/src/one.rs",
                "mod two; pub use two::two; use crate::Root; use crate::two::{self, Two as Other}; pub struct One;",
            ),
            ("a/src/one/two.rs", "pub fn two() -> super::One {}"),
            (
                "a/src/two.rs",
                "//! Knows [`crate::one::One`].\npub struct Two; #[cfg(test)] fn f(_: crate::One) {}",
            ),
        ],
        &[],
    );
}
