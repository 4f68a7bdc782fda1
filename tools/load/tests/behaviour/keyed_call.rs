//! Which calls with an idempotency key are sent again, and what the history has of them.

use std::{collections::BTreeSet, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use booked_checker::history::{Call, Op, Outcome, Response};
use booked_load::client::{Gateway, KeyedCall, Repeats, Session, Timeouts};
use uuid::Uuid;

use crate::scripted::{
    Seen,
    Step::{self, Answer, Break},
    serve_and_see,
};

const USER: Uuid = Uuid::from_u128(7);
const REPEATS: Repeats =
    Repeats { attempts_max: 4, pause: Duration::ZERO, patience: Duration::from_secs(60) };
const REPLAYED: &str = "Idempotency-Replayed: true\r\n";
const DONE: Outcome = Outcome::Ok(Response::Empty);

fn cancel() -> Op {
    Op::Cancel { event_id: Uuid::from_u128(8), count: 2 }
}

async fn session(steps: Vec<Step>) -> (Session, Seen) {
    let (url, seen) = serve_and_see(steps).await;
    let claims = URL_SAFE_NO_PAD.encode(format!(r#"{{"sub":"{USER}","role":"user","exp":9}}"#));
    let gateway = Gateway::new(&url, Timeouts::default()).unwrap();
    (gateway.resume(&format!("head.{claims}.signature")).unwrap(), seen)
}

/// The call, and the requests that the server has seen.
async fn call_with(repeats: Repeats, steps: Vec<Step>) -> (Call, Vec<String>) {
    let (session, seen) = session(steps).await;
    let call = repeats.call(&session, cancel(), || true).await.recorded();
    let seen = seen.lock().unwrap().clone();
    (call, seen)
}

async fn call(steps: Vec<Step>) -> (Call, Vec<String>) {
    call_with(REPEATS, steps).await
}

#[tokio::test]
async fn a_call_whose_answer_was_lost_is_sent_again_with_its_key_and_recorded_once() {
    let (call, seen) = call(vec![Break, Answer("200", REPLAYED, "")]).await;

    let [first, again] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!(first, again);
    assert_eq!((call.user, &call.op, &call.outcome), (Some(USER), &cancel(), &DONE));
    let keyed = call.keyed.unwrap();
    assert!(first.contains(&format!("idempotency-key: {}\r\n", keyed.key)), "{first}");
    assert_eq!((keyed.replayed, keyed.tries.len()), (true, 2));
    assert!(matches!(keyed.tries[0].outcome, Outcome::Unknown { .. }), "{:?}", keyed.tries);
}

#[tokio::test]
async fn what_says_that_nothing_was_done_or_leaves_it_open_is_sent_again() {
    for (status, body) in [
        ("503", r#"{"category":"SYS","category_code":"SYS-07","msg":"busy"}"#),
        ("429", r#"{"category":"SYS","category_code":"SYS-06","msg":"too many"}"#),
        ("409", r#"{"category":"IDEM","category_code":"IDEM-03","msg":"under way"}"#),
        ("504", ""),
        ("500", ""),
    ] {
        let (call, seen) =
            call(vec![Answer(status, "Retry-After: 0\r\n", body), Answer("200", "", "")]).await;
        assert_eq!((seen.len(), call.outcome), (2, DONE), "after {status}");
    }
}

#[tokio::test]
async fn a_refusal_is_an_answer() {
    let body = r#"{"category":"TICKET","category_code":"TICKET-01","msg":"too few"}"#;
    let (call, seen) = call(vec![Answer("400", "", body)]).await;
    assert_eq!(call.outcome, Outcome::Fail { status: 400, code: "TICKET-01".to_owned() });
    assert_eq!(seen.len(), 1);
}

#[tokio::test]
async fn nobody_tries_for_ever() {
    let busy = Answer("503", "", "");
    let (call, seen) = call(vec![busy; 10]).await;
    assert_eq!(seen.len(), 4);
    assert!(matches!(call.outcome, Outcome::Fail { status: 503, .. }), "{:?}", call.outcome);

    // Longer than anybody waits.
    let later = Answer("503", "Retry-After: 3600\r\n", "");
    assert_eq!(call_with(REPEATS, vec![later; 2]).await.1.len(), 1);

    let (session, seen) = session(vec![busy; 2]).await;
    REPEATS.call(&session, cancel(), || false).await;
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn each_call_has_a_key_of_its_own_which_its_repeats_share() {
    let (session, seen) = session(vec![Answer("200", "", ""); 4]).await;
    for _ in 0..2 {
        let mut call = KeyedCall::new(&session, cancel());
        call.send().await;
        call.send().await;
    }
    let key = |request: &String| {
        request.lines().find(|line| line.starts_with("idempotency-key")).unwrap().to_owned()
    };
    let keys: Vec<String> = seen.lock().unwrap().iter().map(key).collect();
    assert_eq!((&keys[0], &keys[2]), (&keys[1], &keys[3]));
    assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), 2);
}
