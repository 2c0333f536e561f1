//! The front door: parse arguments, call a room, print, end with the right exit code.
//!
//! What every command shares: data goes to standard output and talk to standard error, `--json` gives one object
//! `{"schema": .., "result": ..}`, a closed pipe ends quietly, and the exit code says what happened: 0 done or proved,
//! 1 checked and wrong, 2 wrong usage, 3 could not tell, 4 refused by rules or rights. No rule is decided here.

#[cfg(feature = "server")]
pub mod backup;
pub mod cards;
#[cfg(feature = "server")]
pub mod copy;
#[cfg(feature = "server")]
pub mod demo;
#[cfg(feature = "server")]
pub mod doctor;
pub mod enrol;
#[cfg(feature = "server")]
pub mod export;
#[cfg(feature = "server")]
pub mod fetch;
#[cfg(feature = "server")]
pub mod init;
pub mod keygen;
#[cfg(feature = "server")]
pub mod migrate;
#[cfg(feature = "server")]
mod office;
#[cfg(feature = "server")]
pub mod post;
#[cfg(feature = "server")]
mod remote;
#[cfg(feature = "server")]
pub mod serve;
pub mod sign;
pub mod statement;
pub mod tally;
pub mod verify;
pub mod verify_receipt;

use crate::competition::Refusal;
use crate::crypto::SecretKey;
use crate::crypto::key::KeyError;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::fmt::Display;
use std::fs::OpenOptions;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use zeroize::Zeroizing;

/// No key, template, envelope or list of openings is larger; bundles and attachments are read by their own rooms.
const MAX_INPUT_BYTES: u64 = 64 << 20;

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Checked and found wrong: exit 1.
    #[error("{0}")]
    Wrong(String),
    /// Asked in a way that cannot be done: exit 2.
    #[error("{0}")]
    Usage(String),
    /// Something is missing or unreadable: exit 3.
    #[error("{0}")]
    CannotTell(String),
    /// The rules, or the office, say no: exit 4.
    #[error("{0}")]
    Refused(String),
}

impl Failure {
    /// The exit code.
    pub fn exit(&self) -> u8 {
        match self {
            Self::Wrong(_) => 1,
            Self::Usage(_) => 2,
            Self::CannotTell(_) => 3,
            Self::Refused(_) => 4,
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(format!("{refusal}\n  next: {}", refusal.code.next_step()))
    }
}

/// Wrong usage, in these words.
pub fn usage(words: impl Into<String>) -> Failure {
    Failure::Usage(words.into())
}

/// Something is missing or unreadable, in these words.
pub fn cannot_tell(words: impl Into<String>) -> Failure {
    Failure::CannotTell(words.into())
}

/// Ends the program: prints what went wrong, and gives the exit code for it.
pub fn finish(done: anyhow::Result<ExitCode>) -> ExitCode {
    let error = match done {
        Ok(code) => return code,
        Err(error) => error,
    };
    let closed = |cause: &(dyn std::error::Error + 'static)| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|fault| fault.kind() == io::ErrorKind::BrokenPipe)
    };
    // Whoever reads us has seen enough.
    if error.chain().any(closed) {
        return ExitCode::SUCCESS;
    }
    talk(format_args!("esep: {error:#}"));
    ExitCode::from(error.downcast_ref::<Failure>().map_or(3, Failure::exit))
}

/// A line for the person at the terminal; nobody may be listening.
pub fn talk(words: impl Display) {
    let _ = writeln!(io::stderr(), "{words}");
}

/// Writes data to standard output; a closed pipe comes back as an error that [`finish`] takes for an end.
pub fn print(data: impl AsRef<[u8]>) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(data.as_ref())?;
    Ok(out.flush()?)
}

/// `--json`: one object with its schema's name.
pub fn print_json(schema: &str, result: &impl Serialize) -> anyhow::Result<()> {
    let mut text = serde_json::to_string_pretty(&serde_json::json!({ "schema": schema, "result": result }))?;
    text.push('\n');
    print(text)
}

/// The whole file (`-`: standard input), of a size that a person's file may have.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let fault = |fault: io::Error| cannot_tell(format!("{}: {fault}", path.display()));
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::stdin()
            .take(MAX_INPUT_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(fault)?;
    } else {
        let file = std::fs::File::open(path).map_err(fault)?;
        file.take(MAX_INPUT_BYTES + 1).read_to_end(&mut bytes).map_err(fault)?;
    }
    if bytes.len() as u64 > MAX_INPUT_BYTES {
        return Err(cannot_tell(format!(
            "{}: larger than {} MiB",
            path.display(),
            MAX_INPUT_BYTES >> 20
        )));
    }
    Ok(bytes)
}

/// The whole file as text.
pub fn read_text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(read(path)?).map_err(|_| cannot_tell(format!("{}: not UTF-8 text", path.display())))
}

/// The whole file as JSON of this shape.
pub fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    serde_json::from_slice(&read(path)?).map_err(|fault| cannot_tell(format!("{}: {fault}", path.display())))
}

/// Who may read a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Its owner alone (0600).
    Secret,
    /// Everyone whom the umask lets (0644).
    Public,
}

/// Makes a new file; never overwrites, and leaves nothing behind when it cannot be written whole.
pub fn write_new(path: &Path, bytes: &[u8], mode: Mode) -> Result<(), Failure> {
    let mut file = create_new(path, mode)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    written.map_err(|fault| {
        let _ = std::fs::remove_file(path);
        cannot_tell(format!("{}: {fault}", path.display()))
    })
}

/// The open new file behind [`write_new`].
pub fn create_new(path: &Path, mode: Mode) -> Result<std::fs::File, Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(if mode == Mode::Secret { 0o600 } else { 0o644 });
    }
    #[cfg(not(unix))]
    let _ = mode;
    options.open(path).map_err(|fault| match fault.kind() {
        io::ErrorKind::AlreadyExists => usage(format!("{}: exists already, and is never overwritten", path.display())),
        _ => cannot_tell(format!("{}: {fault}", path.display())),
    })
}

/// Data to a new file, or to standard output when there is none (or `-`).
pub fn write_or_print(out: Option<&Path>, bytes: &[u8]) -> anyhow::Result<()> {
    match out {
        Some(path) if path != Path::new("-") => {
            write_new(path, bytes, Mode::Public)?;
            talk(format_args!("wrote {}", path.display()));
            Ok(())
        }
        _ => print(bytes),
    }
}

/// The key that signs.
#[derive(Debug, Clone, clap::Args)]
pub struct KeyFile {
    /// Private key: a PKCS#8 PEM file, as `esep keygen` or `openssl genpkey -algorithm ed25519` writes it.
    #[arg(long, value_name = "KEY.pem")]
    pub key: PathBuf,
    #[command(flatten)]
    passphrase: Passphrase,
}

impl KeyFile {
    /// Reads the key; asks for the passphrase where one is needed.
    pub fn load(&self) -> Result<SecretKey, Failure> {
        load_key(&self.key, &self.passphrase)
    }
}

/// Where the passphrase comes from.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Passphrase {
    /// File whose first line is the passphrase of the key; without it the terminal is asked.
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

impl Passphrase {
    /// The passphrase from the file, or asked at the terminal.
    pub fn read(&self, prompt: &str) -> Result<Zeroizing<String>, Failure> {
        let Some(path) = &self.passphrase_file else {
            return ask_secret(prompt);
        };
        let text = Zeroizing::new(read_text(path)?);
        let line = Zeroizing::new(text.lines().next().unwrap_or_default().to_owned());
        if line.is_empty() {
            return Err(usage(format!(
                "{}: its first line, the passphrase, is empty",
                path.display()
            )));
        }
        Ok(line)
    }
}

/// Asks at the terminal, without showing what is typed.
pub fn ask_secret(prompt: &str) -> Result<Zeroizing<String>, Failure> {
    if !io::stdin().is_terminal() {
        return Err(usage(format!(
            "{prompt} is needed, and there is no terminal to ask at: name a file instead"
        )));
    }
    let typed = rpassword::prompt_password(format!("{prompt}: "));
    typed
        .map(Zeroizing::new)
        .map_err(|fault| cannot_tell(format!("the terminal: {fault}")))
}

/// Reads a private key.
pub fn load_key(path: &Path, passphrase: &Passphrase) -> Result<SecretKey, Failure> {
    let pem = Zeroizing::new(read_text(path)?);
    let bad = |fault: KeyError| cannot_tell(format!("{}: {fault}", path.display()));
    match SecretKey::from_pem(&pem, None) {
        Err(KeyError::PassphraseNeeded) => {
            let typed = passphrase.read(&format!("passphrase of {}", path.display()))?;
            SecretKey::from_pem(&pem, Some(&typed)).map_err(bad)
        }
        other => other.map_err(bad),
    }
}

/// The name of a ledger: `<host>/<competition id>`.
pub fn origin(text: &str) -> Result<String, String> {
    const WORDS: &str = "write it as <host>/<competition id>, the id of lower-case letters, digits and dashes";
    let (host, id) = text.rsplit_once('/').ok_or(WORDS)?;
    let id_fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let host_fits = |c: char| c.is_ascii_graphic() && c != '+';
    let fits =
        (1..=64).contains(&id.len()) && id.chars().all(id_fits) && !host.is_empty() && host.chars().all(host_fits);
    if fits {
        Ok(text.to_owned())
    } else {
        Err(WORDS.to_owned())
    }
}

/// `"0123abcd.."` as `0123 abcd ..`, the way people compare digests aloud.
pub fn in_fours(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    letters
        .chunks(4)
        .map(|four| four.iter().collect::<String>())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Control characters in a file must not command a terminal.
pub fn printable(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .map(|c| if hidden(c) { char::REPLACEMENT_CHARACTER } else { c })
        .collect()
}

/// A bar on standard error where that is a terminal; else nothing.
pub fn progress(length: u64, what: &'static str) -> ProgressBar {
    if !io::stderr().is_terminal() || length < 200 {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}");
    ProgressBar::new(length)
        .with_style(style.expect("the template is well formed"))
        .with_message(what)
}

/// Asks a question to which only `yes` is yes.
pub fn confirm(question: &str) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        return Err(usage(
            "there is no terminal to ask at: read what is signed, then say --yes",
        ));
    }
    let _ = write!(io::stderr(), "{question} [yes/no] ");
    let mut answer = String::new();
    io::stdin()
        .read_line(&mut answer)
        .map_err(|fault| cannot_tell(format!("the terminal: {fault}")))?;
    Ok(answer.trim().eq_ignore_ascii_case("yes"))
}
