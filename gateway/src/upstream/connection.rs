//! A connection to a replica. Requests are written as they are; responses are read by actix-http's codec. There is no task behind
//! it: whoever waits for a response reads it.

use std::io;

use actix_http::{
    ConnectionType, ResponseHead, ServiceConfig,
    h1::{ClientCodec, ClientPayloadCodec, MessageType},
};
use actix_web::http::{StatusCode, Version, header};
use booked_server::Endpoint;
use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_util::codec::Decoder as _;

/// Room for a head, and for most bodies.
const READ_BYTES: usize = 8 << 10;

thread_local! {
    /// Each one has a task that keeps the time.
    static CODEC: ServiceConfig = ServiceConfig::default();
}

pub(super) struct ServiceConnection {
    stream: TcpStream,
    /// What was read and not yet decoded.
    received: BytesMut,
    state: State,
}

enum State {
    /// Every response was read to its end.
    Idle,
    /// A request was sent, or the connection is not to be used again.
    Busy,
    /// The body of a response is being read.
    Body(ClientPayloadCodec, ConnectionType),
}

/// Why a request has no response.
#[derive(Debug)]
pub(super) enum SendError {
    /// The connection was closed before any of the request was written.
    NotSent(io::Error),
    /// The request was written, at least in part.
    Lost(String),
}

impl ServiceConnection {
    /// Connects; a host name is resolved each time.
    pub(super) async fn open(endpoint: &Endpoint) -> io::Result<Self> {
        let stream = TcpStream::connect((endpoint.host(), endpoint.port())).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: BytesMut::new(), state: State::Idle })
    }

    /// Whether another request may be sent: nothing of an earlier response is to come, and the service has not closed it.
    pub(super) fn is_idle(&mut self) -> bool {
        if !matches!(self.state, State::Idle) || !self.received.is_empty() {
            return false;
        }
        // Asks the system only if something is known to have happened: what comes in this moment is seen as a lost response. A
        // service that says something unasked is not to be trusted.
        let nothing = self.stream.try_read(&mut [0]);
        nothing.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Sends a request and waits for the head of the response.
    pub(super) async fn send(&mut self, request: Vec<u8>) -> Result<ResponseHead, SendError> {
        self.state = State::Busy;
        self.write(&request).await?;
        // A large one would take up room as long as the service works on it.
        drop(request);
        self.read_head().await.map_err(SendError::Lost)
    }

    /// The next part of the body; none if it has ended.
    pub(super) async fn next_chunk(&mut self) -> Result<Option<Bytes>, String> {
        loop {
            let State::Body(codec, connection) = &mut self.state else { return Ok(None) };
            match codec.decode(&mut self.received).map_err(|error| error.to_string())? {
                Some(Some(chunk)) => return Ok(Some(chunk)),
                Some(None) => {
                    let is_kept = *connection != ConnectionType::Close;
                    self.state = if is_kept { State::Idle } else { State::Busy };
                    return Ok(None);
                }
                None => self.receive().await?,
            }
        }
    }

    async fn write(&mut self, request: &[u8]) -> Result<(), SendError> {
        let mut left = request;
        while !left.is_empty() {
            let error = match self.stream.write(left).await {
                Ok(0) => io::ErrorKind::WriteZero.into(),
                Ok(written) => {
                    left = left.get(written..).unwrap_or_default();
                    continue;
                }
                Err(error) => error,
            };
            let is_untouched = left.len() == request.len();
            return Err(if is_untouched {
                SendError::NotSent(error)
            } else {
                SendError::Lost(error.to_string())
            });
        }
        Ok(())
    }

    /// Informational responses, which nobody asked for, are skipped.
    async fn read_head(&mut self) -> Result<ResponseHead, String> {
        loop {
            let mut codec = ClientCodec::new(CODEC.with(Clone::clone));
            let head = loop {
                match codec.decode(&mut self.received).map_err(|error| error.to_string())? {
                    Some(head) => break head,
                    None => self.receive().await?,
                }
            };
            if !head.status.is_informational() || head.status == StatusCode::SWITCHING_PROTOCOLS {
                self.state = after_head(&head, codec)?;
                return Ok(head);
            }
        }
    }

    /// Receives more; the end of the connection is an error.
    async fn receive(&mut self) -> Result<(), String> {
        self.received.reserve(READ_BYTES);
        match self.stream.read_buf(&mut self.received).await {
            Ok(0) => Err("the connection was closed".to_owned()),
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// What follows a head. A body must say where it ends: one that ends with the connection may also have broken off.
fn after_head(head: &ResponseHead, codec: ClientCodec) -> Result<State, String> {
    let connection = head.connection_type();
    // These have no body, whatever their heads say of its length (RFC 9112, section 6.3).
    let is_bodiless = matches!(head.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    let is_empty =
        || head.headers.get(header::CONTENT_LENGTH).is_some_and(|length| length.as_bytes() == b"0");
    match codec.message_type() {
        _ if head.version != Version::HTTP_11 => Err(format!("a response by {:?}", head.version)),
        MessageType::Stream => Err("a response that changes the protocol".to_owned()),
        MessageType::Payload if !is_bodiless => Ok(State::Body(codec.into_payload_codec(), connection)),
        MessageType::None if !is_bodiless && !is_empty() => {
            Err("a response does not say where it ends".to_owned())
        }
        MessageType::None | MessageType::Payload if connection == ConnectionType::Close => Ok(State::Busy),
        MessageType::None | MessageType::Payload => Ok(State::Idle),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::{
        net::TcpListener,
        time::{sleep, timeout},
    };

    use super::*;

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
    const WITHIN: Duration = Duration::from_secs(60);

    /// A connection to a service that answers the first request with these bytes, and then closes it or waits.
    async fn connection(answer: &'static str, closes: bool) -> ServiceConnection {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        actix_web::rt::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; REQUEST.len()];
            stream.read_exact(&mut request).await.unwrap();
            assert_eq!(request, REQUEST);
            stream.write_all(answer.as_bytes()).await.unwrap();
            if !closes {
                stream.read_to_end(&mut Vec::new()).await.unwrap();
            }
        });
        let endpoint = format!("http://{address}").parse().unwrap();
        ServiceConnection::open(&endpoint).await.unwrap()
    }

    /// Status and body, or why there are none.
    async fn exchange(connection: &mut ServiceConnection) -> Result<(u16, String), String> {
        let work = async {
            let head = connection.send(REQUEST.to_vec()).await.map_err(|error| format!("{error:?}"))?;
            let mut body = Vec::new();
            while let Some(chunk) = connection.next_chunk().await? {
                body.extend_from_slice(&chunk);
            }
            Ok((head.status.as_u16(), String::from_utf8(body).unwrap()))
        };
        timeout(WITHIN, work).await.unwrap()
    }

    #[actix_web::test]
    async fn a_response_is_read_to_its_end_and_the_connection_is_used_again() {
        for answer in [
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
            "HTTP/1.1 100 Continue\r\ncontent-length: 5\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
        ] {
            let mut connection = connection(answer, false).await;
            assert!(connection.is_idle());
            assert_eq!(exchange(&mut connection).await, Ok((200, "hello".to_owned())), "{answer}");
            assert!(connection.is_idle(), "{answer}");
        }
        for answer in ["HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n"]
        {
            let mut connection = connection(answer, false).await;
            assert_eq!(exchange(&mut connection).await.unwrap().1, "", "{answer}");
            assert!(connection.is_idle(), "{answer}");
        }
    }

    #[actix_web::test]
    async fn a_response_without_a_certain_end_is_lost() {
        for answer in [
            "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
            "HTTP/1.1 200 OK\r\n\r\nhello",
            "HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello",
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\nhello",
            "HTTP/1.1 426 Upgrade Required\r\nupgrade: websocket\r\ncontent-length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
            "HTTP/1.1 200 OK",
            "220 smtp.example.org ready\r\n",
            "",
        ] {
            let mut connection = connection(answer, true).await;
            assert!(exchange(&mut connection).await.is_err(), "{answer}");
            assert!(!connection.is_idle(), "{answer}");
        }
    }

    #[actix_web::test]
    async fn what_may_be_out_of_step_is_not_used_again() {
        let mut closing =
            connection("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}", false).await;
        assert_eq!(exchange(&mut closing).await, Ok((200, "{}".to_owned())));
        assert!(!closing.is_idle());

        // A second response would be taken for that to the next request.
        let mut talkative =
            connection("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\n", false).await;
        assert_eq!(exchange(&mut talkative).await, Ok((200, "{}".to_owned())));
        assert!(!talkative.is_idle());

        let mut unread = connection("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", false).await;
        unread.send(REQUEST.to_vec()).await.unwrap();
        assert!(!unread.is_idle());
    }

    #[actix_web::test]
    async fn a_connection_that_the_service_closed_is_seen_before_anything_is_sent() {
        let mut connection = connection("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", true).await;
        assert_eq!(exchange(&mut connection).await, Ok((200, "{}".to_owned())));
        let closed = async {
            while connection.is_idle() {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(WITHIN, closed).await.unwrap();
    }
}
