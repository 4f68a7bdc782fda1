//! The four services have one skeleton: who knows one knows the next.

use crate::tree::{Tree, assert_broken, assert_kept};

const SERVICES: [&str; 4] = ["analytics", "event", "ticketing", "user"];

/// What every service has, below its folder.
const FILES: [&str; 12] = [
    "src/app.rs",
    "src/commands.rs",
    "src/config.rs",
    "src/domain.rs",
    "src/inbound.rs",
    "src/inbound/http.rs",
    "src/inbound/http/routes.rs",
    "src/lib.rs",
    "src/main.rs",
    "src/outbound.rs",
    "src/outbound/postgres.rs",
    "tests/behaviour/main.rs",
];

/// What stands in which file of every service.
const WORDS: [(&str, &str); 7] = [
    ("src/app.rs", "pub async fn bind(config: Config, lifecycle: Lifecycle, metrics: Metrics)"),
    ("src/app.rs", "require_schema(&database, MIGRATIONS).await?;"),
    ("src/commands.rs", "impl Service for "),
    ("src/inbound/http.rs", "pub use routes::ApiDoc;\npub(crate) use routes::routes;"),
    ("src/inbound/http/routes.rs", "pub struct ApiDoc;"),
    ("src/inbound/http/routes.rs", "pub(crate) fn routes(service: &mut ServiceConfig) {"),
    ("src/outbound/postgres.rs", "pub const MIGRATIONS: EmbeddedMigrations"),
];

fn services_have_one_skeleton(tree: &Tree) -> Vec<String> {
    let mut broken = Vec::new();
    for service in SERVICES {
        let path = |inside: &str| format!("services/{service}/{inside}");
        broken.extend(
            FILES
                .iter()
                .filter(|inside| !tree.contains(&path(inside)))
                .map(|it| format!("{} is missing", path(it))),
        );
        for (inside, words) in WORDS {
            let has = tree.text(&path(inside)).is_none_or(|text| text.contains(words));
            if !has {
                broken.push(format!("{}: must have `{words}`, as its siblings do", path(inside)));
            }
        }
        broken.extend(use_cases(tree, service));
        broken.extend(errors(tree, service));
        broken.extend(main(tree, service));
    }
    broken
}

/// Use cases are exported flat, work with a context, and stand on ports.
fn use_cases(tree: &Tree, service: &str) -> Vec<String> {
    let path = format!("services/{service}/src/usecases.rs");
    let Some(text) = tree.text(&path) else { return Vec::new() };
    let mut broken = Vec::new();
    for needed in ["usecases/context.rs", "ports.rs"] {
        if !tree.contains(&format!("services/{service}/src/{needed}")) {
            broken.push(format!("services/{service}/src/{needed} is missing"));
        }
    }
    if text.contains("pub mod ") {
        broken.push(format!("{path}: re-export the verbs instead of their modules"));
    }
    broken
}

/// An endpoint answers by `From<…Error> for ApiError` and stands in the table, not in an attribute of its own.
fn errors(tree: &Tree, service: &str) -> Vec<String> {
    let folder = format!("services/{service}/src/inbound/http/");
    let mut broken = Vec::new();
    for (path, text) in tree.with_extension("rs").filter(|(path, _)| path.starts_with(&folder)) {
        let by_macro = ["#[get(", "#[post(", "#[delete("].iter().any(|macro_| text.contains(macro_));
        if by_macro {
            broken.push(format!("{path}: routes stand in routes.rs"));
        }
        if text.contains("fn error(") {
            broken.push(format!("{path}: write `impl From<…Error> for ApiError`"));
        }
    }
    broken
}

/// A `main` runs the service and does nothing else.
fn main(tree: &Tree, service: &str) -> Option<String> {
    let path = format!("services/{service}/src/main.rs");
    let call = format!("booked_service::run::<booked_{service}::");
    (!tree.text(&path)?.contains(&call)).then(|| format!("{path}: must call `{call}…>()`"))
}

#[test]
fn who_knows_one_service_knows_the_next() {
    assert_kept(services_have_one_skeleton);
}

#[test]
fn a_service_that_is_furnished_otherwise_breaks_the_rule() {
    let all: Vec<(String, String)> = SERVICES
        .iter()
        .flat_map(|service| FILES.iter().map(move |file| (*service, *file)))
        .map(|(service, file)| {
            let words: Vec<&str> =
                WORDS.iter().filter(|(of, _)| *of == file).map(|(_, words)| *words).collect();
            let run = format!("booked_service::run::<booked_{service}::X>()");
            (format!("services/{service}/{file}"), format!("{}{run}", words.join("\n")))
        })
        .collect();
    let mut sample: Vec<(&str, &str)> =
        all.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    assert_broken(services_have_one_skeleton, &sample, &[]);
    sample.retain(|(path, _)| *path != "services/analytics/src/config.rs");
    for (path, text) in &mut sample {
        match *path {
            "services/event/src/inbound/http/routes.rs" => *text = "#[get(\"/event/\")] pub struct ApiDoc;",
            "services/user/src/main.rs" => *text = "fn main() { run() }",
            _ => {}
        }
    }
    sample.push(("services/ticketing/src/usecases.rs", "pub mod book_tickets;"));
    assert_broken(
        services_have_one_skeleton,
        &sample,
        &[
            "services/analytics/src/config.rs is missing",
            "event/src/inbound/http/routes.rs: must have `pub(crate) fn routes",
            "event/src/inbound/http/routes.rs: routes stand in routes.rs",
            "usecases/context.rs is missing",
            "ports.rs is missing",
            "re-export the verbs",
            "user/src/main.rs: must call",
        ],
    );
}
