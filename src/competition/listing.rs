//! The candidate list: who is admitted, with what R7 and R8 need opened to everyone.

use super::act::{CandidateList, Field};
use super::{Code, Competition, Context, Extra, NominationState, Refusal};
use crate::ballot::CandidateId;
use crate::crypto::commit::{Salt, try_commitment};
use crate::crypto::hash::Digest;
use crate::crypto::jcs;
use crate::eligibility::{Finding, Organisation, counting_organisations, fold, numbers};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// `candidates.json`: canonical JSON, named by its SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListFile {
    /// Origin.
    pub competition: String,
    /// Ascending by id.
    pub candidates: Vec<ListedFile>,
}

/// A candidate in `candidates.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListedFile {
    /// The candidate's id on ballots.
    pub id: CandidateId,
    /// The nomination's PAE hash.
    pub nomination: Digest,
    /// Opens the name.
    pub name: Disclosed,
    /// Opens the association's name.
    pub association: Disclosed,
    /// Opens the member organisations.
    pub organisations: Disclosed,
}

/// Value and salt of a commitment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Disclosed {
    /// 16 bytes, hex.
    pub salt: Salt,
    /// The value.
    pub value: Value,
}

/// The candidate list as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// SHA-256 of the file.
    pub digest: Digest,
    /// The file's bytes.
    pub bytes: Arc<[u8]>,
    /// Candidates, ascending by id.
    pub candidates: Vec<Listed>,
}

/// A listed candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The candidate's id.
    pub id: CandidateId,
    /// The nomination's PAE hash.
    pub nomination: Digest,
    /// Name.
    pub name: String,
    /// Name of the association.
    pub association: String,
    /// R8: its organisations.
    pub organisations: Vec<Organisation>,
}

impl List {
    /// The candidate with this id.
    pub fn by_id(&self, id: &CandidateId) -> Option<&Listed> {
        self.candidates.iter().find(|candidate| candidate.id == *id)
    }

    /// The candidate of this nomination.
    pub fn by_nomination(&self, nomination: &Digest) -> Option<&Listed> {
        self.candidates
            .iter()
            .find(|candidate| candidate.nomination == *nomination)
    }
}

impl Competition {
    pub(super) fn candidate_list(&self, act: &CandidateList, context: &Context<'_>) -> Result<Extra, Refusal> {
        let bytes = context
            .stored
            .attachment(&act.list.sha256)
            .ok_or(Code::AttachmentMissing)?;
        if bytes.len() as u64 != act.list.bytes {
            return Err(Code::BadAttachment.because("its length differs"));
        }
        self.check_all_decided(context)?;
        let file: ListFile =
            jcs::from_canonical(&bytes).map_err(|error| Code::BadAttachment.because(error.to_string()))?;
        if file.competition != self.origin() || file.candidates.len() != act.count as usize {
            return Err(Code::ListMismatch.because("another competition, or another count"));
        }
        if !file.candidates.windows(2).all(|pair| pair[0].id < pair[1].id) {
            return Err(Code::ListMismatch.because("candidates stand ascending by id, each once"));
        }
        let mut candidates = Vec::with_capacity(file.candidates.len());
        for entry in &file.candidates {
            candidates.push(self.listed(entry)?);
        }
        self.check_one_per_association(&candidates)?;
        self.check_exactly_admitted(&candidates, context)?;
        Ok(Extra::List(Arc::new(List {
            digest: act.list.sha256,
            bytes,
            candidates,
        })))
    }

    /// No list while a nomination is undecided, flagged, in appeal, contested, or may still be appealed.
    fn check_all_decided(&self, context: &Context<'_>) -> Result<(), Refusal> {
        for (hash, nomination) in &self.nominations {
            if nomination.state == NominationState::Withdrawn {
                continue;
            }
            let over = self.appeal_ends(nomination).is_some_and(|end| context.now >= end);
            if nomination.appeal_open() || !over {
                return Err(Code::ScreeningOpen.because(format!("nomination {hash}")));
            }
        }
        match self.open_contest(context) {
            // R7: no list while a contest is open.
            Some((one, other)) => Err(Code::ContestOpen.because(format!("nominations {one} and {other}"))),
            None => Ok(()),
        }
    }

    fn listed(&self, entry: &ListedFile) -> Result<Listed, Refusal> {
        let nomination = self
            .nominations
            .get(&entry.nomination)
            .ok_or_else(|| Code::NoNomination.because(entry.id.to_string()))?;
        if nomination.state != NominationState::Live {
            return Err(Code::ListMismatch.because(format!("{}: withdrawn or out", entry.id)));
        }
        let subject = nomination.subject.to_string();
        for (field, disclosed) in [
            (Field::Name, &entry.name),
            (Field::Association, &entry.association),
            (Field::Organisations, &entry.organisations),
        ] {
            let commitment = try_commitment(
                disclosed.salt.as_bytes(),
                self.origin(),
                field.as_str(),
                &subject,
                &disclosed.value,
            );
            if commitment.ok().as_ref() != nomination.fields.get(&field) {
                return Err(Code::BadOpening.because(format!("{} of {}", field.as_str(), entry.id)));
            }
        }
        let text = |disclosed: &Disclosed| disclosed.value.as_str().map(str::to_owned);
        let organisations: Option<Vec<Organisation>> = jcs::from_value(&entry.organisations.value).ok();
        let read = text(&entry.name).zip(text(&entry.association)).zip(organisations);
        let ((name, association), organisations) =
            read.ok_or_else(|| Code::BadOpening.because(format!("values of {}", entry.id)))?;
        // R8: at least three distinct organisations that count.
        let (counting, _) = counting_organisations(&organisations);
        if counting < self.rules().eligibility.min_organisations as usize {
            return Err(Code::TooFewOrganisations.because(format!("{}: {counting}", entry.id)));
        }
        Ok(Listed {
            id: entry.id.clone(),
            nomination: entry.nomination,
            name,
            association,
            organisations,
        })
    }

    fn check_one_per_association(&self, candidates: &[Listed]) -> Result<(), Refusal> {
        // R16: a member may not be a candidate.
        let persons: BTreeSet<_> = self.members.iter().map(|member| fold(&member.person)).collect();
        if let Some(member) = candidates
            .iter()
            .find(|candidate| persons.contains(&fold(&candidate.name)))
        {
            return Err(Code::MemberIsCandidate.because(member.id.to_string()));
        }
        for (index, one) in candidates.iter().enumerate() {
            for other in &candidates[index + 1..] {
                let same_name = fold(&one.association) == fold(&other.association);
                let same_numbers = numbers(&one.organisations) == numbers(&other.organisations);
                // R7: an association may propose only one candidate.
                if same_name || same_numbers || one.nomination == other.nomination {
                    return Err(Code::TwoPerAssociation.because(format!("{} and {}", one.id, other.id)));
                }
            }
        }
        Ok(())
    }

    /// As far as the decisions are disclosed: the admitted ones, all of them and no other.
    fn check_exactly_admitted(&self, candidates: &[Listed], context: &Context<'_>) -> Result<(), Refusal> {
        let listed: BTreeSet<_> = candidates.iter().map(|candidate| candidate.nomination).collect();
        for (hash, nomination) in &self.nominations {
            if nomination.state != NominationState::Live {
                continue;
            }
            let Some(admitted) = self.admitted(hash, context)? else {
                continue;
            };
            if admitted != listed.contains(hash) {
                return Err(Code::ListMismatch.because(format!("nomination {hash}")));
            }
        }
        Ok(())
    }

    /// Whether the decisions admit a nomination; `None`: not disclosed. A flag must be settled first.
    pub fn admitted(&self, nomination: &Digest, context: &Context<'_>) -> Result<Option<bool>, Refusal> {
        let Some(screened) = self
            .nominations
            .get(nomination)
            .and_then(|nomination| nomination.screened.as_ref())
        else {
            return Ok(None);
        };
        let mut all_met = true;
        for commitment in &screened.decisions {
            let Some(decided) = Self::decided(commitment, context)? else {
                return Ok(None);
            };
            match decided.finding {
                Finding::Met => {}
                Finding::NotMet => all_met = false,
                Finding::Flagged | Finding::Undisclosed => {
                    return Err(Code::ScreeningOpen.because(format!("nomination {nomination} has a flag")));
                }
            }
        }
        Ok(Some(all_met))
    }
}
