//! Whole runs: what they measure, what they report, and how they end.

use std::{sync::Arc, time::Duration};

use booked_load::{
    AccountOptions, Arrival, CancellationToken, Mix, OnProgress, Options, Progress, Report, SaleOptions,
    ScenarioName, client::Timeouts, load, self_test,
};

use crate::stalling;

const NEVER: u64 = u64::MAX;

/// A client that waits for each answer before its next call would see only one slow call.
#[tokio::test(flavor = "multi_thread")]
async fn a_stall_counts_against_all_that_arrived_meanwhile() {
    let stall = Duration::from_millis(600);
    let url = stalling::serve(50, stall).await;
    let arrival = Arrival::Open { rate_per_s: 200.0, open_max: 10_000 };
    let report = run(&options(url, arrival, 2), quiet()).await;

    // Some 120 of 400 arrived in these 600 ms, evenly spread: half of them waited for more than half of it.
    let half_us = u64::try_from(stall.as_micros()).unwrap() / 2;
    assert!(report.all.latency_us.p90 > half_us / 2, "{:?}", report.all.latency_us);
    assert!(report.all.latency_us.p99 > half_us, "{:?}", report.all.latency_us);
}

#[tokio::test(flavor = "multi_thread")]
async fn iterations_that_could_not_begin_are_counted() {
    let url = stalling::serve(20, Duration::from_millis(700)).await;
    let arrival = Arrival::Open { rate_per_s: 200.0, open_max: 5 };
    let report = run(&options(url, arrival, 1), quiet()).await;

    assert!(report.iterations.not_started > 0, "{:?}", report.iterations);
    assert_eq!(report.series.iter().map(|row| row.not_started).sum::<u64>(), report.iterations.not_started);
    // With the same seed as many arrive if there is room for all.
    let roomy = Arrival::Open { rate_per_s: 200.0, open_max: 10_000 };
    let url = stalling::serve(NEVER, Duration::ZERO).await;
    let all = run(&options(url, roomy, 1), quiet()).await;
    assert_eq!(all.iterations.not_started, 0);
    assert_eq!(report.iterations.started + report.iterations.not_started, all.iterations.started);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_ended_early_is_reported() {
    let url = stalling::serve(NEVER, Duration::ZERO).await;
    let stop = CancellationToken::new();
    let stopper = stop.clone();
    let on_progress: OnProgress = Arc::new(move |notice| {
        if matches!(notice, Progress::Second { .. }) {
            stopper.cancel();
        }
    });
    let options = options(url, Arrival::Closed { users: 2 }, 3_600);
    let report = load(&options, on_progress, &stop).await.unwrap();
    assert!(report.ended_early && report.measured_s < 3_600.0);
    assert!(report.all.calls > 0 && report.failures() == 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_adds_up_and_is_shown() {
    let (arrival, stop) = (Arrival::Closed { users: 2 }, CancellationToken::new());
    let test = self_test(arrival, Duration::from_secs(1), quiet(), &stop).await.unwrap();
    assert!(test.cpu_us_a_call > 0.0 && test.server_cpu_us_a_call > 0.0);

    let report = test.report;
    let all = &report.all;
    assert!(all.calls > 0);
    assert_eq!(all.calls, all.ok + all.refused + all.busy + all.errors);
    assert_eq!(all.calls, report.operations.iter().map(|operation| operation.calls).sum::<u64>());
    assert_eq!(all.calls, report.series.iter().map(|row| row.calls.values().sum::<u64>()).sum::<u64>());
    assert_eq!(all.calls, all.outcomes.iter().map(|outcome| outcome.count).sum::<u64>());

    let (page, table) = (booked_load::html(&report), booked_load::table(&report));
    assert!(page.contains("<svg") && table.contains("reserve"));
    assert!(!page.contains("src=") && !page.contains("href="), "the page is not self-contained");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_nobody_expects_are_failures() {
    // Nobody listens here any more.
    let url = format!("http://{}", std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let unprepared =
        load(&options(url, Arrival::Closed { users: 1 }, 1), quiet(), &CancellationToken::new()).await;
    assert!(unprepared.is_err());

    let url = stalling::serve(2, Duration::from_secs(3_600)).await;
    let mut options = options(url, Arrival::Closed { users: 1 }, 1);
    options.timeouts.response = Duration::from_millis(100);
    let report = run(&options, quiet()).await;
    assert!(report.all.errors > 0 && report.failures() >= report.all.errors, "{:?}", report.all.outcomes);
}

async fn run(options: &Options, on_progress: OnProgress) -> Report {
    load(options, on_progress, &CancellationToken::new()).await.unwrap()
}

fn quiet() -> OnProgress {
    Arc::new(|_| {})
}

/// Lists events, and needs none.
fn options(url: String, arrival: Arrival, seconds: u64) -> Options {
    Options {
        url,
        scenario: ScenarioName::Browse,
        arrival,
        duration: Duration::from_secs(seconds),
        warm_up: Duration::ZERO,
        seed: 7,
        timeouts: Timeouts::default(),
        keys: true,
        admin: None,
        accounts: AccountOptions {
            count: 0,
            prefix: String::new(),
            password: String::new(),
            concurrency: 1,
            tokens: None,
        },
        sale: SaleOptions { seats: 1, count_max: 1, max_per_buyer: None, think: None, abandon_share: 0.0 },
        events: 0,
        wrong_password_share: 0.0,
        mix: Mix::default(),
        history: None,
        clean_up: false,
    }
}
