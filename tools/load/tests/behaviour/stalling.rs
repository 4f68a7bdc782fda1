//! A server that lists no events, and stalls once.

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::Mutex,
};

use crate::scripted::read_request;

const NO_EVENTS: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-length: 36\r\n\r\n{\"next_time_to_fetch\":0,\"events\":[]}";

/// Answers immediately, except that it stalls for this long before this request; requests that arrive meanwhile wait
/// too.
pub(crate) async fn serve(stalls_at: u64, stall: Duration) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(Mutex::new(0));
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(on_one_connection(stream, Arc::clone(&requests), stalls_at, stall));
        }
    });
    url
}

async fn on_one_connection(
    mut stream: TcpStream,
    requests: Arc<Mutex<u64>>,
    stalls_at: u64,
    stall: Duration,
) {
    while read_request(&mut stream).await.is_some() {
        let mut number = requests.lock().await;
        *number += 1;
        if *number == stalls_at {
            tokio::time::sleep(stall).await;
        }
        drop(number);
        // A client that is gone needs no answer.
        let _ = stream.write_all(NO_EVENTS).await;
    }
}
