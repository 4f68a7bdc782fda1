//! The program of the ticketing service: its commands are in `commands.rs`, its settings in `config.rs`.

use std::process::ExitCode;

fn main() -> ExitCode {
    booked_service::run::<booked_ticketing::Ticketing>()
}
