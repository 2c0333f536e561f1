//! Why the rules say no: every refusal has a code, a rule where one applies, an HTTP status and a next step.
//!
//! A refusal is about what was sent, never about the machine (a *fault*) or the record (a *finding*). The table below
//! is the only list of codes; `docs/REFUSALS.md`, the API and the pages take theirs from it.

use std::fmt;

/// A refused statement: the code and what, in this case, stood against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which rule of the table below.
    pub code: Code,
    /// What was found, in words (English), without personal data.
    pub detail: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.code.as_str())?;
        if let Some(rule) = self.code.rule() {
            write!(out, " ({rule})")?;
        }
        write!(out, ": {}", self.code.title())?;
        if !self.detail.is_empty() {
            write!(out, ": {}", self.detail)?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}

macro_rules! codes {
    ($($name:ident $text:literal $status:literal $rule:literal $title:literal $next:literal;)*) => {
        /// Codes of refusals; see the table in `docs/REFUSALS.md`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $(#[doc = $title] $name,)* }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name,)*];
            /// The code as it stands in answers and documents.
            pub fn as_str(self) -> &'static str { match self { $(Self::$name => $text,)* } }
            /// HTTP status of an answer with this code.
            pub fn status(self) -> u16 { match self { $(Self::$name => $status,)* } }
            /// The rule of the competition, where one applies.
            pub fn rule(self) -> Option<&'static str> {
                let rule = match self { $(Self::$name => $rule,)* };
                (!rule.is_empty()).then_some(rule)
            }
            /// What is wrong, in one sentence.
            pub fn title(self) -> &'static str { match self { $(Self::$name => $title,)* } }
            /// What to do next, in one sentence.
            pub fn next_step(self) -> &'static str { match self { $(Self::$name => $next,)* } }
            /// The refusal with these words about the case at hand.
            pub fn because(self, detail: impl Into<String>) -> Refusal {
                Refusal { code: self, detail: detail.into() }
            }
        }

        impl From<Code> for Refusal {
            fn from(code: Code) -> Self { Self { code, detail: String::new() } }
        }
    };
}

codes! {
    // What was sent cannot be read.
    Malformed "malformed" 400 "" "The envelope or its payload cannot be read" "Make the statement anew from its template.";
    NotCanonical "not_canonical" 400 "" "The payload is not canonical JSON (RFC 8785)" "Write the payload with a canonical JSON writer and sign it again.";
    UnknownKind "unknown_kind" 400 "" "The payload type names no known statement" "Use a payload type from the documentation.";
    BadPayload "bad_payload" 422 "" "The payload does not fit its schema" "Compare it with the statement's JSON Schema.";
    TooLarge "too_large" 413 "" "The statement is larger than an entry may be" "Move long content into an attachment.";
    // Who signed.
    BadSignature "bad_signature" 401 "" "A signature does not verify" "Sign the very bytes of the payload with the named key.";
    UnknownKey "unknown_key" 401 "" "A signature is by a key that is not enrolled here" "Sign with an enrolled key, or have the key replaced first.";
    SignersOrder "signers_order" 422 "" "Signatures are doubled or not in the prescribed order" "Order them by slot, each once.";
    WrongRole "wrong_role" 403 "" "This role may not make this statement" "Ask the holder of the right role.";
    TooFewSigners "too_few_signers" 403 "R16" "Too few of the members who must sign have signed" "Collect the missing signatures in a draft.";
    WrongSlot "wrong_slot" 403 "R16" "The statement speaks for a slot whose key did not sign it" "Name your own slot.";
    TestKey "test_key" 403 "" "A published test key may serve in a rehearsal only" "Make a key of your own with keygen.";
    BadPossession "bad_possession" 422 "" "The proof of possession of a new key does not verify" "Enrol the key anew with `esep enrol`.";
    KeyInUse "key_in_use" 409 "" "The key already serves in another role" "Make a key of its own for each role.";
    // Where and when it belongs.
    WrongCompetition "wrong_competition" 409 "" "The statement belongs to another competition" "Post it where it belongs, or make it anew for this one.";
    NoCompetition "no_competition" 404 "" "There is no such competition yet" "The organiser announces it first.";
    AlreadyAnnounced "already_announced" 409 "" "The competition is already announced" "A re-run is a new competition with its own id.";
    WrongRules "wrong_rules" 409 "" "The statement does not name the rule set in force" "Take the rule set's digest from the competition.";
    WrongList "wrong_list" 409 "" "The statement does not name the candidate list in force" "Take the list's digest from the competition.";
    WrongRound "wrong_round" 409 "" "The statement does not name the present round" "Make it anew for the present round.";
    WrongPhase "wrong_phase" 409 "" "The statement is not accepted in this phase" "See which statements the phase takes.";
    StaleHead "stale_head" 409 "" "The draft was written against a record that has gone on" "Write the draft anew against the present head.";
    DraftExpired "draft_expired" 409 "" "The draft's time to be signed has ended" "Write the draft anew.";
    DraftHead "draft_head" 422 "" "An act of several members names head, phase and a time limit; an act of one does not" "Use the template for the number of signers.";
    Duplicate "duplicate" 409 "" "This was done already" "Nothing is left to do.";
    // The announcement.
    BadRules "bad_rules" 422 "" "The rule set contradicts itself or cannot be carried out" "Correct the named choices.";
    BadDates "bad_dates" 422 "R21" "The dates of the announcement do not fit together" "Let the template compute the dates.";
    PollDay "poll_day" 422 "R17" "Poll day is not within the window after the last day of intake" "Choose a day within the window.";
    Members "members" 422 "R16" "The counting commission is not four persons of four bodies with four keys" "Name one member of each body, each with a key.";
    LogKey "log_key" 422 "" "The announcement names another log key than this office's" "Take the log key's id from the office.";
    Rehearsal "rehearsal" 422 "" "A rehearsal and a real competition do not mix" "Announce it in the office made for it.";
    TooManyExtensions "too_many_extensions" 409 "R21" "The rule set allows no further extension" "Keep the deadline.";
    BadExtension "bad_extension" 422 "R21" "The new last day is not later, or later than the rule set allows" "Choose a day within the limit.";
    // Nominations and screening.
    IntakeNotOpen "intake_not_open" 409 "R21" "Intake has not opened yet" "Send it from the day of publication on.";
    IntakeClosed "intake_closed" 409 "R21" "Intake has ended" "A later nomination cannot be accepted.";
    SecondNomination "second_nomination" 409 "R7" "The association has a live nomination already" "Amend it, or withdraw it first.";
    NominationFields "nomination_fields" 422 "" "The nomination lacks a field that every nomination has" "Fill in every field of the form.";
    DocumentMissing "document_missing" 409 "R18" "A document or opening that the statement commits to is not stored here" "Upload it first, then post the statement.";
    NoNomination "no_nomination" 404 "" "There is no such nomination" "Use the digest from the nomination's receipt.";
    NominationOver "nomination_over" 409 "" "The nomination is withdrawn or out" "Nothing can be done with it any more.";
    ContradictsFacts "contradicts_facts" 422 "" "The decision contradicts what the engine computes" "Decide as computed, or correct the facts.";
    DecisionShape "decision_shape" 422 "" "A screening decision decides every rule once, in the fixed order" "Use the template.";
    AppealWindow "appeal_window" 409 "" "There is no decision to appeal, or its window has ended" "An appeal is filed within the days that the rule set gives.";
    NoAppeal "no_appeal" 409 "" "There is no open appeal" "See the nomination's state.";
    NoContest "no_contest" 409 "R7" "These nominations contest nothing" "Name live nominations of one association.";
    ScreeningOpen "screening_open" 409 "" "A nomination is not finally decided: undecided, flagged, or in appeal" "Decide it and let the appeal window end.";
    ContestOpen "contest_open" 409 "R7" "Two nominations of one association are undecided" "Decide the contest first.";
    ListMismatch "list_mismatch" 422 "" "The candidate list does not hold exactly the admitted nominations" "List the admitted ones, all of them and no other.";
    BadOpening "bad_opening" 422 "" "An opening does not match its commitment" "Take value and salt from the nomination.";
    TwoPerAssociation "two_per_association" 422 "R7" "Two candidates of one association are listed" "Decide the contest and list one.";
    TooFewOrganisations "too_few_organisations" 422 "R8" "A listed association has too few counting organisations" "It cannot be listed.";
    MemberIsCandidate "member_is_candidate" 422 "R16" "A counting member is a candidate" "Replace the member first.";
    AttachmentMissing "attachment_missing" 409 "" "The attachment that the statement names is not stored here" "Upload the attachment first.";
    BadAttachment "bad_attachment" 422 "" "The attachment does not have the prescribed form" "Make it anew with the command line tool.";
    // Polling.
    Attendance "attendance" 409 "R16" "Not all four bodies are present" "Every member records attendance, or is replaced.";
    NoCards "no_cards" 409 "" "No voting cards are prepared for this round" "Prepare the cards first.";
    TooFewCards "too_few_cards" 422 "" "There are fewer cards than electors" "Prepare a card for every elector and spares.";
    LotNotCommitted "lot_not_committed" 409 "" "Not all four members have committed to a lot nonce" "Each member commits before polling opens.";
    EqualCommitments "equal_commitments" 409 "" "Another member committed to the same nonce" "Draw a nonce of your own.";
    NotPollTime "not_poll_time" 409 "R17" "It is not the announced time of polling" "Open between the announced times.";
    PollingOver "polling_over" 409 "R15" "The announced closing time has passed" "A late ballot cannot be accepted.";
    ClosingEarly "closing_early" 409 "R15" "Closing before the announced time needs everyone on the roll to have voted" "Wait for the announced time.";
    NotElector "not_elector" 403 "R15" "The key may not cast a ballot in this round" "Use the card drawn for this round.";
    CardUsed "card_used" 409 "R15" "Another ballot was cast with this card" "The first ballot stands; tell a member if it was not yours.";
    BallotKeys "ballot_keys" 422 "" "The ballot names other keys than those that signed it" "Sign with the key that the ballot names.";
    BadRoll "bad_roll" 422 "R15" "The roll names someone who is no elector, or is not sorted" "List those who took a card, sorted, each once.";
    BoxMismatch "box_mismatch" 409 "" "Root or count of the box differ from the ballots in it" "Take root and count from the office at the close.";
    UnknownCards "unknown_cards" 422 "" "Unused or spoiled cards are not among the prepared ones" "List keys of prepared cards only.";
    LateReveal "late_reveal" 409 "" "The time to reveal lot nonces has ended" "The slot is left out of the lot.";
    BadReveal "bad_reveal" 422 "" "The nonce does not match the commitment" "Reveal the nonce that was committed to.";
    RevealsPending "reveals_pending" 409 "" "Lot nonces may still be revealed" "Open after all have revealed or the time has ended.";
    BallotOrder "ballot_order" 409 "" "Opened ballots come in ascending order of their hashes, exactly those of the box" "Open the box as it was closed.";
    // Count, protocol, certification.
    BallotSignatures "ballot_signatures" 422 "" "The member's signatures do not cover every ballot" "Sign every ballot of the box in box order, or none.";
    SlotResolved "slot_resolved" 409 "" "This slot is resolved already" "Nothing is left to do.";
    NotAbsent "not_absent" 409 "R16" "The member is present and the time to sign has not ended" "Wait for the time limit.";
    WrongProtocol "wrong_protocol" 409 "" "The protocol has other bytes" "Read the present protocol and sign its digest.";
    SlotsOpen "slots_open" 409 "R16" "Not every slot of the protocol is resolved" "Sign, refuse, dissent, or attest absence for each slot.";
    ProtocolUnsigned "protocol_unsigned" 409 "R16" "Fewer members than required signed the protocol" "It cannot be certified.";
    SlotOutcomes "slot_outcomes" 422 "" "The certification states other outcomes of the slots" "Take them from the record.";
    BadTerm "bad_term" 422 "R5" "The term does not end the prescribed years after it starts" "Let the template compute the end.";
    BadLot "bad_lot" 422 "" "The drawing does not order exactly the tied candidates" "Record every tied candidate once.";
    NotBefore "not_before" 409 "" "This candidate cannot withdraw while the protocol is being signed" "Withdraw after certification.";
    OutsideAct "outside_act" 422 "" "A certified competition is annulled only citing an outside act" "Name the digest of the act.";
    TextLength "text_length" 422 "" "A text is empty or longer than 4,000 characters" "Shorten the text.";
    TextCharacters "text_characters" 422 "" "A text holds a character that nobody sees" "Type the text anew, or take the character out.";
}
