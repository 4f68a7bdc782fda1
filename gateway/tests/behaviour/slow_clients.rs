//! Clients that are slow, stop, or never end.

use std::time::{Duration, Instant};

use actix_web::HttpResponse;

use crate::fixtures::{Gateway, Seen, refused};

#[tokio::test(flavor = "multi_thread")]
async fn a_body_without_end_does_not_hold_a_connection_for_ever() {
    let gateway = Gateway::start().await;
    let mut raw = gateway.raw().await;
    raw.write("POST /nowhere/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n").await;

    let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
    for _ in 0..160 {
        raw.write(&chunk).await;
    }

    assert_eq!(raw.answer().await.map(|answer| answer.status), Some(404));
    assert!(raw.is_closed().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_his_head_or_body_too_slowly_is_told_so() {
    let flags = ["--head-timeout-ms", "300", "--body-timeout-ms", "300"];
    let gateway = Gateway::start_with(&flags, Seen::echo).await;

    for part in
        ["GET /event/ HTTP/1.1\r\nHo", "POST /user/login/ HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"]
    {
        let mut raw = gateway.raw().await;
        raw.write(part).await;
        assert_eq!(raw.answer().await.map(|answer| answer.status), Some(408), "{part}");
        assert!(raw.is_closed().await, "{part}");
    }
    assert!(gateway.service.seen().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_refused_anyway_need_not_send_his_body() {
    let gateway = Gateway::start().await;
    let start = Instant::now();

    let mut raw = gateway.raw().await;
    let answer = raw.exchange("POST /event/ HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n").await;

    assert_eq!(answer.status, 401);
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_up_in_the_middle_of_his_body_changes_nothing() {
    let gateway = Gateway::start().await;

    let mut raw = gateway.raw().await;
    raw.write("POST /user/register/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"name\":").await;
    drop(raw);

    assert_eq!(gateway.get("/nowhere/").await.outcome(), refused(404, "SYS-04"));
    assert!(gateway.service.seen().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_take_his_answer_is_cut_off() {
    const ANSWER_BYTES: usize = 15 << 20;
    let stall = Duration::from_millis(300);
    let gateway = Gateway::start_with(&["--client-stall-ms", "300"], |_| {
        HttpResponse::Ok().content_type("application/json").body(vec![b' '; ANSWER_BYTES])
    })
    .await;

    let mut raw = gateway.raw().await;
    raw.write("GET /event/ HTTP/1.1\r\nHost: x\r\n\r\n").await;
    // Not reading for a time is the whole point. The kernel looks at its limit only now and then.
    tokio::time::sleep(stall * 10).await;

    assert!(raw.bytes_until_end().await < ANSWER_BYTES);
}
