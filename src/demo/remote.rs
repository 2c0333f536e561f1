//! The office over HTTP: what its visitors' programs do.

use super::desk::{Answer, Desk, Turned, View};
use crate::calendar::Time;
use crate::clerk::ManualClock;
use crate::competition::act::Attachment;
use crate::competition::{Opening, Statement};
use crate::crypto::dsse::Envelope;
use crate::crypto::hash::Digest;
use crate::crypto::key::SecretKey;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::entry::Entry;
use crate::ledger::note::Note;
use crate::ledger::tile::{decode_entries, tiles_for};
use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use std::fs::File;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Most bytes of an answer that is held in memory: a tile, the protocol.
const ANSWER_BYTES: u64 = 64 << 20;

/// One competition at an office that listens somewhere.
pub struct RemoteOffice {
    server: String,
    base: String,
    origin: String,
    clock: Arc<ManualClock>,
    agent: ureq::Agent,
    clients: usize,
    /// Time from request to receipt of every ballot sent in bulk.
    pub latencies: Vec<Duration>,
    /// Time that all ballots sent in bulk took.
    pub busy: Duration,
}

impl RemoteOffice {
    /// The competition `origin` at `server` (`http://127.0.0.1:port`), whose clock the story tells. Ballots in bulk come
    /// from so many clients at once.
    pub fn new(server: &str, origin: &str, clock: Arc<ManualClock>, clients: usize) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_mins(10)))
            .max_idle_connections(clients)
            .max_idle_connections_per_host(clients)
            .build();
        let id = origin.rsplit('/').next().unwrap_or_default();
        Self {
            server: server.to_owned(),
            base: format!("{server}/api/v1/competitions/{id}"),
            origin: origin.to_owned(),
            clock,
            agent: config.into(),
            clients,
            latencies: Vec::new(),
            busy: Duration::ZERO,
        }
    }

    fn post(&self, path: &str, media: &str, bytes: &[u8]) -> Result<Vec<u8>, Turned> {
        let url = if path.starts_with('/') {
            format!("{}{path}", self.server)
        } else {
            format!("{}/{path}", self.base)
        };
        let sent = self.agent.post(&url).header("content-type", media).send(bytes);
        answer(sent, &url)
    }

    fn get(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        let url = if path.is_empty() {
            self.base.clone()
        } else {
            format!("{}/{path}", self.base)
        };
        Ok(answer(self.agent.get(&url).call(), &url)?)
    }

    fn get_json(&self, path: &str) -> anyhow::Result<Value> {
        Ok(serde_json::from_slice(&self.get(path)?)?)
    }

    /// A bearer token for this key.
    fn session(&self, key: &SecretKey) -> anyhow::Result<String> {
        let wanted = json!({ "competition": self.origin, "key": key.public() });
        let challenge = self.post(
            "/api/v1/sessions/challenge",
            "application/json",
            wanted.to_string().as_bytes(),
        )?;
        let mut challenge = Envelope::from_json(&challenge)?;
        challenge.sign(key);
        let opened: Value =
            serde_json::from_slice(&self.post("/api/v1/sessions", "application/json", &challenge.to_json())?)?;
        Ok(opened["token"].as_str().context("no token")?.to_owned())
    }

    fn read_accepted(bytes: &[u8], hash: Digest) -> Result<Answer, Turned> {
        let value: Value = serde_json::from_slice(bytes).map_err(anyhow::Error::from)?;
        let receipt = value["receipt"].as_str().context("the answer holds no receipt")?;
        Ok(Answer {
            hash,
            receipt: receipt.to_owned(),
        })
    }

    /// The bundle, as a tar into this file.
    pub fn bundle(&self, tar: &mut File) -> anyhow::Result<()> {
        let url = format!("{}/bundle", self.base);
        let mut response = accepted(self.agent.get(&url).call(), &url)?;
        let mut body = response.body_mut().with_config().limit(u64::MAX).reader();
        std::io::copy(&mut body, tar).with_context(|| url)?;
        Ok(())
    }
}

type Response = ureq::http::Response<ureq::Body>;

fn answer(sent: Result<Response, ureq::Error>, url: &str) -> Result<Vec<u8>, Turned> {
    Ok(body(accepted(sent, url)?, url)?)
}

fn body(mut response: Response, url: &str) -> anyhow::Result<Vec<u8>> {
    let body = response.body_mut().with_config().limit(ANSWER_BYTES).read_to_vec();
    body.with_context(|| url.to_owned())
}

/// The answer, if it is no refusal.
fn accepted(sent: Result<Response, ureq::Error>, url: &str) -> Result<Response, Turned> {
    let response = sent.with_context(|| url.to_owned())?;
    let status = response.status().as_u16();
    if status < 300 {
        return Ok(response);
    }
    let problem: Value = serde_json::from_slice(&body(response, url)?).unwrap_or_default();
    let word = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
    if status >= 500 || word("code").is_empty() {
        return Err(Turned::Fault(anyhow::anyhow!(
            "{url}: {status} {} {}",
            word("title"),
            word("detail")
        )));
    }
    Err(Turned::Refused {
        code: word("code"),
        detail: word("detail"),
    })
}

impl Desk for RemoteOffice {
    fn origin(&self) -> String {
        self.origin.clone()
    }
    fn now(&self) -> Time {
        crate::clerk::Clock::now(&*self.clock)
    }
    fn set_now(&mut self, now: Time) {
        self.clock.set(now);
    }
    fn view(&mut self) -> anyhow::Result<View> {
        Ok(serde_json::from_slice(&self.get("")?)?)
    }
    fn submit(&mut self, envelope: Envelope) -> Result<Answer, Turned> {
        let bytes = self.post("statements", "application/json", &envelope.to_json())?;
        Self::read_accepted(&bytes, envelope.pae_hash())
    }
    fn submit_many(&mut self, envelopes: Vec<Envelope>) -> Vec<Result<Answer, Turned>> {
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Vec::with_capacity(envelopes.len()));
        let started = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..self.clients.min(envelopes.len()) {
                scope.spawn(|| {
                    let mut own = Vec::new();
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(envelope) = envelopes.get(index) else { break };
                        let body = envelope.to_json();
                        let begun = Instant::now();
                        let sent = self.post("statements", "application/json", &body);
                        let took = begun.elapsed();
                        own.push((
                            index,
                            took,
                            sent.and_then(|bytes| Self::read_accepted(&bytes, envelope.pae_hash())),
                        ));
                    }
                    done.lock()
                        .unwrap_or_else(std::sync::PoisonError::into_inner)
                        .extend(own);
                });
            }
        });
        self.busy += started.elapsed();
        let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        done.sort_by_key(|(index, _, _)| *index);
        self.latencies.extend(done.iter().map(|(_, took, _)| *took));
        done.into_iter().map(|(_, _, answer)| answer).collect()
    }
    fn submit_shared(&mut self, mut unsigned: Envelope, signers: &[&SecretKey]) -> Result<Answer, Turned> {
        let hash = unsigned.pae_hash();
        let Some((first, others)) = signers.split_first() else {
            return Err(Turned::Fault(anyhow::anyhow!("nobody signs")));
        };
        unsigned.sign(first);
        let mut last = self.post("drafts", "application/json", &unsigned.to_json())?;
        for signer in others {
            let shown: Value = serde_json::from_slice(&last).map_err(anyhow::Error::from)?;
            if shown["entered"].is_object() {
                break; // enough have signed; nobody else is needed
            }
            let body = json!({ "keyid": signer.public().id(), "sig": signer.sign(unsigned.pae()) });
            last = self.post(
                &format!("drafts/{hash}/signatures"),
                "application/json",
                body.to_string().as_bytes(),
            )?;
        }
        let mut shown: Value = serde_json::from_slice(&last).map_err(anyhow::Error::from)?;
        let entered = shown["entered"].take().to_string();
        Self::read_accepted(entered.as_bytes(), hash)
            .context("the draft waits for more signatures")
            .map_err(Turned::from)
    }
    fn attach(&mut self, bytes: Vec<u8>) -> anyhow::Result<Attachment> {
        self.post("attachments", "application/octet-stream", &bytes)?;
        Ok(Attachment::of(&bytes))
    }
    fn store_document(&mut self, bytes: Vec<u8>) -> anyhow::Result<Digest> {
        self.post("documents", "application/octet-stream", &bytes)?;
        Ok(Digest::of(&bytes))
    }
    fn store_opening(&mut self, opening: Opening) -> anyhow::Result<Digest> {
        let bytes = self.post("openings", "application/json", &serde_json::to_vec(&[&opening])?)?;
        let stored: Value = serde_json::from_slice(&bytes)?;
        let commitment = super::cast::commit(&self.origin, &opening)?;
        if stored[0]["commitment"] != commitment.to_string() {
            bail!("the office commits to another value");
        }
        Ok(commitment)
    }
    fn sealed_box(&mut self, member: &SecretKey) -> anyhow::Result<(Digest, u32)> {
        let token = self.session(member)?;
        let url = format!("{}/box", self.base);
        let sent = self
            .agent
            .get(&url)
            .header("authorization", format!("Bearer {token}"))
            .call();
        let value: Value = serde_json::from_slice(&answer(sent, &url)?)?;
        let root = value["box_root"]
            .as_str()
            .and_then(|root| root.parse().ok())
            .context("no box root")?;
        Ok((
            root,
            u32::try_from(value["box_count"].as_u64().context("no box count")?)?,
        ))
    }
    fn opened_ballots(&mut self) -> anyhow::Result<Vec<Vec<u8>>> {
        let round = self.view()?.round;
        let note = String::from_utf8(self.get("checkpoint")?)?;
        let size = Checkpoint::parse(&Note::parse(&note)?.text)?.size;
        let mut ballots = Vec::new();
        for tile in tiles_for(size).into_iter().filter(|tile| tile.level.is_none()) {
            let bytes = self.get(&tile.to_string())?;
            for entry in decode_entries(&bytes).context("a tile of entries cannot be read")? {
                let entry = Entry::from_bytes(entry)?;
                if entry.kind == "ballot_cast" && Statement::read(entry.body.clone())?.header.round == round {
                    ballots.push((entry.body.pae_hash(), entry.body.pae().to_vec()));
                }
            }
        }
        ballots.sort_by_key(|(hash, _)| *hash);
        Ok(ballots.into_iter().map(|(_, pae)| pae).collect())
    }
    fn protocol(&mut self) -> anyhow::Result<Vec<u8>> {
        self.get("protocol")
    }
    fn result(&mut self) -> anyhow::Result<Value> {
        self.get_json("result")
    }
}
