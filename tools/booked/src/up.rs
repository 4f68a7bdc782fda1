//! `cargo up`: starts the system, says how to use it, and keeps it running until Ctrl-C.

use std::{
    path::Path,
    process::exit,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    time::Duration,
};

use anyhow::{Context, Result};
use booked_local_system::{Binaries, Progress, System, SystemOptions, say, warn};

use crate::{demo, watch::Watch};

const WATCH_EVERY: Duration = Duration::from_millis(500);
/// What a shell says of a program that ended by Ctrl-C.
const EXIT_INTERRUPTED: i32 = 130;

pub(crate) fn up(options: &SystemOptions, with_demo: bool) -> Result<()> {
    let interrupts = Interrupts::catch()?;
    let binaries = Binaries::build()?;
    let progress = Progress::on_standard_error();
    let started = System::start(options, &binaries, &progress);
    progress.finish();
    let system = started?;
    let buyers = if with_demo { demo::fill(&system)? } else { Vec::new() };
    say(&greeting(&system, &buyers));

    let mut watch = Watch::default();
    interrupts.wait(|| watch.look(&system, warn));
    say("Stopping. Data stays.");
    system.stop();
    Ok(())
}

/// What a person needs to begin.
fn greeting(system: &System, buyers: &[demo::Buyer]) -> String {
    let (address, admin) = (system.gateway_url().replace("127.0.0.1", "localhost"), system.admin());
    let mut lines = vec![
        String::new(),
        "booked is running.".to_owned(),
        String::new(),
        format!("  Address    {address}    (its API to read: {address}/docs/)"),
        format!("  Admin      {}    (password in {})", admin.email, system.admin_password_file().display()),
    ];
    for buyer in buyers {
        lines.push(format!("  Buyer      {}    password {}", buyer.email, buyer.password));
    }
    lines.push(format!("  Data       {}    (logs in logs/)", system.data_dir().display()));
    lines.extend(elsewhere(system));
    lines.extend([
        String::new(),
        "A first request:".to_owned(),
        String::new(),
        format!("  curl {address}/event/"),
        String::new(),
        "Ctrl-C stops it; data stays.".to_owned(),
    ]);
    lines.join("\n")
}

/// Says where a server keeps its data, where its account cannot reach the data folder.
fn elsewhere(system: &System) -> Vec<String> {
    let postgres = system.postgres().map(|server| ("PostgreSQL", server.data_dir().to_owned()));
    let valkey = system.valkey().map(|server| ("Valkey", server.data_dir().to_owned()));
    let is_elsewhere = |path: &Path| !path.starts_with(system.data_dir());
    [postgres, valkey]
        .into_iter()
        .flatten()
        .filter(|(_, path)| is_elsewhere(path))
        .map(|(name, path)| format!("             {name} cannot reach that; it is in {}", path.display()))
        .collect()
}

/// Ctrl-C and SIGTERM. The first asks for a stop in good order, another one, or one during the start, ends us at once;
/// what we started ends with us.
struct Interrupts {
    receiver: Receiver<()>,
    expected: Arc<AtomicBool>,
}

impl Interrupts {
    fn catch() -> Result<Self> {
        let (sender, receiver) = channel();
        let expected = Arc::new(AtomicBool::new(false));
        let first = Arc::clone(&expected);
        ctrlc::set_handler(move || {
            if !first.swap(false, Ordering::Relaxed) || sender.send(()).is_err() {
                exit(EXIT_INTERRUPTED);
            }
        })
        .context("cannot catch Ctrl-C")?;
        Ok(Self { receiver, expected })
    }

    /// Waits for the first one, and does `meanwhile` again and again.
    fn wait(&self, mut meanwhile: impl FnMut()) {
        self.expected.store(true, Ordering::Relaxed);
        while matches!(self.receiver.recv_timeout(WATCH_EVERY), Err(RecvTimeoutError::Timeout)) {
            meanwhile();
        }
    }
}
