//! A real PostgreSQL server in a temporary folder: durable, on a free port of the loopback
//! interface, gone when dropped. It refuses to run as root; then it runs as a user of its own.

use std::fs::{File, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::TempDir;

/// Longest wait for the server to start: far more than it takes.
const START_MAX: Duration = Duration::from_secs(60);
/// Starts a program as another user; part of every Linux.
const SETPRIV: &str = "/usr/bin/setpriv";
const PAUSE: Duration = Duration::from_millis(20);
/// Users that exist for services, in the order in which they are tried when this one is root.
const USERS: [&str; 2] = ["postgres", "nobody"];

/// A server; it is ended when dropped.
#[derive(Debug)]
pub struct Server {
    folder: TempDir,
    bin: PathBuf,
    port: u16,
    user: Option<User>,
    process: Option<Child>,
}

#[derive(Debug, Clone, Copy)]
struct User {
    uid: u32,
    gid: u32,
}

/// How a server is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Clients are sent away, everything is written.
    Fast,
    /// As in a crash: the next start recovers from the log.
    Immediate,
}

/// The folder of the newest server's programs.
pub fn programs() -> Option<PathBuf> {
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = debian.map(|entry| entry.path().join("bin"));
    let path = std::env::var_os("PATH")?;
    let mut all: Vec<PathBuf> = debian.chain(std::env::split_paths(&path)).collect();
    all.retain(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file());
    all.into_iter().max_by_key(|folder| release_of(folder))
}

/// The major release in a path such as `/usr/lib/postgresql/15/bin`; others come last.
fn release_of(folder: &Path) -> u32 {
    let name = folder.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    name.and_then(|name| name.parse().ok()).unwrap_or(0)
}

/// Makes a new database on a server, of which the URL of another one is known, and returns its URL.
///
/// # Errors
/// When the server cannot be reached; says what it answered.
pub fn new_database(url: &str) -> Result<String> {
    let unique = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_nanos();
    let name = format!("test_{}_{unique}", std::process::id());
    execute(url, &format!("CREATE DATABASE {name}"))?;
    let (server, _) = url.rsplit_once('/').context("the URL names no database")?;
    Ok(format!("{server}/{name}"))
}

/// Runs a statement on the database that a URL names.
fn execute(url: &str, statement: &str) -> Result<()> {
    let bin = programs().context("PostgreSQL's psql is missing")?;
    let output = Command::new(bin.join("psql")).args(["-qXc", statement, url]).output()?;
    ensure!(output.status.success(), "{statement}: {}", said(&output));
    Ok(())
}

impl Server {
    /// Makes an empty database cluster and starts a server for it.
    ///
    /// # Errors
    /// When there is no PostgreSQL, or it does not start; says what it wrote.
    pub fn start() -> Result<Server> {
        let bin = programs().context("PostgreSQL's initdb is missing")?;
        let user = if id(&["-u"])? == 0 { Some(service_user()?) } else { None };
        let mut server = Server::new(bin, user)?;
        let data = server.data();
        let mut initdb = server.command("initdb");
        initdb.args(["--username=nabz", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]);
        let output = initdb.arg("--pgdata").arg(&data).output()?;
        ensure!(output.status.success(), "initdb failed: {}", said(&output));
        // This one has to say its password.
        let guarded = "host all guarded 127.0.0.1/32 scram-sha-256\n";
        let rules = data.join("pg_hba.conf");
        let trusting = std::fs::read_to_string(&rules)?;
        std::fs::write(&rules, format!("{guarded}{trusting}"))?;
        server.run()?;
        Ok(server)
    }

    /// Starts a replica of the server, which follows it from now on.
    ///
    /// # Errors
    /// When the server cannot be copied, or the copy does not start; says what was written.
    pub fn replica(&self) -> Result<Server> {
        let mut replica = Server::new(self.bin.clone(), self.user)?;
        let mut copy = replica.command("pg_basebackup");
        copy.args(["--host=127.0.0.1", "--username=nabz", "--write-recovery-conf"]);
        copy.args(["--checkpoint=fast", &format!("--port={}", self.port)]);
        let output = copy.arg("--pgdata").arg(replica.data()).output()?;
        ensure!(output.status.success(), "pg_basebackup failed: {}", said(&output));
        replica.run()?;
        Ok(replica)
    }

    /// A folder and a port for a server that does not run yet.
    fn new(bin: PathBuf, user: Option<User>) -> Result<Server> {
        let folder = TempDir::with_prefix("postgres-")?;
        if let Some(user) = user {
            chown(folder.path(), Some(user.uid), Some(user.gid))?;
        }
        Ok(Server { folder, bin, port: free_port()?, user, process: None })
    }

    /// Has the server encrypt connections of those who ask for it, from some moment soon on.
    ///
    /// # Errors
    /// When it does not take the certificate and its key, which are in PEM.
    pub fn encrypt(&self, certificate: &str, key: &str) -> Result<()> {
        for (name, text) in [("server.crt", certificate), ("server.key", key)] {
            let path = self.data().join(name);
            std::fs::write(&path, text)?;
            std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
            if let Some(User { uid, gid }) = self.user {
                chown(&path, Some(uid), Some(gid))?;
            }
        }
        self.sql("postgres", "ALTER SYSTEM SET ssl = on")?;
        self.sql("postgres", "SELECT pg_reload_conf()")
    }

    /// Starts the server on what is there, and waits until it takes connections.
    ///
    /// # Errors
    /// When it does not start; says what it wrote.
    pub fn run(&mut self) -> Result<()> {
        let log = File::options().create(true).append(true).open(self.log())?;
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data()).arg("-k").arg(self.folder.path());
        command.args(["-h", "127.0.0.1", "-p", &self.port.to_string()]);
        command.args(["-c", "fsync=on", "-c", "max_connections=200"]);
        command.stdout(Stdio::null()).stderr(log);
        self.process = Some(command.spawn()?);
        let start = Instant::now();
        while !self.is_ready() {
            let ended = self.process.as_mut().is_none_or(|it| !matches!(it.try_wait(), Ok(None)));
            if ended || start.elapsed() > START_MAX {
                bail!("PostgreSQL does not start: {}", std::fs::read_to_string(self.log())?);
            }
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }

    fn is_ready(&self) -> bool {
        let mut ask = Command::new(self.bin.join("pg_isready"));
        ask.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
        ask.status().is_ok_and(|status| status.success())
    }

    /// Ends the server and waits for that; [`Server::run`] starts it again.
    ///
    /// # Errors
    /// When it cannot be told to.
    pub fn end(&mut self, how: End) -> Result<()> {
        let Some(mut process) = self.process.take() else { return Ok(()) };
        let signal = if how == End::Fast { "-INT" } else { "-QUIT" };
        let told = Command::new("kill").args([signal, &process.id().to_string()]).status()?;
        ensure!(told.success(), "PostgreSQL cannot be told to end");
        process.wait()?;
        Ok(())
    }

    /// The URL of a database of the server, as its superuser, who needs no password.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://nabz@127.0.0.1:{}/{database}", self.port)
    }

    /// Runs a statement on a database of the server.
    ///
    /// # Errors
    /// Says what the server answered.
    pub fn sql(&self, database: &str, statement: &str) -> Result<()> {
        execute(&self.url(database), statement)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// A program of the server, as its user, that ends when this process does.
    fn command(&self, program: &str) -> Command {
        let program = self.bin.join(program);
        let mut command = if Path::new(SETPRIV).exists() || self.user.is_some() {
            let mut command = Command::new(SETPRIV);
            if let Some(User { uid, gid }) = self.user {
                command.arg(format!("--reuid={uid}")).arg(format!("--regid={gid}"));
                command.arg("--clear-groups");
            }
            command.args(["--pdeathsig", "QUIT", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(self.folder.path());
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The folder goes away with it: nothing has to be written any more.
        let _ = self.end(End::Immediate);
    }
}

/// A user that services run as.
fn service_user() -> Result<User> {
    let found = USERS
        .iter()
        .find_map(|user| Some(User { uid: id(&["-u", user]).ok()?, gid: id(&["-g", user]).ok()? }));
    found.context("PostgreSQL does not run as root, and there is no user postgres or nobody")
}

/// A number that the program `id` tells.
fn id(arguments: &[&str]) -> Result<u32> {
    let output = Command::new("id").args(arguments).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().parse()?)
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
