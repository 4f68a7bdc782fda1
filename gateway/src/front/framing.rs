//! How far a request reaches in the bytes of its connection, by RFC 9112: a head to its empty line, a body as its head
//! says. What is right is for the server to decide, which parses it; this only has to find the same end.

use actix_http::Request;
use actix_web::{HttpMessage as _, http::header};

/// How much of a body a head announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyLength {
    /// There is none.
    Nothing,
    /// So many bytes.
    Bytes(u64),
    /// It comes in chunks, the last of which is empty.
    Chunked,
}

impl BodyLength {
    /// What the head says. It is not left to the payload's own end: behind `Upgrade: websocket` that never comes.
    pub(crate) fn announced(request: &Request) -> Self {
        if request.chunked().unwrap_or(false) {
            return Self::Chunked;
        }
        let length = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        match length.and_then(|length| length.trim().parse().ok()) {
            None | Some(0) => Self::Nothing,
            Some(bytes) => Self::Bytes(bytes),
        }
    }

    /// What is left of it when so many of its bytes came.
    pub(crate) fn after(self, bytes: usize) -> Self {
        match self {
            Self::Nothing | Self::Chunked => self,
            Self::Bytes(left) => match left.saturating_sub(u64::try_from(bytes).unwrap_or(u64::MAX)) {
                0 => Self::Nothing,
                left => Self::Bytes(left),
            },
        }
    }
}

/// A head up to here. Empty lines before it belong to it, and a line ends with LF, whether CR stands before it or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Head {
    #[default]
    Before,
    InLine,
    LineEnded,
    LineEndedThenCr,
}

impl Head {
    /// How many of these bytes are the head's, if it ends within them. Else all are.
    pub(super) fn end_in(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            at += 1;
            *self = match (*self, byte) {
                (Self::LineEnded | Self::LineEndedThenCr, b'\n') => return Some(at),
                (Self::Before, b'\r' | b'\n') => Self::Before,
                (Self::InLine, b'\n') => Self::LineEnded,
                (Self::LineEnded, b'\r') => Self::LineEndedThenCr,
                _ => {
                    // Most of a head is this.
                    at += memchr::memchr(b'\n', bytes.get(at..)?).unwrap_or(bytes.len() - at);
                    Self::InLine
                }
            };
        }
        None
    }
}

/// What is still to come of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    Bytes(u64),
    Chunks(Chunk),
}

/// Where in its chunks a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chunk {
    /// In the digits of a size.
    Size(u64),
    /// Behind them, up to the end of their line.
    SizeLine(u64),
    /// So many bytes before the next size: the rest of a chunk and its end of line.
    Data(u64),
    /// At the start of a line behind the last chunk.
    TrailerStart,
    TrailerLine,
    TrailerLineThenCr,
    /// In the empty line behind the last chunk.
    LastLine,
}

impl Rest {
    pub(super) fn of(length: BodyLength) -> Option<Self> {
        match length {
            BodyLength::Nothing => None,
            BodyLength::Bytes(bytes) => Some(Self::Bytes(bytes)),
            BodyLength::Chunked => Some(Self::Chunks(Chunk::Size(0))),
        }
    }

    /// How many of these bytes are the body's, and what is to come behind them.
    pub(super) fn take(self, bytes: &[u8]) -> (usize, Option<Self>) {
        match self {
            Self::Bytes(left) => {
                let (taken, left) = up_to(left, bytes);
                (taken, (left > 0).then_some(Self::Bytes(left)))
            }
            Self::Chunks(chunk) => {
                let (taken, chunk) = chunk.take(bytes);
                (taken, chunk.map(Self::Chunks))
            }
        }
    }
}

impl Chunk {
    fn take(mut self, bytes: &[u8]) -> (usize, Option<Self>) {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            at += 1;
            self = match (self, byte) {
                (Self::Size(size), digit) if digit.is_ascii_hexdigit() => {
                    Self::Size(size.saturating_mul(16).saturating_add(hex(*digit)))
                }
                (Self::Size(0) | Self::SizeLine(0), b'\n') => Self::TrailerStart,
                (Self::Size(size) | Self::SizeLine(size), b'\n') => Self::Data(size.saturating_add(2)),
                (Self::Size(size) | Self::SizeLine(size), _) => Self::SizeLine(size),
                (Self::Data(left), _) => {
                    let (more, left) = up_to(left - 1, bytes.get(at..).unwrap_or_default());
                    at += more;
                    if left > 0 { Self::Data(left) } else { Self::Size(0) }
                }
                (Self::TrailerStart, b'\r') => Self::LastLine,
                (Self::TrailerLine, b'\r') => Self::TrailerLineThenCr,
                (Self::TrailerStart | Self::TrailerLine, _) => Self::TrailerLine,
                (Self::TrailerLineThenCr, _) => Self::TrailerStart,
                // Whatever it is: LF, or the server refuses it.
                (Self::LastLine, _) => return (at, None),
            };
        }
        (at, Some(self))
    }
}

/// How many of so many bytes these are, and how many are left then.
fn up_to(left: u64, bytes: &[u8]) -> (usize, u64) {
    match usize::try_from(left) {
        Ok(left) if left <= bytes.len() => (left, 0),
        _ => (bytes.len(), left.saturating_sub(u64::try_from(bytes.len()).unwrap_or(u64::MAX))),
    }
}

fn hex(digit: u8) -> u64 {
    char::from(digit).to_digit(16).map_or(0, u64::from)
}

#[cfg(test)]
mod tests {
    use actix_http::h1::{Codec, Message};
    use actix_web::web::BytesMut;
    use proptest::{collection::vec, prelude::*};
    use tokio_util::codec::Decoder as _;

    use super::*;

    /// A body of a request as it is sent, with what its head says of it.
    fn body() -> impl Strategy<Value = (String, Vec<u8>)> {
        let chunk = (vec(any::<u8>(), 1..40), prop_oneof![Just(""), Just(" "), Just(";a=0b")]);
        let trailer = prop_oneof![Just(""), Just("X: 0\r\n"), Just("A: \n\r\nB: b\r\n")];
        let chunked = (vec(chunk, 0..4), trailer).prop_map(|(chunks, trailer)| {
            let mut bytes = Vec::new();
            for (data, extension) in chunks {
                bytes.extend_from_slice(format!("{:X}{extension}\r\n", data.len()).as_bytes());
                bytes.extend_from_slice(&data);
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(format!("00\r\n{trailer}\r\n").as_bytes());
            ("Transfer-Encoding: chunked\r\n".to_owned(), bytes)
        });
        let whole =
            vec(any::<u8>(), 0..40).prop_map(|bytes| (format!("Content-Length: {}\n", bytes.len()), bytes));
        prop_oneof![Just((String::new(), Vec::new())), whole, chunked]
    }

    fn request() -> impl Strategy<Value = Vec<u8>> {
        let before = prop_oneof![Just(""), Just("\r\n"), Just("\n\n")];
        let line_end = prop_oneof![Just("\r\n"), Just("\n")];
        (before, line_end, body()).prop_map(|(before, end, (announced, body))| {
            let head = format!("{before}POST / HTTP/1.1{end}Host: x\r\n{announced}{end}");
            [head.as_bytes(), &body].concat()
        })
    }

    /// What the server makes of bytes, up to where it needs more.
    fn parse(server: &mut Codec, buffer: &mut BytesMut, requests: &mut Vec<Request>) {
        while let Some(message) = server.decode(buffer).unwrap() {
            if let Message::Item(request) = message {
                requests.push(request);
            }
        }
    }

    proptest! {
        #[test]
        fn the_end_of_a_request_is_where_the_server_finds_it(
            requests in vec(request(), 1..5), piece_bytes in 1..50_usize,
        ) {
            // The server's codec starts a clock, which nobody needs here.
            let tasks = tokio::task::LocalSet::new();
            let _entered = tasks.enter();
            let sent = requests.concat();
            let (mut left, mut server, mut buffer) = (&sent[..], Codec::default(), BytesMut::new());
            for request in &requests {
                let (mut head, mut parsed) = (Head::default(), Vec::new());
                loop {
                    let piece = &left[..left.len().min(piece_bytes)];
                    let end = head.end_in(piece);
                    prop_assert!(parsed.is_empty(), "the head ends before");
                    buffer.extend_from_slice(&piece[..end.unwrap_or(piece.len())]);
                    left = &left[end.unwrap_or(piece.len())..];
                    parse(&mut server, &mut buffer, &mut parsed);
                    if end.is_some() { break }
                }
                prop_assert_eq!(parsed.len(), 1, "the head ends here: {:?}", request);

                let mut rest = Rest::of(BodyLength::announced(&parsed[0]));
                while let Some(more) = rest {
                    let piece = &left[..left.len().min(piece_bytes)];
                    prop_assert!(!piece.is_empty(), "it ended before: {:?}", request);
                    let (handed, more) = more.take(piece);
                    (rest, left) = (more, &left[handed..]);
                    buffer.extend_from_slice(&piece[..handed]);
                    parse(&mut server, &mut buffer, &mut parsed);
                }
                prop_assert_eq!((parsed.len(), buffer.len()), (1, 0), "all of it, and nothing else: {:?}", request);
            }
            prop_assert!(left.is_empty());
        }
    }
}
