//! `cargo up`: starts the system, shows how to use it, and keeps it running until Ctrl-C.

use std::{path::Path, time::Duration};

use anyhow::Result;
use booked_local_system::{Binaries, Progress, System, SystemOptions, say, warn};

use crate::{demo, interrupts::Interrupts, restarts::Restarts};

const CHECK_EVERY: Duration = Duration::from_millis(500);

pub(crate) fn up(
    options: &SystemOptions,
    binaries: impl FnOnce() -> Result<Binaries>,
    with_demo: bool,
) -> Result<()> {
    let interrupts = Interrupts::catch()?;
    let binaries = binaries()?;
    let progress = Progress::on_standard_error();
    let started = System::start(options, &binaries, &progress);
    progress.finish();
    let system = started?;
    let buyers = if with_demo { demo::seed(&system)? } else { Vec::new() };
    say(&greeting(&system, &buyers));

    let mut restarts = Restarts::default();
    interrupts.wait(CHECK_EVERY, || restarts.check(&system, warn));
    say("Stopping. Data stays.");
    system.stop();
    Ok(())
}

fn greeting(system: &System, buyers: &[demo::Buyer]) -> String {
    let (address, admin) = (system.gateway_url().replace("127.0.0.1", "localhost"), system.admin());
    let mut lines = vec![
        String::new(),
        "booked is running, and sells at:".to_owned(),
        String::new(),
        format!("  {address}"),
        String::new(),
        format!("  Admin page {address}/admin/"),
        format!("  API        {address}/docs/"),
        format!("  Admin      {}    (password in {})", admin.email, system.admin_password_file().display()),
    ];
    for buyer in buyers {
        lines.push(format!("  Buyer      {}    password {}", buyer.email, buyer.password));
    }
    lines.push(format!("  Data       {}    (logs in logs/)", system.data_dir().display()));
    lines.extend(other_folders(system));
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

/// The folders of servers whose account cannot access the data folder.
fn other_folders(system: &System) -> Vec<String> {
    let postgres = system.postgres().map(|server| ("PostgreSQL", server.data_dir().to_owned()));
    let valkey = system.valkey().map(|server| ("Valkey", server.data_dir().to_owned()));
    let is_elsewhere = |path: &Path| !path.starts_with(system.data_dir());
    [postgres, valkey]
        .into_iter()
        .flatten()
        .filter(|(_, path)| is_elsewhere(path))
        .map(|(name, path)| format!("             {name} cannot access that; it is in {}", path.display()))
        .collect()
}
