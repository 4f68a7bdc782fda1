//! A small mail server: as much of RFC 5321, STARTTLS and AUTH PLAIN as a client needs, and answers that a test sets.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufStream},
    net::TcpListener,
    sync::watch,
    task::JoinHandle,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
};

use booked_sandbox::TlsFiles;

/// What AUTH PLAIN sends for the user `ada@example.com` with the password `p@ss word`.
const ADA_AND_HER_PASSWORD: &str = "AGFkYUBleGFtcGxlLmNvbQBwQHNzIHdvcmQ=";

/// An answer that is none: the client waits in vain.
pub(crate) const SILENCE: &str = "silence";

/// A mail that was taken.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    /// Head and body, with queues that end in `\n`.
    pub(crate) text: String,
    pub(crate) encrypted: bool,
}

impl Received {
    /// The value of a header, with folded queues put together.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let (head, _) = self.text.split_once("\n\n")?;
        let head = head.replace("\n ", " ");
        let mut values = head.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        values.next().map(str::to_owned)
    }

    pub(crate) fn body(&self) -> &str {
        self.text.split_once("\n\n").unwrap().1
    }
}

/// How a server differs from one that takes every mail in the clear.
#[derive(Clone, Default)]
pub(crate) struct Options {
    /// TLS from the first byte.
    pub(crate) tls: Option<TlsFiles>,
    pub(crate) starttls: Option<TlsFiles>,
    pub(crate) wants_password: bool,
    pub(crate) takes_utf8: bool,
}

struct Shared {
    options: Options,
    /// Answers by the beginning of the line that they answer; "" is the greeting, "." the end of a mail.
    answers: Mutex<HashMap<&'static str, &'static str>>,
    mails: Mutex<Vec<Received>>,
    connections: AtomicUsize,
    /// The last line that was asked.
    asked: watch::Sender<String>,
}

/// A server that ends with the test.
pub(crate) struct SmtpServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl SmtpServer {
    pub(crate) async fn start(options: Options) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (answers, mails, connections) = Default::default();
        let asked = watch::Sender::default();
        let shared = Arc::new(Shared { options, answers, mails, connections, asked });
        let accepting = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                accepting.connections.fetch_add(1, Ordering::Relaxed);
                let shared = Arc::clone(&accepting);
                // A client that goes away ends its talk alone.
                tokio::spawn(async move { talk(Box::new(stream), &shared).await });
            }
        });
        Self { address, shared, task }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// From now on, queues that begin like this get this answer; after 421 the connection is closed.
    pub(crate) fn answer(&self, line: &'static str, answer: &'static str) {
        self.shared.answers.lock().unwrap().insert(line, answer);
    }

    pub(crate) fn answer_as_usual(&self) {
        self.shared.answers.lock().unwrap().clear();
    }

    /// Waits until a client has sent this line, and no other has sent one since.
    pub(crate) async fn until_asked(&self, line: &str) {
        self.shared.asked.subscribe().wait_for(|asked| asked.starts_with(line)).await.unwrap();
    }

    pub(crate) fn mails(&self) -> Vec<Received> {
        self.shared.mails.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

async fn talk(stream: Box<dyn Stream>, shared: &Shared) -> Option<()> {
    let encrypted = shared.options.tls.is_some();
    let stream = match &shared.options.tls {
        Some(files) => encrypt(stream, files).await?,
        None => stream,
    };
    let mut session = Session { stream: BufStream::new(stream), shared, encrypted, authenticated: false };
    session.answer("", "220 ready").await?;
    let (mut from, mut to) = (String::new(), Vec::new());
    loop {
        let line = session.read_line().await?;
        match line.split(' ').next().unwrap_or_default() {
            "EHLO" => session.greet(&line).await?,
            "STARTTLS" => session = session.start_tls(&line).await?,
            "AUTH" => session.authenticate(&line).await?,
            "MAIL" => {
                from = address(&line);
                let denied = shared.options.wants_password && !session.authenticated;
                session.answer(&line, if denied { "530 authentication required" } else { "250 ok" }).await?;
            }
            "RCPT" => {
                to.push(address(&line));
                session.answer(&line, "250 ok").await?;
            }
            "DATA" => {
                session.answer(&line, "354 go on").await?;
                session.take_mail(&from, std::mem::take(&mut to)).await?;
            }
            "QUIT" => return session.answer(&line, "221 bye").await,
            _ => session.answer(&line, "250 ok").await?,
        }
    }
}

struct Session<'a> {
    stream: BufStream<Box<dyn Stream>>,
    shared: &'a Shared,
    encrypted: bool,
    authenticated: bool,
}

impl Session<'_> {
    async fn read_line(&mut self) -> Option<String> {
        let mut line = String::new();
        let count = self.stream.read_line(&mut line).await.ok()?;
        let line = line.trim_end_matches("\r\n").to_owned();
        self.shared.asked.send_replace(line.clone());
        (count > 0).then_some(line)
    }

    /// The usual answer, unless the test has set another.
    async fn answer(&mut self, line: &str, usual: &str) -> Option<()> {
        let set = {
            let answers = self.shared.answers.lock().unwrap();
            let fits =
                |begin: &&str| if begin.is_empty() { line.is_empty() } else { line.starts_with(*begin) };
            answers.iter().find(|(begin, _)| fits(begin)).map(|(_, answer)| *answer)
        };
        let answer = set.unwrap_or(usual);
        if answer == SILENCE {
            std::future::pending::<()>().await;
        }
        self.stream.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
        self.stream.flush().await.ok()?;
        (!answer.starts_with("421")).then_some(())
    }

    async fn greet(&mut self, line: &str) -> Option<()> {
        let options = &self.shared.options;
        let mut extensions = vec!["250-test", "250-8BITMIME"];
        extensions.extend((options.starttls.is_some() && !self.encrypted).then_some("250-STARTTLS"));
        extensions.extend(options.wants_password.then_some("250-AUTH PLAIN LOGIN"));
        extensions.extend(options.takes_utf8.then_some("250-SMTPUTF8"));
        extensions.push("250 HELP");
        self.answer(line, &extensions.join("\r\n")).await
    }

    async fn start_tls(mut self, line: &str) -> Option<Self> {
        let files = self.shared.options.starttls.clone()?;
        self.answer(line, "220 go on").await?;
        let stream = BufStream::new(encrypt(self.stream.into_inner(), &files).await?);
        Some(Self { stream, encrypted: true, ..self })
    }

    async fn authenticate(&mut self, line: &str) -> Option<()> {
        self.authenticated = line == format!("AUTH PLAIN {ADA_AND_HER_PASSWORD}");
        self.answer(line, if self.authenticated { "235 welcome" } else { "535 wrong" }).await
    }

    async fn take_mail(&mut self, from: &str, to: Vec<String>) -> Option<()> {
        let mut text = String::new();
        loop {
            let line = self.read_line().await?;
            if line == "." {
                break;
            }
            text.push_str(line.strip_prefix('.').unwrap_or(&line));
            text.push('\n');
        }
        let mail = Received { from: from.to_owned(), to, text, encrypted: self.encrypted };
        self.shared.mails.lock().unwrap().push(mail);
        self.answer(".", "250 taken").await
    }
}

/// What stands between the angles of `MAIL FROM:<…>`.
fn address(line: &str) -> String {
    let begin = line.find('<').unwrap();
    line[begin + 1..line.rfind('>').unwrap()].to_owned()
}

async fn encrypt(stream: Box<dyn Stream>, files: &TlsFiles) -> Option<Box<dyn Stream>> {
    let certificate = CertificateDer::from_pem_file(&files.cert).unwrap();
    let key = PrivateKeyDer::from_pem_file(&files.key).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key);
    let stream = TlsAcceptor::from(Arc::new(config.unwrap())).accept(stream).await.ok()?;
    Some(Box::new(stream))
}
