//! What came of a siege, for people and for programs.

use std::{collections::BTreeMap, fmt};

use booked_checker::{Report, history::Call};
use serde_json::{Value, json};

use super::{
    attack::Attack,
    besiegers::Spoils,
    buyers::Turn,
    figures::Figures,
    goals::{Goal, goals},
};

/// What good clients got in the turns of one kind.
#[derive(Clone, Debug, Default)]
pub struct Side {
    /// Buyers, who are logged in.
    pub purchases: Figures,
    /// People who log in; none but beside attacks on that.
    pub log_ins: Figures,
}

/// One attack: the buyers alone, and beside it.
#[derive(Clone, Debug)]
pub struct AttackReport {
    /// Which.
    pub attack: Attack,
    /// Without it.
    pub alone: Side,
    /// With it.
    pub beside: Side,
    /// What the attackers saw, by what it was.
    pub seen: BTreeMap<String, u64>,
    /// The most that the gateway had in memory at the end of a turn.
    pub gateway_mib: u64,
}

/// What came of a siege.
pub struct SiegeVerdict {
    /// Attack by attack.
    pub attacks: Vec<AttackReport>,
    /// Processes that ended by themselves.
    pub troubles: Vec<String>,
    /// What the checker says of all that is left.
    pub report: Report,
}

impl Side {
    pub(super) fn add(&mut self, turn: Turn, calls: &mut Vec<Call>) {
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

impl AttackReport {
    pub(super) fn new(attack: Attack) -> Self {
        let (alone, beside) = (Side::default(), Side::default());
        Self { attack, alone, beside, seen: BTreeMap::new(), gateway_mib: 0 }
    }

    pub(super) fn note(&mut self, spoils: Spoils) {
        self.gateway_mib = self.gateway_mib.max(spoils.gateway_mib);
        for (what, count) in spoils.seen {
            *self.seen.entry(what).or_default() += count;
        }
    }

    /// What share of their goodput the buyers keep beside the attack.
    #[must_use]
    pub fn kept(&self) -> f64 {
        match self.alone.purchases.share() {
            alone if alone > 0.0 => self.beside.purchases.share() / alone,
            _ => 0.0,
        }
    }

    /// What must hold.
    #[must_use]
    pub fn goals(&self) -> Vec<Goal> {
        goals(self)
    }
}

impl SiegeVerdict {
    /// All goals are met, and all that is left is right.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.is_right() && self.attacks.iter().flat_map(AttackReport::goals).all(|goal| goal.met)
    }

    /// Nothing wrong was found, however slow it was.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.report.valid && self.troubles.is_empty()
    }

    pub fn to_json(&self) -> Value {
        let attack = |report: &AttackReport| {
            json!({
                "attack": report.attack.as_str(),
                "alone": report.alone.to_json(),
                "beside": report.beside.to_json(),
                "kept": report.kept(),
                "gateway_mib": report.gateway_mib,
                "attackers_saw": report.seen,
                "goals": report.goals(),
            })
        };
        json!({
            "met": self.is_met(),
            "attacks": self.attacks.iter().map(attack).collect::<Vec<_>>(),
            "troubles": self.troubles,
            "verify": self.report,
        })
    }
}

impl fmt::Display for AttackReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, {:.0} % of the goodput kept", self.attack, self.kept() * 100.0)?;
        for (name, side) in [("alone", &self.alone), ("beside it", &self.beside)] {
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
        let seen: Vec<String> = self.seen.iter().map(|(what, count)| format!("{count} × {what}")).collect();
        writeln!(f, "  the attackers saw {}", seen.join(", "))?;
        let goals: Vec<String> = self.goals().iter().map(Goal::to_string).collect();
        write!(f, "  {}", goals.join("; "))
    }
}

impl fmt::Display for SiegeVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for attack in &self.attacks {
            writeln!(f, "{attack}")?;
        }
        writeln!(f, "{}", self.report)?;
        for trouble in &self.troubles {
            writeln!(f, "{trouble}")?;
        }
        let goals: Vec<Goal> = self.attacks.iter().flat_map(AttackReport::goals).collect();
        let met = goals.iter().filter(|goal| goal.met).count();
        let found = self.report.found() + u64::try_from(self.troubles.len()).unwrap_or(u64::MAX);
        write!(
            f,
            "{} attacks, {met} of {} goals met, {found} violations found",
            self.attacks.len(),
            goals.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{super::figures::Visits, *};

    #[test]
    fn who_keeps_too_little_beside_an_attack_misses_the_goal() {
        let mut report = AttackReport::new(Attack::LogInFlood);
        let side = |good| {
            let mut figures = Figures::default();
            figures.add(Visits { offered: 20, good }, [(true, Duration::from_millis(1))].into_iter());
            Side { purchases: figures.clone(), log_ins: figures }
        };
        (report.alone, report.beside) = (side(20), side(18));
        assert!(report.goals().iter().all(|goal| goal.met), "{report}");
        report.beside = side(9);
        let missed: Vec<_> = report.goals().iter().filter(|goal| !goal.met).map(|goal| goal.what).collect();
        assert_eq!(missed, ["buyers' goodput", "good log-ins"]);
        report.gateway_mib = 513;
        assert_eq!(report.goals().iter().filter(|goal| !goal.met).count(), 3);
    }
}
