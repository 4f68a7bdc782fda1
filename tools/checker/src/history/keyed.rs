//! What came of a call with an idempotency key, which is one line of a history however often it was sent.

use uuid::Uuid;

use super::{Call, Keyed, Op, Outcome, Try};

impl Call {
    /// A call that was sent at least once with this key. Its outcome is the answer that is kept for the key, if any request was given
    /// it; if not, it is unknown as soon as one request may have been carried out. It ends with the request that had the outcome.
    #[must_use]
    pub fn of_tries(user: Option<Uuid>, op: Op, key: Uuid, mut tries: Vec<Try>) -> Self {
        tries.sort_by_key(|one| one.sent_us);
        let first = |is: &dyn Fn(&Outcome) -> bool| {
            tries.iter().filter(|one| is(&one.outcome)).min_by_key(|one| one.ended_us)
        };
        let done = first(&|outcome| matches!(outcome, Outcome::Ok(_)));
        let refused = || first(&Outcome::is_kept).filter(|_| !op.is_kept_by_valkey());
        let unknown = || first(&Outcome::is_unknown);
        let decisive = done.or_else(refused).or_else(unknown).or_else(|| first(&Outcome::is_kept));
        let decisive = decisive.or_else(|| tries.last());
        let (outcome, replayed) = match decisive {
            Some(one) => (one.outcome.clone(), one.replayed),
            None => (Outcome::Unknown { cause: "never sent".to_owned() }, false),
        };
        let last_us = tries.iter().map(|one| one.ended_us).max();
        let ended_us = decisive.filter(|one| one.outcome.is_kept()).map(|one| one.ended_us).or(last_us);
        let (sent_us, ended_us) =
            (tries.first().map(|one| one.sent_us).unwrap_or_default(), ended_us.unwrap_or_default());
        if tries.len() == 1 {
            tries.clear();
        }
        Self { user, sent_us, ended_us, op, outcome, keyed: Some(Keyed { key, replayed, tries }) }
    }
}

impl Op {
    /// Whether its key is in Valkey, which may lose it together with its effect, and which does not keep every refusal. All other
    /// keys are in Postgres.
    #[must_use]
    pub fn is_kept_by_valkey(&self) -> bool {
        matches!(self, Self::Reserve { .. } | Self::Release { .. })
    }
}

impl Outcome {
    /// Whether this is the answer from now on to every request with the same key: a success, or a refusal that names a state.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        match self {
            Self::Ok(_) => true,
            Self::Fail { status, code } => {
                let names_a_state =
                    !code.is_empty() && !code.starts_with("SYS-") && !code.starts_with("IDEM-");
                matches!(status, 400 | 404 | 409 | 422) && names_a_state
            }
            Self::Unknown { .. } => false,
        }
    }

    /// Whether it may or may not have been carried out.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Response;

    const OP: Op = Op::ListBookings;
    const DONE: Outcome = Outcome::Ok(Response::Empty);

    fn fail(status: u16, code: &str) -> Outcome {
        Outcome::Fail { status, code: code.to_owned() }
    }

    fn lost() -> Outcome {
        Outcome::Unknown { cause: "lost".to_owned() }
    }

    /// Sent a second after each other, each answered after two.
    fn of(outcomes: impl IntoIterator<Item = Outcome>) -> Call {
        let tries = (1..).zip(outcomes).map(|(sent_us, outcome)| {
            let replayed = sent_us > 1 && outcome.is_kept();
            Try { sent_us, ended_us: sent_us + 2, outcome, replayed }
        });
        Call::of_tries(None, OP, Uuid::nil(), tries.collect())
    }

    #[test]
    fn a_call_that_was_sent_again_has_the_outcome_that_is_kept() {
        for (outcomes, expected) in [
            (vec![lost(), DONE], DONE),
            (vec![DONE, lost()], DONE),
            (vec![fail(503, "SYS-07"), DONE], DONE),
            (vec![lost(), fail(503, "SYS-07"), fail(409, "TICKET-04")], fail(409, "TICKET-04")),
            (vec![fail(503, "SYS-07"), fail(429, "SYS-06")], fail(429, "SYS-06")),
        ] {
            assert_eq!(of(outcomes.clone()).outcome, expected, "{outcomes:?}");
        }
    }

    /// Otherwise a booking that was carried out after all would be one that was refused.
    #[test]
    fn a_refusal_that_is_not_kept_does_not_tell_what_came_of_a_lost_request() {
        for code in ["SYS-06", "SYS-07", "USER-06"] {
            let status = if code == "USER-06" { 401 } else { 503 };
            assert_eq!(of([lost(), fail(status, code)]).outcome, lost(), "{code}");
        }
    }

    #[test]
    fn a_refusal_that_valkey_may_not_have_kept_decides_only_if_nothing_was_lost() {
        let refused = fail(400, "TICKET-01");
        let of = |outcomes: [Outcome; 2]| {
            let tries = outcomes.map(|outcome| Try { sent_us: 1, ended_us: 2, outcome, replayed: false });
            let op = Op::Reserve { event_id: Uuid::nil(), count: 1 };
            Call::of_tries(None, op, Uuid::nil(), tries.into()).outcome
        };
        assert_eq!(of([lost(), refused.clone()]), lost());
        assert_eq!(of([fail(503, "SYS-07"), refused.clone()]), refused);
    }

    #[test]
    fn it_lasts_from_the_first_request_to_the_answer_that_counts() {
        let call = of([lost(), DONE, DONE]);
        assert_eq!((call.sent_us, call.ended_us), (1, 4));
        let keyed = call.keyed.unwrap();
        assert_eq!((keyed.tries.len(), keyed.replayed), (3, true));
        let call = of([lost(), fail(503, "SYS-07")]);
        assert_eq!((call.sent_us, call.ended_us), (1, 4));
    }

    #[test]
    fn a_single_request_is_not_told_twice() {
        let call = of([DONE]);
        assert_eq!((call.sent_us, call.ended_us, &call.outcome), (1, 3, &DONE));
        assert!(call.keyed.is_some_and(|keyed| keyed.tries.is_empty() && !keyed.replayed));
    }
}
