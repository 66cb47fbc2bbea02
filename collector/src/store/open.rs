//! Which database a URL names, and why one cannot be opened.

use std::path::PathBuf;

use super::postgres::Target;

/// The database that a URL names.
#[derive(Debug)]
pub(super) enum Place {
    /// A file.
    Sqlite(PathBuf),
    /// A database of a server.
    Postgres(Target),
}

/// Why a database cannot be opened, and what to do. No message holds a password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL is of no known kind.
    #[error(
        "--database {0:?} is not known. Use sqlite:PATH, such as sqlite:nabz.db, or \
         postgres://USER@HOST/DATABASE"
    )]
    UnknownUrl(String),
    /// The URL of a PostgreSQL database cannot be understood.
    #[error(
        "the postgres:// URL of --database cannot be understood: {0}. \
         Use postgres://USER:PASSWORD@HOST:5432/DATABASE, with %40 for an @ in the password"
    )]
    WrongUrl(String),
    /// The file of authorities that a URL names cannot be used.
    #[error(
        "sslrootcert {} of the database's URL cannot be used: {reason}. \
         Name a file with the certificate of who issued the server's, in PEM", path.display()
    )]
    NoAuthority {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Only PostgreSQL has replicas.
    #[error("--read-database names a replica of a PostgreSQL --database: {0:?} is none")]
    NoReplica(String),
    /// A file is on one machine.
    #[error("a SQLite database is one file: --database has to be postgres://…")]
    OneFile,
    /// There is no such file.
    #[error("there is no database {}: name the collector's with --database", .0.display())]
    Missing(PathBuf),
    /// The file was written by an older release.
    #[error("the database {} is of an older release: serve it once with this one", .0.display())]
    Older(PathBuf),
    /// The server's database holds none of ours.
    #[error(
        "the database {0} holds nothing of this program: \
         name the collector's with --database"
    )]
    Empty(String),
    /// The file cannot be opened, created or read.
    #[error(
        "the database {} cannot be opened: {reason}. \
         Check that its folder exists and that this user may write there", path.display()
    )]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the database says.
        reason: String,
    },
    /// What the file holds cannot be understood any more.
    #[error(
        "the database {} is damaged: {reason}. Restore a backup, or save what can still be read: \
         sqlite3 {} .recover", path.display(), path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the database says.
        reason: String,
    },
    /// The file is of an older release, and no copy could be made before changing it.
    #[error(
        "the database {} is of an older release, and is not changed before there is a copy: {reason}",
        path.display()
    )]
    Unsaved {
        /// The file.
        path: PathBuf,
        /// Why there is no copy.
        reason: String,
    },
    /// The server cannot be reached, or does not let this user in.
    #[error("the database {place} cannot be opened: {reason}. {remedy}")]
    Unreachable {
        /// User, host and database.
        place: String,
        /// What went wrong.
        reason: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The server is too old, or of another engine.
    #[error("the database {place} is {found}: use PostgreSQL {oldest} or newer, or Citus on it")]
    Unsupported {
        /// User, host and database.
        place: String,
        /// What it is.
        found: String,
        /// The oldest release that is supported.
        oldest: i32,
    },
    /// The file is some other program's.
    #[error("{} is no database of this program. Name another file with --database", .0.display())]
    Foreign(PathBuf),
    /// Another process writes it.
    #[error(
        "the database {} is in use by process {process}{}", path.display(), way_out(server.as_deref())
    )]
    Held {
        /// The file.
        path: PathBuf,
        /// The number of the process.
        process: String,
        /// Where the process can be reached, if it is a collector.
        server: Option<String>,
    },
    /// The database was written by a newer release.
    #[error(
        "the database {place} is of a newer release (schema {found}; this release knows {known}). \
         Start that release again, or restore a backup made before the update"
    )]
    Newer {
        /// The file, or user, host and database.
        place: String,
        /// Its schema.
        found: i32,
        /// The schema of this release.
        known: i32,
    },
}

fn way_out(server: Option<&str>) -> String {
    match server {
        Some(url) => format!(", the collector at {url}: stop it first"),
        None => ": wait until it is done, or stop it first".to_owned(),
    }
}

/// The database that a URL names.
pub(super) fn place_of(url: &str) -> Result<Place, OpenError> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Target::parse(url).map(Place::Postgres);
    }
    let path = url.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path));
    // A database in memory would lose what was acknowledged, and is another one for each reader. A
    // question mark begins what other programs take for parameters.
    path.filter(|path| !path.is_empty() && !path.starts_with(':') && !path.contains('?'))
        .map(|path| Place::Sqlite(PathBuf::from(path)))
        .ok_or_else(|| OpenError::UnknownUrl(without_password(url)))
}

/// A URL as it may be shown: what stands between the scheme and the host is left out, and whatever
/// follows where a password is named.
pub fn without_password(url: &str) -> String {
    let shown = match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://…@{rest}"),
        _ => url.to_owned(),
    };
    match shown.find("password") {
        Some(at) => format!("{}password…", &shown[..at]),
        None => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, expected: &str) {
        let found = match place_of(url) {
            Ok(place) => format!("{place:?}"),
            Err(error) => error.to_string(),
        };
        assert!(found.contains(expected), "{url}: {found}");
        assert!(!found.contains("secret"), "{url}: {found}");
    }

    #[test]
    fn a_url_names_a_database_or_says_what_would() {
        check("sqlite:nabz.db", r#"Sqlite("nabz.db")"#);
        check("sqlite:///var/nabz.db", r#"Sqlite("/var/nabz.db")"#);
        check("sqlite::memory:", "Use sqlite:PATH");
        check("nabz.db", "Use sqlite:PATH");
        check("sqlite:nabz.db?mode=ro", "Use sqlite:PATH");
        check("host=h user=u password=secret", r#""host=h user=u password…" is not known"#);
        check("mysql://root:secret@host/db", r#""mysql://…@host/db" is not known"#);
        check("mysql://root:secret@in@host/db", r#""mysql://…@host/db" is not known"#);
        check("postgres://u:secret@host/db", "postgres://u@host:5432/db");
        check("postgresql://u:secret@[::1]:5433/db", "postgres://u@[::1]:5433/db");
        check("postgres:///db?host=/run/postgresql&user=u", "postgres://u@/run/postgresql:5432/db");
        check("postgres://u:secret@host:port/db", "cannot be understood");
        check("postgres://u:secret@host/db?colour=red", "cannot be understood");
        check("postgres://u:secret@host/db?sslmode=require", "postgres://u@host:5432/db");
        check("postgres://u:sec?ret@host/db?sslmode=verify-full", "postgres://u@host:5432/db");
        check("postgres://u:secret@host/db?sslmode=prefer&a=b", "cannot be understood");
        check("postgres://u:secret@host/db?sslmode=prefer", "there is no sslmode=prefer");
        check("postgres://u:secret@host/db?sslrootcert=a", "needs sslmode=verify-full");
        check(
            "postgres://u:secret@host/db?sslmode=require&sslrootcert=no%20file",
            "sslrootcert no file of the database's URL cannot be used: No such file",
        );
        check("postgres://", "names no database");
    }

    #[test]
    fn a_url_is_shown_without_its_password() {
        let check = |url: &str, expected: &str| assert_eq!(without_password(url), expected);
        check("sqlite:nabz.db", "sqlite:nabz.db");
        check("postgres://u:secret@host/db", "postgres://…@host/db");
        check("postgres:///db?user=u&password=secret", "postgres:///db?user=u&password…");
    }
}
