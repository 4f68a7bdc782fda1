//! What one attack did to the buyers.

use std::{collections::BTreeMap, fmt};

use booked_checker::history::Call;
use serde_json::{Value, json};

use super::{attack::Attack, buyers::TurnResult, figures::Figures, goal::Goal};

/// Of the goodput that the same buyers have without the attack.
const GOODPUT_KEPT_MIN: f64 = 0.9;
/// Of good log-ins, while a stranger floods from one address or guesses.
const LOG_INS_MIN: f64 = 0.5;
/// Half of what a gateway may use if the charts run it.
const GATEWAY_MIB_MAX: u32 = 512;

/// One attack: what buyers achieved alone, and during it.
#[derive(Clone, Debug)]
pub struct AttackReport {
    pub attack: Attack,
    pub alone: Side,
    pub attacked: Side,
    /// How often the attackers observed what.
    pub observed: BTreeMap<String, u64>,
    /// The most memory that the gateway used at the end of a turn.
    pub gateway_mib: u64,
}

/// What good clients achieved in all turns of one kind.
#[derive(Clone, Debug, Default)]
pub struct Side {
    /// Of buyers, who are logged in.
    pub purchases: Figures,
    /// Of members who log in, which they do only during an attack on that.
    pub log_ins: Figures,
}

impl AttackReport {
    pub(super) fn new(attack: Attack) -> Self {
        let (alone, attacked) = (Side::default(), Side::default());
        Self { attack, alone, attacked, observed: BTreeMap::new(), gateway_mib: 0 }
    }

    /// Adds what was observed in a turn.
    pub(super) fn add(&mut self, observed: BTreeMap<String, u64>, gateway_mib: u64) {
        self.gateway_mib = self.gateway_mib.max(gateway_mib);
        for (what, count) in observed {
            *self.observed.entry(what).or_default() += count;
        }
    }

    /// What share of their goodput the buyers keep during the attack.
    #[must_use]
    pub fn goodput_kept(&self) -> f64 {
        match self.alone.purchases.share() {
            alone if alone > 0.0 => self.attacked.purchases.share() / alone,
            _ => 0.0,
        }
    }

    /// Many accounts that hoard are a crowd that wants seats, which no system can tell from buyers. What they leave to
    /// others is shown, and has no bound.
    #[must_use]
    pub fn goals(&self) -> Vec<Goal> {
        let mut goals = Vec::new();
        if self.attack != Attack::HoardingByMany {
            goals.push(Goal::at_least("buyers' goodput", GOODPUT_KEPT_MIN, self.goodput_kept()));
        }
        if self.attack.targets_log_ins() {
            goals.push(Goal::at_least("good log-ins", LOG_INS_MIN, self.attacked.log_ins.share()));
        }
        let mib = u32::try_from(self.gateway_mib).unwrap_or(u32::MAX);
        goals.push(Goal::at_most("gateway's MiB", f64::from(GATEWAY_MIB_MAX), f64::from(mib)));
        goals
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "attack": self.attack.as_str(),
            "alone": self.alone.to_json(),
            "attacked": self.attacked.to_json(),
            "kept": self.goodput_kept(),
            "gateway_mib": self.gateway_mib,
            "attackers_observed": self.observed,
            "goals": self.goals(),
        })
    }
}

impl Side {
    pub(super) fn add(&mut self, turn: TurnResult, calls: &mut Vec<Call>) {
        self.purchases.merge(turn.purchases);
        self.log_ins.merge(turn.log_ins);
        calls.extend(turn.calls);
    }

    fn to_json(&self) -> Value {
        let of = |figures: &Figures| {
            json!({
                "offered": figures.offered, "good": figures.good, "calls": figures.calls, "done": figures.done,
                "p50_ms": figures.percentile_ms(50), "p99_ms": figures.percentile_ms(99),
            })
        };
        json!({ "purchases": of(&self.purchases), "log_ins": of(&self.log_ins) })
    }
}

impl fmt::Display for AttackReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, {:.0} % of the goodput kept", self.attack, self.goodput_kept() * 100.0)?;
        for (name, side) in [("alone", &self.alone), ("attacked", &self.attacked)] {
            for (what, figures) in [("purchases", &side.purchases), ("log-ins", &side.log_ins)] {
                if figures.offered > 0 {
                    writeln!(
                        f,
                        "  {name:<10} {what:<10} {:>5} of {:>5}   calls done {:>5.1} %   p50 {:>7.1} ms   p99 {:>7.1} ms",
                        figures.good,
                        figures.offered,
                        figures.calls_done() * 100.0,
                        figures.percentile_ms(50),
                        figures.percentile_ms(99),
                    )?;
                }
            }
        }
        let observed: Vec<String> =
            self.observed.iter().map(|(what, count)| format!("{count} × {what}")).collect();
        writeln!(f, "  the attackers observed {}", observed.join(", "))?;
        let goals: Vec<String> = self.goals().iter().map(Goal::to_string).collect();
        write!(f, "  {}", goals.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{super::figures::Attempts, *};

    #[test]
    fn buyers_that_keep_too_little_during_an_attack_miss_the_goal() {
        let mut report = AttackReport::new(Attack::LogInFlood);
        let side = |good| {
            let mut figures = Figures::default();
            figures.add(Attempts { offered: 20, good }, [(true, Duration::from_millis(1))].into_iter());
            Side { purchases: figures.clone(), log_ins: figures }
        };
        (report.alone, report.attacked) = (side(20), side(18));
        assert!(report.goals().iter().all(|goal| goal.is_met), "{report}");
        report.attacked = side(9);
        let missed: Vec<_> =
            report.goals().iter().filter(|goal| !goal.is_met).map(|goal| goal.what).collect();
        assert_eq!(missed, ["buyers' goodput", "good log-ins"]);
        report.gateway_mib = 513;
        assert_eq!(report.goals().iter().filter(|goal| !goal.is_met).count(), 3);
    }
}
