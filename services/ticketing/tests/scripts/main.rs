//! The scripts on a real Valkey: what each promises by itself, and thousands of random steps beside a plain model.

mod model;
mod sale;
mod step;

mod neighbours;
mod random_steps;
mod single_steps;
mod without_map;
