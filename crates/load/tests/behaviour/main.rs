//! What the load kit promises, against servers that do what a test needs.

#[cfg(test)]
mod client;
#[cfg(test)]
mod scripted;
