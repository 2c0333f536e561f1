//! Who holds every key of the office, and rewrites its record.
//!
//! An insider edits, drops or adds statements, re-signs them with the keys of their authors, and rebuilds everything
//! that follows: heads of shared acts, protocol, chain, tiles, checkpoint, derived files and sums.

use esep::calendar::Time;
use esep::competition::act::{Attachment, KeyList, Kind};
use esep::competition::{
    Attachments, Checked, Competition, Context, Head, Keys, Opening, PROTOCOL_TYPE, Pinned, Placed, Statement,
    attachments_of, ballots_file, box_root, derived, key_files, policy_text,
};
use esep::crypto::dsse::{Envelope, pae};
use esep::crypto::jcs;
use esep::crypto::key::{KeyId, PublicKey};
use esep::crypto::{Digest, SecretKey};
use esep::demo::story::{nonce, sign_each};
use esep::demo::{MemoryOffice, Story};
use esep::ledger::Checkpoint;
use esep::ledger::bundle::{Files, SUMS, tiles_of};
use esep::ledger::entry::Entry;
use esep::ledger::note::NoteKey;
use esep::ledger::tree::Tree;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::Value;
use std::collections::BTreeMap;

/// The record and every key behind it.
#[derive(Clone)]
pub struct Insider {
    pub entries: Vec<Entry>,
    pub log: NoteKey,
    pub organiser: SecretKey,
    pub members: [SecretKey; 4],
    /// Keys of this round's cards, and that of the card which nobody took.
    pub cards: Vec<SecretKey>,
    pub openings: BTreeMap<Digest, Opening>,
    /// How often the insider drew by chance: the same case makes the same record every time.
    draws: u64,
    keys: BTreeMap<KeyId, SecretKey>,
    shelf: Attachments,
    honest: Competition,
}

impl Insider {
    /// Takes the office over.
    pub fn of(story: &Story<MemoryOffice>) -> Self {
        let office = &story.desk;
        let honest = office.competition.clone().unwrap();
        let round = honest.round().unwrap_or(1);
        let cards: Vec<_> = story
            .cards
            .iter()
            .map(|card| card.key(honest.origin(), round))
            .collect();
        let own = story.applicants.iter().flat_map(|one| [&one.key, &one.own]);
        let all = own
            .chain(&story.cast.members)
            .chain([&story.cast.organiser])
            .chain(&story.roll_keys)
            .chain(&cards);
        Self {
            entries: office
                .entries()
                .iter()
                .map(|bytes| Entry::from_bytes(bytes).unwrap())
                .collect(),
            log: office.log().clone(),
            organiser: story.cast.organiser.clone(),
            members: story.cast.members.clone(),
            keys: all.map(|key| (key.public().id(), key.clone())).collect(),
            cards,
            openings: office.shelf().openings.clone(),
            draws: 0,
            shelf: Attachments(office.shelf().attachments.clone()),
            honest,
        }
    }

    pub fn origin(&self) -> String {
        self.honest.origin().to_owned()
    }

    /// Somebody whom nobody enrolled.
    pub fn stranger(&mut self) -> SecretKey {
        SecretKey::generate(&mut self.draw())
    }

    /// A nonce that nothing has used.
    pub fn nonce(&mut self) -> String {
        nonce(&mut self.draw()).into()
    }

    fn draw(&mut self) -> StdRng {
        self.draws += 1;
        StdRng::seed_from_u64(self.draws)
    }

    /// Holds one more key.
    pub fn hold(&mut self, key: &SecretKey) {
        self.keys.insert(key.public().id(), key.clone());
    }

    /// Index of the n-th entry of that kind, from 0.
    pub fn nth(&self, kind: &str, n: usize) -> usize {
        let mut found = self.entries.iter().enumerate().filter(|(_, entry)| entry.kind == kind);
        found.nth(n).unwrap_or_else(|| panic!("no {kind} {n}")).0
    }

    pub fn count(&self, kind: &str) -> usize {
        self.entries.iter().filter(|entry| entry.kind == kind).count()
    }

    pub fn payload(&self, at: usize) -> Value {
        serde_json::from_slice(self.entries[at].body.payload()).unwrap()
    }

    /// Changes a statement and re-signs it with the keys that signed before.
    pub fn edit(&mut self, at: usize, change: impl FnOnce(&mut Value)) {
        let mut value = self.payload(at);
        change(&mut value);
        self.rewrite(at, jcs::to_canonical(&value).unwrap());
    }

    /// Puts these payload bytes in the place of a statement's, signed by the same.
    pub fn rewrite(&mut self, at: usize, payload: Vec<u8>) {
        let before = self.entries[at].body.signatures.clone();
        let mut envelope = Envelope::new(self.entries[at].body.payload_type(), payload);
        for signature in before {
            match self.keys.get(&signature.keyid) {
                Some(key) => envelope.sign(key),
                None => envelope.signatures.push(signature),
            }
        }
        self.entries[at].body = envelope;
    }

    /// Lets others sign a statement.
    pub fn resign(&mut self, at: usize, signers: &[&SecretKey]) {
        self.entries[at].body.signatures.clear();
        for signer in signers {
            self.hold(signer);
            self.entries[at].body.sign(signer);
        }
    }

    pub fn attach(&mut self, bytes: Vec<u8>) -> Attachment {
        let attachment = Attachment::of(&bytes);
        self.shelf.0.insert(attachment.sha256, bytes.into());
        attachment
    }

    pub fn attachment(&self, sha256: &Value) -> Vec<u8> {
        let digest: Digest = serde_json::from_value(sha256.clone()).unwrap();
        self.shelf.0[&digest].to_vec()
    }

    pub fn key_list(&mut self, mut keys: Vec<PublicKey>) -> KeyList {
        keys.sort_by_key(PublicKey::id);
        let bytes: Vec<u8> = keys.iter().flat_map(PublicKey::to_bytes).collect();
        let count = u32::try_from(keys.len()).unwrap();
        KeyList {
            sha256: self.attach(bytes).sha256,
            count,
        }
    }

    /// Makes close, opening and the members' signatures fit the ballots that now stand in the record, in box order.
    pub fn rebox(&mut self) {
        let first = self.nth("ballot_cast", 0);
        let count = self.count("ballot_cast");
        self.entries[first..first + count].sort_by_key(|entry| entry.body.pae_hash());
        let ballots = &self.entries[first..first + count];
        let hashes: Vec<_> = ballots.iter().map(|entry| entry.body.pae_hash()).collect();
        let paes: Vec<_> = ballots.iter().map(|entry| entry.body.pae().to_vec()).collect();
        let root = serde_json::json!(box_root(&hashes));
        let (closed, opened) = (self.nth("polling_closed", 0), self.nth("ballots_opened", 0));
        self.edit(closed, |value| {
            value["box_root"] = root.clone();
            value["box_count"] = serde_json::json!(count);
        });
        self.edit(opened, |value| value["box_root"] = root.clone());
        for member in 0..4 {
            let signatures = self.attach(sign_each(&self.members[member], &paes));
            let at = self.nth("ballots_signed", member);
            self.edit(at, |value| {
                value["box_root"] = root.clone();
                value["signatures"] = serde_json::json!(signatures);
            });
        }
    }

    /// Rebuilds places, chain, heads of shared acts and the protocol's digests and signatures, as far as the rules go
    /// along; gives the state after the last good entry.
    pub fn relink(&mut self) -> Competition {
        let mut tree = Tree::new();
        let mut state: Option<Competition> = None;
        let mut refused = false;
        for at in 0..self.entries.len() {
            let head = Head {
                size: tree.size(),
                root: tree.root(),
            };
            self.refresh(at, head, state.as_ref().filter(|_| !refused));
            let entry = &mut self.entries[at];
            entry.seq = head.size;
            entry.prev = head
                .size
                .checked_sub(1)
                .and_then(|last| tree.leaf(last))
                .unwrap_or(Digest::ZERO);
            tree.push(Entry::leaf(&entry.to_bytes().unwrap()));
            if !refused {
                refused = self.step(at, head, &mut state).is_none();
            }
        }
        state.unwrap_or_else(|| self.honest.clone())
    }

    /// Numbers and chain alone; what statements say stays as it is.
    pub fn rechain(&mut self) {
        let mut prev = Digest::ZERO;
        for (seq, entry) in (0u64..).zip(&mut self.entries) {
            (entry.seq, entry.prev) = (seq, prev);
            prev = Entry::leaf(&entry.to_bytes().unwrap());
        }
    }

    fn step(&self, at: usize, head: Head, state: &mut Option<Competition>) -> Option<()> {
        let entry = &self.entries[at];
        let pinned = self.pinned();
        let keys: &dyn Keys = match state {
            Some(state) => state,
            None => &pinned,
        };
        let checked = Checked::check(Statement::read(entry.body.clone()).ok()?, keys).ok()?;
        let context = Context {
            now: entry.time,
            head,
            stored: &self.shelf,
        };
        let placed = Placed {
            seq: head.size,
            time: entry.time,
        };
        match state {
            None => {
                *state = Some(Competition::begin(
                    Competition::announce(&checked, &pinned, &context).ok()?,
                    placed,
                ));
            }
            Some(state) if state.seals(checked.statement().kind()) => return None,
            Some(state) => {
                let step = state.decide(&checked, &context).ok()?;
                state.evolve(step, placed);
            }
        }
        Some(())
    }

    /// Heads, list and protocol as they now stand before this entry.
    fn refresh(&mut self, at: usize, head: Head, state: Option<&Competition>) {
        let kind = self.entries[at].kind.clone();
        let Ok(mut value) = serde_json::from_slice::<Value>(self.entries[at].body.payload()) else {
            return;
        };
        let before = value.clone();
        if value.get("head").is_some() {
            value["head"] = serde_json::json!(head);
        }
        if let Some(list) = state.and_then(Competition::candidates_digest) {
            value["candidates"] = serde_json::json!(list);
        }
        let of_protocol = [
            "protocol_signed",
            "protocol_dissented",
            "protocol_refused",
            "certification",
        ];
        if let Some(bytes) = state
            .and_then(|state| state.protocol(head))
            .filter(|_| of_protocol.contains(&&*kind))
        {
            value["protocol"] = serde_json::json!(Digest::of(&bytes));
            if value.get("signature").is_some() {
                let signer = self.entries[at].body.signatures.first();
                if let Some(signer) = signer.and_then(|one| self.keys.get(&one.keyid)) {
                    value["signature"] = serde_json::json!(signer.sign(&pae(PROTOCOL_TYPE, &bytes)));
                }
            }
        }
        if value != before {
            self.rewrite(at, jcs::to_canonical(&value).unwrap());
        }
    }

    fn pinned(&self) -> Pinned {
        self.honest.pinned().clone()
    }

    /// Every entry's bytes as they stand.
    pub fn bytes(&self) -> Vec<Vec<u8>> {
        self.entries.iter().map(|entry| entry.to_bytes().unwrap()).collect()
    }

    /// A checkpoint by the log key over these entries.
    pub fn checkpoint(&self, entries: &[Vec<u8>]) -> String {
        let tree: Tree = entries.iter().map(|bytes| Entry::leaf(bytes)).collect();
        Checkpoint {
            origin: self.origin(),
            size: tree.size(),
            root: tree.root(),
        }
        .sign(&self.log)
    }

    /// The bundle of the record as rewritten.
    pub fn bundle(&mut self) -> Files {
        let state = self.relink();
        let bytes = self.bytes();
        self.seal(&bytes, &state)
    }

    /// A bundle over exactly these entry bytes, with what a state gives beside them.
    pub fn seal(&self, bytes: &[Vec<u8>], state: &Competition) -> Files {
        let mut files = tiles_of(bytes);
        files.insert("checkpoint", self.checkpoint(bytes));
        files.insert("policy", policy_text(&self.log.vkey()));
        files.insert("README.txt", esep::competition::README);
        for (name, pem) in key_files(state, &self.log.vkey()) {
            files.insert(format!("keys/{name}.pem"), pem);
        }
        let read: Vec<_> = bytes.iter().filter_map(|bytes| Entry::from_bytes(bytes).ok()).collect();
        for statement in read.iter().filter_map(|entry| Statement::read(entry.body.clone()).ok()) {
            for sha256 in attachments_of(&statement.act) {
                if let Some(bytes) = self.shelf.0.get(&sha256) {
                    files.insert(format!("attachments/{sha256}"), &**bytes);
                }
            }
        }
        let tree: Tree = bytes.iter().map(|bytes| Entry::leaf(bytes)).collect();
        let head = Head {
            size: tree.size(),
            root: tree.root(),
        };
        files.extend(derived(state, read.first().map(|entry| &entry.body), head));
        // Where the entries of a closed round are gone, there is nothing to write.
        if let Some(lines) = ballots_file(state, bytes, &self.shelf).unwrap_or_else(|_| Some(Vec::new())) {
            files.insert("ballots.jsonl", lines);
        }
        resum(&mut files);
        files
    }

    /// A ballot like the first one in the record, by this key.
    pub fn ballot_by(&mut self, key: &SecretKey) -> Entry {
        let mut entry = self.entries[self.nth("ballot_cast", 0)].clone();
        let mut value: Value = serde_json::from_slice(entry.body.payload()).unwrap();
        value["keys"] = serde_json::json!([key.public().id()]);
        value["nonce"] = self.nonce().into();
        entry.body = Envelope::new(Kind::BallotCast.payload_type(), jcs::to_canonical(&value).unwrap());
        entry.body.sign(key);
        self.hold(key);
        entry
    }

    pub fn set_time(&mut self, at: usize, time: Time) {
        self.entries[at].time = time;
    }
}

/// Writes SHA256SUMS anew.
pub fn resum(files: &mut Files) {
    files.0.remove(SUMS);
    let sums = files.sums();
    files.insert(SUMS, sums);
}
