//! Checkpoints: C2SP `tlog-checkpoint`, three lines in a signed note, and never an extension line.

use super::{
    note::{Note, NoteError, NoteKey, Verified, Vkey, parse_decimal},
    proof::{ProofError, check_consistency},
};
use crate::crypto::{Digest, base64};

/// Why a note is not a checkpoint of the expected log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note itself is bad.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The text is not three lines: origin, size, root.
    #[error("not a checkpoint: origin, size and root on three lines are wanted")]
    Malformed,
    /// Signed by a key whose name is not the origin.
    #[error("the checkpoint is of the log {0}, not of the one that signed it")]
    Origin(String),
    /// The log was not continued, but changed.
    #[error("the log is not a continuation of its older checkpoint: {0}")]
    Consistency(#[from] ProofError),
}

/// What a log commits to: its name, its size, and the root over all its entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Name of the log.
    pub origin: String,
    /// Number of entries.
    pub size: u64,
    /// Root of the tree over them.
    pub root: Digest,
}

impl Checkpoint {
    /// The three lines that are signed.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, base64::encode(self.root))
    }

    /// Reads the three lines.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let lines = text.strip_suffix('\n').ok_or(CheckpointError::Malformed)?;
        let mut lines = lines.split('\n');
        let (Some(origin), Some(size), Some(root), None) = (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(CheckpointError::Malformed);
        };
        let size = parse_decimal(size).ok_or(CheckpointError::Malformed)?;
        let root = base64::decode_array(root).map_err(|_| CheckpointError::Malformed)?;
        if origin.is_empty() {
            return Err(CheckpointError::Malformed);
        }
        Ok(Self {
            origin: origin.to_owned(),
            size,
            root: Digest::from_bytes(root),
        })
    }

    /// Whether the log at `older` is the beginning of the log at this checkpoint.
    ///
    /// Every log begins with the empty one, whose root is the hash of nothing and whose proof is empty.
    pub fn check_extends(&self, older: &Self, proof: &[Digest]) -> Result<(), CheckpointError> {
        if older.origin != self.origin {
            return Err(CheckpointError::Origin(older.origin.clone()));
        }
        if older.size > 0 {
            return Ok(check_consistency(
                older.size,
                &older.root,
                self.size,
                &self.root,
                proof,
            )?);
        }
        let empty = Digest::of(&[]);
        if older.root != empty || (self.size == 0 && self.root != empty) {
            return Err(ProofError::Root.into());
        }
        if proof.is_empty() {
            Ok(())
        } else {
            Err(ProofError::Length.into())
        }
    }

    /// A note over the checkpoint by the log's key.
    ///
    /// # Panics
    /// If the origin holds a control character.
    pub fn sign(&self, key: &NoteKey) -> String {
        key.sign(&self.text()).expect("an origin is one line of text")
    }

    /// The checkpoint of a note that the log has signed; the key's name must be the origin.
    pub fn open(note: &str, log: &Vkey) -> Result<Self, CheckpointError> {
        Self::open_all(note, std::slice::from_ref(log)).map(|(checkpoint, _)| checkpoint)
    }

    /// Like [`Checkpoint::open`], and tells which of `keys`, log and cosigners, have signed; one must be the log.
    pub fn open_all(note: &str, keys: &[Vkey]) -> Result<(Self, Vec<Verified>), CheckpointError> {
        let (note, verified) = Note::open(note, keys)?;
        let checkpoint = Self::parse(&note.text)?;
        let by_log = verified
            .iter()
            .any(|by| by.time.is_none() && by.vkey.name() == checkpoint.origin);
        if by_log {
            Ok((checkpoint, verified))
        } else {
            Err(CheckpointError::Origin(checkpoint.origin))
        }
    }
}
