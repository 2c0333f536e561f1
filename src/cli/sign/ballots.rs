//! Every ballot of an opened box, for a member to sign: all of them, or none.

use crate::cli::{Failure, cannot_tell, progress, read, usage};
use crate::competition::act::{Act, BallotCast};
use crate::competition::{Statement, box_root};
use crate::crypto::{Digest, Envelope, SecretKey};
use crate::ledger::bundle;
use rayon::prelude::*;
use std::path::Path;

/// The ballots of one round, in box order.
pub struct OpenedBox {
    /// Origin.
    pub competition: String,
    /// The round.
    pub round: u32,
    /// The ballots.
    pub ballots: Vec<(Statement, BallotCast)>,
}

impl OpenedBox {
    /// RFC 6962 root over the ballots' hashes, as `polling_closed` states it.
    pub fn root(&self) -> Digest {
        let hashes: Vec<_> = self.ballots.iter().map(|(statement, _)| statement.hash).collect();
        box_root(&hashes)
    }

    /// 64 signature bytes a ballot.
    pub fn sign(&self, key: &SecretKey) -> Vec<u8> {
        let bar = progress(self.ballots.len() as u64, "signing ballots");
        let sign = |(statement, _): &(Statement, BallotCast)| {
            bar.inc(1);
            *key.sign(statement.envelope.pae()).as_bytes()
        };
        let signatures: Vec<[u8; 64]> = self.ballots.par_iter().map(sign).collect();
        bar.finish_and_clear();
        signatures.concat()
    }
}

/// Reads a round's ballots, in the order of the file, from a bundle or from ballots.jsonl. That the order is the box's,
/// and that none is missing, shows in the root: the member compares it with the one that `polling_closed` fixed.
pub fn read_box(path: &Path, round: Option<u32>) -> Result<OpenedBox, Failure> {
    let all = read_lines(path)?;
    let last = all.iter().filter_map(|(statement, _)| statement.header.round).max();
    let round = round
        .or(last)
        .ok_or_else(|| cannot_tell(format!("{}: holds no ballots", path.display())))?;
    let ballots: Vec<_> = all
        .into_iter()
        .filter(|(statement, _)| statement.header.round == Some(round))
        .collect();
    let Some((first, _)) = ballots.first() else {
        return Err(usage(format!("{}: holds no ballots of round {round}", path.display())));
    };
    let competition = first.header.competition.clone();
    if let Some((other, _)) = ballots
        .iter()
        .find(|(statement, _)| statement.header.competition != competition)
    {
        return Err(cannot_tell(format!(
            "{}: ballots of {competition} and of {}",
            path.display(),
            other.header.competition
        )));
    }
    let mut hashes: Vec<_> = ballots.iter().map(|(statement, _)| statement.hash).collect();
    hashes.sort_unstable();
    if hashes.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(cannot_tell(format!("{}: a ballot stands twice", path.display())));
    }
    Ok(OpenedBox {
        competition,
        round,
        ballots,
    })
}

fn read_lines(path: &Path) -> Result<Vec<(Statement, BallotCast)>, Failure> {
    let unfit = |words: String| cannot_tell(format!("{}: {words}", path.display()));
    let jsonl = path
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("jsonl"));
    let bytes = if jsonl || path == Path::new("-") {
        read(path)?
    } else {
        let files = bundle::open(path).map_err(|fault| unfit(fault.to_string()))?;
        let found = files.whole("ballots.jsonl");
        found
            .ok_or_else(|| unfit("the bundle holds no ballots.jsonl".into()))?
            .into_owned()
    };
    let lines: Vec<&[u8]> = bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .collect();
    let read_line = |(index, line): (usize, &&[u8])| {
        let place = |words: String| unfit(format!("line {}: {words}", index + 1));
        let envelope = Envelope::from_json(line).map_err(|fault| place(fault.to_string()))?;
        let statement = Statement::read(envelope).map_err(|refusal| place(refusal.to_string()))?;
        match statement.act.clone() {
            Act::BallotCast(act) => Ok((statement, *act)),
            _ => Err(place("not a ballot".into())),
        }
    };
    lines.par_iter().enumerate().map(read_line).collect()
}
