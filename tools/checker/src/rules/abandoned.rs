//! Rule 9: abandoned seats become free again. Nothing stays held or settling past its time for longer than seats are
//! inspected.

use super::suspects::{last_inspection, persistent};
use crate::{
    case::{Case, clock, us_of_ms},
    report::RuleReport,
};

pub(super) fn judge(case: &Case<'_>, report: &mut RuleReport) {
    let inspections = &case.evidence.inspections;
    let Some(first) = inspections.first() else {
        return report.unchecked("Valkey compared with Postgres: one of the two was not read");
    };
    report.checked(first.events.len(), "inventories in Valkey");
    let inventories = || first.events.values().map(|seen| &seen.inventory);
    report.checked(inventories().map(|it| it.holds.len()).sum(), "held seats");
    report.checked(inventories().map(|it| it.settling.len()).sum(), "settling seats");
    for (event, suspect) in persistent(inspections).iter().filter(|(_, suspect)| suspect.is_overdue()) {
        let shown_by = last_inspection(inspections, *event)
            .map(|inspected| format!("last inspected: {}", clock(us_of_ms(inspected.inventory.now_unix_ms))));
        report.violation(format!("event {event}: {suspect}"), shown_by);
    }
}
