//! The programs that drive browsers: one process for each browser.

use std::fs::DirEntry;
use std::process::{Child, Command, Stdio};

use crate::lines::lines_of;

/// How often a program is started before its failure counts.
const TRIES: usize = 5;

/// How a program that drives a browser is started.
pub(super) struct Program {
    /// The environment variable that names another one.
    pub(super) variable: &'static str,
    /// Its name on the PATH.
    pub(super) name: &'static str,
    /// Arguments that let the kernel pick the port.
    pub(super) arguments: Vec<String>,
    /// What it prints before the port.
    pub(super) announces: &'static str,
}

/// A running driver; it ends, with its browser, when dropped.
#[derive(Debug)]
pub(super) struct Driver {
    process: Child,
    /// Where it listens.
    pub(super) url: String,
}

impl Driver {
    /// Starts a program and waits until it says where it listens.
    ///
    /// # Panics
    /// When it does not start, or never says that.
    pub(super) fn start(program: &Program) -> Driver {
        // A port that is free in one family of addresses may be taken in the other, and then the
        // program gives up.
        (0..TRIES)
            .find_map(|_| Driver::try_start(program))
            .unwrap_or_else(|| panic!("{} does not say on which port it listens", program.name))
    }

    fn try_start(program: &Program) -> Option<Driver> {
        let Program { variable, name, arguments, announces } = program;
        let path = std::env::var(variable).unwrap_or_else(|_| (*name).to_owned());
        let process = Command::new(&path)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let process = process.unwrap_or_else(|error| {
            panic!("{path} cannot be started ({error}): run `cargo xtask test`")
        });
        let mut driver = Driver { process, url: String::new() };
        let lines = lines_of(driver.process.stdout.take().expect("its output is piped"));
        let port: u16 = lines.iter().find_map(|line| {
            let (_, port) = line.split_once(announces)?;
            port.trim_end_matches('.').parse().ok()
        })?;
        driver.url = format!("http://127.0.0.1:{port}");
        Some(driver)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // A driver that ends, or gives up on its browser, would leave it running.
        for browser in children(self.process.id()) {
            let _ = Command::new("kill").args(["-KILL", &browser]).status();
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The processes that any thread of a process has started.
fn children(process: u32) -> Vec<String> {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten();
    let of_thread = |thread: DirEntry| std::fs::read_to_string(thread.path().join("children"));
    let lists: Vec<String> = threads.flatten().map(of_thread).filter_map(Result::ok).collect();
    lists.iter().flat_map(|list| list.split_whitespace()).map(str::to_owned).collect()
}
