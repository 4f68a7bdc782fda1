//! The command `booked`, which `cargo up` and `cargo booked …` run.

mod admin_password;
mod bench;
mod chaos;
mod command;
mod demo;
mod interrupts;
mod load;
mod outcome;
mod restarts;
mod run_folder;
mod siege;
mod up;
mod verify;

fn main() -> std::process::ExitCode {
    command::run()
}
