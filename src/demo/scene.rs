//! Scenes at which the story may be stopped, so that an office stands ready in any phase.

use super::desk::{Desk, Turned};
use super::story::Story;
use crate::competition::Slot;
use crate::competition::act::Annulment;
use crate::ruleset::{RuleSet, TieRule};

macro_rules! scenes {
    ($($(#[doc = $words:literal])* $name:ident $text:literal;)*) => {
        /// Where the story stops.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Scene { $($(#[doc = $words])* $name,)* }

        impl Scene {
            /// Every scene, in the order of the story; the last three end it otherwise.
            pub const ALL: &[Self] = &[$(Self::$name,)*];
            /// The scene's name.
            pub fn as_str(self) -> &'static str { match self { $(Self::$name => $text,)* } }
        }
    };
}

scenes! {
    /// Announced; nobody has nominated.
    Announced "announced";
    /// All have nominated; intake is still open.
    Nominated "nominated";
    /// Intake has ended; nothing is decided.
    Screening "screening";
    /// Every nomination is decided, an appeal among them.
    Screened "screened";
    /// The candidate list stands.
    Listed "listed";
    /// Cards, presence and lot commitments are there.
    Prepared "prepared";
    /// Polling is open; nobody has voted.
    Polling "polling";
    /// All but one have voted; polling is open.
    Voted "voted";
    /// Polling is closed.
    Closed "closed";
    /// The box is opened.
    Opened "opened";
    /// The first round is counted: a tie at the last seat, a repeat vote ahead.
    Repeat "repeat";
    /// The result stands; the protocol waits for signatures.
    Counted "counted";
    /// Three members have signed the protocol.
    Protocol "protocol";
    /// Certified.
    Certified "certified";
    /// A tie waits for a drawing by hand.
    Tied "tied";
    /// Too few came to the poll.
    Failed "failed";
    /// Annulled by the organiser before polling.
    Annulled "annulled";
}

impl std::str::FromStr for Scene {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .iter()
            .copied()
            .find(|scene| scene.as_str() == text)
            .ok_or_else(|| {
                let names: Vec<_> = Self::ALL.iter().map(|scene| scene.as_str()).collect();
                format!("one of {}", names.join(", "))
            })
    }
}

impl Scene {
    /// The rule set with what this ending needs.
    pub fn rules(self, rules: RuleSet) -> RuleSet {
        match self {
            Self::Tied => RuleSet {
                ties: vec![TieRule::ByHand],
                ..rules
            },
            // One elector never comes.
            Self::Failed => RuleSet {
                min_turnout_percent: Some(100),
                ..rules
            },
            _ => rules,
        }
    }
}

/// One act of the story, and the scene that it leads to.
type Step<D> = (Scene, fn(&mut Story<D>) -> Result<(), Turned>);

impl<D: Desk> Story<D> {
    /// Plays until the scene stands.
    pub fn play_until(&mut self, scene: Scene) -> Result<(), Turned> {
        let steps: &[Step<D>] = &[
            (Scene::Announced, Self::announce),
            (Scene::Nominated, Self::nominate_all),
            (Scene::Screening, Self::come_too_late),
            (Scene::Screened, Self::screening),
            (Scene::Listed, Self::list),
            (Scene::Prepared, Self::prepare),
            (Scene::Polling, Self::open_polling),
            (Scene::Voted, Self::vote),
            (Scene::Closed, Self::close_polling),
            (Scene::Opened, Self::open_box),
            (Scene::Repeat, Self::sign_ballots),
            (Scene::Counted, Self::count),
            (Scene::Protocol, |story| story.sign_protocol(&Slot::ALL[..3])),
            (Scene::Certified, |story| {
                story.sign_protocol(&Slot::ALL[3..])?;
                story.close_the_book()
            }),
        ];
        let last = match scene {
            Scene::Tied | Scene::Failed => Scene::Repeat,
            Scene::Annulled => Scene::Listed,
            other => other,
        };
        for (_, step) in steps.iter().filter(|(reached, _)| *reached <= last) {
            step(self)?;
        }
        if scene == Scene::Annulled {
            let key = self.cast.organiser.clone();
            let reason = "Кулактандыруу ЖМКда мөөнөтүндө жарыяланган эмес.".to_owned();
            self.state(
                &key,
                Annulment {
                    reason,
                    outside_act: None,
                },
            )?;
        }
        Ok(())
    }
}
