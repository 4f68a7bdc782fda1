//! Turns: ours and what it is compared with, short and many, so that whatever changes on the machine affects all.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::{
    comparison::Part,
    usage::{CpuTimes, us_per_call},
};

/// Calls that were made, and how long they took together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Done {
    pub(super) calls: usize,
    pub(super) took: Duration,
}

/// What one of those compared did in one turn.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    /// Calls per second.
    pub(super) rate: f64,
    /// Processor time per call in µs, by process.
    cpu_us: Vec<(String, f64)>,
}

impl Turn {
    /// Does the work, and looks at the processor times before and after.
    pub(super) async fn measure(
        cpu: impl Fn() -> Result<CpuTimes>,
        work: impl Future<Output = Result<Done>>,
    ) -> Result<Self> {
        let before = cpu()?;
        let done = work.await?;
        Self::new(done, &before, &cpu()?)
    }

    pub(super) fn new(done: Done, before: &CpuTimes, after: &CpuTimes) -> Result<Self> {
        let calls = f64::from(u32::try_from(done.calls)?);
        Ok(Self { rate: done.per_second()?, cpu_us: us_per_call(before, after, calls) })
    }

    /// Processor time per call in µs, of these processes together.
    ///
    /// # Errors
    ///
    /// If one that is named was not measured.
    fn cpu_us(&self, of: Processes<'_>) -> Result<f64> {
        match of {
            Processes::All => Ok(self.cpu_us.iter().map(|(_, us)| us).sum()),
            Processes::Named(names) => names.iter().map(|name| self.cpu_us_of(name)).sum(),
        }
    }

    fn cpu_us_of(&self, name: &str) -> Result<f64> {
        let found = self.cpu_us.iter().find(|(other, _)| other == name);
        found.map(|(_, us)| *us).with_context(|| format!("the processor time of {name} was not measured"))
    }
}

impl Done {
    /// From a program's own count and rate.
    pub(super) fn at_rate(calls: u32, per_second: f64) -> Result<Self> {
        ensure!(calls > 0 && per_second > 0.0, "nothing was measured");
        let took = Duration::from_secs_f64(f64::from(calls) / per_second);
        Ok(Self { calls: usize::try_from(calls)?, took })
    }

    pub(super) fn per_second(self) -> Result<f64> {
        let Self { calls, took } = self;
        ensure!(calls > 0 && !took.is_zero(), "nothing was measured");
        Ok(f64::from(u32::try_from(calls)?) / took.as_secs_f64())
    }
}

/// Whose processor time counts.
#[derive(Clone, Copy)]
pub(super) enum Processes<'a> {
    All,
    Named(&'a [&'a str]),
}

/// The turns of two that are compared, in pairs.
#[derive(Clone, Copy)]
pub(super) struct Pairs<'a> {
    pub(super) ours: &'a [Turn],
    pub(super) floor: &'a [Turn],
}

impl Pairs<'_> {
    /// How much more of these calls ours does in a second.
    pub(super) fn rate(self, unit: &'static str) -> Part {
        let rates = |turns: &[Turn]| turns.iter().map(|turn| turn.rate).collect();
        Part::against_floor(unit, rates(self.ours), rates(self.floor)).named("rate")
    }

    /// How much less processor time a call takes in these processes than in those of the floor.
    ///
    /// # Errors
    ///
    /// If a process that is named was not measured.
    pub(super) fn cpu(self, ours: Processes<'_>, floor: Processes<'_>) -> Result<Part> {
        let us = |turns: &[Turn], of| turns.iter().map(|turn| turn.cpu_us(of)).collect::<Result<Vec<f64>>>();
        Ok(Part::against_time("µs", us(self.ours, ours)?, us(self.floor, floor)?).named("processor time"))
    }
}

/// As many turns of each, in the order A B B A A B …: what becomes slower or faster in the course of time does so for both.
pub(super) async fn alternate<A, B>(
    rounds: u32,
    mut ours: impl AsyncFnMut() -> Result<A>,
    mut floor: impl AsyncFnMut() -> Result<B>,
) -> Result<(Vec<A>, Vec<B>)> {
    let mut done = (Vec::new(), Vec::new());
    take_turns::<2, ()>(rounds, async |number: usize| {
        match number {
            0 => done.0.push(ours().await?),
            _ => done.1.push(floor().await?),
        }
        Ok(())
    })
    .await?;
    Ok(done)
}

/// As many turns of each of `N`, in an order that is reversed in every second round.
pub(super) async fn take_turns<const N: usize, T>(
    rounds: u32,
    mut turn: impl AsyncFnMut(usize) -> Result<T>,
) -> Result<[Vec<T>; N]> {
    let mut done = [const { Vec::new() }; N];
    for round in 0..rounds.max(1) {
        for place in 0..N {
            let number = if round % 2 == 0 { place } else { N - 1 - place };
            done[number].push(turn(number).await?);
        }
    }
    Ok(done)
}

/// A text with the processor time per call of each process, as medians. Those that used none are left out.
pub(super) fn cost(turns: &[Turn]) -> String {
    let names = turns.first().map(|turn| turn.cpu_us.iter().map(|(name, _)| name.as_str()));
    let costs = names.into_iter().flatten().filter_map(|name| {
        let us: Vec<f64> = turns.iter().filter_map(|turn| turn.cpu_us_of(name).ok()).collect();
        let us = crate::comparison::median(&us);
        (us >= 0.1).then(|| format!("{name} {us:.1}"))
    });
    format!("Processor time per call, in µs: {}.", costs.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    fn turn(rate: f64, cpu_us: &[(&str, f64)]) -> Turn {
        let cpu_us = cpu_us.iter().map(|(name, us)| ((*name).to_owned(), *us)).collect();
        Turn { rate, cpu_us }
    }

    #[tokio::test]
    async fn every_second_round_goes_backwards() {
        let order = RefCell::new(String::new());
        let note = async |name: char| {
            order.borrow_mut().push(name);
            anyhow::Ok(name)
        };
        let (ours, floor) = alternate(3, async || note('A').await, async || note('B').await).await.unwrap();
        assert_eq!(order.take(), "ABBAAB");
        assert_eq!((ours.len(), floor.len()), (3, 3));
        let of_three: [Vec<char>; 3] =
            take_turns(2, async |number| note(['A', 'B', 'C'][number]).await).await.unwrap();
        assert_eq!(order.take(), "ABCCBA");
        assert_eq!(of_three, [['A', 'A'], ['B', 'B'], ['C', 'C']]);
    }

    #[test]
    fn of_processor_time_less_is_better_and_only_the_named_count() {
        let ours = [turn(50.0, &[("gateway", 20.0), ("valkey", 100.0)])];
        let floor = [turn(100.0, &[("nginx", 10.0)])];
        let pairs = Pairs { ours: &ours, floor: &floor };
        let near = |part: &Part, ratio: f64| (part.ratio() - ratio).abs() < 1e-9;
        assert!(near(&pairs.rate("1/s"), 0.5));
        let cpu = |of| pairs.cpu(of, Processes::All);
        assert!(near(&cpu(Processes::Named(&["gateway"])).unwrap(), 0.5));
        assert!(near(&cpu(Processes::All).unwrap(), 10.0 / 120.0));
        assert!(cpu(Processes::Named(&["gateway", "ticketing"])).is_err());
        assert_eq!(cost(&ours), "Processor time per call, in µs: gateway 20.0, valkey 100.0.");
    }
}
