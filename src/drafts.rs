//! Drafts: acts of several members that wait for signatures over the same bytes, outside the ledger.
//!
//! A draft never changes a competition: when its last needed signature arrives, it goes to the clerk as one statement,
//! and the rules are asked again. It then is entered, or closed with the refusal. Any member who must sign may
//! withdraw it. Nothing here counts what a rule counts: whether signatures suffice is what the rules answer.

use crate::calendar::Time;
use crate::clerk::{Accepted, Clerk, Rejected};
use crate::competition::{Code, Competition, Header, Nonce, Refusal, Role, Slot, Statement};
use crate::crypto::dsse::EnvelopeSignature;
use crate::crypto::{Digest, Envelope, KeyId, Signature, jcs};
use crate::store::{DraftRow, StoreError};
use serde::{Deserialize, Serialize};
use std::mem;

/// Payload type of a withdrawal.
pub const WITHDRAWAL_TYPE: &str = "application/vnd.esep.draft_withdrawal.v1+json";
/// Open drafts that a competition may have.
pub const MAX_OPEN: usize = 64;
/// Times that a write is tried anew when another signature came between.
const TRIES: usize = 8;

/// What a withdrawal says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    /// `<host>/<competition id>`.
    pub competition: String,
    /// PAE hash of the draft.
    pub draft: Digest,
    /// 32 hex digits from a secure generator.
    pub nonce: Nonce,
}

/// A draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// The statement with the signatures so far, in slot order.
    pub envelope: Envelope,
    /// Who began it.
    pub author: KeyId,
    /// When.
    pub opened: Time,
    /// What became of it.
    pub state: State,
}

/// What became of a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum State {
    /// It waits for signatures.
    Open {},
    /// It is in the ledger.
    Entered {
        /// Place of the entry.
        seq: u64,
    },
    /// The rules said no when it was complete.
    Refused {
        /// Code of the refusal.
        code: String,
        /// What stood against it.
        detail: String,
    },
    /// Somebody who must sign withdrew it.
    Withdrawn {
        /// Who.
        by: KeyId,
        /// When.
        at: Time,
    },
}

/// A member who may sign a draft, and whether he has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Signer {
    /// R16: the slot.
    pub slot: Slot,
    /// Key in force.
    pub keyid: KeyId,
    /// Whether the signature is there.
    pub signed: bool,
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// The rules, the queue, or the machine.
    #[error(transparent)]
    Rejected(#[from] Rejected),
    /// What was sent is not in order.
    #[error("{0}")]
    Refused(Refusal),
    /// There is no such draft.
    #[error("there is no such draft")]
    NotFound,
    /// The draft is not open any more.
    #[error("the draft is closed")]
    Closed(Box<Draft>),
    /// As many drafts as may be are open.
    #[error("{MAX_OPEN} drafts are open already")]
    TooMany,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Refusal> for DraftError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

// --- pure ---------------------------------------------------------------------------------------------------------

impl Draft {
    /// A draft of this envelope, which one or more members have signed.
    pub fn begin(mut envelope: Envelope, competition: &Competition, now: Time) -> Result<Self, Refusal> {
        let author = envelope.signatures.first().ok_or(Code::BadSignature)?.keyid;
        let signatures = mem::take(&mut envelope.signatures);
        let mut draft = Self {
            envelope,
            author,
            opened: now,
            state: State::Open {},
        };
        for signature in signatures {
            draft.add(signature, competition)?;
        }
        Ok(draft)
    }

    /// Adds a member's signature in slot order. The same member signing again changes nothing: some signers are
    /// randomised, and both signatures are good.
    pub fn add(&mut self, signature: EnvelopeSignature, competition: &Competition) -> Result<bool, Refusal> {
        let slot = slot_of(competition, &signature.keyid)?;
        let member = competition.members().iter().find(|member| member.slot == slot);
        let key = member
            .map(|member| &member.key)
            .filter(|key| key.id() == signature.keyid);
        let key = key.ok_or_else(|| Code::UnknownKey.because("the key is not in force any more"))?;
        key.verify(self.envelope.pae(), &signature.sig)
            .map_err(|_| Code::BadSignature)?;
        if self.envelope.signature_of(&signature.keyid).is_some() {
            return Ok(false);
        }
        self.envelope.signatures.push(signature);
        self.envelope
            .signatures
            .sort_by_key(|signature| slot_of(competition, &signature.keyid).ok());
        Ok(true)
    }

    /// The statement's name.
    pub fn hash(&self) -> Digest {
        self.envelope.pae_hash()
    }

    /// Who may sign, and who has.
    pub fn signers(&self, competition: &Competition) -> Vec<Signer> {
        let signer = |keyid: KeyId, slot| Signer {
            slot,
            keyid,
            signed: self.envelope.signature_of(&keyid).is_some(),
        };
        competition
            .members()
            .iter()
            .map(|member| signer(member.key.id(), member.slot))
            .collect()
    }

    /// Whether it waits.
    pub fn is_open(&self) -> bool {
        self.state == State::Open {}
    }
}

fn slot_of(competition: &Competition, keyid: &KeyId) -> Result<Slot, Refusal> {
    match competition.role(keyid) {
        Some(Role::CountingMember(slot)) => Ok(slot),
        Some(_) => Err(Code::WrongRole.because("only counting members sign drafts")),
        None => Err(Code::UnknownKey.because(format!("key {keyid}"))),
    }
}

/// What does not depend on the number of signatures: a draft that can never be entered is not begun.
fn check_header(header: &Header, clerk: &Clerk, id: &str) -> Result<(), Refusal> {
    let snapshot = clerk.snapshot(id).ok_or(Code::NoCompetition)?;
    let now = clerk.now();
    let Some(((head, phase), not_after)) = header.head.zip(header.phase).zip(header.not_after) else {
        return Err(Code::DraftHead.because("a draft names head, phase and not_after"));
    };
    if header.competition != snapshot.competition.origin() {
        return Err(Code::WrongCompetition.because(format!("this ledger is {}", snapshot.competition.origin())));
    }
    if head != snapshot.head || phase != snapshot.competition.phase(now) {
        return Err(Code::StaleHead.because(format!("the record has {} entries", snapshot.head.size)));
    }
    if now > not_after {
        return Err(Code::DraftExpired.because(format!("it ended {not_after}")));
    }
    Ok(())
}

/// Whether the rules only miss signatures.
fn waits(refusal: &Refusal, signatures: usize) -> bool {
    // With one signature, the fields that make it a draft are what the rules object to first.
    refusal.code == Code::TooFewSigners || (refusal.code == Code::DraftHead && signatures == 1)
}

// --- with the store -----------------------------------------------------------------------------------------------

/// The drafts of an office.
#[derive(Clone)]
pub struct Drafts {
    clerk: Clerk,
}

/// A draft after something was done, and the clerk's answer if it was entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The draft.
    pub draft: Draft,
    /// Its receipt, if it was entered just now.
    pub accepted: Option<Accepted>,
}

impl Drafts {
    /// The drafts of this office.
    pub fn new(clerk: Clerk) -> Self {
        Self { clerk }
    }

    /// Begins a draft, signed by at least one member. The same draft sent again gains the signatures it brings.
    pub async fn begin(&self, id: &str, envelope: Envelope) -> Result<Standing, DraftError> {
        let snapshot = self.clerk.snapshot(id).ok_or(Refusal::from(Code::NoCompetition))?;
        let statement = Statement::read(envelope.clone())?;
        let draft = Draft::begin(envelope, &snapshot.competition, self.clerk.now())?;
        if self.row(id, &statement.hash).await?.is_some() {
            return self.add(id, &statement.hash, &draft.envelope.signatures).await;
        }
        check_header(&statement.header, &self.clerk, id)?;
        if let Err(Rejected::Refused { refusal, note }) = self.clerk.ask(id, draft.envelope.clone()).await
            && !waits(&refusal, draft.envelope.signatures.len())
        {
            return Err(Rejected::Refused { refusal, note }.into());
        }
        if self.list(id).await?.iter().filter(|draft| draft.is_open()).count() >= MAX_OPEN {
            return Err(DraftError::TooMany);
        }
        match self.write(id, &draft, 1).await {
            // Two members may begin the same draft at once.
            Err(DraftError::Store(StoreError::Taken(_))) => {
                self.add(id, &statement.hash, &draft.envelope.signatures).await
            }
            Err(error) => Err(error),
            Ok(()) => self.try_enter(id, draft, 1).await,
        }
    }

    /// Adds a member's signature; the last one needed enters the statement.
    pub async fn sign(&self, id: &str, hash: &Digest, keyid: KeyId, sig: Signature) -> Result<Standing, DraftError> {
        self.add(id, hash, &[EnvelopeSignature { keyid, sig }]).await
    }

    async fn add(&self, id: &str, hash: &Digest, signatures: &[EnvelopeSignature]) -> Result<Standing, DraftError> {
        let snapshot = self.clerk.snapshot(id).ok_or(DraftError::NotFound)?;
        for _ in 0..TRIES {
            let (mut draft, revision) = self.open(id, hash).await?;
            let mut added = false;
            for signature in signatures {
                added |= draft.add(*signature, &snapshot.competition)?;
            }
            let revision = if added { revision + 1 } else { revision };
            if added {
                match self.write(id, &draft, revision).await {
                    Err(DraftError::Store(StoreError::Taken(_))) => continue,
                    other => other?,
                }
            }
            return self.try_enter(id, draft, revision).await;
        }
        Err(StoreError::Taken("a draft").into())
    }

    /// Withdraws a draft: a signed payload of type [`WITHDRAWAL_TYPE`] by a member.
    pub async fn withdraw(&self, id: &str, hash: &Digest, envelope: &Envelope) -> Result<Draft, DraftError> {
        let snapshot = self.clerk.snapshot(id).ok_or(DraftError::NotFound)?;
        let by = check_withdrawal(envelope, &snapshot.competition, hash)?;
        for _ in 0..TRIES {
            let (mut draft, revision) = self.open(id, hash).await?;
            draft.state = State::Withdrawn {
                by,
                at: self.clerk.now(),
            };
            match self.write(id, &draft, revision + 1).await {
                Err(DraftError::Store(StoreError::Taken(_))) => {}
                other => return other.map(|()| draft),
            }
        }
        Err(StoreError::Taken("a draft").into())
    }

    /// The draft of that hash.
    pub async fn draft(&self, id: &str, hash: &Digest) -> Result<Option<Draft>, DraftError> {
        Ok(self.row(id, hash).await?.map(|(draft, _)| draft))
    }

    /// Every draft of a competition, by ascending hash.
    pub async fn list(&self, id: &str) -> Result<Vec<Draft>, DraftError> {
        let rows = self.clerk.store().drafts(id).await?;
        rows.iter().map(|row| read(row).map(|(draft, _)| draft)).collect()
    }

    /// Gives the draft to the clerk; too few signatures leave it open, any other refusal closes it.
    async fn try_enter(&self, id: &str, mut draft: Draft, revision: u64) -> Result<Standing, DraftError> {
        let accepted = match self.clerk.ask(id, draft.envelope.clone()).await {
            Err(Rejected::Refused { refusal, .. }) if waits(&refusal, draft.envelope.signatures.len()) => {
                return Ok(Standing { draft, accepted: None });
            }
            // Also what is refused goes to the clerk, whose answer counts: a retry of an entered draft is no refusal.
            _ => match self.clerk.submit(id, draft.envelope.clone()).await {
                Ok(accepted) => {
                    draft.state = State::Entered {
                        seq: accepted.seq.unwrap_or_default(),
                    };
                    Some(accepted)
                }
                Err(Rejected::Refused { refusal, .. }) => {
                    let code = refusal.code.as_str().to_owned();
                    draft.state = State::Refused {
                        code,
                        detail: refusal.detail,
                    };
                    None
                }
                // The draft stays open: signing again tries again.
                Err(other) => return Err(other.into()),
            },
        };
        match self.write(id, &draft, revision + 1).await {
            // Another signature came between; the ledger holds the statement, and the next look writes that down.
            Ok(()) | Err(DraftError::Store(StoreError::Taken(_))) => Ok(Standing { draft, accepted }),
            Err(error) => Err(error),
        }
    }

    async fn open(&self, id: &str, hash: &Digest) -> Result<(Draft, u64), DraftError> {
        let (draft, revision) = self.row(id, hash).await?.ok_or(DraftError::NotFound)?;
        if draft.is_open() {
            Ok((draft, revision))
        } else {
            Err(DraftError::Closed(Box::new(draft)))
        }
    }

    async fn row(&self, id: &str, hash: &Digest) -> Result<Option<(Draft, u64)>, DraftError> {
        self.clerk.store().draft(id, hash).await?.as_ref().map(read).transpose()
    }

    async fn write(&self, id: &str, draft: &Draft, revision: u64) -> Result<(), DraftError> {
        let body = serde_json::to_vec(draft).map_err(|error| StoreError::Fault(error.to_string()))?;
        let row = DraftRow {
            hash: draft.hash(),
            revision,
            body,
        };
        Ok(self.clerk.store().keep_draft(id, &row).await?)
    }
}

fn read(row: &DraftRow) -> Result<(Draft, u64), DraftError> {
    let draft = serde_json::from_slice(&row.body);
    let draft = draft.map_err(|_| StoreError::Damaged(format!("the draft {}", row.hash)))?;
    Ok((draft, row.revision))
}

fn check_withdrawal(envelope: &Envelope, competition: &Competition, hash: &Digest) -> Result<KeyId, Refusal> {
    if envelope.payload_type() != WITHDRAWAL_TYPE {
        return Err(Code::UnknownKind.because("not a withdrawal of a draft"));
    }
    let withdrawal: Withdrawal =
        jcs::from_canonical(envelope.payload()).map_err(|error| Code::BadPayload.because(error.to_string()))?;
    if withdrawal.competition != competition.origin() || withdrawal.draft != *hash {
        return Err(Code::WrongCompetition.because("the withdrawal names another draft"));
    }
    let [signature] = &envelope.signatures[..] else {
        return Err(Code::BadSignature.because("one signature is wanted"));
    };
    slot_of(competition, &signature.keyid)?;
    let member = competition
        .members()
        .iter()
        .find(|member| member.key.id() == signature.keyid);
    let key = &member.ok_or(Code::UnknownKey)?.key;
    envelope.check_signature(key).map_err(|_| Code::BadSignature)?;
    Ok(signature.keyid)
}
