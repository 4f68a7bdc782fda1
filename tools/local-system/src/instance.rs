//! A process of a service among the others: its name and its ports.

use std::net::{Ipv4Addr, SocketAddr};

use crate::Service;

/// One of the processes that serve the same component.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instance {
    pub(crate) service: Service,
    /// From 1 up, within the service.
    pub(crate) number: u8,
    pub(crate) ports: Ports,
}

/// Ports of 127.0.0.1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    pub(crate) traffic: u16,
    /// For health and metrics.
    pub(crate) admin: u16,
}

impl Instance {
    /// `ticketing-1`; the gateway, which runs once, is only `gateway`.
    pub(crate) fn name(self) -> String {
        match self.service {
            Service::Gateway => Service::Gateway.name().to_owned(),
            service => format!("{service}-{}", self.number),
        }
    }

    pub(crate) fn url(self) -> String {
        format!("http://{}", self.ports.traffic_address())
    }

    pub(crate) fn admin_url(self) -> String {
        format!("http://{}", self.ports.admin_address())
    }
}

impl Ports {
    pub(crate) fn traffic_address(self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.traffic).into()
    }

    pub(crate) fn admin_address(self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.admin).into()
    }
}
