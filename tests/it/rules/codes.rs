//! Every code of a refusal is reached by a test.

use esep::competition::Code;

/// Codes that no statement gets from the rules, and where they arise.
const ELSEWHERE: [(Code, &str); 2] = [
    (
        Code::Malformed,
        "an envelope that is no DSSE: at the API and in the verifier",
    ),
    (
        Code::TextCharacters,
        "at the office's door (`tests/it/http.rs`, `bad_statements_are_refused_and_change_nothing`)",
    ),
];

#[test]
fn every_code_is_reached_by_a_test() {
    let tests = [
        include_str!("found.rs"),
        include_str!("announcing.rs"),
        include_str!("intake.rs"),
        include_str!("screening.rs"),
        include_str!("polling.rs"),
        include_str!("counting.rs"),
        include_str!("electorates.rs"),
    ]
    .concat();
    for code in Code::ALL {
        let reached = tests.contains(&format!("Code::{code:?})")) || tests.contains(&format!("Code::{code:?},\n"));
        let elsewhere = ELSEWHERE.iter().any(|(other, _)| other == code);
        assert!(reached != elsewhere, "{code:?}");
    }
}
