//! The allocator of every program: a request makes some hundred short-lived pieces, which cost glibc's a tenth of its time.

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;
