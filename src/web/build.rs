//! Lists what the pages embed: every file under `css`, `icons`, `js`, `messages` and `verifier` becomes a row of
//! `(path, bytes)`, so that a new file needs no line of code and the file served is the file reviewed.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const FOLDERS: [&str; 5] = ["css", "icons", "js", "messages", "verifier"];
const ENDINGS: [&str; 5] = ["css", "svg", "mjs", "ftl", "json"];

fn main() {
    let root =
        Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo names the package's folder")).join("src/web");
    println!("cargo::rerun-if-changed=src/web");
    let mut files = Vec::new();
    for folder in FOLDERS {
        walk(&root.join(folder), &mut files);
    }
    files.sort();
    let mut rows = String::from("&[\n");
    for file in files {
        let name = file.strip_prefix(&root).expect("it was found there");
        let name = name.to_str().expect("names of files are plain").replace('\\', "/");
        let path = file.to_str().expect("cargo builds under a path that is text");
        writeln!(rows, "    ({name:?}, include_bytes!({path:?}) as &[u8]),").expect("text grows");
    }
    rows.push(']');
    let out = PathBuf::from(std::env::var("OUT_DIR").expect("cargo names a folder for what is made"));
    std::fs::write(out.join("embedded.rs"), rows).expect("that folder takes files");
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    // A folder that is not there holds nothing.
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, found);
        } else if path
            .extension()
            .is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known))
        {
            found.push(path);
        }
    }
}
