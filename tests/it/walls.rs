//! The walls: which room may call which, read from the table in `docs/ARCHITECTURE.md` and held against `src/`.

use super::docs::project;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Rooms that know no clock, no chance, no file and no network, and compile without the feature `server`.
const PURE: [&str; 9] = [
    "ballot",
    "calendar",
    "competition",
    "crypto",
    "eligibility",
    "ledger",
    "ruleset",
    "tally",
    "verify",
];
/// Rooms of the feature `server`.
const OFFICE: [&str; 8] = [
    "clerk",
    "config",
    "documents",
    "drafts",
    "http",
    "store",
    "telemetry",
    "web",
];

/// Room by room: those it may call. Rows of the table stand between the two marks.
fn table() -> BTreeMap<String, BTreeSet<String>> {
    let page = std::fs::read_to_string(project("docs/ARCHITECTURE.md")).unwrap();
    let rows = page.split("<!-- walls -->").nth(1).expect("the table is marked");
    let names = |cell: &str| -> BTreeSet<String> { cell.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    let rows = rows.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<_> = row.split('|').collect();
        (names(cells[1]).into_iter().next().unwrap(), names(cells[2]))
    })
    .collect()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// Rooms that a source names after `crate::`, one by one or in braces; comments aside.
fn rooms_named(text: &str) -> BTreeSet<String> {
    let code: String = text
        .lines()
        .map(|line| line.split("//").next().unwrap())
        .flat_map(|line| [line, "\n"])
        .collect();
    let word = |text: &str| -> String {
        let end = text
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(text.len());
        text[..end].to_owned()
    };
    let mut rooms = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let Some(group) = rest.strip_prefix('{') else {
            rooms.insert(word(rest));
            continue;
        };
        let mut depth = 0;
        let mut item = String::new();
        for c in group.chars() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    rooms.insert(word(item.trim()));
                    item.clear();
                    continue;
                }
                _ => {}
            }
            item.push(c);
        }
        rooms.insert(word(item.trim()));
    }
    rooms.remove("");
    rooms
}

/// Which rooms each room names.
fn calls() -> BTreeMap<String, BTreeSet<String>> {
    let src = project("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut calls: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files {
        let first = file.strip_prefix(&src).unwrap().components().next().unwrap();
        let room = first.as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned();
        // A folder without its file is compiled by nobody.
        if room == "lib" || room == "main" || !src.join(format!("{room}.rs")).exists() {
            continue;
        }
        let named = rooms_named(&std::fs::read_to_string(&file).unwrap());
        let calls = calls.entry(room.clone()).or_default();
        calls.extend(named.into_iter().filter(|other| *other != room));
    }
    calls
}

#[test]
fn rooms_call_only_whom_the_table_allows() {
    let table = table();
    for (room, called) in calls() {
        let allowed = table
            .get(&room)
            .unwrap_or_else(|| panic!("room {room} is not in the table"));
        let over: Vec<_> = called.difference(allowed).collect();
        assert!(over.is_empty(), "{room} reaches over a wall into {over:?}");
    }
}

#[test]
fn the_table_itself_keeps_the_walls() {
    for (room, allowed) in table() {
        let names = |others: &[&str]| others.iter().any(|other| allowed.contains(*other));
        if PURE.contains(&room.as_str()) {
            assert!(!names(&OFFICE) && !names(&["cli", "demo"]), "{room} is pure");
        }
        let front = matches!(room.as_str(), "cli" | "demo");
        assert!(front || !names(&["http", "demo"]), "{room} is called by the front door");
        assert!(!names(&["cli"]), "nobody calls cli, not even {room}");
    }
    let allowed = &table()["ledger"];
    assert!(
        !allowed.contains("competition"),
        "the ledger knows nothing of competitions"
    );
}

#[test]
fn the_map_names_every_room() {
    let map = std::fs::read_to_string(project("src/lib.rs")).unwrap();
    let rooms: BTreeSet<_> = map
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    let calls = calls();
    let found: BTreeSet<_> = calls.keys().map(String::as_str).collect();
    assert_eq!(rooms, found, "rooms of lib.rs against files of src");
    assert!(PURE.iter().all(|room| found.contains(room)));
}

#[test]
fn the_reader_of_paths_reads_groups_and_skips_comments() {
    let text =
        "use crate::{\n ledger::{a, b::{c}},\n calendar::Time,\n};\n// crate::http::x\nlet y = crate::tally::rank();";
    let wanted: BTreeSet<_> = ["calendar", "ledger", "tally"].map(str::to_owned).into();
    assert_eq!(rooms_named(text), wanted);
}
