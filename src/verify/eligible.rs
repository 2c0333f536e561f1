//! R8-R14, R18-R21 of listed candidates, as far as their facts are disclosed: met, not met, or undisclosed.

use super::finding::Finding;
use super::{Notes, Trust};
use crate::competition::{Competition, Context};
use crate::eligibility::{self, assess};
use std::collections::BTreeMap;

/// Asks the rules again about everyone on the list, at the moment of the list.
pub(super) fn check_listed(state: &Competition, context: &Context<'_>, seq: u64, trust: &Trust, notes: &mut Notes) {
    let Some(list) = state.list() else { return };
    let mut undisclosed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for candidate in &list.candidates {
        let facts = state.facts(&candidate.nomination, context);
        let mut closed = Vec::new();
        for rule in assess(&facts, &state.rules().eligibility, state.intake_last_day()) {
            let words = format!("{}: {} ({:?})", candidate.id, rule.rule, rule.reason);
            match rule.finding {
                eligibility::Finding::Met => {}
                eligibility::Finding::NotMet => notes.find(Finding::Eligibility, Some(seq), words),
                eligibility::Finding::Flagged => notes.not_checked(format!("{words}: a doubt that a person settled")),
                eligibility::Finding::Undisclosed => closed.push(rule.rule),
            }
        }
        if !matches!(state.admitted(&candidate.nomination, context), Ok(Some(_))) {
            closed.push("the decisions".to_owned());
        }
        if !closed.is_empty() {
            undisclosed
                .entry(closed.join(", "))
                .or_default()
                .push(candidate.id.to_string());
        }
    }
    for (rules, candidates) in undisclosed {
        let words = format!("undisclosed facts: {rules} of {}", candidates.join(", "));
        if trust.require_disclosed {
            notes.missing(words);
        } else {
            notes.not_checked(words);
        }
    }
}
