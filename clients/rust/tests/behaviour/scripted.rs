//! A server that follows a script, so that a test decides what goes wrong and when.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};

use booked_client::Client;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What happens to one request.
#[derive(Clone)]
pub(crate) enum Step {
    /// This status, headers and body.
    Answer(u16, String, String),
    /// The connection is closed without an answer.
    HangUp,
    /// The connection is closed in the middle of the answer.
    BreakOff,
    /// It is never answered.
    Hang,
}

/// A running server.
pub(crate) struct Server {
    pub(crate) url: String,
    steps: Arc<Mutex<std::vec::IntoIter<Step>>>,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Takes the steps in order, whichever connections the requests arrive on.
    pub(crate) async fn start(steps: Vec<Step>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = Self { url, steps: Arc::new(Mutex::new(steps.into_iter())), seen: Arc::default() };
        let (steps, seen) = (Arc::clone(&server.steps), Arc::clone(&server.seen));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(on_one_connection(stream, Arc::clone(&steps), Arc::clone(&seen)));
            }
        });
        server
    }

    /// A client of it, with a token.
    pub(crate) fn client(&self) -> Client {
        Client::new(&self.url).unwrap().with_token("the-token").unwrap()
    }

    /// The requests that it has read, each from the first line to the end of the body, if all steps were taken.
    pub(crate) fn seen(&self) -> Vec<String> {
        assert_eq!(self.steps.lock().unwrap().len(), 0, "some steps were not taken");
        self.seen.lock().unwrap().clone()
    }

    /// The idempotency keys of the requests.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.seen().iter().filter_map(|request| header(request, "idempotency-key")).collect()
    }
}

/// A success with this body.
pub(crate) fn success(body: &str) -> Step {
    Step::Answer(200, String::new(), body.to_owned())
}

/// An error of the API that asks for no wait.
pub(crate) fn refusal(status: u16, code: &str) -> Step {
    let category = code.split('-').next().unwrap();
    let body = format!(r#"{{"category":"{category}","category_code":"{code}","msg":"a refusal"}}"#);
    Step::Answer(status, "Retry-After: 0\r\n".to_owned(), body)
}

/// The value of a header of a request; the name in small letters.
pub(crate) fn header(request: &str, name: &str) -> Option<String> {
    let mut headers =
        request.split("\r\n\r\n").next()?.lines().skip(1).filter_map(|line| line.split_once(": "));
    headers.find(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
}

async fn on_one_connection(
    mut stream: TcpStream,
    steps: Arc<Mutex<std::vec::IntoIter<Step>>>,
    seen: Arc<Mutex<Vec<String>>>,
) {
    while let Some(request) = read_request(&mut stream).await {
        seen.lock().unwrap().push(request);
        let step = steps.lock().unwrap().next();
        // A client that is gone needs no answer.
        let _ = match step {
            Some(Step::Answer(status, headers, body)) => {
                let length = body.len();
                let answer =
                    format!("HTTP/1.1 {status} x\r\n{headers}content-length: {length}\r\n\r\n{body}");
                stream.write_all(answer.as_bytes()).await
            }
            Some(Step::BreakOff) => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await;
                return;
            }
            Some(Step::Hang) => std::future::pending().await,
            Some(Step::HangUp) | None => return,
        };
    }
}

/// Head and body; none if the client closed the connection.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8_lossy(&request).into_owned();
    let length = header(&head, "content-length").map_or(0, |length| length.parse().unwrap());
    for _ in 0..length {
        request.push(stream.read_u8().await.ok()?);
    }
    Some(String::from_utf8_lossy(&request).into_owned())
}
