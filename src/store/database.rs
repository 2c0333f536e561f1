//! Which database an office works with, as `--database` names it.

use super::{PostgresStore, SqliteStore, Store, StoreError, sqlite};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

/// A database that a person names.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Database {
    /// A file, `sqlite:PATH`.
    Sqlite(PathBuf),
    /// A server, `postgres://USER@HOST/NAME`.
    Postgres(String),
}

impl Database {
    /// The file in this data folder.
    pub fn in_folder(folder: &Path) -> Self {
        Self::Sqlite(folder.join(sqlite::FILE_NAME))
    }

    /// Opens it for the office.
    pub async fn open(&self) -> Result<Arc<dyn Store>, StoreError> {
        Ok(match self {
            Self::Sqlite(path) => Arc::new(SqliteStore::open(path).await?),
            Self::Postgres(url) => Arc::new(PostgresStore::open(url).await?),
        })
    }

    /// Opens it to be looked at only, also while an office works with it.
    pub async fn look(&self) -> Result<Arc<dyn Store>, StoreError> {
        Ok(match self {
            Self::Sqlite(path) => Arc::new(SqliteStore::look(path).await?),
            Self::Postgres(url) => Arc::new(PostgresStore::look(url).await?),
        })
    }
}

impl FromStr for Database {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => Ok(Self::Postgres(text.to_owned())),
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            _ => Err("write it as postgres://USER@HOST/NAME or sqlite:PATH"),
        }
    }
}

impl TryFrom<String> for Database {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Database> for String {
    fn from(database: Database) -> Self {
        match database {
            Database::Sqlite(path) => format!("sqlite:{}", path.display()),
            Database::Postgres(url) => url,
        }
    }
}

/// Without the password.
impl fmt::Display for Database {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(out, "sqlite:{}", path.display()),
            Self::Postgres(url) => match url.split_once("//").zip(url.rsplit_once('@')) {
                Some(((scheme, rest), (_, place))) => {
                    let user = rest.split([':', '@']).next().unwrap_or_default();
                    let place = place.split('?').next().unwrap_or_default();
                    write!(out, "{scheme}//{user}@{place}")
                }
                None => write!(out, "{}", url.split('?').next().unwrap_or_default()),
            },
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        for (url, shown) in [
            ("postgres://office:se@cret@db/esep", "postgres://office@db/esep"),
            ("postgres://office@db/esep?password=secret", "postgres://office@db/esep"),
            ("postgres:///esep?host=/run&password=secret", "postgres:///esep"),
            ("sqlite:a/b", "sqlite:a/b"),
        ] {
            let database: Database = url.parse().unwrap();
            assert_eq!(
                (database.to_string(), format!("{database:?}")),
                (shown.into(), shown.into())
            );
        }
        for wrong in ["", "postgres:x", "mysql://x", "sqlite:", "esep.sqlite3"] {
            assert!(wrong.parse::<Database>().is_err(), "{wrong}");
        }
    }
}
