//! The append-only ledger: entries, hash chain, Merkle tree, signed checkpoints, proofs, tiles, bundles.
//!
//! Bytes in, bytes out: this room knows nothing of competitions, keeps no clock, and decides nothing. It follows
//! RFC 6962 / 9162 for the tree and C2SP `signed-note`, `tlog-checkpoint`, `tlog-cosignature`, `tlog-tiles`,
//! `tlog-proof` and `tlog-policy` for what is published, so that other people's tools read it. Bytes that were hashed
//! are kept and handed on as they are, never written anew to be checked.

pub mod again;
pub mod bundle;
pub mod checkpoint;
pub mod entry;
pub mod note;
pub mod policy;
pub mod proof;
pub mod receipt;
pub mod source;
pub mod tile;
pub mod tree;

pub use bundle::Files;
pub use checkpoint::Checkpoint;
pub use entry::Entry;
pub use note::{Note, NoteKey, Vkey};
pub use policy::Policy;
pub use receipt::Receipt;
pub use source::Source;
pub use tree::{Frontier, Tree};
