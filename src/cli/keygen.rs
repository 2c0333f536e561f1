//! `esep keygen`: makes a key. The private half is written once, readable by its owner alone, and never overwritten.

use super::{Failure, Mode, Passphrase, ask_secret, print, print_json, talk, usage, write_new};
use crate::crypto::SecretKey;
use crate::crypto::test_keys::{TEST_KEYS, test_key};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use zeroize::Zeroizing;

/// Make an Ed25519 key: NAME.key.pem (private, PKCS#8, mode 0600) and NAME.pub.pem (public).
///
/// Neither file is ever overwritten. Both are read by openssl, and keys of `openssl genpkey -algorithm ed25519` are
/// read by esep. Keep the private file, and a copy of it, where nobody else can read it.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  esep keygen --out cec --encrypt\n  esep keygen --out demo-cec --test 4\n  openssl pkey -pubin -in cec.pub.pem -text"
)]
pub struct Keygen {
    /// Name of the two files, with their folder.
    #[arg(long, value_name = "NAME")]
    out: PathBuf,
    /// Encrypt the private key with a passphrase (PBES2, which openssl opens too).
    #[arg(long)]
    encrypt: bool,
    #[command(flatten)]
    passphrase: Passphrase,
    /// The published test key with this number, for rehearsals only: everybody knows it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(..i64::from(TEST_KEYS)))]
    test: Option<u8>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Keygen {
    /// Makes the key and writes both files.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let (private, public) = (named(&self.out, ".key.pem")?, named(&self.out, ".pub.pem")?);
        for path in [&private, &public] {
            // Before the passphrase is asked for; the files themselves are still made exclusively.
            if path.symlink_metadata().is_ok() {
                return Err(usage(format!("{}: exists already, and is never overwritten", path.display())).into());
            }
        }
        let key = self
            .test
            .map_or_else(|| SecretKey::generate(&mut rand::rng()), test_key);
        let pem = self.pem(&key)?;
        write_new(&private, pem.as_bytes(), Mode::Secret)?;
        if let Err(fault) = write_new(&public, key.public().to_pem().as_bytes(), Mode::Public) {
            let _ = std::fs::remove_file(&private);
            return Err(fault.into());
        }
        if self.test.is_some() {
            talk("this is a published test key: everybody can sign with it; rehearsals only");
        }
        talk(format_args!(
            "private key: {}\npublic key:  {}",
            private.display(),
            public.display()
        ));
        let id = key.public().id();
        if self.json {
            let result = json!({ "keyid": id, "private": private, "public": public, "test": self.test.is_some() });
            print_json("esep.keygen.v1", &result)?;
        } else {
            print(format!("{id}\n"))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn pem(&self, key: &SecretKey) -> Result<Zeroizing<String>, Failure> {
        if !self.encrypt && self.passphrase.passphrase_file.is_none() {
            return Ok(key.to_pem());
        }
        let passphrase = self.passphrase.read("new passphrase")?;
        if self.passphrase.passphrase_file.is_none() && *ask_secret("once more")? != *passphrase {
            return Err(usage("the two passphrases differ"));
        }
        if passphrase.is_empty() {
            return Err(usage("an empty passphrase protects nothing"));
        }
        let sealed = key.to_encrypted_pem(&passphrase, &mut rand::rng());
        sealed.map_err(|fault| super::cannot_tell(fault.to_string()))
    }
}

fn named(name: &Path, ending: &str) -> Result<PathBuf, Failure> {
    let file = name
        .file_name()
        .ok_or_else(|| usage("--out needs a name, not only a folder"))?;
    let mut file = file.to_owned();
    file.push(ending);
    Ok(name.with_file_name(file))
}
