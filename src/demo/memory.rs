//! An office in memory: the same rules and ledger without a database or a network.
//!
//! For tests, and for making bundles by hand. It holds one competition and keeps nothing.

use super::desk::{Answer, Desk, Turned, View};
use crate::calendar::Time;
use crate::competition::act::{Attachment, Kind};
use crate::competition::{
    Checked, Code, Competition, Context, Head, Keys, Opening, Phase, Pinned, Placed, Refusal, Statement, Step, Stored,
    box_root, bundle_files,
};
use crate::crypto::commit::try_commitment;
use crate::crypto::dsse::Envelope;
use crate::crypto::hash::Digest;
use crate::crypto::key::{KeyId, SecretKey};
use crate::ledger::bundle::Files;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::entry::Entry;
use crate::ledger::note::NoteKey;
use crate::ledger::receipt::{BoxReceipt, Receipt};
use crate::ledger::tree::Tree;
use anyhow::Context as _;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// One competition's office in memory.
pub struct MemoryOffice {
    pinned: Pinned,
    log: NoteKey,
    now: Time,
    /// The state; `None` before the announcement.
    pub competition: Option<Competition>,
    entries: Vec<Vec<u8>>,
    tree: Tree,
    shelf: Shelf,
}

/// What the office stores beside the ledger.
#[derive(Debug, Clone, Default)]
pub struct Shelf {
    /// Public attachments.
    pub attachments: BTreeMap<Digest, Arc<[u8]>>,
    /// What opens commitments.
    pub openings: BTreeMap<Digest, Opening>,
    /// Digests of stored documents.
    pub documents: BTreeSet<Digest>,
    sealed: BTreeMap<Digest, Envelope>,
    /// Whose ballot in the box is which.
    casters: HashMap<KeyId, Digest>,
}

impl Stored for Shelf {
    fn attachment(&self, sha256: &Digest) -> Option<Arc<[u8]>> {
        self.attachments.get(sha256).cloned()
    }
    fn opening(&self, commitment: &Digest) -> Option<Opening> {
        self.openings.get(commitment).cloned()
    }
    fn document(&self, sha256: &Digest) -> bool {
        self.documents.contains(sha256)
    }
    fn boxed(&self, _: u32, key: &KeyId) -> Option<Digest> {
        self.casters.get(key).copied()
    }
    fn box_now(&self, _: u32) -> Option<(Digest, u32)> {
        let hashes: Vec<_> = self.sealed.keys().copied().collect();
        Some((box_root(&hashes), u32::try_from(hashes.len()).unwrap_or(u32::MAX)))
    }
    fn complete(&self) -> bool {
        true
    }
}

impl MemoryOffice {
    /// An office for this competition.
    ///
    /// # Panics
    /// If the origin is no name for a log key.
    pub fn new(origin: &str, organiser: &SecretKey, log: SecretKey, rehearsal: bool, now: Time) -> Self {
        let pinned = Pinned {
            origin: origin.to_owned(),
            organisers: vec![organiser.public().clone()],
            log_key: log.public().id(),
            rehearsal,
        };
        let log = NoteKey::new(origin, log).expect("an origin is a name for a log key");
        let (entries, tree) = (Vec::new(), Tree::new());
        Self {
            pinned,
            log,
            now,
            competition: None,
            entries,
            tree,
            shelf: Shelf::default(),
        }
    }

    /// The ledger's entries.
    pub fn entries(&self) -> &[Vec<u8>] {
        &self.entries
    }

    /// The log key.
    pub fn log(&self) -> &NoteKey {
        &self.log
    }

    /// What is stored beside the ledger.
    pub fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// What is stored beside the ledger, to be erased in a test.
    pub fn shelf_mut(&mut self) -> &mut Shelf {
        &mut self.shelf
    }

    /// A checkpoint over the ledger.
    pub fn checkpoint(&self) -> String {
        Checkpoint {
            origin: self.pinned.origin.clone(),
            size: self.tree.size(),
            root: self.tree.root(),
        }
        .sign(&self.log)
    }

    /// The bundle.
    pub fn bundle(&self) -> anyhow::Result<Files> {
        let competition = self.competition.as_ref().context("nothing is announced")?;
        Ok(bundle_files(
            competition,
            &self.entries,
            &self.checkpoint(),
            &self.log.vkey(),
            &self.shelf,
        )?)
    }

    fn head(&self) -> Head {
        Head {
            size: self.tree.size(),
            root: self.tree.root(),
        }
    }

    fn decide(&self, checked: &Checked) -> Result<Step, Refusal> {
        let context = Context {
            now: self.now,
            head: self.head(),
            stored: &self.shelf,
        };
        match &self.competition {
            None => Competition::announce(checked, &self.pinned, &context),
            Some(competition) => competition.decide(checked, &context),
        }
    }

    /// Decides a statement without accepting it.
    pub fn ask(&self, envelope: Envelope) -> Result<(), Refusal> {
        let keys: &dyn Keys = self
            .competition
            .as_ref()
            .map_or(&self.pinned as &dyn Keys, |state| state as &dyn Keys);
        self.decide(&Checked::check(Statement::read(envelope)?, keys)?)
            .map(|_| ())
    }

    fn accept(&mut self, envelope: Envelope) -> Result<Answer, Refusal> {
        let keys: &dyn Keys = self
            .competition
            .as_ref()
            .map_or(&self.pinned as &dyn Keys, |state| state as &dyn Keys);
        let checked = Checked::check(Statement::read(envelope)?, keys)?;
        let step = self.decide(&checked)?;
        let kind = checked.statement().kind();
        let hash = checked.statement().hash;
        if let Some(competition) = &self.competition
            && competition.seals(kind)
        {
            let round = competition.round().unwrap_or(1);
            let caster = checked.signers().next().ok_or(Code::NotElector)?;
            self.shelf.casters.insert(caster, hash);
            self.shelf.sealed.insert(hash, checked.into_statement().envelope);
            let receipt = BoxReceipt {
                origin: self.pinned.origin.clone(),
                round,
                ballot: hash,
            }
            .sign(&self.log);
            return Ok(Answer { hash, receipt });
        }
        let seq = self.append(&checked, step)?;
        if kind == Kind::BallotsOpened {
            self.shelf.casters.clear();
            for envelope in std::mem::take(&mut self.shelf.sealed).into_values() {
                self.accept(envelope)?;
            }
        }
        let receipt = Receipt::make(&self.tree, seq, self.tree.size(), self.checkpoint()).to_string();
        Ok(Answer { hash, receipt })
    }

    fn append(&mut self, checked: &Checked, step: Step) -> Result<u64, Refusal> {
        let seq = self.tree.size();
        let entry = Entry {
            body: checked.statement().envelope.clone(),
            kind: checked.statement().kind().as_str().to_owned(),
            log: self.pinned.origin.clone(),
            prev: seq
                .checked_sub(1)
                .and_then(|last| self.tree.leaf(last))
                .unwrap_or(Digest::ZERO),
            seq,
            time: self.now,
        };
        let bytes = entry
            .to_bytes()
            .map_err(|error| Code::TooLarge.because(error.to_string()))?;
        let placed = Placed { seq, time: self.now };
        match &mut self.competition {
            None => self.competition = Some(Competition::begin(step, placed)),
            Some(competition) => competition.evolve(step, placed),
        }
        self.tree.push(Entry::leaf(&bytes));
        self.entries.push(bytes);
        Ok(seq)
    }
}

impl Desk for MemoryOffice {
    fn origin(&self) -> String {
        self.pinned.origin.clone()
    }
    fn now(&self) -> Time {
        self.now
    }
    fn set_now(&mut self, now: Time) {
        self.now = now;
    }
    fn view(&mut self) -> anyhow::Result<View> {
        let state = self.competition.as_ref().context("nothing is announced")?;
        Ok(View {
            phase: state.phase(self.now),
            rules: state.rules_digest(),
            candidates: state.candidates_digest(),
            round: state.round(),
            head: self.head(),
            paper: match (state.phase(self.now), state.tied(), state.rounds().last()) {
                (Phase::Tied, Some(tied), _) => tied,
                (_, _, Some(round)) => round.paper().candidates.clone(),
                _ => Vec::new(),
            },
        })
    }
    fn submit(&mut self, envelope: Envelope) -> Result<Answer, Turned> {
        self.accept(envelope).map_err(|refusal| Turned::Refused {
            code: refusal.code.as_str().to_owned(),
            detail: refusal.detail,
        })
    }
    fn submit_shared(&mut self, mut unsigned: Envelope, signers: &[&SecretKey]) -> Result<Answer, Turned> {
        for signer in signers {
            unsigned.sign(signer);
        }
        self.submit(unsigned)
    }
    fn attach(&mut self, bytes: Vec<u8>) -> anyhow::Result<Attachment> {
        let attachment = Attachment::of(&bytes);
        self.shelf.attachments.insert(attachment.sha256, bytes.into());
        Ok(attachment)
    }
    fn store_document(&mut self, bytes: Vec<u8>) -> anyhow::Result<Digest> {
        let digest = Digest::of(&bytes);
        self.shelf.documents.insert(digest);
        Ok(digest)
    }
    fn store_opening(&mut self, opening: Opening) -> anyhow::Result<Digest> {
        let origin = self.origin();
        let commitment = try_commitment(
            opening.salt.as_bytes(),
            &origin,
            &opening.field,
            &opening.subject,
            &opening.value,
        )?;
        self.shelf.openings.insert(commitment, opening);
        Ok(commitment)
    }
    fn sealed_box(&mut self, _: &SecretKey) -> anyhow::Result<(Digest, u32)> {
        let state = self.competition.as_ref().context("nothing is announced")?;
        if state.rules().ballots == crate::ruleset::BallotSecrecy::Named {
            let round = state.rounds().last().context("no round")?;
            let mut hashes = round.ballots().hashes().to_vec();
            hashes.sort_unstable();
            return Ok((box_root(&hashes), u32::try_from(hashes.len())?));
        }
        self.shelf.box_now(1).context("a box is always there")
    }
    fn opened_ballots(&mut self) -> anyhow::Result<Vec<Vec<u8>>> {
        let state = self.competition.as_ref().context("nothing is announced")?;
        let round = state.rounds().last().context("no round")?;
        let signed = round.each_ballot().map(|ballot| ballot.pae().map(|pae| pae.to_vec()));
        signed.collect::<Option<_>>().context("the state keeps no signed bytes")
    }
    fn protocol(&mut self) -> anyhow::Result<Vec<u8>> {
        let state = self.competition.as_ref().context("nothing is announced")?;
        state.protocol(self.head()).context("nothing is counted")
    }
    fn result(&mut self) -> anyhow::Result<serde_json::Value> {
        self.competition
            .as_ref()
            .and_then(Competition::result)
            .context("nothing is counted")
    }
}
