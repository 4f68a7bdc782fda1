//! How many files the process may open, and how many connections of clients fit into that.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Reserved for open files other than connections of clients and to services: listeners, the log, the files of the
/// async runtime, and sockets for looking up host names.
const OTHER_FILES: usize = 128;

/// Raises the soft limit to the hard limit, and returns what it then is.
pub(super) fn raise() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum
        && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
    {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
    getrlimit(Resource::Nofile)
        .current
        .map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX))
}

/// The connections of clients that fit next to those to the services. Clients get at least half of all files even if the
/// services could use more, since they seldom do.
pub(super) fn connections_that_fit(wanted: usize, files: usize, to_services: usize) -> usize {
    let reserved = to_services.saturating_add(OTHER_FILES).min(files / 2);
    wanted.min(files - reserved).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_clients_as_wanted_if_there_are_files() {
        assert_eq!(connections_that_fit(50_000, 1_048_576, 2_048), 50_000);
        assert_eq!(connections_that_fit(50_000, usize::MAX, 2_048), 50_000);
    }

    #[test]
    fn otherwise_as_many_as_fit_next_to_the_services() {
        assert_eq!(connections_that_fit(50_000, 20_000, 2_048), 20_000 - 2_048 - OTHER_FILES);
        assert_eq!(connections_that_fit(50_000, 1_024, 2_048), 512);
        assert_eq!(connections_that_fit(50_000, 0, 2_048), 1);
    }
}
