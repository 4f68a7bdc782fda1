//! HTTP by hand, for requests that no client library would send.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const GET_HEALTH: &[u8] = b"GET /health/ HTTP/1.1\r\nhost: booked\r\n\r\n";

/// The head of a POST that announces a body of this many bytes.
pub(super) fn post_head(path: &str, length_bytes: usize) -> Vec<u8> {
    format!("POST {path} HTTP/1.1\r\nhost: booked\r\ncontent-type: application/json\r\ncontent-length: {length_bytes}\r\n\r\n")
        .into_bytes()
}

/// Sends a request and reads its short response; false if the connection was cut.
pub(super) async fn get_health(stream: &mut TcpStream) -> bool {
    let mut response = [0; 1024];
    stream.write_all(GET_HEALTH).await.is_ok() && stream.read(&mut response).await.is_ok_and(|read| read > 0)
}

/// Sends nothing more until the connection is closed. Returns the status of the response, if there was one.
pub(super) async fn read_until_closed(stream: &mut TcpStream) -> Option<String> {
    let (mut response, mut part) = (Vec::new(), [0; 1024]);
    while let Ok(read) = stream.read(&mut part).await
        && read > 0
    {
        if response.is_empty() {
            response.extend_from_slice(&part[..read]);
        }
    }
    let response = String::from_utf8_lossy(&response);
    response.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).map(str::to_owned)
}
