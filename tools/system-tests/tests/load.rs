//! The load kit on a real system: each scenario finds what it expects, its report adds up, and its history is whole.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

use std::{fs::File, io::BufReader, sync::Arc, time::Duration};

use booked_checker::history::{self, Line};
use booked_client::EventQuery;
use booked_contract::event::Event;
use booked_load::{
    AccountOptions, Arrival, CancellationToken, LogIn, Mix, Options, Report, SaleOptions, ScenarioName,
    client::Timeouts, load,
};
use booked_system_tests::World;
use futures_util::TryStreamExt;
use tempfile::TempDir;

const SEATS: u32 = 20;
/// Far more than seats, whatever chance has them want.
const BUYERS_PER_S: f64 = 100.0;
const ACCOUNTS: usize = 8;
/// So few that all accounts together may not have all seats.
const LIMIT: u32 = 2;

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_runs_and_finds_what_it_expects() {
    let world = World::start(&[]).await;
    let folder = TempDir::new().unwrap();
    for scenario in ScenarioName::ALL {
        let mut options = options(&world, &folder, scenario);
        if scenario == ScenarioName::Checkout {
            options.arrival = Arrival::Closed { users: 4 };
        }
        let report = load(&options, Arc::new(|_| {}), &CancellationToken::new()).await.unwrap();
        let shown = booked_load::table(&report);
        assert_eq!(report.failures(), 0, "{shown}");
        assert!(report.all.calls > 0, "{shown}");
        adds_up(&report);
        history_is_whole(&options, &report);
        if scenario == ScenarioName::Onsale {
            let sold = report.expectations.iter().find(|it| it.what == "Seats sold").unwrap();
            assert_eq!(sold.found, SEATS.to_string(), "{shown}");
        }
    }
    a_sale_with_a_limit_for_each_buyer(&world, &folder).await;
    let listed = world.anyone.events(EventQuery::default());
    let left: Vec<Event> = listed.try_collect().await.unwrap();
    // The events of browse stay.
    let left: Vec<_> = left.iter().filter(|event| !event.name.contains("chamber")).collect();
    assert!(left.is_empty(), "events were not cleaned up: {left:?}");
}

async fn a_sale_with_a_limit_for_each_buyer(world: &World, folder: &TempDir) {
    let mut options = options(world, folder, ScenarioName::Onsale);
    options.sale.max_per_buyer = Some(LIMIT);
    options.history = Some(folder.path().join("limit.jsonl"));
    let report = load(&options, Arc::new(|_| {}), &CancellationToken::new()).await.unwrap();
    let shown = booked_load::table(&report);
    assert_eq!(report.failures(), 0, "{shown}");
    history_is_whole(&options, &report);
    let reserve = report.operations.iter().find(|it| it.name == "reserve").unwrap();
    assert!(reserve.outcomes.iter().any(|it| it.outcome == "409 TICKET-04"), "{shown}");
    assert!(report.expectations.iter().any(|it| it.what == "Most tickets of one buyer"), "{shown}");
}

fn options(world: &World, folder: &TempDir, scenario: ScenarioName) -> Options {
    let admin = world.system.admin();
    Options {
        url: world.system.gateway_url(),
        scenario,
        arrival: Arrival::Open { rate_per_s: BUYERS_PER_S, open_max: 1_000 },
        duration: Duration::from_secs(1),
        warm_up: Duration::ZERO,
        seed: 4,
        timeouts: Timeouts::default(),
        keys: true,
        admin: Some(LogIn { email: admin.email.clone(), password: admin.password.clone() }),
        accounts: AccountOptions {
            count: ACCOUNTS,
            prefix: "load-test".to_owned(),
            password: World::PASSWORD.to_owned(),
            concurrency: 4,
            tokens: Some(folder.path().join("tokens.json")),
        },
        sale: SaleOptions {
            seats: SEATS,
            count_max: 2,
            max_per_buyer: None,
            think: Some(Duration::from_millis(20)),
            abandon_share: 0.0,
        },
        events: 5,
        wrong_password_share: 0.3,
        mix: Mix::default(),
        history: Some(folder.path().join(format!("{scenario}.jsonl"))),
        // The events of browse are made once, and deleted with it; so mixed makes its own.
        clean_up: true,
    }
}

/// Read as a program reads it: from its JSON.
fn adds_up(report: &Report) {
    let json = serde_json::to_value(report).unwrap();
    let number = |value: &serde_json::Value| value.as_u64().unwrap();
    let all = number(&json["all"]["calls"]);
    let operations = json["operations"].as_array().unwrap();
    assert_eq!(all, operations.iter().map(|it| number(&it["calls"])).sum::<u64>());
    for operation in operations {
        let outcomes = operation["outcomes"].as_array().unwrap();
        assert_eq!(number(&operation["calls"]), outcomes.iter().map(|it| number(&it["count"])).sum::<u64>());
    }
    let in_row =
        |row: &serde_json::Value| row["calls"].as_object().unwrap().values().map(number).sum::<u64>();
    assert_eq!(all, json["series"].as_array().unwrap().iter().map(in_row).sum::<u64>());
}

/// Every call that changes seats was recorded, and can be read again.
fn history_is_whole(options: &Options, report: &Report) {
    let path = options.history.as_ref().unwrap();
    let lines = history::read(BufReader::new(File::open(path).unwrap())).unwrap();
    for operation in report.operations.iter().filter(|it| ["reserve", "book", "cancel"].contains(&it.name)) {
        let asked = format!("{{\"{}\":", operation.name);
        let recorded = lines.iter().filter(|line| match line {
            Line::Call(call) => serde_json::to_string(&call.op).unwrap().starts_with(&asked),
            _ => false,
        });
        assert_eq!(u64::try_from(recorded.count()).unwrap(), operation.calls, "{}", operation.name);
    }
}
