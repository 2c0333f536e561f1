//! `esep verify` (placeholder until its room is complete).
use crate::verify::Report;
/// The report in words.
pub fn words(report: &Report) -> String {
    format!("{:?} {:?} {:?}\n", report.verdict, report.numbers(), report.missing)
}
