//! What the client guarantees.

#[cfg(test)]
mod connections;
#[cfg(test)]
mod document;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod retries;
#[cfg(test)]
mod scripted;
