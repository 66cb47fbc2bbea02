//! The binary `nabz`.

use std::process::ExitCode;

/// Responses are made on some threads and freed on others, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    collector::command::main()
}
