//! Reads the pages of listings.

use booked_contract::sale::EventStatus;
use booked_postgres::prepared;
use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{BigInt, Integer, Text},
};

use super::rows::{COLUMNS, Columns};
use crate::domain::{Listing, SearchText};

/// The last time of a page that has fewer events than it may have.
const NO_END: &str = "9223372036854775807";

/// The page begins after this.
fn after(listing: &Listing) -> i64 {
    // During a rollout an older release, which still accepts events at 0, may run next to this one.
    listing.after().unwrap_or(-1)
}

/// Reads the rows of a listing: this many after a time, and then all others that share the second of the last one. If
/// there are fewer than that, there is no last one, and all of them are read.
pub(super) struct ReadPage {
    after: i64,
    preceding: i64,
}

impl ReadPage {
    pub(super) fn of(listing: &Listing) -> Self {
        Self { after: after(listing), preceding: listing.limit() - 1 }
    }
}

prepared!(ReadPage => Columns);

impl QueryFragment<Pg> for ReadPage {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT ");
        out.push_sql(COLUMNS);
        out.push_sql(" FROM events WHERE deleted_at IS NULL AND unix_time > ");
        out.push_bind_param::<BigInt, _>(&self.after)?;
        out.push_sql(
            " AND unix_time <= coalesce((SELECT unix_time FROM events WHERE deleted_at IS NULL AND unix_time > ",
        );
        out.push_bind_param::<BigInt, _>(&self.after)?;
        out.push_sql(" ORDER BY unix_time, id LIMIT 1 OFFSET ");
        out.push_bind_param::<BigInt, _>(&self.preceding)?;
        out.push_sql("), ");
        out.push_sql(NO_END);
        out.push_sql(") ORDER BY unix_time, id");
        Ok(())
    }
}

/// The same for a listing with a filter.
///
/// A search reads the index of words to the end, and only then compares times: otherwise Postgres might take apart the
/// texts of all events in the order of time. Of a word that all events have, it reads them all, without their texts.
pub(super) struct ReadFilteredPage {
    after: i64,
    to: i64,
    preceding: i64,
    now: i64,
    words_max: i32,
    status: Option<EventStatus>,
    text: Option<String>,
}

impl ReadFilteredPage {
    /// The status of events is that of `now`, in Unix seconds: times of a sale are whole seconds too.
    pub(super) fn of(listing: &Listing, now: i64) -> Self {
        let filter = listing.filter();
        Self {
            after: after(listing),
            to: filter.to.unwrap_or(i64::MAX),
            preceding: listing.limit() - 1,
            now,
            words_max: i32::try_from(SearchText::WORDS_MAX).unwrap_or(i32::MAX),
            status: filter.status,
            text: filter.text.as_ref().map(|text| text.as_str().to_owned()),
        }
    }

    /// The conditions of the listing, apart from words.
    fn push_conditions<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("unix_time > ");
        out.push_bind_param::<BigInt, _>(&self.after)?;
        out.push_sql(" AND unix_time < ");
        out.push_bind_param::<BigInt, _>(&self.to)?;
        let Some(status) = self.status else { return Ok(()) };
        // As `SaleTerms::status` decides.
        if status == EventStatus::Cancelled {
            out.push_sql(" AND cancelled");
            return Ok(());
        }
        out.push_sql(" AND NOT cancelled AND (off_sale_unix_time <= ");
        out.push_bind_param::<BigInt, _>(&self.now)?;
        if status == EventStatus::Closed {
            out.push_sql(")");
            return Ok(());
        }
        out.push_sql(") IS NOT TRUE AND ");
        if status == EventStatus::Paused {
            out.push_sql("paused");
            return Ok(());
        }
        out.push_sql("NOT paused AND (on_sale_unix_time > ");
        out.push_bind_param::<BigInt, _>(&self.now)?;
        out.push_sql(if status == EventStatus::Scheduled { ")" } else { ") IS NOT TRUE" });
        Ok(())
    }

    /// The events of the page, from a source that ends where its conditions go on.
    fn push_page<'b>(&'b self, source: &'static str, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(source);
        self.push_conditions(out)?;
        out.push_sql(" AND unix_time <= coalesce((SELECT unix_time FROM ");
        out.push_sql(source);
        self.push_conditions(out)?;
        out.push_sql(" ORDER BY unix_time, id LIMIT 1 OFFSET ");
        out.push_bind_param::<BigInt, _>(&self.preceding)?;
        out.push_sql("), ");
        out.push_sql(NO_END);
        out.push_sql(")");
        Ok(())
    }
}

impl Query for ReadFilteredPage {
    type SqlType = Columns;
}

/// Without an id, since the text of the statement depends on the filter. There are few such texts, and each is prepared
/// once.
impl QueryId for ReadFilteredPage {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for ReadFilteredPage {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let Some(text) = &self.text else {
            out.push_sql("SELECT ");
            out.push_sql(COLUMNS);
            out.push_sql(" FROM ");
            self.push_page("events WHERE deleted_at IS NULL AND ", &mut out)?;
            out.push_sql(" ORDER BY unix_time, id");
            return Ok(());
        };
        // Words have no sign that would mean something in a query. If there is no word, nothing is found.
        out.push_sql(
            "WITH found AS MATERIALIZED ( \
                 SELECT id, unix_time, cancelled, off_sale_unix_time, paused, on_sale_unix_time FROM events \
                 WHERE deleted_at IS NULL \
                 AND array_to_tsvector(event_words(name || ' ' || address || ' ' || description)) @@ ( \
                     SELECT string_agg('''' || word || ''':*', ' & ')::tsquery FROM unnest((event_words(",
        );
        out.push_bind_param::<Text, _>(text)?;
        out.push_sql("))[1:");
        out.push_bind_param::<Integer, _>(&self.words_max)?;
        out.push_sql("]) AS word)), page AS (SELECT id FROM ");
        self.push_page("found WHERE ", &mut out)?;
        out.push_sql(") SELECT whole.* FROM page CROSS JOIN LATERAL (SELECT ");
        out.push_sql(COLUMNS);
        out.push_sql(" FROM events WHERE events.id = page.id OFFSET 0) AS whole ORDER BY unix_time, id");
        Ok(())
    }
}
