//! The binary `nabz`.

use std::process::ExitCode;

fn main() -> ExitCode {
    collector::command::main()
}
