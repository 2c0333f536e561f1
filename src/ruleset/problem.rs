//! What can be wrong with a rule set, each under a code, so that pages say it in the reader's language.

/// The table: name, code, English words; a new problem gets a line here and `problem-<code>` in every language.
macro_rules! problems {
    ($($name:ident $code:literal $words:literal;)*) => {
        /// Why a rule set cannot be announced.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Problem { $(#[doc = $words] $name,)* }

        impl Problem {
            /// Every problem.
            pub const ALL: &[Self] = &[$(Self::$name,)*];
            /// Its code.
            pub fn code(self) -> &'static str { match self { $(Self::$name => $code,)* } }
            /// In English: the choice, and what it may be.
            pub fn words(self) -> &'static str { match self { $(Self::$name => $words,)* } }
        }
    };
}

problems! {
    Name "name" "name: 1 to 64 characters";
    Seats "seats" "seats: 1 to 1000";
    TermYears "term_years" "term_years: 1 to 50";
    CardLists "card_lists" "card_lists: only 1; 2 is reserved";
    MinTurnout "min_turnout" "min_turnout_percent: 0 to 100";
    Ties "ties" "ties: at most 8 rules";
    MinSignatures "min_signatures" "min_signatures: 2 to 4";
    RollCount "roll_count" "electorate: 1 to 10,000,000 electors";
    RollKeys "roll_keys" "electorate: a list of keys goes with named ballots, and only with them";
    Scale "scale" "scale: min is below max";
    ScaleBounds "scale_bounds" "scale: within -100..100";
    MaxRated "max_rated" "max_rated: at least min_rated and 1";
    Blank "blank" "blank: zero needs a scale that contains 0";
    Quorum "quorum" "aggregate: the mean needs a quorum of at least 1";
    SelfRating "self_rating" "self_rating: with secret ballots only `allowed` can be carried out";
    IntakeMonths "intake_months" "intake_months: 1 to 12";
    PollWindow "poll_window" "poll window: min to max, at most 365 days";
    Holidays "holidays" "holidays: ascending, each once";
    AppealDays "appeal_days" "appeal_days: at most 60";
    MinOrganisations "min_organisations" "min_organisations: 1 to 100";
    MinAge "min_age" "min_age_years: at most 120";
    ExtensionDays "extension_days" "max_extension_days: at most 365";
    SignWithin "sign_within" "sign_within_hours: 1 to 720";
    RevealWithin "reveal_within" "reveal_within_minutes: 1 to 1440";
}
