//! Configuration: `esep.toml` in the data folder, and the only reader of the environment.
//!
//! Order: a flag, then the environment (`ESEP_...`), then the file, then the default. The file is written by
//! `esep init`; an unknown line in it is an error, because a misspelt setting must not be silently ignored.

use crate::clerk::Office;
use crate::crypto::{PublicKey, SecretKey};
use crate::documents::Limits;
use crate::store::Database;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

/// Name of the configuration in the data folder.
pub const FILE_NAME: &str = "esep.toml";
/// Name of the log key in the data folder.
pub const LOG_KEY: &str = "log.key";
/// Where the office listens if nothing else is said.
pub const LISTEN: &str = "127.0.0.1:8080";

/// Why there is no configuration to work with.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file cannot be read.
    #[error("{path}: {error}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// The file is not what is wanted.
    #[error("{path}: {why}")]
    Bad {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// No data folder was named.
    #[error("which data folder? Say --data DIR or set ESEP_DATA")]
    NoFolder,
    /// An environment variable cannot be read.
    #[error("{name}: {why}")]
    Environment {
        /// The variable.
        name: &'static str,
        /// What is wrong.
        why: String,
    },
}

/// `esep.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Host part of every origin; it can never change once a ledger exists.
    pub host: String,
    /// Whether this office is for rehearsals only.
    #[serde(default)]
    pub rehearsal: bool,
    /// Keys that may announce: base64 of the SubjectPublicKeyInfo, as between the lines of a PEM file.
    pub organisers: Vec<PublicKey>,
    /// The database; the file in the data folder if absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub database: Option<Database>,
    /// Where to listen; [`LISTEN`] if absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub listen: Option<SocketAddr>,
    /// Proxies whose `X-Forwarded-For` is believed.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub proxies: Vec<IpAddr>,
    /// How much is taken; defaults where absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub limits: Option<LimitLines>,
}

/// `[limits]` of the file, all in bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitLines {
    /// One document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_bytes: Option<u64>,
    /// All documents of a competition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub documents_bytes: Option<u64>,
    /// One attachment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachment_bytes: Option<u64>,
    /// All attachments of a competition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachments_bytes: Option<u64>,
    /// All openings of a competition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub openings_bytes: Option<u64>,
}

impl Config {
    /// Reads the file of a data folder.
    pub fn read(folder: &Path) -> Result<Self, ConfigError> {
        let path = folder.join(FILE_NAME);
        let text = text_of(&path)?;
        toml::from_str(&text).map_err(|error| ConfigError::Bad {
            path,
            why: error.to_string(),
        })
    }

    /// The file's text.
    pub fn to_text(&self) -> String {
        toml::to_string(self).expect("strings, numbers and lists are always TOML")
    }

    /// How much is taken.
    pub fn limits(&self) -> Limits {
        let (lines, default) = (self.limits.clone().unwrap_or_default(), Limits::default());
        Limits {
            document_bytes: lines.document_bytes.unwrap_or(default.document_bytes),
            documents_bytes: lines.documents_bytes.unwrap_or(default.documents_bytes),
            attachment_bytes: lines.attachment_bytes.unwrap_or(default.attachment_bytes),
            attachments_bytes: lines.attachments_bytes.unwrap_or(default.attachments_bytes),
            openings_bytes: lines.openings_bytes.unwrap_or(default.openings_bytes),
        }
    }

    /// The office of a data folder, with its log key.
    pub fn office(&self, folder: &Path) -> Result<Office, ConfigError> {
        let path = folder.join(LOG_KEY);
        let pem = zeroize::Zeroizing::new(text_of(&path)?);
        let passphrase = variable("ESEP_LOG_KEY_PASSPHRASE")?.map(zeroize::Zeroizing::new);
        let passphrase = passphrase.as_ref().map(|text| text.as_str());
        let log_key = SecretKey::from_pem(&pem, passphrase).map_err(|error| ConfigError::Bad {
            path,
            why: error.to_string(),
        })?;
        let (host, organisers, rehearsal) = (self.host.clone(), self.organisers.clone(), self.rehearsal);
        Ok(Office {
            host,
            organisers,
            log_key,
            rehearsal,
        })
    }

    /// The database: the flag, the environment, the file, or the one in the data folder.
    pub fn database(&self, flag: Option<Database>, folder: &Path) -> Result<Database, ConfigError> {
        if let Some(flag) = flag {
            return Ok(flag);
        }
        let named = database_variable()?.or_else(|| self.database.clone());
        Ok(named.unwrap_or_else(|| Database::in_folder(folder)))
    }

    /// Where to listen: the flag, the environment, the file, or [`LISTEN`].
    pub fn listen(&self, flag: Option<SocketAddr>) -> Result<SocketAddr, ConfigError> {
        if let Some(flag) = flag {
            return Ok(flag);
        }
        let name = "ESEP_LISTEN";
        if let Some(text) = variable(name)? {
            return text.parse().map_err(|_| ConfigError::Environment {
                name,
                why: "not address:port".into(),
            });
        }
        Ok(self
            .listen
            .unwrap_or_else(|| LISTEN.parse().expect("the default is an address")))
    }
}

/// The data folder: the flag, or `ESEP_DATA`.
pub fn data_folder(flag: Option<PathBuf>) -> Result<PathBuf, ConfigError> {
    match flag {
        Some(folder) => Ok(folder),
        None => variable("ESEP_DATA")?.map(PathBuf::from).ok_or(ConfigError::NoFolder),
    }
}

/// `ESEP_DATABASE`, where it is set.
pub fn database_variable() -> Result<Option<Database>, ConfigError> {
    let name = "ESEP_DATABASE";
    let why = |why: &str| ConfigError::Environment { name, why: why.into() };
    variable(name)?.map(|text| text.parse().map_err(why)).transpose()
}

/// What to log: `ESEP_LOG`, as tracing's filter reads it; `info` if absent.
pub fn log_filter() -> String {
    variable("ESEP_LOG").ok().flatten().unwrap_or_else(|| "info".into())
}

fn variable(name: &'static str) -> Result<Option<String>, ConfigError> {
    match std::env::var(name) {
        Ok(text) => Ok(Some(text)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(error) => Err(ConfigError::Environment {
            name,
            why: error.to_string(),
        }),
    }
}

fn text_of(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
        path: path.to_owned(),
        error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        let key = SecretKey::from_seed([7; 32]).public().clone();
        Config {
            host: "votes.example.org".into(),
            rehearsal: true,
            organisers: vec![key],
            database: Some("postgres://office@db/esep".parse().unwrap()),
            listen: None,
            proxies: Vec::new(),
            limits: None,
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE_NAME), config().to_text()).unwrap();
        assert_eq!(Config::read(folder.path()).unwrap(), config());
    }

    #[test]
    fn a_misspelt_line_is_named() {
        let folder = tempfile::tempdir().unwrap();
        for line in ["rehersal = true\n", "[limits]\ndocument_byte = 1\n"] {
            std::fs::write(folder.path().join(FILE_NAME), config().to_text() + line).unwrap();
            let words = Config::read(folder.path()).unwrap_err().to_string();
            assert!(words.contains("unknown field"), "{words}");
        }
    }

    #[test]
    fn limits_of_the_file_stand_beside_the_defaults() {
        let lines = LimitLines {
            document_bytes: Some(9),
            ..LimitLines::default()
        };
        let limits = Config {
            limits: Some(lines),
            ..config()
        }
        .limits();
        assert_eq!(
            limits,
            Limits {
                document_bytes: 9,
                ..Limits::default()
            }
        );
    }
}
