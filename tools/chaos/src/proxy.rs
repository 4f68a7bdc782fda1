//! A way to a server that can be cut, stalled, or broken in the middle of a COMMIT.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Result;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

const BUFFER_BYTES: usize = 65_536;
/// How the protocol of Postgres spells the end of a transaction, whether as text or as a prepared statement's.
const COMMIT: &[u8] = b"COMMIT\0";

/// How connections fare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Open,
    /// What is sent waits.
    Stalled,
    /// Connections are cut, and new ones end at once.
    Cut,
}

/// How the next connection that sends a COMMIT is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CutCommit {
    /// The COMMIT never arrives.
    Before,
    /// The COMMIT arrives, its answer does not.
    After,
}

/// A proxy on a port of 127.0.0.1; it goes on as long as the runtime.
#[derive(Clone)]
pub(crate) struct Proxy {
    port: u16,
    way: Arc<watch::Sender<Way>>,
    next_commit: Arc<Mutex<Option<CutCommit>>>,
}

impl Proxy {
    /// A way to this port of 127.0.0.1.
    pub(crate) async fn to(port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let proxy = Self {
            port: listener.local_addr()?.port(),
            way: Arc::new(watch::Sender::new(Way::Open)),
            next_commit: Arc::default(),
        };
        tokio::spawn(proxy.clone().accept(listener, (Ipv4Addr::LOCALHOST, port).into()));
        Ok(proxy)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn set(&self, way: Way) {
        self.way.send_replace(way);
    }

    pub(crate) fn cut_next_commit(&self, cut: CutCommit) {
        *self.next_commit.lock().unwrap_or_else(PoisonError::into_inner) = Some(cut);
    }

    fn take_cut(&self) -> Option<CutCommit> {
        self.next_commit.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    async fn accept(self, listener: TcpListener, server: SocketAddr) {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(self.clone().carry(client, server));
        }
    }

    /// Dropping both streams is what cuts them.
    async fn carry(self, client: TcpStream, server: SocketAddr) {
        let mut way = self.way.subscribe();
        let cut = way.wait_for(|way| *way == Way::Cut);
        let carried = async {
            let Ok(server) = TcpStream::connect(server).await else { return };
            if client.set_nodelay(true).and(server.set_nodelay(true)).is_err() {
                return;
            }
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            tokio::select! {
                () = self.forward(from_client, to_server, true) => {}
                () = self.forward(from_server, to_client, false) => {}
            }
        };
        tokio::select! {
            _ = cut => {}
            () = carried => {}
        }
    }

    async fn forward(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf, is_request: bool) {
        let mut way = self.way.subscribe();
        let mut bytes = vec![0; BUFFER_BYTES];
        while let Ok(count @ 1..) = from.read(&mut bytes).await {
            let Some(sent) = bytes.get(..count) else { return };
            if way.wait_for(|way| *way != Way::Stalled).await.is_err() {
                return;
            }
            let cut = if is_request && ends_a_transaction(sent) { self.take_cut() } else { None };
            // Nothing is awaited after this write, so that no answer gets through, however quick it is.
            if cut != Some(CutCommit::Before) && to.write_all(sent).await.is_err() || cut.is_some() {
                return;
            }
        }
    }
}

fn ends_a_transaction(sent: &[u8]) -> bool {
    sent.windows(COMMIT.len()).any(|word| word == COMMIT)
}
