//! Who may be a candidate, and of which association (R8-R14, R18-R21): facts, rule set and date give a finding and a
//! reason for every rule.
//!
//! What the engine computes binds the secretariat (R8, R10, R21, and that a document of R18-R20 is missing); what a
//! person must judge (R9, R11-R14, and whether a document that was sent is the right one) is only proposed. A fact that
//! is not disclosed gives [`Finding::Undisclosed`], never a guess.

use crate::calendar::{Date, age_on};
use crate::ruleset::{EligibilityRules, OnDoubt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use unicode_normalization::UnicodeNormalization;

/// Rules that a screening decision decides, in its fixed order.
pub const SCREENED: [&str; 11] = [
    "R8", "R9", "R10", "R11", "R12", "R13", "R14", "R18", "R19", "R20", "R21",
];

/// What a rule comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// The rule is met.
    Met,
    /// The rule is not met.
    NotMet,
    /// A person must settle it.
    Flagged,
    /// The facts are not disclosed.
    Undisclosed,
}

/// Reasons, a closed list; prose is a stored document with a commitment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Nothing against it.
    InOrder,
    /// R8: fewer counting organisations than required.
    TooFewOrganisations,
    /// R8: a public association or foundation has a state or municipal founder.
    StateFounder,
    /// R8: an organisation also stands in another association.
    OrganisationElsewhere,
    /// R9: not a citizen.
    NotCitizen,
    /// R9: not legally capable.
    NotCapable,
    /// R10: too young on the last day of intake.
    TooYoung,
    /// R11: an unexpunged conviction.
    Convicted,
    /// R11: an expunged conviction.
    ConvictionExpunged,
    /// R12: no higher education.
    NoHigherEducation,
    /// R13: no experience of public activity.
    NoExperience,
    /// R14: a state or municipal servant.
    Servant,
    /// R18-R20: the document is missing.
    DocumentMissing,
    /// R18-R20: the document is not what it should be.
    DocumentUnfit,
    /// The evidence does not support the declaration.
    EvidenceMissing,
    /// The fact is not disclosed.
    Undisclosed,
}

/// One rule with its finding and reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleFinding {
    /// `R8` ...
    pub rule: String,
    /// What it comes to.
    pub finding: Finding,
    /// Why.
    pub reason: Reason,
}

/// R8: a non-commercial organisation of an association.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// Its name.
    pub name: String,
    /// Registration number.
    pub number: String,
    /// Legal form.
    pub form: Form,
    /// Whether it is itself a state or municipal body.
    pub state_body: bool,
    /// Whether a state or municipal body is among its founders.
    pub state_founder: bool,
}

/// R8: legal forms that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A public association.
    PublicAssociation,
    /// A foundation.
    Foundation,
    /// An institution.
    Institution,
    /// Any other form: does not count.
    Other,
}

/// R9.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Citizenship {
    /// A citizen of the Kyrgyz Republic.
    pub citizen: bool,
    /// Legally capable.
    pub capable: bool,
}

/// R11.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Conviction {
    /// Ever convicted.
    pub convicted: bool,
    /// The record is expunged.
    pub expunged: bool,
}

/// Facts of one nomination, as far as they are disclosed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// R8.
    pub organisations: Option<Vec<Organisation>>,
    /// R9.
    pub citizenship: Option<Citizenship>,
    /// R10.
    pub birth_date: Option<Date>,
    /// R11.
    pub conviction: Option<Conviction>,
    /// R12: has higher education.
    pub education: Option<bool>,
    /// R13: the statement of experience.
    pub experience: Option<String>,
    /// R14: is a state or municipal servant.
    pub servant: Option<bool>,
    /// R18-R20: letter, application, resume were sent; known to everyone.
    pub documents: [bool; 3],
    /// R8: registration numbers that stand in other live associations too.
    pub elsewhere: BTreeSet<String>,
}

/// R8: organisations that count, by distinct registration number, and whether a founder needs review by hand.
pub fn counting_organisations(organisations: &[Organisation]) -> (usize, bool) {
    let mut numbers = BTreeMap::new();
    for organisation in organisations {
        // R8: an institution that is, or is founded by, a state or municipal body does not count.
        let counts = match organisation.form {
            Form::Institution => !organisation.state_body && !organisation.state_founder,
            Form::PublicAssociation | Form::Foundation => !organisation.state_body,
            Form::Other => false,
        };
        let number = fold(&organisation.number);
        // R8: registered; without a number nothing is.
        if counts && !number.is_empty() {
            let flagged = numbers.entry(number).or_insert(false);
            *flagged |= organisation.state_founder;
        }
    }
    let doubtful = numbers.values().any(|flagged| *flagged);
    (numbers.len(), doubtful)
}

/// Same name after NFC, case and white-space folding.
pub fn fold(text: &str) -> String {
    let lower: String = text.nfc().flat_map(char::to_lowercase).nfc().collect();
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// R7: the set of registration numbers that names an association beside its name.
pub fn numbers(organisations: &[Organisation]) -> BTreeSet<String> {
    organisations
        .iter()
        .map(|organisation| fold(&organisation.number))
        .filter(|number| !number.is_empty())
        .collect()
}

/// The finding of every screened rule, in the order of [`SCREENED`]. `last_day`: the last day of intake.
pub fn assess(facts: &Facts, rules: &EligibilityRules, last_day: Date) -> Vec<RuleFinding> {
    let findings = [
        associations(facts, rules),
        // R9: legally capable citizen of the Kyrgyz Republic.
        known(facts.citizenship, |fact| match (fact.citizen, fact.capable) {
            (true, true) => (Finding::Met, Reason::InOrder),
            (false, _) => (Finding::NotMet, Reason::NotCitizen),
            (true, false) => (Finding::NotMet, Reason::NotCapable),
        }),
        // R10: age on the last day of intake.
        known(facts.birth_date, |birth| {
            met(
                age_on(birth, last_day).is_some_and(|age| age >= rules.min_age_years),
                Reason::TooYoung,
            )
        }),
        conviction(facts, rules),
        // R12: higher education.
        known(facts.education, |has| met(has, Reason::NoHigherEducation)),
        // R13: experience of public activity, a statement without a number.
        known(facts.experience.as_ref(), |text| {
            met(!text.trim().is_empty(), Reason::NoExperience)
        }),
        // R14: not a state or municipal servant.
        known(facts.servant, |servant| met(!servant, Reason::Servant)),
        // R18-R20: letter, application, resume.
        met(facts.documents[0], Reason::DocumentMissing),
        met(facts.documents[1], Reason::DocumentMissing),
        met(facts.documents[2], Reason::DocumentMissing),
        // R21: an accepted nomination came inside intake, else it would have been refused at the door.
        (Finding::Met, Reason::InOrder),
    ];
    let named = SCREENED.iter().zip(findings);
    named
        .map(|(rule, (finding, reason))| RuleFinding {
            rule: (*rule).to_owned(),
            finding,
            reason,
        })
        .collect()
}

/// R10: whether the answer differs between publication day, the last day of intake and poll day; everyone for whom it
/// does is listed to the secretariat, so that nobody is surprised by the day that counts.
pub fn age_depends_on_day(birth: Date, days: [Date; 3], min_age_years: u32) -> bool {
    let old_enough = days.map(|day| age_on(birth, day).is_some_and(|age| age >= min_age_years));
    old_enough != [old_enough[0]; 3]
}

/// Whether the engine alone settles the rule, so that nobody is left a choice.
pub fn is_firm(computed: &RuleFinding) -> bool {
    match computed.rule.as_str() {
        "R8" | "R10" | "R21" => matches!(computed.finding, Finding::Met | Finding::NotMet),
        // R18-R20: what was not sent is missing; whether what was sent is the right paper, a person judges.
        "R18" | "R19" | "R20" => computed.finding == Finding::NotMet,
        _ => false,
    }
}

/// Whether a decision, with its reason, contradicts what the engine computed.
pub fn contradicts(finding: Finding, reason: Reason, computed: &RuleFinding) -> bool {
    if is_firm(computed) {
        return finding != computed.finding;
    }
    // R18-R20: a document that was sent is refused as unfit or not at all.
    let document = matches!(computed.rule.as_str(), "R18" | "R19" | "R20");
    document && finding == Finding::NotMet && reason != Reason::DocumentUnfit
}

fn associations(facts: &Facts, rules: &EligibilityRules) -> (Finding, Reason) {
    known(facts.organisations.as_ref(), |organisations| {
        let (count, doubtful) = counting_organisations(organisations);
        let elsewhere = numbers(organisations)
            .iter()
            .any(|number| facts.elsewhere.contains(number));
        // R8: at least three.
        if u32::try_from(count).unwrap_or(u32::MAX) < rules.min_organisations {
            (Finding::NotMet, Reason::TooFewOrganisations)
        } else if elsewhere {
            (
                on_doubt(rules.organisation_in_many_associations),
                Reason::OrganisationElsewhere,
            )
        } else if doubtful {
            (Finding::Flagged, Reason::StateFounder)
        } else {
            (Finding::Met, Reason::InOrder)
        }
    })
}

fn conviction(facts: &Facts, rules: &EligibilityRules) -> (Finding, Reason) {
    // R11: an unexpunged conviction blocks; an expunged one does what the rule set says.
    known(facts.conviction, |fact| match (fact.convicted, fact.expunged) {
        (false, _) => (Finding::Met, Reason::InOrder),
        (true, true) => (on_doubt(rules.expunged_conviction), Reason::ConvictionExpunged),
        (true, false) => (Finding::NotMet, Reason::Convicted),
    })
}

fn on_doubt(rule: OnDoubt) -> Finding {
    match rule {
        OnDoubt::Refuse => Finding::NotMet,
        OnDoubt::Flag => Finding::Flagged,
    }
}

fn met(holds: bool, otherwise: Reason) -> (Finding, Reason) {
    if holds {
        (Finding::Met, Reason::InOrder)
    } else {
        (Finding::NotMet, otherwise)
    }
}

fn known<T>(fact: Option<T>, judge: impl FnOnce(T) -> (Finding, Reason)) -> (Finding, Reason) {
    fact.map_or((Finding::Undisclosed, Reason::Undisclosed), judge)
}
