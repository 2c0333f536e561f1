//! What a sender takes home: proof that an entry is in the log (C2SP `tlog-proof`), that the box holds a ballot, or
//! that a statement was turned away. Each is a text that is checked offline with the log's public key alone.

use super::{
    checkpoint::{Checkpoint, CheckpointError},
    note::{Note, NoteError, NoteKey, Vkey, parse_decimal},
    proof::{ProofError, check_inclusion},
    tree::{Tree, leaf_hash},
};
use crate::{
    calendar::Time,
    crypto::{Digest, base64},
};
use std::fmt;

const PROOF_HEAD: &str = "c2sp.org/tlog-proof@v1";
const BOX_HEAD: &str = "esep/box";
const REFUSED_HEAD: &str = "esep/refused";
/// The path of a leaf is never longer than a size has bits.
const MAX_PROOF_HASHES: usize = 64;

/// Why a receipt proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Not of the form of this receipt.
    #[error("not a receipt of this kind")]
    Malformed,
    /// Its note is bad.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Its checkpoint is bad.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Its proof is bad.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// Its lines name another log than the one that signed it.
    #[error("the receipt names the log {0}, which did not sign it")]
    Origin(String),
}

/// Proof that an entry is in the log: index, inclusion proof, signed checkpoint. The text is a `.tlog-proof` file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Place of the entry.
    pub index: u64,
    /// Hashes from the leaf's sibling up.
    pub proof: Vec<Digest>,
    /// The checkpoint as a signed note, word for word.
    pub checkpoint: String,
}

impl Receipt {
    /// A receipt for the entry `index` under a checkpoint of `size` entries.
    ///
    /// # Panics
    /// Unless `index < size <= tree.size()`.
    pub fn make(tree: &Tree, index: u64, size: u64, checkpoint: impl Into<String>) -> Self {
        Self {
            index,
            proof: tree.inclusion(index, size),
            checkpoint: checkpoint.into(),
        }
    }

    /// Reads a `.tlog-proof`; one with extra data, which we never write and nothing would protect, is refused.
    pub fn parse(text: &str) -> Result<Self, ReceiptError> {
        let (head, checkpoint) = text.split_once("\n\n").ok_or(ReceiptError::Malformed)?;
        let mut lines = head.split('\n');
        if lines.next() != Some(PROOF_HEAD) {
            return Err(ReceiptError::Malformed);
        }
        let index = lines
            .next()
            .and_then(|line| line.strip_prefix("index "))
            .and_then(parse_decimal);
        let index = index.ok_or(ReceiptError::Malformed)?;
        let hash = |line| {
            base64::decode_array(line)
                .map(Digest::from_bytes)
                .map_err(|_| ReceiptError::Malformed)
        };
        let proof = lines.map(hash).collect::<Result<Vec<_>, _>>()?;
        if proof.len() > MAX_PROOF_HASHES {
            return Err(ReceiptError::Malformed);
        }
        Ok(Self {
            index,
            proof,
            checkpoint: checkpoint.to_owned(),
        })
    }

    /// Whether these entry bytes are in the log whose key this is; gives the checkpoint that says so.
    pub fn check(&self, entry: &[u8], log: &Vkey) -> Result<Checkpoint, ReceiptError> {
        self.check_leaf(&leaf_hash(entry), log)
    }

    /// Like [`Receipt::check`], from the leaf hash.
    pub fn check_leaf(&self, leaf: &Digest, log: &Vkey) -> Result<Checkpoint, ReceiptError> {
        let checkpoint = Checkpoint::open(&self.checkpoint, log)?;
        check_inclusion(leaf, self.index, checkpoint.size, &self.proof, &checkpoint.root)?;
        Ok(checkpoint)
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PROOF_HEAD}\nindex {}\n", self.index)?;
        self.proof
            .iter()
            .try_for_each(|hash| writeln!(f, "{}", base64::encode(hash)))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

/// Proof that the box holds a ballot: a note without time or place, so that it tells nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoxReceipt {
    /// The competition's ledger.
    pub origin: String,
    /// Round of the vote.
    pub round: u32,
    /// PAE hash of the ballot.
    pub ballot: Digest,
}

impl BoxReceipt {
    /// The lines that are signed.
    pub fn text(&self) -> String {
        format!("{BOX_HEAD}\n{}\n{}\n{}\n", self.origin, self.round, self.ballot)
    }

    /// A note by the log key.
    ///
    /// # Panics
    /// If the origin holds a control character.
    pub fn sign(&self, log: &NoteKey) -> String {
        log.sign(&self.text()).expect("an origin is one line of text")
    }

    /// Reads and checks a note by the log key.
    pub fn open(note: &str, log: &Vkey) -> Result<Self, ReceiptError> {
        let [origin, round, ballot] = open_lines(note, log, BOX_HEAD)?;
        let round = parse_decimal(&round).and_then(|round| u32::try_from(round).ok());
        let ballot = ballot.parse().map_err(|_| ReceiptError::Malformed)?;
        Ok(Self {
            origin,
            round: round.ok_or(ReceiptError::Malformed)?,
            ballot,
        })
    }
}

/// Proof that a statement arrived and was turned away, when and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The competition's ledger.
    pub origin: String,
    /// PAE hash of the statement.
    pub statement: Digest,
    /// When it was decided.
    pub time: Time,
    /// Code of the refusal: one word.
    pub code: String,
}

impl Refused {
    /// The lines that are signed.
    pub fn text(&self) -> String {
        format!(
            "{REFUSED_HEAD}\n{}\n{}\n{}\n{}\n",
            self.origin, self.statement, self.time, self.code
        )
    }

    /// A note by the log key.
    ///
    /// # Panics
    /// If the origin or the code holds a control character.
    pub fn sign(&self, log: &NoteKey) -> String {
        log.sign(&self.text())
            .expect("origin and code are one line of text each")
    }

    /// Reads and checks a note by the log key.
    pub fn open(note: &str, log: &Vkey) -> Result<Self, ReceiptError> {
        let [origin, statement, time, code] = open_lines(note, log, REFUSED_HEAD)?;
        let statement = statement.parse().map_err(|_| ReceiptError::Malformed)?;
        let time = time.parse().map_err(|_| ReceiptError::Malformed)?;
        Ok(Self {
            origin,
            statement,
            time,
            code,
        })
    }
}

/// The `N` lines after `head` in a note of the log; the first of them must be the log's own origin.
fn open_lines<const N: usize>(note: &str, log: &Vkey, head: &str) -> Result<[String; N], ReceiptError> {
    let (note, _) = Note::open(note, std::slice::from_ref(log))?;
    let text = note.text.strip_suffix('\n').ok_or(ReceiptError::Malformed)?;
    let lines = text
        .strip_prefix(head)
        .and_then(|text| text.strip_prefix('\n'))
        .ok_or(ReceiptError::Malformed)?;
    let lines: Vec<String> = lines.split('\n').map(str::to_owned).collect();
    let lines: [String; N] = lines.try_into().map_err(|_| ReceiptError::Malformed)?;
    if lines[0] == log.name() {
        Ok(lines)
    } else {
        Err(ReceiptError::Origin(lines[0].clone()))
    }
}
