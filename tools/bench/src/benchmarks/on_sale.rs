//! A sale: how many seats are sold per second, and how fast the responses are if buyers arrive at a rate that can be served.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use booked_checker::history::{Op, Outcome, Response};
use booked_load::{
    AccountOptions, Arrival, CancellationToken, LogIn, Mix, Options, Progress, Report, SaleOptions,
    ScenarioName,
    client::{Session, Timeouts},
    load,
};

use crate::{
    buyers,
    comparison::Part,
    context::BenchContext,
    rounds::{per_second, run_concurrently},
    testbed::{Testbed, cost},
};

const BUYERS: u32 = 20_000;
const SEATS: u32 = 10_000;
/// The highest rate is the best of these numbers of concurrent buyers.
const CONCURRENCY: [usize; 3] = [32, 128, 512];
const SHARE_OF_THE_HIGHEST: f64 = 0.8;
const LIMIT_MS: f64 = 100.0;
const OPEN_MAX: usize = 10_000;

/// The result of a sale with no pauses.
struct Rush {
    seats_per_s: f64,
    /// Until all was sold.
    buyers_per_s: f64,
    cost: String,
}

pub(crate) async fn measure(bench: &BenchContext) -> Result<Vec<Part>> {
    let testbed = Testbed::start(bench, "on-sale", &[]).await?;
    let crowd = buyers::buyers(&testbed, BUYERS)?;
    let tokens = buyers::token_file(&testbed, BUYERS)?;
    let mut notes = Vec::new();
    let mut highest = 0.0_f64;
    for concurrency in CONCURRENCY {
        let rush = rush(&testbed, &crowd, concurrency, SEATS).await?;
        let Rush { seats_per_s, buyers_per_s, cost } = rush;
        notes.push(format!(
            "{concurrency} concurrent buyers: {seats_per_s:.0} seats sold per second until sold out. {cost}"
        ));
        highest = highest.max(buyers_per_s);
    }
    let rate_per_s = highest * SHARE_OF_THE_HIGHEST;
    let mut p99_ms = Vec::new();
    for round in 0..bench.effort.rounds {
        let options = options(&testbed, tokens.clone(), rate_per_s, u64::from(round));
        let report = load(&options, Arc::new(|_: Progress<'_>| {}), &CancellationToken::new()).await?;
        ensure!(report.failures() == 0, "unexpected: {}", booked_load::table(&report));
        p99_ms.push(Duration::from_micros(report.all.latency_us.p99).as_secs_f64() * 1e3);
        notes.push(summary(&report));
    }
    let part = Part::against_limit("ms, p99", p99_ms, LIMIT_MS);
    Ok(vec![notes.into_iter().fold(part, Part::with_note)])
}

/// Each buyer reserves and books a seat, or learns that there is none.
pub(crate) async fn rush_of(
    testbed: &Testbed,
    crowd: &[Session],
    concurrency: usize,
    seats: u32,
) -> Result<()> {
    rush(testbed, crowd, concurrency, seats).await.map(drop)
}

async fn rush(testbed: &Testbed, crowd: &[Session], concurrency: usize, seats: u32) -> Result<Rush> {
    let event_id = testbed.event(seats).await?;
    let (sold, through) = (AtomicU32::new(0), AtomicU32::new(0));
    let (before, begun) = (testbed.cpu()?, Instant::now());
    let buy = async |buyer: &Session| {
        let outcome = buyer.call(Op::Reserve { event_id, count: 1 }).await.outcome;
        let sold_out = match outcome {
            Outcome::Ok(Response::Held { ticket_ids, .. }) => {
                buyers::book(buyer, ticket_ids).await?;
                (sold.fetch_add(1, Ordering::Relaxed) + 1 == seats).then(|| begun.elapsed())
            }
            Outcome::Fail { status: 400, .. } => None,
            other => anyhow::bail!("the response to reserving is {other:?}"),
        };
        let through = through.fetch_add(1, Ordering::Relaxed) + 1;
        anyhow::Ok(sold_out.map(|after| (after, through)))
    };
    let (done, _) = run_concurrently(concurrency, crowd, buy).await?;
    let after = testbed.cpu()?;
    let sold_out = done.into_iter().flatten().next();
    let (took, through) =
        sold_out.with_context(|| format!("of {seats} seats {} were sold", sold.into_inner()))?;
    Ok(Rush {
        seats_per_s: per_second(usize::try_from(seats)?, took)?,
        buyers_per_s: per_second(usize::try_from(through)?, took)?,
        cost: cost(&before, &after, f64::from(u32::try_from(crowd.len())?)).replace("per call", "per buyer"),
    })
}

/// As many arrive as there are buyers.
fn options(testbed: &Testbed, tokens: std::path::PathBuf, rate_per_s: f64, seed: u64) -> Options {
    let admin = testbed.system.admin();
    Options {
        url: testbed.url(),
        scenario: ScenarioName::Onsale,
        arrival: Arrival::Open { rate_per_s, open_max: OPEN_MAX },
        duration: Duration::from_secs_f64(f64::from(BUYERS) / rate_per_s),
        warm_up: Duration::ZERO,
        seed,
        timeouts: Timeouts::default(),
        // Each response counts, as in a sale before there were keys.
        keys: false,
        admin: Some(LogIn { email: admin.email.clone(), password: admin.password.clone() }),
        accounts: AccountOptions {
            count: usize::try_from(BUYERS).unwrap_or(usize::MAX),
            prefix: buyers::PREFIX.to_owned(),
            password: String::new(),
            concurrency: 1,
            tokens: Some(tokens),
        },
        sale: SaleOptions {
            seats: SEATS,
            count_max: 1,
            max_per_buyer: None,
            think: Some(Duration::ZERO),
            abandon_share: 0.0,
        },
        events: 0,
        wrong_password_share: 0.0,
        mix: Mix::default(),
        history: None,
        clean_up: false,
    }
}

fn summary(report: &Report) -> String {
    let ms = |us: u64| Duration::from_micros(us).as_secs_f64() * 1e3;
    let (all, late) = (&report.all, report.iterations.lateness_us);
    format!(
        "{} buyers arrived in {:.1} s: {} responses, p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms; the load kit was {:.1} ms late \
         (p99).",
        report.iterations.started,
        report.measured_s,
        all.calls,
        ms(all.latency_us.p50),
        ms(all.latency_us.p99),
        ms(all.latency_us.max),
        ms(late.p99)
    )
}
