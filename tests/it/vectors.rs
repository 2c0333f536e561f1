//! Where published test vectors lie, if they are here.

use std::path::{Path, PathBuf};

/// A vector file; `None`, with a word to the reader, where it is missing.
pub fn vector(path: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("ESEP_VECTORS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors"),
        PathBuf::from,
    );
    let file = folder.join(path);
    if !file.exists() {
        eprintln!("skipped: no test vectors {path} (set ESEP_VECTORS to their folder)");
        return None;
    }
    Some(file)
}

/// A vector file as JSON.
pub fn vector_json(path: &str) -> Option<serde_json::Value> {
    let bytes = std::fs::read(vector(path)?).expect("a readable file");
    Some(serde_json::from_slice(&bytes).expect("JSON"))
}
