//! A proxy in front of a server that can stall connections, cut them, or break one in the middle of a COMMIT.

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
/// A COMMIT in the protocol of Postgres, both as text and as a prepared statement.
const COMMIT: &[u8] = b"COMMIT\0";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkState {
    Open,
    /// Nothing is forwarded; what was sent waits.
    Stalled,
    /// Connections are cut, and new ones are closed at once.
    Cut,
}

/// How the next connection that sends a COMMIT is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CutCommit {
    /// Before the COMMIT arrives.
    Before,
    /// After the COMMIT arrived and before its answer.
    After,
}

/// Listens on a port of 127.0.0.1, and runs as long as the runtime.
#[derive(Clone)]
pub(crate) struct Proxy {
    port: u16,
    state: Arc<watch::Sender<LinkState>>,
    next_commit: Arc<Mutex<Option<CutCommit>>>,
}

impl Proxy {
    /// Forwards to this port of 127.0.0.1.
    pub(crate) async fn to(port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let proxy = Self {
            port: listener.local_addr()?.port(),
            state: Arc::new(watch::Sender::new(LinkState::Open)),
            next_commit: Arc::default(),
        };
        tokio::spawn(proxy.clone().accept(listener, (Ipv4Addr::LOCALHOST, port).into()));
        Ok(proxy)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn set(&self, state: LinkState) {
        self.state.send_replace(state);
    }

    pub(crate) fn cut_next_commit(&self, cut: CutCommit) {
        *self.next_commit.lock().unwrap_or_else(PoisonError::into_inner) = Some(cut);
    }

    fn take_cut(&self) -> Option<CutCommit> {
        self.next_commit.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    async fn accept(self, listener: TcpListener, server: SocketAddr) {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(self.clone().relay(client, server));
        }
    }

    /// Cuts both streams by dropping them.
    async fn relay(self, client: TcpStream, server: SocketAddr) {
        let mut state = self.state.subscribe();
        let cut = state.wait_for(|state| *state == LinkState::Cut);
        let relayed = async {
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
            () = relayed => {}
        }
    }

    async fn forward(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf, is_request: bool) {
        let mut state = self.state.subscribe();
        let mut bytes = vec![0; BUFFER_BYTES];
        while let Ok(count @ 1..) = from.read(&mut bytes).await {
            let Some(sent) = bytes.get(..count) else { return };
            if state.wait_for(|state| *state != LinkState::Stalled).await.is_err() {
                return;
            }
            let cut = if is_request && contains_commit(sent) { self.take_cut() } else { None };
            // Nothing is awaited after this write, so that no answer gets through, however fast it is.
            if cut != Some(CutCommit::Before) && to.write_all(sent).await.is_err() || cut.is_some() {
                return;
            }
        }
    }
}

fn contains_commit(sent: &[u8]) -> bool {
    sent.windows(COMMIT.len()).any(|word| word == COMMIT)
}
