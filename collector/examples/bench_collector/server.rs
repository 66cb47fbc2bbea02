//! Servers under load, and what that does to them.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, ensure};
use serde_json::Value;

/// A server as a process of its own; it is ended when dropped.
pub(crate) struct Server {
    process: Child,
    /// Where it listens.
    pub address: String,
}

impl Server {
    /// Starts a program that says where it listens.
    pub(crate) fn start(command: &mut Command) -> anyhow::Result<Server> {
        let mut process = command.stdout(Stdio::piped()).spawn()?;
        let output = process.stdout.take().context("its output is piped")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let address = line.trim().strip_prefix("listening on http://");
        let address = address.context("it does not say where it listens")?.to_owned();
        Ok(Server { process, address })
    }

    /// What a load does to it: the arguments with which this program makes one.
    pub(crate) fn loaded(&self, load: &[&str]) -> anyhow::Result<Loaded> {
        let before = self.cpu_seconds();
        let start = Instant::now();
        let load =
            Command::new(std::env::current_exe()?).args(load).stderr(Stdio::inherit()).output()?;
        ensure!(load.status.success(), "the load failed");
        let cpu = (self.cpu_seconds() - before) / start.elapsed().as_secs_f64();
        let found: Value = serde_json::from_slice(&load.stdout)?;
        let number = |name: &str| found[name].as_f64().context("the load tells a number");
        Ok(Loaded {
            rate: number("rate")?,
            p50_ms: number("p50_ms")?,
            p99_ms: number("p99_ms")?,
            cpu,
            memory_kb: self.memory_kb(),
        })
    }

    /// Seconds of processor time so far; 0 where the system does not tell.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        let path = format!("/proc/{}/stat", self.process.id());
        let stat = std::fs::read_to_string(path).unwrap_or_default();
        let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        // User and system time are the 14th and 15th field, in hundredths of a second.
        let ticks = after_name.split(' ').skip(11).take(2).filter_map(|it| it.parse::<f64>().ok());
        ticks.sum::<f64>() / 100.0
    }

    /// The most memory it had so far; 0 where the system does not tell.
    pub(crate) fn memory_kb(&self) -> u64 {
        let path = format!("/proc/{}/status", self.process.id());
        let status = std::fs::read_to_string(path).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a server did under load.
pub(crate) struct Loaded {
    /// Answers a second.
    pub rate: f64,
    p50_ms: f64,
    p99_ms: f64,
    /// Processors it kept busy.
    cpu: f64,
    memory_kb: u64,
}

impl Loaded {
    /// Prints a line of the table, with its share of a ceiling if there is one.
    pub(crate) fn print(&self, name: &str, connections: &str, share: &str) {
        let Loaded { rate, p50_ms, p99_ms, cpu, memory_kb } = self;
        println!(
            "{name:<34} {connections:>6} {rate:>9.0} {share:>13} {p50_ms:>8.1} {p99_ms:>8.1} {:>5.0} % {:>5} MiB",
            100.0 * cpu,
            memory_kb / 1024,
        );
    }
}
