//! Answers are kept for long enough, and then swept.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

use std::{future::Future, time::Duration};

use booked_contract::Code;
use booked_failure::Failure;
use booked_idempotency::{Answered, KeptAnswers, Look, RequestKey, keep_done};
use booked_ids::UserId;
use booked_postgres::{Abort, Database, DatabaseSettings, TransactionError};
use booked_sandbox::{TestDatabase, test_database};
use booked_server::ApiError;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use tokio::{runtime::Handle, time::sleep};
use uuid::Uuid;

fn migrate(url: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut connection = AsyncPgConnection::establish(url).await.unwrap();
        connection.batch_execute(include_str!("../sql/idempotency_keys.sql")).await.unwrap();
    });
}

fn key(number: u128) -> RequestKey {
    let user = UserId::from_uuid(Uuid::nil());
    RequestKey { user, id: Uuid::from_u128(number), request: Uuid::from_u128(1) }
}

fn start() -> (TestDatabase, Database) {
    let test = test_database("idempotency", migrate);
    let settings = DatabaseSettings::for_url(&test.url()).unwrap();
    let database = Database::new(&settings, &Handle::current()).unwrap();
    (test, database)
}

/// Does nothing but keep that it was done.
fn act(
    database: &Database,
    key: RequestKey,
) -> impl Fn() -> std::pin::Pin<Box<dyn Future<Output = Result<u32, ApiError>> + Send>> {
    let database = database.clone();
    move || {
        let database = database.clone();
        Box::pin(async move {
            let kept = database.transaction(async move |connection| {
                keep_done(connection, Some(key), &7_u32).await?;
                Ok::<_, Abort<Failure>>(7)
            });
            kept.await.map_err(|error| TransactionError::flatten(error).into())
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_is_told_again_with_what_came_of_it() {
    let (_test, database) = start();
    let answers = KeptAnswers::new(database.clone());
    for look in [Look::First, Look::Late] {
        let key = key(if look == Look::First { 1 } else { 2 });
        assert_eq!(answers.once(Some(key), look, act(&database, key)).await.unwrap(), Answered::now(7));
        for look in [Look::First, Look::Late] {
            assert_eq!(
                answers.once(Some(key), look, act(&database, key)).await.unwrap(),
                Answered::before(7)
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_user_cannot_have_any_number_of_refusals_kept() {
    let (test, database) = start();
    let answers = KeptAnswers::new(database);
    let refuse = || async { Err::<u32, ApiError>(Code::NotYourTicket.into()) };
    for number in 0..105 {
        let refused = answers.once(Some(key(number)), Look::First, refuse).await;
        assert_eq!(refused, Err(Code::NotYourTicket.into()));
    }
    assert_eq!(test.execute("SELECT count(*) FROM idempotency_keys").trim(), "100");
    let again = answers.once(Some(key(0)), Look::First, refuse).await;
    assert_eq!(again, Err(ApiError::from(Code::NotYourTicket).replayed(true)));
    let judged_again = answers.once(Some(key(104)), Look::First, || async { Ok::<_, ApiError>(5) }).await;
    assert_eq!(judged_again, Ok(Answered::now(5)));
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_swept_after_two_days_however_many_there_are() {
    let (test, database) = start();
    test.execute(
        "INSERT INTO idempotency_keys SELECT gen_random_uuid(), gen_random_uuid(), '{}', now() - interval '48 hours 1 second' \
         FROM generate_series(1, 2500)",
    );
    test.execute(
        "INSERT INTO idempotency_keys SELECT gen_random_uuid(), gen_random_uuid(), '{}', now() - interval '47 hours' \
         FROM generate_series(1, 3)",
    );
    let sweeping = tokio::spawn(KeptAnswers::new(database).sweep());
    for _ in 0..600 {
        if test.execute("SELECT count(*) FROM idempotency_keys").trim() == "3" {
            return sweeping.abort();
        }
        sleep(Duration::from_millis(100)).await;
    }
    panic!("not swept within a minute");
}
