//! The rule set in words: every choice that the announcement signed, as a question and an answer.

use crate::competition::Competition;
use crate::ruleset::{Aggregate, BallotSecrecy, Blank, Electorate, OnDoubt, RuleSet, SelfRating, TieRule};
use crate::web::{Page, Said};

/// A group of choices under one heading.
#[derive(Debug, Clone)]
pub struct Group {
    /// The heading.
    pub title: Said,
    /// Question and answers.
    pub rows: Vec<Row>,
}

/// One choice.
#[derive(Debug, Clone)]
pub struct Row {
    /// What is chosen.
    pub what: Said,
    /// The choice, one sentence or more.
    pub chosen: Vec<Said>,
    /// Rule of the law, where one applies.
    pub rule: &'static str,
}

/// Every choice of the competition's rule set.
pub fn groups(competition: &Competition, page: &Page) -> Vec<Group> {
    let words = Words {
        rules: competition.rules(),
        page,
    };
    vec![
        words.group("rules-seats", words.seats()),
        words.group("rules-candidates", words.candidates()),
        words.group("rules-dates", words.dates()),
        words.group("rules-vote", words.vote()),
        words.group("rules-count", words.count()),
        words.group("rules-limits", words.limits()),
    ]
}

struct Words<'a> {
    rules: &'a RuleSet,
    page: &'a Page,
}

fn row(what: Said, chosen: Said, rule: &'static str) -> Row {
    Row {
        what,
        chosen: vec![chosen],
        rule,
    }
}

impl Words<'_> {
    fn say(&self, key: &str) -> Said {
        self.page.say(key)
    }

    fn group(&self, title: &str, rows: Vec<Row>) -> Group {
        Group {
            title: self.say(title),
            rows,
        }
    }

    fn yes_or_no(&self, key: &str, yes: bool) -> Said {
        self.page.say_of(key, if yes { "yes" } else { "no" })
    }

    fn seats(&self) -> Vec<Row> {
        let rules = self.rules;
        vec![
            row(
                self.say("rule-seats"),
                self.say("rule-seats-is").with("n", rules.seats),
                "R5",
            ),
            row(
                self.say("rule-term"),
                self.say("rule-term-is").with("n", rules.term_years),
                "R5",
            ),
            row(
                self.say("rule-reserve"),
                self.yes_or_no("rule-reserve", rules.reserve),
                "",
            ),
        ]
    }

    fn candidates(&self) -> Vec<Row> {
        let rules = &self.rules.eligibility;
        let doubt = |key: &str, doubt: OnDoubt| {
            self.page.say_of(
                key,
                match doubt {
                    OnDoubt::Refuse => "refuse",
                    OnDoubt::Flag => "flag",
                },
            )
        };
        vec![
            row(self.say("rule-one"), self.say("rule-one-is"), "R7"),
            row(
                self.say("rule-organisations"),
                self.say("rule-organisations-is").with("n", rules.min_organisations),
                "R8",
            ),
            row(
                self.say("rule-many"),
                doubt("rule-many", rules.organisation_in_many_associations),
                "R8",
            ),
            row(
                self.say("rule-age"),
                self.say("rule-age-is").with("n", rules.min_age_years),
                "R10",
            ),
            row(
                self.say("rule-conviction"),
                doubt("rule-conviction", rules.expunged_conviction),
                "R11",
            ),
            row(self.say("rule-documents"), self.say("rule-documents-is"), "R18–R20"),
        ]
    }

    fn dates(&self) -> Vec<Row> {
        let rules = &self.rules.calendar;
        let mut intake = vec![
            self.say("rule-intake-is").with("n", rules.intake_months),
            self.yes_or_no("rule-roll", rules.roll_to_working_day),
        ];
        if !rules.holidays.is_empty() {
            let days: Vec<_> = rules.holidays.iter().map(|day| self.page.date(day)).collect();
            intake.push(self.say("rule-holidays").with("days", days.join("; ")));
        }
        let limits = &self.rules.limits;
        vec![
            Row {
                what: self.say("rule-intake"),
                chosen: intake,
                rule: "R21",
            },
            row(
                self.say("rule-extension"),
                self.say("rule-extension-is")
                    .with("n", limits.max_extensions)
                    .with("days", limits.max_extension_days),
                "R21",
            ),
            row(
                self.say("rule-appeal"),
                self.say("rule-appeal-is").with("n", rules.appeal_days),
                "",
            ),
            row(
                self.say("rule-window"),
                self.say("rule-window-is")
                    .with("min", rules.poll_min_days)
                    .with("max", rules.poll_max_days),
                "R17",
            ),
        ]
    }

    fn vote(&self) -> Vec<Row> {
        let (rules, vote) = (self.rules, &self.rules.vote);
        let electorate = match &rules.electorate {
            Electorate::Candidates {} => self.say("rule-electorate-candidates"),
            Electorate::CountingCommission {} => self.say("rule-electorate-counting"),
            Electorate::Commission(roll) => self.say("rule-electorate-commission").with("n", roll.count),
            Electorate::Listed(roll) => self.say("rule-electorate-listed").with("n", roll.count),
        };
        let rated = match vote.max_rated {
            None => self.say("rule-rated-all").with("min", vote.min_rated),
            Some(max) => self.say("rule-rated-some").with("min", vote.min_rated).with("max", max),
        };
        vec![
            row(self.say("rule-electorate"), electorate, "R15"),
            row(
                self.say("rule-ballots"),
                self.page.say_of(
                    "rule-ballots",
                    match rules.ballots {
                        BallotSecrecy::Secret => "secret",
                        BallotSecrecy::Named => "named",
                    },
                ),
                "R15",
            ),
            row(self.say("rule-place"), self.yes_or_no("rule-remote", rules.remote), ""),
            row(
                self.say("rule-scale"),
                self.say("rule-scale-is")
                    .with("min", vote.scale.min)
                    .with("max", vote.scale.max),
                "R15",
            ),
            row(self.say("rule-rated"), rated, ""),
            row(
                self.say("rule-self"),
                self.page.say_of(
                    "rule-self",
                    match vote.self_rating {
                        SelfRating::Allowed => "allowed",
                        SelfRating::Ignored => "ignored",
                        SelfRating::Voids => "voids",
                    },
                ),
                "",
            ),
        ]
    }

    fn count(&self) -> Vec<Row> {
        let (rules, vote) = (self.rules, &self.rules.vote);
        let aggregate = match vote.aggregate {
            Aggregate::Sum {} => self.say("rule-sum"),
            Aggregate::Mean { quorum } => self.say("rule-mean").with("n", quorum),
        };
        let blank = match vote.blank {
            Blank::Zero => self.say("rule-blank-zero"),
            Blank::Skip => self.say("rule-blank-skip"),
        };
        let pass = vote.pass_mark.map_or_else(
            || self.say("rule-pass-none"),
            |mark| self.say("rule-pass-is").with("n", mark),
        );
        let turnout = rules.min_turnout_percent.map_or_else(
            || self.say("rule-turnout-none"),
            |least| self.say("rule-turnout-is").with("n", least),
        );
        let mut ties: Vec<_> = rules
            .ties
            .iter()
            .map(|rule| self.page.say_of("rule-tie", tie_name(*rule)))
            .collect();
        ties.push(self.say("rule-tie-end"));
        vec![
            row(self.say("rule-aggregate"), aggregate, "R15"),
            row(self.say("rule-blank"), blank, ""),
            row(self.say("rule-pass"), pass, ""),
            row(self.say("rule-turnout"), turnout, ""),
            Row {
                what: self.say("rule-ties"),
                chosen: ties,
                rule: "",
            },
        ]
    }

    fn limits(&self) -> Vec<Row> {
        let (rules, limits) = (self.rules, &self.rules.limits);
        vec![
            row(
                self.say("rule-signatures"),
                self.say("rule-signatures-is").with("n", rules.min_signatures),
                "R16",
            ),
            row(
                self.say("rule-hours"),
                self.say("rule-hours-is").with("n", limits.sign_within_hours),
                "R16",
            ),
            row(
                self.say("rule-reveal"),
                self.say("rule-reveal-is").with("n", limits.reveal_within_minutes),
                "",
            ),
            row(
                self.say("rule-cards"),
                self.say("rule-cards-is").with("n", rules.card_lists),
                "",
            ),
        ]
    }
}

/// The rule's name in messages.
pub fn tie_name(rule: TieRule) -> &'static str {
    match rule {
        TieRule::RepeatVote => "repeat",
        TieRule::Lot => "lot",
        TieRule::ByHand => "hand",
    }
}
