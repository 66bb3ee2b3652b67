//! The binary: see the library of this crate.

use std::process::ExitCode;

/// Findings are many small things made on several threads. glibc's allocator grows the arena of every thread but the first
/// by a page a system call, and musl's has one lock; with this one a scan costs a sixth less CPU time, and one large file
/// needs less memory.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    ironclad::main()
}
