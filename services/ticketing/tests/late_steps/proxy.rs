//! A way to Postgres that breaks when it is told to, in the middle of a COMMIT, or takes long with each.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;
use url::Url;

/// How the next connection that sends a COMMIT is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The COMMIT never arrives.
    BeforeIt,
    /// The COMMIT arrives, its answer does not.
    AfterIt,
}

#[derive(Clone)]
pub(crate) struct Proxy {
    url: String,
    next: Arc<Mutex<Option<Cut>>>,
    closes: Arc<AtomicBool>,
    closed: Arc<Mutex<CancellationToken>>,
    commits_take: Duration,
}

impl Proxy {
    /// A way to the database of this URL.
    pub(crate) async fn to(database_url: &str) -> Self {
        Self::slow_to(database_url, Duration::ZERO).await
    }

    /// A way on which each COMMIT takes so long.
    pub(crate) async fn slow_to(database_url: &str, commits_take: Duration) -> Self {
        let mut url = Url::parse(database_url).unwrap();
        let server: SocketAddr =
            format!("{}:{}", url.host_str().unwrap(), url.port().unwrap()).parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        let url = url.to_string();
        let (next, closes, closed) = Default::default();
        let proxy = Self { url, next, closes, closed, commits_take };
        tokio::spawn(proxy.clone().accept(listener, server));
        proxy
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    /// Cuts the next COMMIT.
    pub(crate) fn cut_next(&self, cut: Cut) {
        *self.next.lock().unwrap() = Some(cut);
    }

    /// Cuts the next COMMIT, and with it every way to Postgres.
    pub(crate) fn cut_next_and_close(&self, cut: Cut) {
        self.closes.store(true, Ordering::Relaxed);
        self.cut_next(cut);
    }

    /// There is a way again.
    pub(crate) fn open(&self) {
        self.closes.store(false, Ordering::Relaxed);
        *self.closed.lock().unwrap() = CancellationToken::new();
    }

    fn closed(&self) -> CancellationToken {
        self.closed.lock().unwrap().clone()
    }

    async fn accept(self, listener: TcpListener, server: SocketAddr) {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let (this, closed) = (self.clone(), self.closed());
            tokio::spawn(async move { closed.run_until_cancelled(this.carry(client, server)).await });
        }
    }

    async fn carry(self, client: TcpStream, server: SocketAddr) {
        let Ok(server) = TcpStream::connect(server).await else { return };
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = server.into_split();
        let answers = async move {
            let _ = copy(&mut from_server, &mut to_client).await;
        };
        let requests = async move {
            let mut bytes = vec![0; 65_536];
            while let Ok(count @ 1..) = from_client.read(&mut bytes).await {
                let sent = &bytes[..count];
                if is_commit(sent) {
                    tokio::time::sleep(self.commits_take).await;
                }
                let cut = if is_commit(sent) { self.next.lock().unwrap().take() } else { None };
                if cut.is_some() && self.closes.load(Ordering::Relaxed) {
                    self.closed().cancel();
                }
                // Nothing is awaited after this write, so that no answer gets through, however quick it is.
                if cut != Some(Cut::BeforeIt) && to_server.write_all(sent).await.is_err() || cut.is_some() {
                    break;
                }
            }
        };
        tokio::select! {
            () = requests => {}
            () = answers => {}
        }
    }
}

fn is_commit(sent: &[u8]) -> bool {
    sent.windows(7).any(|word| word == b"COMMIT\0")
}
