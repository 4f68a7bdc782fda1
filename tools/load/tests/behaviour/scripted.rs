//! A server that follows a script, so that a test decides what goes wrong and when.

use std::net::Ipv4Addr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

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
}

/// Takes the steps in order, on whatever connections the requests arrive, and returns its URL.
pub(crate) async fn serve(steps: Vec<Step>) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut steps = steps.into_iter();
        while steps.len() > 0 {
            let (stream, _) = listener.accept().await.unwrap();
            on_one_connection(stream, &mut steps).await;
        }
    });
    url
}

async fn on_one_connection(mut stream: TcpStream, steps: &mut std::vec::IntoIter<Step>) {
    while read_head(&mut stream).await {
        match steps.next().unwrap() {
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

/// Reads to the empty line; false if the client closed the connection.
pub(crate) async fn read_head(stream: &mut TcpStream) -> bool {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return false };
        head.push(byte);
    }
    true
}
