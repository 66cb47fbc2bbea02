//! `nabz` on a disk that loses and fails by order: SQLite's own file layer, with a power cut, a
//! lack of room or a defect put under it. The order stands in a file of the folder it runs in.

mod disk;
mod vfs;

use std::process::ExitCode;

fn main() -> ExitCode {
    vfs::register();
    collector::command::main()
}
