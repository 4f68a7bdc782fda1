//! How much memory and processor time processes use, as Linux reports it.

use std::{fs, time::Duration};

use anyhow::{Context as _, Result};

/// The unit of sizes in `status`.
const KIB: f64 = 1024.0;
const MB: f64 = 1_000_000.0;

#[derive(Clone, Copy)]
pub(super) enum Size {
    Now,
    Max,
}

pub(super) fn resident_mb(pid: u32, size: Size) -> Result<f64> {
    let field = match size {
        Size::Now => "VmRSS:",
        Size::Max => "VmHWM:",
    };
    let path = format!("/proc/{pid}/status");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let kib = read_kib(&text, field).with_context(|| format!("{path} has no {field}"))?;
    Ok(f64::from(kib) * KIB / MB)
}

fn read_kib(status: &str, field: &str) -> Option<u32> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.split_whitespace().next()?.parse().ok()
}

/// All processes of the machine.
fn read_stats() -> Vec<Stat> {
    let stats = fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| {
        entry.file_name().to_str()?.parse::<u32>().ok()?;
        read_stat(&fs::read_to_string(entry.path().join("stat")).ok()?)
    });
    stats.collect()
}

/// Processor time so far of a process and its children.
fn cpu_of(pid: u32, stats: &[Stat]) -> Duration {
    let ours = stats.iter().filter(|stat| stat.pid == pid || stat.parent == pid);
    let ticks: u64 = ours.map(|stat| if stat.pid == pid { stat.own + stat.exited } else { stat.own }).sum();
    Duration::from_millis(ticks * 1_000 / rustix::param::clock_ticks_per_second().max(1))
}

/// Processor time so far of some processes, each with its children, by name.
#[derive(Clone, Debug, Default)]
pub(super) struct CpuTimes(Vec<(String, Duration)>);

impl CpuTimes {
    pub(super) fn of(processes: impl IntoIterator<Item = (String, u32)>) -> Self {
        let stats = read_stats();
        Self(processes.into_iter().map(|(name, pid)| (name, cpu_of(pid, &stats))).collect())
    }
}

/// Processor time per call in µs, of each process.
pub(super) fn us_per_call(before: &CpuTimes, after: &CpuTimes, calls: f64) -> Vec<(String, f64)> {
    let pairs = before.0.iter().zip(&after.0);
    let per_call = |used: Duration| used.as_secs_f64() * 1e6 / calls.max(1.0);
    pairs
        .map(|((name, before), (_, after))| (name.clone(), per_call(after.saturating_sub(*before))))
        .collect()
}

/// A part of `/proc/…/stat`; times are in ticks.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    pid: u32,
    parent: u32,
    own: u64,
    /// Of children that have exited.
    exited: u64,
}

/// The name in parentheses may contain anything, so the fields are counted from the last parenthesis.
fn read_stat(text: &str) -> Option<Stat> {
    let (pid, _) = text.split_once(' ')?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Stat {
        pid: pid.parse().ok()?,
        parent: fields.get(1)?.parse().ok()?,
        own: number(11)? + number(12)?,
        exited: number(13)? + number(14)?,
    })
}

/// The name of the processor.
pub(super) fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    name.map_or_else(|| "unknown processor".to_owned(), |(_, name)| name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_after_a_name_with_spaces_and_parentheses() {
        let text = "7 (a (b) c) S 3 7 7 0 -1 4194304 1 2 3 4 50 60 7 8 20 0 1 0 100 200 300";
        assert_eq!(read_stat(text), Some(Stat { pid: 7, parent: 3, own: 110, exited: 15 }));
        assert_eq!(read_stat("7 (short) S 3"), None);
    }

    #[test]
    fn a_size_is_read_by_its_name() {
        assert_eq!(read_kib("VmHWM:\t  2048 kB\nVmRSS:\t  1024 kB\n", "VmRSS:"), Some(1024));
        assert_eq!(read_kib("Name: x\n", "VmRSS:"), None);
        assert!(resident_mb(std::process::id(), Size::Max).unwrap() > 0.0);
    }
}
