//! What the code assumes about a database server, checked before anything is served or migrated: otherwise some of it
//! would only show as a failure in the middle of a sale, and some only by what is missing after a crash.

use diesel::{
    QueryResult, QueryableByName,
    sql_types::{BigInt, Text},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};

/// How far the server's clock may differ from this machine's without a warning.
const CLOCKS_APART_S: u64 = 30;

/// The configuration of a server and a database.
#[derive(Clone, Debug, QueryableByName)]
pub(crate) struct Fitness {
    #[diesel(sql_type = Text)]
    encoding: String,
    #[diesel(sql_type = Text)]
    fsync: String,
    #[diesel(sql_type = Text)]
    full_page_writes: String,
    #[diesel(sql_type = Text)]
    synchronous_commit: String,
    #[diesel(sql_type = BigInt)]
    unix_time: i64,
}

/// Reads it from the server.
pub(crate) async fn read(connection: &mut AsyncPgConnection) -> QueryResult<Fitness> {
    diesel::sql_query(
        "SELECT current_setting('server_encoding') AS encoding, current_setting('fsync') AS fsync, \
         current_setting('full_page_writes') AS full_page_writes, \
         current_setting('synchronous_commit') AS synchronous_commit, extract(epoch FROM now())::bigint AS unix_time",
    )
    .get_result(connection)
    .await
}

impl Fitness {
    /// Logs a warning for each setting that may cost more than it should.
    ///
    /// # Errors
    ///
    /// If the database is unfit, with the reason.
    pub(crate) fn require(&self, now_unix_s: i64) -> anyhow::Result<()> {
        // SQL_ASCII accepts all bytes as they come, since it checks nothing; any other encoding lacks most letters.
        anyhow::ensure!(
            matches!(self.encoding.as_str(), "UTF8" | "SQL_ASCII"),
            "the database's encoding is {}; it must be UTF8: make it anew by CREATE DATABASE … ENCODING 'UTF8' \
             TEMPLATE template0",
            self.encoding
        );
        for warning in self.warnings(now_unix_s) {
            tracing::warn!("{warning}");
        }
        Ok(())
    }

    fn warnings(&self, now_unix_s: i64) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.encoding == "SQL_ASCII" {
            warnings
                .push("the database's encoding is SQL_ASCII, which checks no text; UTF8 is meant".to_owned());
        }
        for (setting, value) in [
            ("fsync", &self.fsync),
            ("full_page_writes", &self.full_page_writes),
            ("synchronous_commit", &self.synchronous_commit),
        ] {
            if value == "off" {
                warnings
                    .push(format!("{setting} is off in Postgres: a crash can lose what was acknowledged"));
            }
        }
        let apart_s = now_unix_s.abs_diff(self.unix_time);
        if apart_s > CLOCKS_APART_S {
            warnings.push(format!("the clocks of Postgres and of this machine are {apart_s} s apart"));
        }
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Fitness {
        let on = || "on".to_owned();
        Fitness {
            encoding: "UTF8".to_owned(),
            fsync: on(),
            full_page_writes: on(),
            synchronous_commit: "remote_apply".to_owned(),
            unix_time: 1_000,
        }
    }

    #[test]
    fn a_server_as_it_should_be_is_taken_without_a_word() {
        good().require(1_000 + 30).unwrap();
        assert!(good().warnings(1_000 - 30).is_empty());
    }

    #[test]
    fn another_encoding_is_refused() {
        for encoding in ["LATIN1", "EUC_JP", "WIN1252"] {
            let unfit = Fitness { encoding: encoding.to_owned(), ..good() };
            assert!(unfit.require(1_000).unwrap_err().to_string().contains(encoding));
        }
    }

    #[test]
    fn what_may_cost_what_was_acknowledged_is_warned_of() {
        let off = || "off".to_owned();
        for careless in [
            Fitness { encoding: "SQL_ASCII".to_owned(), ..good() },
            Fitness { fsync: off(), ..good() },
            Fitness { full_page_writes: off(), ..good() },
            Fitness { synchronous_commit: off(), ..good() },
            Fitness { unix_time: 969, ..good() },
            Fitness { unix_time: 1_031, ..good() },
        ] {
            careless.require(1_000).unwrap();
            assert_eq!(careless.warnings(1_000).len(), 1, "{careless:?}");
        }
    }
}
