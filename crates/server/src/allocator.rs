//! The allocator of every program: a request makes about a hundred short-lived allocations, for which glibc's
//! allocator needs a tenth of the request's time.

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Memory is taken in pages of 4 KB. The allocator asks for huge pages, but a service that uses a few MB fills few of
/// them: they doubled its resident size and made nothing measurably faster.
pub(crate) fn disable_huge_pages() {
    // If the system does not allow it, the process merely uses more memory.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}
