//! HTTP by hand, for what no client library would send.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

pub(super) const LOOK: &[u8] = b"GET /health/ HTTP/1.1\r\nhost: booked\r\n\r\n";

/// The head of a POST that announces a body of so many bytes.
pub(super) fn post_head(path: &str, length: usize) -> Vec<u8> {
    format!("POST {path} HTTP/1.1\r\nhost: booked\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n")
        .into_bytes()
}

/// A question and its answer, which is short; no where the connection was cut.
pub(super) async fn looks(stream: &mut TcpStream) -> bool {
    let mut answer = [0; 1024];
    stream.write_all(LOOK).await.is_ok() && stream.read(&mut answer).await.is_ok_and(|read| read > 0)
}

/// Says nothing any more; the status of what was answered at the end, where something was.
pub(super) async fn until_cut(stream: &mut TcpStream) -> Option<String> {
    let (mut said, mut part) = (Vec::new(), [0; 1024]);
    while let Ok(read) = stream.read(&mut part).await
        && read > 0
    {
        if said.is_empty() {
            said.extend_from_slice(&part[..read]);
        }
    }
    let said = String::from_utf8_lossy(&said);
    said.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).map(str::to_owned)
}
