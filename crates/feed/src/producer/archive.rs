//! The operators' command that moves past months out of the outbox.

use std::{fmt, str::FromStr};

use booked_postgres::{DatabaseArgs, DatabaseSettings, open_for_operator};
use chrono::NaiveDate;
use clap::Args;
use diesel::{
    QueryableByName,
    sql_types::{Array, BigInt, Date, Text},
};
use diesel_async::RunQueryDsl as _;

/// What the command needs. The database's URL must be that of the role that owns the outbox, as for migrations.
#[derive(Args, Debug)]
pub struct ArchiveArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// The month before which everything is archived, as 2026-09; it may be the current month from its second day on.
    #[arg(long, value_name = "MONTH")]
    before: Month,
}

/// A month, as its first day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Month(NaiveDate);

/// The text is not a month.
#[derive(Debug, thiserror::Error)]
#[error("not a month, as 2026-09")]
struct NoMonth;

impl FromStr for Month {
    type Err = NoMonth;

    fn from_str(text: &str) -> Result<Self, NoMonth> {
        format!("{text}-01").parse().map(Self).map_err(|_| NoMonth)
    }
}

/// What was archived.
#[derive(Debug, QueryableByName)]
struct Archived {
    #[diesel(sql_type = BigInt)]
    archived_up_to: i64,
    #[diesel(sql_type = Array<Text>)]
    tables: Vec<String>,
}

impl fmt::Display for Archived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { archived_up_to, tables } = self;
        let tables = tables.join(" ");
        write!(
            f,
            "Archived up to row {archived_up_to}. No longer part of the outbox, to be dumped and dropped: {tables}"
        )
    }
}

impl ArchiveArgs {
    /// Moves the months out, and tells the operator the tables that are now theirs to keep or drop.
    ///
    /// # Errors
    ///
    /// If settings are wrong, or the database refuses: nothing is changed then.
    pub async fn run(&self) -> anyhow::Result<()> {
        tell(&archive(&self.database.check()?, self.before).await?);
        Ok(())
    }
}

/// One statement, and so all or nothing, even if this process stops meanwhile: whatever lock is held, only the server
/// has to continue until it is released.
async fn archive(database: &DatabaseSettings, Month(before): Month) -> anyhow::Result<Archived> {
    let mut connection = open_for_operator(database).await?;
    let archived = diesel::sql_query("SELECT archived_up_to, tables FROM outbox_archive_before($1)")
        .bind::<Date, _>(before)
        .get_result(&mut connection)
        .await?;
    Ok(archived)
}

#[expect(clippy::print_stdout, reason = "what a command came to is for the operator, not for the log")]
fn tell(archived: &Archived) {
    println!("{archived}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_read_by_year_and_number() {
        assert_eq!("2026-09".parse::<Month>().unwrap().0.to_string(), "2026-09-01");
        for text in ["", "2026", "2026-13", "2026-09-01", "09-2026", "September"] {
            assert!(text.parse::<Month>().is_err(), "{text:?}");
        }
    }
}
