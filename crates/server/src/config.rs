//! Configuration: the settings that all programs share.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use booked_identity::internal::Credential;
use booked_telemetry::LogFormat;
use clap::{Arg, Args};

pub use crate::settings::ConfigErrors;
use crate::settings::{Kind, Setting, Settings, Texts, Value, parsed};

/// Whether a host is this machine itself, so that nobody can listen on the way.
#[must_use]
pub fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

crate::settings! {
    /// Where and how a process serves HTTP, and how it ends; the same for all components.
    #[derive(Clone, Debug)]
    pub struct HttpSettings {
        /// Address that serves traffic.
        pub listen: SocketAddr = "LISTEN", default "127.0.0.1:0";
        /// Address that serves /livez, /readyz and /metrics.
        pub admin_listen: SocketAddr = "ADMIN_LISTEN", default "127.0.0.1:0";
        /// Threads that serve HTTP.
        pub workers: usize = "HTTP_WORKERS", default 2, range 1..=256;
        /// Time between falling readiness and closed listeners, in milliseconds, so that load balancers can look away. Each
        /// answer says meanwhile that its connection ends.
        pub drain_delay: Duration = "DRAIN_DELAY_MS", default 0, range 0..=300_000;
        /// Longest time that requests under way get to finish at the end, in milliseconds.
        pub drain_timeout: Duration = "DRAIN_TIMEOUT_MS", default 10_000, range 1..=300_000;
    }
}

crate::settings! {
    struct CredentialSettings {
        /// Secret of at least 32 bytes that calls between the components carry; "new,old" sends the first and accepts both.
        credential: Credential = "INTERNAL_CREDENTIAL";
    }
}

/// The secret that the gateway and the services share.
impl Settings for Credential {
    fn describe() -> Vec<Setting> {
        CredentialSettings::describe()
    }

    fn read(texts: &Texts, errors: &mut ConfigErrors) -> Option<Self> {
        CredentialSettings::read(texts, errors).map(|settings| settings.credential)
    }
}

/// How logs are written; the same for all components. Every command takes it, and it is needed before anything can be reported:
/// so clap checks it.
#[derive(Args, Clone, Debug)]
pub struct LogArgs {
    /// How log lines are written: json or text. RUST_LOG filters them.
    #[arg(long, env = "LOG_FORMAT", default_value = "json", value_name = "FORMAT", global = true)]
    pub log_format: LogFormat,
}

impl LogArgs {
    /// Its description, from that of clap.
    pub(crate) fn setting() -> Setting {
        let command = Self::augment_args(clap::Command::new(""));
        // Of a single paragraph, clap leaves out the full stop.
        let help = command.get_arguments().filter_map(Arg::get_help).map(|help| format!("{help}."));
        Setting::new::<LogFormat>("LOG_FORMAT", &help.collect::<String>()).or("json")
    }
}

impl Value for LogFormat {
    const KIND: Kind = Kind::Choice(&["json", "text"]);

    fn read(text: &str, _: &Setting) -> Result<Self, String> {
        parsed(text)
    }
}
