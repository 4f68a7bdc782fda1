//! A Valkey Cluster of three nodes without replicas, on 127.0.0.1.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use super::{ValkeyOptions, ValkeyServer};
use crate::programs::Programs;

const NODES: u16 = 3;
const SLOTS: u16 = 16_384;
const POLL: Duration = Duration::from_millis(50);
/// A restarted node waits two seconds before it accepts writes, and the other nodes must notice it first.
const AGREED_WITHIN: Duration = Duration::from_secs(60);

/// A running cluster in temporary folders. It stops when a [`ValkeyServer`] would.
pub struct ValkeyCluster {
    nodes: Vec<ValkeyServer>,
}

impl ValkeyCluster {
    /// Starts three nodes, gives each a third of the slots, and waits until all agree.
    ///
    /// # Errors
    ///
    /// If a node does not start, or they do not agree within a minute.
    pub fn start(programs: &Programs) -> Result<Self> {
        let options = ValkeyOptions { cluster: true, ..ValkeyOptions::new("") };
        let nodes: Result<Vec<_>> =
            (0..NODES).map(|_| ValkeyServer::start_temporary(programs, options.clone())).collect();
        let cluster = Self { nodes: nodes? };
        cluster.join()?;
        cluster.await_agreement()?;
        Ok(cluster)
    }

    /// `redis-cluster://127.0.0.1:port1,127.0.0.1:port2,127.0.0.1:port3`.
    #[must_use]
    pub fn url(&self) -> String {
        let hosts: Vec<String> = self.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port())).collect();
        format!("redis-cluster://{}", hosts.join(","))
    }

    /// The nodes; the first has the lowest slots.
    #[must_use]
    pub fn nodes(&self) -> &[ValkeyServer] {
        &self.nodes
    }

    /// Ends a node at once, as a crash would. Its data is lost, and its slots are unavailable.
    ///
    /// # Errors
    ///
    /// If there is no such node.
    pub fn kill_node(&mut self, index: usize) -> Result<()> {
        self.node(index)?.kill();
        Ok(())
    }

    /// Restarts a node, empty and with its slots, and waits until all agree.
    ///
    /// # Errors
    ///
    /// If there is no such node, it does not start, or they do not agree within a minute.
    pub fn restart_node(&mut self, index: usize) -> Result<()> {
        self.node(index)?.restart()?;
        self.await_agreement()
    }

    fn node(&mut self, index: usize) -> Result<&mut ValkeyServer> {
        self.nodes.get_mut(index).with_context(|| format!("the cluster has no node {index}"))
    }

    fn join(&self) -> Result<()> {
        let share = SLOTS / NODES;
        for (node, first) in self.nodes.iter().zip((0..SLOTS).step_by(usize::from(share))) {
            let last = if SLOTS - first < 2 * share { SLOTS - 1 } else { first + share - 1 };
            node.command(&["CLUSTER", "ADDSLOTSRANGE", &first.to_string(), &last.to_string()])?;
            // With different epochs from the start, the nodes need no round to resolve equal ones.
            node.command(&["CLUSTER", "SET-CONFIG-EPOCH", &(first + 1).to_string()])?;
        }
        let [first, others @ ..] = self.nodes.as_slice() else { bail!("the cluster has no nodes") };
        for other in others {
            let bus = other.ports.bus.context("the node has no bus port")?.to_string();
            first.command(&["CLUSTER", "MEET", "127.0.0.1", &other.port().to_string(), &bus])?;
        }
        Ok(())
    }

    /// Waits until every node knows all nodes and sees all slots served.
    fn await_agreement(&self) -> Result<()> {
        let wanted = ["cluster_state:ok".to_owned(), format!("cluster_known_nodes:{NODES}"), slots_ok()];
        let deadline = Instant::now() + AGREED_WITHIN;
        let agrees = |node: &ValkeyServer| {
            node.command(&["CLUSTER", "INFO"])
                .is_ok_and(|info| wanted.iter().all(|line| info.lines().any(|it| it.trim_end() == line)))
        };
        while !self.nodes.iter().all(agrees) {
            if Instant::now() > deadline {
                bail!("the nodes of the cluster do not agree after {AGREED_WITHIN:?}");
            }
            sleep(POLL);
        }
        Ok(())
    }
}

fn slots_ok() -> String {
    format!("cluster_slots_ok:{SLOTS}")
}
