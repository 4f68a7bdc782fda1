//! What is read from a real Postgres and from a real Valkey, a single server and a cluster, and for how long.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use booked_checker::{
    Limits, Report, Sources,
    evidence::{EventRow, Fact, Inventory, Meta},
    judge, read_evidence, verify,
};
use booked_ids::{EventId, SeatNumber};
use booked_sandbox::{TestDatabase, ValkeyServer, test_database, test_valkey, test_valkey_cluster};
use uuid::Uuid;

const ANN: Uuid = Uuid::from_u128(0xa);
const LATER_MS: i64 = 4_000_000_000_000;

/// Ticketing's migrations, in their order.
fn migrations() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/ticketing");
    let mut folders: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders.iter().map(|folder| fs::read_to_string(folder.join("up.sql")).unwrap()).collect()
}

/// Of four seats the first is held, the second settling and the third sold.
struct Sale<'a> {
    event: EventId,
    database: TestDatabase,
    nodes: &'a [ValkeyServer],
}

impl<'a> Sale<'a> {
    fn on(nodes: &'a [ValkeyServer]) -> Self {
        let database = test_database("verify", |_| ());
        for migration in migrations() {
            database.execute(&migration);
        }
        let event = EventId::new(1_900_000_000_000, [7; 16]);
        let sale = Self { event, database, nodes };
        let (sold, booking) = (sale.ticket(3), Uuid::from_u128(0xb));
        sale.database.execute(&format!(
            "INSERT INTO events (id, version, deleted, seat_count) VALUES ('{event}', 1, false, 4);
             INSERT INTO bookings (id, booked) VALUES ('{booking}', true);
             INSERT INTO tickets VALUES ('{sold}', '{event}', '{ANN}', '{booking}', now());
             INSERT INTO outbox (kind, subject, data) VALUES ('booked.ticketing.tickets_booked', '{event}',
                 json_build_object('booking_id', '{booking}', 'event_id', '{event}', 'user_id', '{ANN}',
                     'seats', json_build_array(3), 'booked_unix_ms', 1))"
        ));
        for seat in ["0", "1", "2"] {
            sale.valkey(&["SETBIT", "taken", seat, "1"]);
        }
        let later = LATER_MS.to_string();
        sale.valkey(&["ZADD", "holds", &later, "1"]);
        sale.valkey(&["SET", &sale.ticket(1).to_string(), &ANN.to_string()]);
        sale.valkey(&["ZADD", "settling", &later, "2"]);
        sale.valkey(&["HSET", "claims", "2", "attempt|book|user|1"]);
        sale.valkey(&[
            "HSET", "meta", "capacity", "4", "taken", "3", "freed", "5", "hint", "3", "epoch", "x",
        ]);
        sale
    }

    fn ticket(&self, seat: u32) -> booked_ids::TicketId {
        self.event.ticket(SeatNumber::new(seat).unwrap())
    }

    /// A command on one of the event's keys, on the node that has them.
    fn valkey(&self, words: &[&str]) {
        command(self.nodes, self.event, words);
    }

    fn sources(&self, valkey_url: String, settle_timeout: Duration) -> Sources {
        Sources {
            ticketing_database_url: Some(self.database.url()),
            valkey_url: Some(valkey_url),
            limits: Limits { settle_timeout, ..Limits::default() },
            ..Sources::default()
        }
    }
}

fn command(nodes: &[ValkeyServer], event: EventId, words: &[&str]) {
    let key = format!("{{{event}}}:{}", words[1]);
    let words: Vec<&str> = [words[0], &key].into_iter().chain(words[2..].iter().copied()).collect();
    assert!(nodes.iter().any(|node| node.command(&words).is_ok()), "{words:?}");
}

async fn is_read_as_it_is(sale: &Sale<'_>, valkey_url: String) {
    let evidence = read_evidence(&sale.sources(valkey_url, Duration::ZERO), Vec::new()).await.unwrap();

    let inspected = &evidence.inspections[0].events[&sale.event];
    let expected = Inventory {
        now_unix_ms: inspected.inventory.now_unix_ms,
        taken: BTreeSet::from([1, 2, 3]),
        holds: BTreeMap::from([(1, LATER_MS)]),
        settling: BTreeMap::from([(2, LATER_MS)]),
        claims: BTreeMap::from([(2, "attempt|book|user|1".to_owned())]),
        holders: BTreeMap::from([(1, Some(ANN))]),
        meta: Meta { capacity: 4, taken: 3, freed: 5, hint: 3 },
    };
    assert_eq!(inspected.inventory, expected);
    assert!(inspected.inventory.now_unix_ms > 1_700_000_000_000);
    assert_eq!(inspected.row, Some(EventRow { version: 1, deleted: false, seat_count: 4 }));
    assert_eq!(inspected.sold.keys().collect::<Vec<_>>(), [&3]);
    assert_eq!(evidence.inspections.len(), 1, "nothing looked wrong");
    let report = judge(&evidence);
    assert!(report.valid, "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inventory_is_read_as_it_is() {
    let valkey = [test_valkey()];
    is_read_as_it_is(&Sale::on(&valkey), valkey[0].url()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inventory_on_a_cluster_is_read_as_it_is() {
    let cluster = test_valkey_cluster();
    is_read_as_it_is(&Sale::on(cluster.nodes()), cluster.url()).await;
}

/// The fourth seat is taken, and belongs to nobody.
fn leave_a_seat_behind(sale: &Sale<'_>) {
    sale.valkey(&["SETBIT", "taken", "3", "1"]);
    sale.valkey(&["HSET", "meta", "taken", "4"]);
}

fn unchecked(report: &Report) -> Vec<&String> {
    report.rules.iter().flat_map(|rule| rule.unchecked.keys()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seat_that_is_repaired_while_it_is_inspected_is_right() {
    let valkey = [test_valkey()];
    let sale = Sale::on(&valkey);
    leave_a_seat_behind(&sale);
    let (settle_timeout, begun) = (Duration::from_secs(60), Instant::now());

    let sources = sale.sources(valkey[0].url(), settle_timeout);
    let report = tokio::task::block_in_place(|| {
        thread::scope(|scope| {
            scope.spawn(|| {
                // Most likely after the first inspection. If it comes before, the result is the same.
                thread::sleep(Duration::from_millis(200));
                command(&valkey, sale.event, &["SETBIT", "taken", "3", "0"]);
                command(&valkey, sale.event, &["HSET", "meta", "taken", "3"]);
            });
            tokio::runtime::Handle::current().block_on(verify(&sources, Vec::new())).unwrap()
        })
    });

    assert!(report.valid, "{report}");
    assert!(begun.elapsed() < settle_timeout, "it went on inspecting");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seat_that_stays_wrong_is_found_when_the_time_is_over() {
    let valkey = [test_valkey()];
    let sale = Sale::on(&valkey);
    leave_a_seat_behind(&sale);

    let sources = sale.sources(valkey[0].url(), Duration::from_secs(1));
    let evidence = read_evidence(&sources, Vec::new()).await.unwrap();

    assert!(evidence.inspections.len() >= 3, "it inspected {} times", evidence.inspections.len());
    let report = judge(&evidence);
    assert_eq!((report.rules[2].found, report.found()), (1, 1), "{report}");
}

const MAKE_OLD: &str = "UPDATE outbox SET written_at = now() - interval '3 months';
     UPDATE bookings SET settled_at = now() - interval '3 months';
     SELECT outbox_add_partitions(0)";
const ARCHIVE: &str = "SELECT outbox_archive_before((date_trunc('month', now() AT TIME ZONE 'UTC') - interval '1 month')::date)";

#[tokio::test(flavor = "multi_thread")]
async fn tickets_whose_booking_is_archived_are_not_judged_and_not_wrong() {
    let valkey = [test_valkey()];
    let sale = Sale::on(&valkey);
    sale.database.execute(MAKE_OLD);
    sale.database.execute(ARCHIVE);

    let evidence = read_evidence(&sale.sources(valkey[0].url(), Duration::ZERO), Vec::new()).await.unwrap();

    let ticketing = evidence.ticketing.as_ref().unwrap();
    assert!(ticketing.incarnation.ends_with("/1/1"), "{}", ticketing.incarnation);
    assert!(matches!(&ticketing.ledger[..], [entry] if matches!(entry.fact, Fact::Counted(_))));
    let report = judge(&evidence);
    assert!(report.valid && unchecked(&report).iter().any(|why| why.contains("is archived")), "{report}");
}

/// A transaction sees the rows of one moment, and the partitions as they are when it opens them: the rows must be in
/// both.
#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_is_read_whole_while_it_is_archived() {
    let valkey = [test_valkey()];
    let sale = Sale::on(&valkey);
    sale.database.execute(MAKE_OLD);
    let (archiving, connection) =
        tokio_postgres::connect(&sale.database.url(), tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    archiving.batch_execute(&format!("BEGIN; {ARCHIVE}")).await.unwrap();
    let sources = sale.sources(valkey[0].url(), Duration::ZERO);
    let reading = read_evidence(&sources, Vec::new());
    let commits = async {
        let waiting = "SELECT count(*) FROM pg_stat_activity \
             WHERE wait_event_type = 'Lock' AND datname = current_database()";
        while sale.database.execute(waiting).trim() == "0" {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        archiving.batch_execute("COMMIT").await.unwrap();
    };
    let (evidence, ()) = tokio::join!(reading, commits);
    assert_eq!(evidence.unwrap().ticketing.unwrap().ledger.len(), 1);
    connection.abort();
}

#[tokio::test]
async fn without_sources_nothing_is_wrong_and_little_is_judged() {
    let report = verify(&Sources::default(), Vec::new()).await.unwrap();
    assert!(report.valid && unchecked(&report).len() >= 5, "{report}");
}

#[tokio::test]
async fn a_source_that_cannot_be_read_is_named_without_its_secrets() {
    let url = "postgres://me:secret@127.0.0.1:1/booked_ticketing".to_owned();
    let sources = Sources { ticketing_database_url: Some(url), ..Sources::default() };
    let error = verify(&sources, Vec::new()).await.err().unwrap().to_string();
    assert!(error.starts_with("ticketing's database cannot be read") && !error.contains("secret"), "{error}");
}
