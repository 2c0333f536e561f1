//! One nomination for the office: its facts in words beside the checklist of its rules.

use super::word;
use crate::calendar::{Date, Time, age_on};
use crate::competition::act::Field;
use crate::competition::{Competition, Context, Decided, Nominated, Standing};
use crate::crypto::{Digest, jcs};
use crate::eligibility::{Facts, Organisation, Reason, assess, is_firm};
use crate::web::Page;
use crate::web::public::Head;
use askama::Template;

/// A page of one nomination.
#[derive(Debug, Template)]
#[template(path = "organiser/nomination.html")]
pub struct Dossier {
    /// The frame.
    pub page: Page,
    /// Which competition.
    pub head: Head,
    /// Its name.
    pub hash: Digest,
    /// When it was accepted.
    pub at: Time,
    /// Where it stands.
    pub standing: Standing,
    /// Association and candidate.
    pub person: Person,
    /// The facts as declared.
    pub facts: Facts,
    /// R10: age on the last day of intake.
    pub age: Option<u32>,
    /// R10: the answer differs between publication day, last day of intake and poll day.
    pub age_depends: bool,
    /// The three documents.
    pub papers: Vec<Paper>,
    /// The checklist.
    pub rules: Vec<RuleRow>,
    /// R7: others of the same association.
    pub contested: Vec<Digest>,
    /// Appeals.
    pub appeals: Vec<AppealRow>,
    /// Last second of the appeal window of the last decision.
    pub appeal_ends: Option<Time>,
    /// Whether a screening decision is taken now.
    pub open: bool,
}

/// Names, as far as they are kept.
#[derive(Debug, Default)]
pub struct Person {
    /// The association.
    pub association: Option<String>,
    /// The candidate.
    pub name: Option<String>,
}

/// A document.
#[derive(Debug)]
pub struct Paper {
    /// `letter`, `application`, `resume`.
    pub field: &'static str,
    /// R18-R20.
    pub rule: &'static str,
    /// The stored document; none if it was not handed in, or is not kept.
    pub sha256: Option<String>,
}

/// A rule of the checklist.
#[derive(Debug)]
pub struct RuleRow {
    /// `R8` ...
    pub rule: String,
    /// The engine computed it, and a decision may not contradict it.
    pub firm: bool,
    /// R18-R20: about a paper, which a person reads.
    pub document: bool,
    /// What the facts as declared come to.
    pub finding: String,
    /// And why.
    pub reason: String,
    /// Reasons that fit the rule.
    pub reasons: Vec<String>,
    /// What was decided: finding, reason, evidence.
    pub decided: Option<(String, String, Option<Digest>)>,
}

/// An appeal.
#[derive(Debug)]
pub struct AppealRow {
    /// When it was filed.
    pub at: Time,
    /// What the association says.
    pub text: Option<String>,
    /// How it was decided, and why.
    pub outcome: Option<(bool, Option<String>)>,
}

/// Reasons that fit a rule, out of the closed list.
pub fn reasons_of(rule: &str) -> &'static [Reason] {
    match rule {
        "R8" => &[
            Reason::InOrder,
            Reason::TooFewOrganisations,
            Reason::StateFounder,
            Reason::OrganisationElsewhere,
            Reason::EvidenceMissing,
        ],
        "R9" => &[
            Reason::InOrder,
            Reason::NotCitizen,
            Reason::NotCapable,
            Reason::EvidenceMissing,
        ],
        "R10" => &[Reason::InOrder, Reason::TooYoung, Reason::EvidenceMissing],
        "R11" => &[
            Reason::InOrder,
            Reason::Convicted,
            Reason::ConvictionExpunged,
            Reason::EvidenceMissing,
        ],
        "R12" => &[Reason::InOrder, Reason::NoHigherEducation, Reason::EvidenceMissing],
        "R13" => &[Reason::InOrder, Reason::NoExperience, Reason::EvidenceMissing],
        "R14" => &[Reason::InOrder, Reason::Servant, Reason::EvidenceMissing],
        "R18" | "R19" | "R20" => &[Reason::InOrder, Reason::DocumentUnfit],
        _ => &[Reason::InOrder],
    }
}

impl Dossier {
    /// Of this nomination, from what is disclosed.
    pub fn new(
        (page, head): (Page, Head),
        competition: &Competition,
        (hash, nominated): (Digest, &Nominated),
        context: &Context<'_>,
    ) -> Self {
        let facts = competition.facts(&hash, context);
        let standing = competition.standing(&hash, context).unwrap_or(Standing::Waiting);
        let last_day = competition.intake_last_day();
        let phase = competition.phase(context.now);
        Self {
            page,
            head,
            hash,
            at: nominated.at,
            standing,
            person: Person {
                association: text_of(nominated, Field::Association, context),
                name: text_of(nominated, Field::Name, context),
            },
            age: facts.birth_date.and_then(|birth| age_on(birth, last_day)),
            age_depends: age_depends(competition, facts.birth_date),
            papers: papers(nominated, context),
            rules: rules(competition, nominated, &facts, context),
            contested: competition.contestants(&hash, context),
            appeals: appeals(nominated, context),
            appeal_ends: competition.appeal_ends(nominated),
            open: phase == crate::competition::Phase::Screening
                && matches!(
                    standing,
                    Standing::Waiting | Standing::Flagged | Standing::Admitted | Standing::Refused
                ),
            facts,
        }
    }

    /// A word of this text in two alphabets.
    pub fn mixed(&self, text: &str) -> Option<String> {
        mixed(Some(text))
    }

    /// Organisations, as declared.
    pub fn organisations(&self) -> &[Organisation] {
        self.facts.organisations.as_deref().unwrap_or_default()
    }

    /// The form's word.
    pub fn form_of(&self, organisation: &Organisation) -> String {
        word(organisation.form)
    }

    /// R8: whether this number stands in another live association too.
    pub fn elsewhere(&self, organisation: &Organisation) -> bool {
        self.facts
            .elsewhere
            .contains(&crate::eligibility::fold(&organisation.number))
    }

    fn appeal_open(&self) -> bool {
        self.standing == Standing::Appealed && self.head.phase == crate::competition::Phase::Screening
    }

    /// The address of a document of this nomination.
    pub fn document(&self, sha256: impl std::fmt::Display) -> String {
        let (id, hash) = (&self.head.id, self.hash);
        format!("/api/v1/competitions/{id}/nominations/{hash}/documents/{sha256}")
    }
}

/// A word in which Latin and Cyrillic letters stand together: it may only look like another name (R7).
pub(super) fn mixed(text: Option<&str>) -> Option<String> {
    let latin = |letter: char| letter.is_ascii_alphabetic() || matches!(letter, '\u{c0}'..='\u{24f}');
    let cyrillic = |letter: char| matches!(letter, '\u{400}'..='\u{52f}');
    let mut words = text?.split(|letter: char| !letter.is_alphabetic());
    let found = words.find(|word| word.chars().any(latin) && word.chars().any(cyrillic));
    found.map(str::to_owned)
}

/// R10: whether the answer differs between publication day, the last day of intake and poll day.
pub(super) fn age_depends(competition: &Competition, birth: Option<Date>) -> bool {
    let days = [
        competition.announcement().published,
        competition.intake_last_day(),
        competition.poll().day,
    ];
    let least = competition.rules().eligibility.min_age_years;
    birth.is_some_and(|birth| crate::eligibility::age_depends_on_day(birth, days, least))
}

/// The text of a field, if it is kept.
pub(super) fn text_of(nominated: &Nominated, field: Field, context: &Context<'_>) -> Option<String> {
    let opening = context.stored.opening(nominated.fields.get(&field)?)?;
    opening.value.as_str().map(str::to_owned)
}

fn papers(nominated: &Nominated, context: &Context<'_>) -> Vec<Paper> {
    let all = [
        (Field::Letter, "R18"),
        (Field::Application, "R19"),
        (Field::Resume, "R20"),
    ];
    let paper = |(field, rule): (Field, &'static str)| Paper {
        field: field.as_str(),
        rule,
        sha256: text_of(nominated, field, context),
    };
    all.map(paper).into()
}

fn rules(competition: &Competition, nominated: &Nominated, facts: &Facts, context: &Context<'_>) -> Vec<RuleRow> {
    let computed = assess(facts, &competition.rules().eligibility, competition.intake_last_day());
    let decisions = nominated.screened.iter().flat_map(|screened| &screened.decisions);
    let mut decisions = decisions.map(|commitment| {
        let opening = context.stored.opening(commitment)?;
        let decided: Decided = jcs::from_value(&opening.value).ok()?;
        Some((word(decided.finding), word(decided.reason), decided.evidence))
    });
    computed
        .into_iter()
        .map(|found| RuleRow {
            firm: is_firm(&found),
            document: matches!(found.rule.as_str(), "R18" | "R19" | "R20"),
            finding: word(found.finding),
            reason: word(found.reason),
            reasons: reasons_of(&found.rule).iter().map(word).collect(),
            decided: decisions.next().flatten(),
            rule: found.rule,
        })
        .collect()
}

fn appeals(nominated: &Nominated, context: &Context<'_>) -> Vec<AppealRow> {
    let words = |commitment: &Digest| {
        let opening = context.stored.opening(commitment)?;
        opening.value.as_str().map(str::to_owned)
    };
    let row = |appeal: &crate::competition::Appealed| AppealRow {
        at: appeal.at,
        text: words(&appeal.text),
        outcome: appeal.decided.map(|decided| (decided.upheld, words(&decided.reason))),
    };
    nominated.appeals.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::mixed;

    #[test]
    fn a_word_in_two_alphabets_is_named() {
        // The first letter of the second is Latin.
        for (text, word) in [("Эркин Cоюз", "Cоюз"), ("«Тоо-Kол»", "Kол"), ("Бишкекž", "Бишкекž")]
        {
            assert_eq!(mixed(Some(text)).as_deref(), Some(word));
        }
        for text in ["Эркин Тоо", "IT-академия", "Союз 2b", "Open Society", "Фонд «Open»"] {
            assert_eq!(mixed(Some(text)), None, "{text}");
        }
        assert_eq!(mixed(None), None);
    }
}
