//! Rule 9: an abandoned seat comes back. Nothing stays held or settling past its time for longer than seats are watched.

use super::suspects::{last_look, lasting};
use crate::{
    case::{Case, clock, us_of_ms},
    report::RuleReport,
};

pub(super) fn judge(case: &Case<'_>, report: &mut RuleReport) {
    let looks = &case.evidence.looks;
    let Some(first) = looks.first() else {
        return report.unchecked("Valkey beside Postgres: one of the two was not read");
    };
    report.checked(first.events.len(), "maps in Valkey");
    let maps = || first.events.values().map(|seen| &seen.map);
    report.checked(maps().map(|map| map.holds.len()).sum(), "held seats");
    report.checked(maps().map(|map| map.settling.len()).sum(), "settling seats");
    for (event, suspect) in lasting(looks).iter().filter(|(_, suspect)| suspect.is_overdue()) {
        let shown_by = last_look(looks, *event)
            .map(|seen| format!("last looked at: {}", clock(us_of_ms(seen.map.now_unix_ms))));
        report.wrong(format!("event {event}: {suspect}"), shown_by);
    }
}
