//! An office in polling, and ballots that nobody has cast yet.

use esep::ballot::Ratings;
use esep::competition::Statement;
use esep::competition::act::BallotCast;
use esep::crypto::{Digest, Envelope};
use esep::demo::Desk;
use esep::ruleset::{Electorate, ListedRoll, RuleSet};
use rayon::prelude::*;

use crate::office::{House, Where};

/// Twelve candidates, so many electors with a card each, and the ballot of each.
pub fn office(place: Where, electors: u32) -> (House, Vec<Envelope>) {
    let house = House::new(place);
    let mut rules = RuleSet::commission_2014();
    rules.electorate = Electorate::Listed(ListedRoll {
        count: electors,
        commitment: Digest::of(b"roll"),
        keys: None,
    });
    let mut story = house.story_under(rules, 12);
    story.announce().unwrap();
    story.intake().unwrap();
    story.screening().unwrap();
    story.list().unwrap();
    story.prepare().unwrap();
    story.open_polling().unwrap();
    let paper = story.desk.view().unwrap().paper;
    let (header, origin) = (story.header().unwrap(), story.desk.origin());
    let ballot = |index: u32| {
        let card = story.cards[index as usize].key(&origin, 1);
        let ratings: Ratings = paper
            .iter()
            .cloned()
            .zip((i64::from(index)..).map(|n| n % 11))
            .collect();
        let keys = vec![card.public().id()];
        let mut header = header.clone();
        header.nonce = esep::competition::Nonce::from_bytes(u128::from(index).to_le_bytes());
        let mut envelope = Statement::write(&header, &BallotCast { keys, ratings }.into()).unwrap();
        envelope.sign(&card);
        envelope
    };
    (house, (0..electors).into_par_iter().map(ballot).collect())
}
