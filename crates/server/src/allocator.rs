//! The allocator of every program: a request makes some hundred short-lived pieces, which cost glibc's a tenth of its time.

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Memory is taken in pages of 4 KB. The allocator asks for huge ones, of which a service that uses some MB fills few: they
/// doubled its resident size and made nothing quicker that could be measured.
pub(crate) fn disable_huge_pages() {
    // Where the system does not let us, the process is larger.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}
