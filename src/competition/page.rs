//! The page that lies in every bundle and verifies it from disk: the second verifier's modules put into its frame.
//!
//! The modules are the files of `src/web/verifier`, byte for byte; the frame says how they go into it. No file is made at
//! build time, so what a stranger reads in the repository is what runs.

use std::sync::LazyLock;

/// Name of the page in a bundle. Held to SHA256SUMS alone: it is for people, and proves nothing about the record.
pub const VERIFIER: &str = "verify.html";

const FRAME: &str = include_str!("../web/verifier/page.html");
/// Stands alone on a line of the frame where the modules go.
const PLACE: &str = "<!-- modules -->\n";

macro_rules! modules {
    ($($name:literal)*) => {
        /// Every module but `verify.mjs`, which reads files and is for Node.
        pub const MODULES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../web/verifier/", $name)))),*];
    };
}

modules! {
    "acts.mjs" "bundle.mjs" "bytes.mjs" "calendar.mjs" "check.mjs" "ed25519.mjs" "eligibility.mjs" "json.mjs" "note.mjs" "page.mjs"
    "protocol.mjs" "replay.mjs" "report.mjs" "schema.mjs" "sort.mjs" "statement.mjs" "tally.mjs" "texts.mjs" "tree.mjs" "worker.mjs"
}

/// The page.
pub fn verifier_page() -> &'static str {
    static PAGE: LazyLock<String> = LazyLock::new(|| {
        let modules = MODULES
            .iter()
            .map(|(name, text)| format!("<script type=\"text/plain\" data-module=\"{name}\">\n{text}</script>\n"));
        FRAME.replacen(PLACE, &modules.collect::<String>(), 1)
    });
    &PAGE
}
