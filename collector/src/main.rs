//! The binary `nabz`.

use std::process::ExitCode;

/// Responses are made on some threads and freed on others, which the system's allocator is slow at.
/// It has a thread that gives back what is free for seconds: where nothing is allocated any more,
/// nobody else would.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    collector::command::main()
}
