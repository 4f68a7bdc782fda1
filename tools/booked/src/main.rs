//! The command `booked`, which `cargo up` and `cargo booked …` run.

mod admin_password;
mod bench;
mod chaos;
mod command;
mod demo;
mod load;
mod siege;
mod up;
mod verify;
mod watch;

fn main() -> std::process::ExitCode {
    command::run()
}
