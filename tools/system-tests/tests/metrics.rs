//! The metrics in rules and dashboards are exported by the component that they are selected of: a name that nobody
//! exports is an alert that never fires.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::Duration,
};

use booked_client::{Error, EventQuery, operations as op};
use booked_local_system::{Process, Service};
use booked_system_tests::{World, eventually};
use serde_json::Value;

/// Some gauges are measured every ten seconds.
const EXPORTED_WITHIN: Duration = Duration::from_secs(240);
/// Prometheus makes these itself.
const OF_PROMETHEUS: [&str; 2] = ["up", "ALERTS"];

/// Names of metrics, with the components that may export them; one component of each set must.
type Asked = BTreeMap<String, BTreeSet<Vec<&'static str>>>;

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_that_a_rule_or_a_dashboard_names_is_exported_by_its_component() {
    let asked = asked_for().unwrap();
    assert!(asked.len() > 20, "the files name only {:?}", asked.keys());
    let world = World::start(&[]).await;
    use_everything(&world).await.unwrap();

    eventually(EXPORTED_WITHIN, "all that is asked for is exported", || async {
        let exported = exported(&world).await?;
        let is_there = |name: &str, components: &[&str]| {
            components
                .iter()
                .any(|component| exported.get(*component).is_some_and(|names| names.contains(name)))
        };
        let missing: Vec<String> = asked
            .iter()
            .flat_map(|(name, of)| of.iter().map(move |components| (name, components)))
            .filter(|(name, components)| !is_there(name, components))
            .map(|(name, components)| format!("{name} of {}", components.join(" or ")))
            .collect();
        if missing.is_empty() { Ok(()) } else { Err(format!("not exported: {missing:#?}")) }
    })
    .await;
}

/// Every component does something of every kind.
async fn use_everything(world: &World) -> Result<(), Error> {
    let (admin, member) = (world.admin().await?, world.member().await?.client);
    let event = world.event(&admin, 3).await?;
    let held = member.call(op::reserve_tickets(event, 2)).await?;
    member.call(op::book_tickets(&held.ticket_ids)).await?;
    member.call(op::add_to_waitlist(event, 1)).await?;
    member.call(op::cancel_tickets(event, 1)).await?;
    member.call(op::list_bookings()).await?;
    member.call(op::list_events(&EventQuery::default())).await?;
    admin.call(op::list_analytics()).await?;
    Ok(())
}

/// The names of the metrics that each component exports.
async fn exported(world: &World) -> Result<BTreeMap<&'static str, BTreeSet<String>>, String> {
    let mut exported = BTreeMap::new();
    for process in world.system.processes() {
        exported.insert(process.service().name(), scraped(process).await?);
    }
    Ok(exported)
}

async fn scraped(process: &Process) -> Result<BTreeSet<String>, String> {
    let answer = reqwest::get(format!("{}/metrics", process.admin_url())).await;
    let text = match answer {
        Ok(answer) => answer.text().await.map_err(|error| error.to_string())?,
        Err(error) => return Err(error.to_string()),
    };
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    Ok(lines.filter_map(|line| line.split(['{', ' ']).next()).map(ToOwned::to_owned).collect())
}

/// What the files below `deploy` name.
fn asked_for() -> std::io::Result<Asked> {
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy");
    let mut queries = Vec::new();
    for dashboard in texts(&deploy.join("grafana/dashboards"))? {
        expressions(&serde_json::from_str(&dashboard)?, &mut queries);
    }
    queries.extend(texts(&deploy.join("prometheus/rules"))?);
    let mut asked = Asked::new();
    for (name, labels) in queries.iter().flat_map(|query| selectors(query)) {
        if !OF_PROMETHEUS.contains(&name) {
            asked.entry(name.to_owned()).or_default().insert(components_of(labels));
        }
    }
    Ok(asked)
}

fn texts(folder: &Path) -> std::io::Result<Vec<String>> {
    fs::read_dir(folder)?.map(|file| fs::read_to_string(file?.path())).collect()
}

/// All values of `expr` in a dashboard.
fn expressions(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("expr").and_then(Value::as_str).map(ToOwned::to_owned));
            fields.values().for_each(|value| expressions(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| expressions(value, found)),
        _ => {}
    }
}

/// Each metric's name with the labels behind it. Every query of ours says the job, and so has labels. Names with a colon
/// are those of recording rules.
fn selectors(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let is_of_name = |character: char| character.is_ascii_alphanumeric() || "_:".contains(character);
    query.match_indices('{').filter_map(move |(at, _)| {
        let before = query[..at].trim_end();
        let name = &before[before.trim_end_matches(is_of_name).len()..];
        let labels = query[at + 1..].split('}').next()?;
        (labels.contains("job=") && !name.is_empty() && !name.contains(':')).then_some((name, labels))
    })
}

/// The components that `job="booked-event"` or `job=~"$system-event(-admin)?"` mean.
fn components_of(labels: &str) -> Vec<&'static str> {
    let job = labels.split_once("job=").map_or("", |(_, job)| job.split('"').nth(1).unwrap_or_default());
    Service::ALL.into_iter().map(Service::name).filter(|name| job.contains(name)).collect()
}
