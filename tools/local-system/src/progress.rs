//! What a person sees during slow steps: one moving line on a terminal, otherwise a line for each step.

use std::{
    io::{IsTerminal, Write, stderr, stdout},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

const TICK: Duration = Duration::from_millis(100);

/// Reports the steps of a start.
#[derive(Debug)]
pub enum Progress {
    Silent,
    /// A line for each step.
    Lines,
    /// One line that moves.
    Bar(ProgressBar),
}

impl Progress {
    #[must_use]
    pub fn on_standard_error() -> Self {
        if !stderr().is_terminal() {
            return Self::Lines;
        }
        let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})");
        let bar = ProgressBar::new_spinner().with_style(style.unwrap_or(ProgressStyle::default_spinner()));
        bar.enable_steady_tick(TICK);
        Self::Bar(bar)
    }

    pub fn step(&self, text: &str) {
        match self {
            Self::Silent => {}
            Self::Lines => warn(text),
            Self::Bar(bar) => bar.set_message(text.to_owned()),
        }
    }

    /// Clears the display.
    pub fn finish(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

/// Writes a line to standard output.
pub fn say(text: &str) {
    // A reader that has closed the output does not need the line.
    let _ = writeln!(stdout(), "{text}");
}

/// Writes a line to standard error.
pub fn warn(text: &str) {
    // As above.
    let _ = writeln!(stderr(), "{text}");
}
