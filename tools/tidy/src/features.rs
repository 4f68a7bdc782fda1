//! One verb names handler, use case and test: `find . -name 'reserve_tickets*'` shows a whole feature.

use crate::tree::{Tree, assert_broken, assert_kept};

fn one_verb_names_a_feature(tree: &Tree) -> Vec<String> {
    let mut broken = Vec::new();
    for (path, _) in tree.with_extension("rs") {
        let Some((service, verb)) = handler(path) else { continue };
        let has_use_case = tree.contains(&format!("services/{service}/src/usecases/{verb}.rs"));
        let tests = format!("services/{service}/tests/");
        let test = format!("/{verb}.rs");
        let has_test = tree.code().any(|(it, _)| it.starts_with(&tests) && it.ends_with(&test));
        if has_use_case && !has_test {
            broken.push(format!("{path}: has a use case but no test {tests}{verb}.rs"));
        }
    }
    broken
}

/// The service and the verb of `services/<service>/src/inbound/http/<verb>.rs`.
fn handler(path: &str) -> Option<(&str, &str)> {
    let (service, inside) = path.strip_prefix("services/")?.split_once("/src/inbound/http/")?;
    let verb = inside.strip_suffix(".rs")?;
    (!verb.contains('/')).then_some((service, verb))
}

#[test]
fn every_feature_has_a_test_of_its_name() {
    assert_kept(one_verb_names_a_feature);
}

#[test]
fn a_feature_without_a_test_breaks_the_rule() {
    assert_broken(
        one_verb_names_a_feature,
        &[
            ("services/user/src/inbound/http/register.rs", ""),
            ("services/user/src/usecases/register.rs", ""),
            ("services/user/tests/register.rs", ""),
            ("services/user/src/inbound/http/log_in.rs", ""),
            ("services/user/src/usecases/log_in.rs", ""),
            ("services/event/tests/log_in.rs", ""),
            ("services/user/src/inbound/http/routes.rs", ""),
        ],
        &["services/user/tests/log_in.rs"],
    );
}
