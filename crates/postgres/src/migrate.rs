//! Migrations: applied by a command of their own, and only checked when serving.

use std::time::Duration;

use booked_failure::Failure;
use booked_server::{Clock as _, SystemClock};
use diesel::{QueryableByName, migration::MigrationSource, pg::Pg, sql_types::Text};
use diesel_async::{AsyncMigrationHarness, RunQueryDsl as _};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _};

use crate::{
    Database, DatabaseSettings,
    create::create_if_missing,
    fitness::{self, Fitness},
    operator::open_for_operator,
};

/// Any number will do, as long as every process that migrates uses the same.
const LOCK: i64 = 0x0062_6f6f_6b65_6400;
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// Applies what is missing, including the database itself, one process after the other, however many start at once.
/// Needs a runtime of several threads.
///
/// # Errors
///
/// If the database cannot be reached or a migration fails; the migration is then rolled back.
pub async fn migrate(settings: &DatabaseSettings, migrations: EmbeddedMigrations) -> anyhow::Result<()> {
    create_if_missing(settings).await?;
    let mut connection = open_for_operator(settings).await?;
    fitness::read(&mut connection).await?.require(now_unix_s())?;
    diesel::sql_query("SELECT pg_advisory_lock($1)")
        .bind::<diesel::sql_types::BigInt, _>(LOCK)
        .execute(&mut connection)
        .await?;
    let mut harness = AsyncMigrationHarness::new(connection);
    let applied = tokio::task::block_in_place(|| {
        let applied =
            harness.run_pending_migrations(migrations).map_err(|error| anyhow::anyhow!("{error}"))?;
        Ok::<_, anyhow::Error>(applied.iter().map(ToString::to_string).collect::<Vec<_>>())
    })?;
    tracing::info!(?applied, "the schema is up to date");
    Ok(())
}

/// Rejects a database that is unfit for the data, and a schema that is older than the binary. A newer one is fine, so
/// that a rollback works. A database that is down says nothing about its schema: it is retried until it responds.
///
/// # Errors
///
/// What is unfit, or which migrations are missing.
pub async fn require_schema(database: &Database, migrations: EmbeddedMigrations) -> anyhow::Result<()> {
    let (fitness, applied) = loop {
        match fitness_and_versions(database).await {
            Ok(found) => break found,
            Err(error @ Failure::Refused(..)) => {
                anyhow::bail!("the database has no schema ({error}): run the command `migrate` first")
            }
            Err(error) => {
                tracing::warn!(%error, "waiting for the database");
                tokio::time::sleep(ASK_AGAIN_AFTER).await;
            }
        }
    };
    fitness.require(now_unix_s())?;
    let missing: Vec<String> = MigrationSource::<Pg>::migrations(&migrations)
        .map_err(|error| anyhow::anyhow!("{error}"))?
        .iter()
        .filter(|migration| !applied.contains(&migration.name().version().to_string()))
        .map(|migration| migration.name().to_string())
        .collect();
    anyhow::ensure!(
        missing.is_empty(),
        "the database's schema is older than this binary, run the command `migrate` first; missing: {}",
        missing.join(", ")
    );
    Ok(())
}

fn now_unix_s() -> i64 {
    SystemClock.now().timestamp()
}

async fn fitness_and_versions(database: &Database) -> Result<(Fitness, Vec<String>), Failure> {
    #[derive(QueryableByName)]
    struct Applied {
        #[diesel(sql_type = Text)]
        version: String,
    }
    let (fitness, applied) = database
        .read(async |connection| {
            let fitness = fitness::read(connection).await?;
            let applied = diesel::sql_query("SELECT version FROM __diesel_schema_migrations");
            Ok((fitness, applied.load::<Applied>(connection).await?))
        })
        .await?;
    Ok((fitness, applied.into_iter().map(|applied| applied.version).collect()))
}
