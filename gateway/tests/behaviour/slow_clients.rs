//! Clients that are slow, stop, or never end.

use std::{
    sync::{Arc, Barrier},
    time::{Duration, Instant},
};

use actix_web::HttpResponse;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpSocket,
};

use crate::fixtures::{Gateway, SeenRequest, refused, until};

const GET: &str = "GET /event/ HTTP/1.1\r\nHost: x\r\n\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_body_does_not_hold_a_connection_forever() {
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
async fn a_client_that_sends_its_head_or_body_too_slowly_gets_408() {
    let flags = ["--head-timeout-ms", "300", "--body-timeout-ms", "300"];
    let gateway = Gateway::start_with(&flags, SeenRequest::echo).await;

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
async fn a_client_that_is_rejected_anyway_need_not_send_its_body() {
    let gateway = Gateway::start().await;
    let start = Instant::now();

    let mut raw = gateway.raw().await;
    let answer = raw.exchange("POST /event/ HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n").await;

    assert_eq!(answer.status, 401);
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_hangs_up_in_the_middle_of_its_body_changes_nothing() {
    let gateway = Gateway::start().await;

    let mut raw = gateway.raw().await;
    raw.write("POST /user/register/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"name\":").await;
    drop(raw);

    assert_eq!(gateway.get("/nowhere/").await.outcome(), refused(404, "SYS-04"));
    assert!(gateway.service.seen().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_its_response_is_cut_off() {
    const ANSWER_BYTES: usize = 15 << 20;
    let write_timeout = Duration::from_millis(300);
    let gateway = Gateway::start_with(&["--client-write-timeout-ms", "300"], |_| {
        HttpResponse::Ok().content_type("application/json").body(vec![b' '; ANSWER_BYTES])
    })
    .await;

    let mut raw = gateway.raw().await;
    raw.write("GET /event/ HTTP/1.1\r\nHost: x\r\n\r\n").await;
    // Not reading for a while is the whole point. The kernel checks its limit only now and then.
    tokio::time::sleep(write_timeout * 10).await;

    assert!(raw.bytes_until_end().await < ANSWER_BYTES);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_its_responses_gets_no_more_of_them() {
    /// Their responses are far more than the kernel buffers for a client with such a small window.
    const REQUESTS: usize = 2_000;
    let gateway = Gateway::start_with(&[], |_| {
        // No body: with one, the server itself would wait.
        HttpResponse::NoContent().content_type(format!("text/{}", "x".repeat(8 << 10))).finish()
    })
    .await;
    let requests_seen = || gateway.service.seen().len();

    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4 << 10).unwrap();
    let (mut answers, mut requests) = socket.connect(gateway.address).await.unwrap().into_split();
    let sent = tokio::spawn(async move {
        let all = "GET /event/ HTTP/1.1\r\nHost: x\r\n\r\n".repeat(REQUESTS);
        requests.write_all(all.as_bytes()).await.map(|()| requests)
    });
    until(async || {
        let before = requests_seen();
        tokio::time::sleep(Duration::from_millis(300)).await;
        before > 0 && requests_seen() == before
    })
    .await;
    assert!(requests_seen() < REQUESTS / 2, "{} were asked for", requests_seen());

    let mut lines = BufReader::new(&mut answers).lines();
    for _ in 0..REQUESTS {
        while lines.next_line().await.unwrap().expect("the connection is open") != "HTTP/1.1 204 No Content" {
        }
    }
    drop(sent.await.unwrap());
}

/// A parsed head takes 7 KiB, however short it was.
#[tokio::test(flavor = "multi_thread")]
async fn pipelined_requests_are_not_parsed_before_their_turn() {
    let (reached, answering) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let gateway = {
        let (reached, answering) = (Arc::clone(&reached), Arc::clone(&answering));
        Gateway::start_with(&[], move |seen| {
            if seen.path == "/event/first/" {
                reached.wait();
                answering.wait();
            }
            seen.echo()
        })
        .await
    };
    let mut first = gateway.raw().await;
    first.write("GET /event/first/ HTTP/1.1\r\nHost: x\r\n\r\n").await;
    tokio::task::block_in_place(|| reached.wait());

    // The service answers nothing now.
    let before = memory_mib();
    let mut clients = Vec::new();
    for _ in 0..60 {
        let mut client = gateway.raw().await;
        client.write(GET).await;
        client.write("GET / HTTP/1.1\nHost:\n\n".repeat(4_000)).await;
        clients.push(client);
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let taken = memory_mib() - before;
    tokio::task::block_in_place(|| answering.wait());

    assert!(taken < 200, "{taken} MiB");
    assert_eq!(first.answer().await.map(|answer| answer.status), Some(200));
    for client in &mut clients {
        assert!(client.answer().await.is_some());
        for _ in 0..100 {
            assert_eq!(client.answer().await.map(|answer| answer.status), Some(404));
        }
    }
}

fn memory_mib() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    kib.trim().trim_end_matches(" kB").parse::<i64>().unwrap() / 1_024
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_sends_a_later_head_too_slowly_gets_408_too() {
    let gateway = Gateway::start_with(&["--head-timeout-ms", "300"], SeenRequest::echo).await;

    let mut stopped = gateway.raw().await;
    for _ in 0..2 {
        assert_eq!(stopped.exchange(GET).await.status, 200);
    }
    stopped.write("G").await;
    assert_eq!(stopped.answer().await.map(|answer| answer.status), Some(408));
    assert!(stopped.is_closed().await);

    let mut dripping = gateway.raw().await;
    assert_eq!(dripping.exchange(GET).await.status, 200);
    for byte in "GET /event/ HTTP/1.1\r\nHost: x\r\nX-Long: and longer and longer and longer".as_bytes() {
        dripping.write([*byte]).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(dripping.answer().await.map(|answer| answer.status), Some(408));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_part_of_a_head_that_came_with_the_previous_request_times_out_too() {
    let gateway = Gateway::start_with(&["--head-timeout-ms", "300"], SeenRequest::echo).await;

    let mut raw = gateway.raw().await;
    let ahead = format!("{GET}GET /event/ HTTP/1.1\r\nX-Large: {}", "v".repeat(60_000));
    assert_eq!(raw.exchange(ahead).await.status, 200);

    assert_eq!(raw.answer().await.map(|answer| answer.status), Some(408));
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_with_half_a_head_lock_nobody_out() {
    const CONNECTIONS_MAX: usize = 60;
    let flags = ["--head-timeout-ms", "300", "--client-connections-max", "60"];
    let gateway = Gateway::start_with(&flags, SeenRequest::echo).await;

    // Not with the connection that the test's own client uses.
    let mut held = Vec::new();
    for _ in 0..CONNECTIONS_MAX {
        let mut raw = gateway.raw().await;
        assert_eq!(raw.exchange(GET).await.status, 200);
        raw.write("G").await;
        held.push(raw);
    }

    assert_eq!(gateway.raw().await.exchange(GET).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_is_closed_silently() {
    let gateway = Gateway::start_with(&["--client-idle-timeout-ms", "300"], SeenRequest::echo).await;

    let mut raw = gateway.raw().await;
    assert_eq!(raw.exchange(GET).await.status, 200);

    assert!(raw.is_closed().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_reads_a_long_response_slowly_gets_all_of_it_whatever_was_pipelined() {
    const ANSWER_BYTES: usize = 15 << 20;
    let gateway =
        Gateway::start_with(&["--head-timeout-ms", "100", "--client-idle-timeout-ms", "100"], |_| {
            HttpResponse::Ok().content_type("application/json").body(vec![b' '; ANSWER_BYTES])
        })
        .await;

    for ahead in ["", "G"] {
        let mut raw = gateway.raw().await;
        raw.write(format!("{GET}{ahead}")).await;
        // Longer than both limits.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let answer = raw.answer().await.unwrap();
        assert_eq!((answer.status, answer.body.len()), (200, ANSWER_BYTES), "{ahead:?}");
    }
}
