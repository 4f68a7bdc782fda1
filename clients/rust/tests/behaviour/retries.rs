//! What is sent again, how often, and after how long: the decision, without anything that is sent or waited for.

use std::time::Duration;

use booked_client::{
    Call, Error, Failure, Limits, RawAnswer, Tries,
    operations::{get_event, log_in, reserve_tickets},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header::RETRY_AFTER};
use uuid::Uuid;

/// What a try comes to.
#[derive(Clone, Copy, Debug)]
enum Try {
    /// This status and code, and no header.
    Refused(u16, &'static str),
    /// This status, from a proxy.
    Proxy(u16),
    Lost,
    NotSent,
    Unreadable,
    NotModified,
}

use Try::{Lost, NotModified, NotSent, Proxy, Refused, Unreadable};

const AGAIN_BY_ANYONE: [Try; 4] =
    [Refused(503, "SYS-07"), Refused(429, "SYS-06"), Refused(409, "IDEM-03"), NotSent];
const AGAIN_IF_SAFE: [Try; 3] = [Refused(504, "SYS-08"), Proxy(504), Lost];
const NEVER: [Try; 12] = [
    Refused(400, "TICKET-02"),
    Refused(401, "USER-06"),
    Refused(409, "EVENT-06"),
    Refused(422, "IDEM-02"),
    Refused(500, "DB-03"),
    Refused(500, "SYS-02"),
    Refused(418, "NEW-01"),
    Proxy(502),
    Proxy(503),
    Proxy(302),
    Unreadable,
    NotModified,
];

fn failure(of: Try, retry_after: Option<&str>) -> Failure {
    let (status, body) = match of {
        Lost => return Failure::Lost("the connection was closed".to_owned()),
        NotSent => return Failure::NotSent("nobody is there".to_owned()),
        Unreadable => return Failure::Unreadable("not JSON".to_owned()),
        NotModified => return Failure::NotModified,
        Proxy(status) => (status, "<html>".to_owned()),
        Refused(status, code) => {
            (status, format!(r#"{{"category":"x","category_code":"{code}","msg":"m"}}"#))
        }
    };
    let mut headers = HeaderMap::new();
    if let Some(text) = retry_after {
        headers.insert(RETRY_AFTER, HeaderValue::from_str(text).unwrap());
    }
    let status = StatusCode::from_u16(status).unwrap();
    let raw = RawAnswer { status, headers, body: Bytes::from(body) };
    get_event(Uuid::nil()).read(&raw).unwrap_err()
}

fn keyed() -> Tries {
    Tries::of(&reserve_tickets(Uuid::nil(), 1).keyed(), Limits::default())
}

fn reading() -> Tries {
    Tries::of(&get_event(Uuid::nil()), Limits::default())
}

fn without_key() -> Tries {
    Tries::of(&log_in("ada@example.com", "correct horse"), Limits::default())
}

/// What follows a first try that comes to this.
fn after(mut tries: Tries, of: Try) -> Result<Duration, Error> {
    tries.begin(Duration::ZERO);
    tries.wait_after(failure(of, None), Duration::ZERO, 0.0)
}

fn limited<T>(call: &Call<T>, limits: Limits) -> Tries {
    Tries::of(call, limits)
}

#[test]
fn what_reads_and_what_has_a_key_is_sent_again() {
    for of in AGAIN_BY_ANYONE.into_iter().chain(AGAIN_IF_SAFE) {
        assert!(after(keyed(), of).is_ok(), "{of:?}");
        assert!(after(reading(), of).is_ok(), "{of:?}");
    }
}

#[test]
fn without_a_key_it_is_sent_again_only_if_nothing_was_done() {
    for of in AGAIN_BY_ANYONE {
        assert!(after(without_key(), of).is_ok(), "{of:?}");
    }
    for of in AGAIN_IF_SAFE {
        let error = after(without_key(), of).unwrap_err();
        assert!(error.outcome_unknown, "{of:?}");
    }
    // A key that a call could have, and does not have, makes nothing safe.
    let bare = Tries::of(&reserve_tickets(Uuid::nil(), 1), Limits::default());
    assert!(after(bare, Lost).is_err());
}

#[test]
fn everything_else_is_final() {
    for of in NEVER {
        assert!(after(keyed(), of).is_err(), "{of:?}");
        assert!(after(reading(), of).is_err(), "{of:?}");
    }
}

#[test]
fn the_tries_are_counted() {
    for tries in [1, 4] {
        let mut left = limited(&get_event(Uuid::nil()), Limits { tries, ..Limits::default() });
        for _ in 1..tries {
            left.begin(Duration::ZERO);
            assert!(left.wait_after(failure(Lost, None), Duration::ZERO, 0.0).is_ok());
        }
        left.begin(Duration::ZERO);
        assert!(left.wait_after(failure(Lost, None), Duration::ZERO, 0.0).is_err());
    }
    assert_eq!(Limits::default().tries, 4);
}

/// What is waited for after each of these failures, with this share of the jitter.
fn waits(failures: Vec<Failure>, share: f64) -> Vec<f64> {
    let limits = Limits { tries: 100, total_timeout: Duration::from_secs(1000), ..Limits::default() };
    let mut tries = limited(&get_event(Uuid::nil()), limits);
    let wait = |failure| {
        tries.begin(Duration::ZERO);
        tries.wait_after(failure, Duration::ZERO, share).unwrap().as_secs_f64()
    };
    failures.into_iter().map(wait).collect()
}

#[test]
fn the_wait_is_what_the_answer_asks_for_and_a_random_part_that_grows() {
    let busy = || failure(Refused(503, "SYS-07"), Some("2"));
    let five = || (0..5).map(|_| busy()).collect();
    assert_eq!(waits(five(), 0.0), [2.0; 5]);
    assert_eq!(waits(five(), 0.5), [2.25, 2.5, 3.0, 4.0, 4.0]);
    // However often something is sent again, the window stays bounded.
    assert_eq!(waits((0..60).map(|_| busy()).collect(), 1.0).last(), Some(&6.0));
}

#[test]
fn without_the_header_the_wait_is_the_random_part() {
    assert_eq!(waits(vec![failure(Lost, None), failure(Refused(503, "SYS-07"), None)], 1.0), [0.5, 1.0]);
}

#[test]
fn a_header_that_is_no_number_of_seconds_is_ignored() {
    for text in ["soon", "-1", "+1", "1.5", "", " ", &"9".repeat(50)] {
        assert_eq!(waits(vec![failure(Refused(503, "SYS-07"), Some(text))], 0.0), [0.0], "{text:?}");
    }
}

#[test]
fn a_wait_beyond_the_bound_is_not_begun() {
    for (elapsed, seconds, goes_on) in [
        (0, "29", true),
        (0, "30", false),
        (20, "9", true),
        (20, "10", false),
        (0, "18446744073709551615", false),
    ] {
        let mut tries = reading();
        tries.begin(Duration::ZERO);
        let busy = failure(Refused(429, "SYS-06"), Some(seconds));
        let next = tries.wait_after(busy, Duration::from_secs(elapsed), 0.0);
        assert_eq!(next.is_ok(), goes_on, "{elapsed} {seconds}");
    }
}

#[test]
fn a_try_has_what_is_left_of_its_time() {
    let mut tries = reading();
    let seconds = |tries: &mut Tries, elapsed| tries.begin(Duration::from_secs(elapsed)).as_secs();
    assert_eq!([0, 15, 22].map(|elapsed| seconds(&mut tries, elapsed)), [10, 10, 8]);
    assert!(tries.begin(Duration::from_secs(31)) > Duration::ZERO);
}

/// The error of a call whose tries come to these, in their order.
fn error_after(tries: &[Try]) -> Error {
    let mut left = limited(
        &reserve_tickets(Uuid::nil(), 1).keyed(),
        Limits { tries: u32::try_from(tries.len()).unwrap(), ..Limits::default() },
    );
    let (last, earlier) = tries.split_last().unwrap();
    for of in earlier {
        left.begin(Duration::ZERO);
        left.wait_after(failure(*of, None), Duration::ZERO, 0.0).unwrap();
    }
    left.begin(Duration::ZERO);
    left.wait_after(failure(*last, None), Duration::ZERO, 0.0).unwrap_err()
}

#[test]
fn what_became_of_an_earlier_try_is_not_forgotten() {
    for earlier in AGAIN_IF_SAFE {
        for (last, unknown) in [
            (Refused(503, "SYS-07"), true),
            (Refused(429, "SYS-06"), true),
            (Refused(401, "USER-06"), true),
            (Refused(500, "DB-03"), true),
            (NotSent, true),
            (Refused(400, "TICKET-01"), false),
            (Refused(409, "EVENT-07"), false),
        ] {
            let error = error_after(&[earlier, Refused(503, "SYS-07"), last]);
            assert_eq!(error.outcome_unknown, unknown, "{earlier:?}, {last:?}");
            assert!(error.idempotency_key.is_some());
        }
    }
}

#[test]
fn an_outcome_that_is_known_is_not_called_unknown() {
    for of in [Refused(503, "SYS-07"), Refused(429, "SYS-06"), Refused(500, "DB-03"), NotSent, NotModified] {
        assert!(!error_after(&[of]).outcome_unknown, "{of:?}");
    }
    for of in [Refused(409, "IDEM-03"), Proxy(500), Proxy(502), Proxy(503), Unreadable, Lost] {
        assert!(error_after(&[of]).outcome_unknown, "{of:?}");
    }
}
