//! A server that follows a script, so that a test decides what goes wrong and when.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// The requests that a server has read.
pub(crate) type Seen = Arc<Mutex<Vec<String>>>;

/// What happens to one request.
#[derive(Clone, Copy)]
pub(crate) enum Step {
    /// 200 without a body.
    HttpResponse,
    /// 200 without a body, and the connection is closed without notice.
    AnswerAndClose,
    /// The connection is closed in the middle of the answer.
    Break,
    /// It is never answered.
    Hang,
    /// This status, headers and body.
    Answer(&'static str, &'static str, &'static str),
}

/// Takes the steps in order, on whatever connections the requests arrive, and returns its URL.
pub(crate) async fn serve(steps: Vec<Step>) -> String {
    serve_and_see(steps).await.0
}

/// The same, and what it was sent, from the first line to the end of the body.
pub(crate) async fn serve_and_see(steps: Vec<Step>) -> (String, Seen) {
    let seen = Seen::default();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen_by_server = Arc::clone(&seen);
    tokio::spawn(async move {
        let mut steps = steps.into_iter();
        while steps.len() > 0 {
            let (stream, _) = listener.accept().await.unwrap();
            on_one_connection(stream, &mut steps, &seen_by_server).await;
        }
    });
    (url, seen)
}

async fn on_one_connection(mut stream: TcpStream, steps: &mut std::vec::IntoIter<Step>, seen: &Seen) {
    while let Some(request) = read_request(&mut stream).await {
        seen.lock().unwrap().push(request);
        match steps.next().unwrap() {
            Step::Answer(status, headers, body) => {
                let length = body.len();
                let answer =
                    format!("HTTP/1.1 {status} x\r\n{headers}content-length: {length}\r\n\r\n{body}");
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
            Step::HttpResponse => {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap()
            }
            Step::AnswerAndClose => {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
                return;
            }
            Step::Break => {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await.unwrap();
                return;
            }
            Step::Hang => std::future::pending().await,
        }
    }
}

/// Head and body; none if the client closed the connection.
pub(crate) async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8_lossy(&request).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    for _ in 0..length.map_or(0, |length| length.parse().unwrap()) {
        request.push(stream.read_u8().await.ok()?);
    }
    Some(String::from_utf8_lossy(&request).into_owned())
}
