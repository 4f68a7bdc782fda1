//! Reads analytics' database: its counts, and how much of ticketing's feed they include.

use chrono::NaiveDate;

use super::{
    event::event_id,
    snapshot::{Snapshot, column},
};
use crate::{
    ReadError,
    evidence::{Analytics, Counts},
};

pub(super) async fn read(snapshot: &mut Snapshot) -> Result<Analytics, ReadError> {
    let mut analytics = Analytics::default();
    let cursor = "SELECT incarnation, row_id FROM feed_cursors WHERE feed = 'ticketing'";
    snapshot
        .each(cursor, |row| {
            analytics.incarnation = column(row, 0)?;
            analytics.cursor = column(row, 1)?;
            Ok(())
        })
        .await?;
    let set_aside = "SELECT aside.row_id FROM feed_set_aside AS aside \
         JOIN feed_cursors USING (feed, incarnation) WHERE feed = 'ticketing'";
    snapshot
        .each(set_aside, |row| {
            analytics.set_aside.insert(column(row, 0)?);
            Ok(())
        })
        .await?;
    let events = "SELECT event_id::text, version, deleted, total_seats, ever_booked, cancelled FROM events";
    snapshot
        .each(events, |row| {
            let total_seats: Option<i32> = column(row, 3)?;
            let counts = Counts {
                version: column(row, 1)?,
                deleted: column(row, 2)?,
                total_seats: total_seats.map(|seats| u32::try_from(seats).unwrap_or_default()),
                ever_booked: column(row, 4)?,
                cancelled: column(row, 5)?,
                ..Counts::default()
            };
            analytics.counts.insert(event_id(row, 0)?, counts);
            Ok(())
        })
        .await?;
    let days = "SELECT event_id::text, day::text, booked_now FROM booked_by_day WHERE booked_now <> 0";
    snapshot
        .each(days, |row| {
            let day: String = column(row, 1)?;
            let day: NaiveDate = day.parse().map_err(|_| format!("{day} is not a day"))?;
            let counts = analytics.counts.entry(event_id(row, 0)?).or_default();
            counts.booked_now.insert(day, column(row, 2)?);
            Ok(())
        })
        .await?;
    Ok(analytics)
}
