//! What the load kit guarantees, against servers that do what a test needs.

#[cfg(test)]
mod client;
#[cfg(test)]
mod keyed_call;
#[cfg(test)]
mod runs;
#[cfg(test)]
mod scripted;
#[cfg(test)]
mod stalling;
