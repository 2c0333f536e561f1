//! The tampered kit: every case of `tamper` writes down the bundles that it checks.

use super::{Kit, Vector};
use crate::tamper::{files, kept, ledger, polling, protocol, screening};
use esep::ledger::Files;
use esep::verify::Trust;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A case that tries many places is kept with so many of them.
const MOST_OF_A_CASE: usize = 2;

macro_rules! cases {
    ($($room:ident::$case:ident,)*) => {
        const CASES: &[(&str, fn())] = &[$((stringify!($case), $room::$case),)*];
    };
}

cases! {
    files::bad_sums,
    files::bad_file_without_a_sum,
    files::bad_policy_of_another_log,
    files::bad_checkpoint_signature,
    files::bad_stray_key,
    files::bad_member_key_swapped,
    files::bad_key_file_spelt_otherwise,
    files::bad_trust_key,
    files::trust_without_organiser_or_log_cannot_tell,
    files::bad_hash_tile,
    files::bad_stray_tile,
    files::bad_missing_tile,
    files::bad_missing_files_cannot_tell,
    files::bad_flipped_bit_in_an_entry,
    files::bad_attachment_bytes,
    files::bad_stray_attachment,
    files::bad_stray_file,
    files::bad_protocol_dsse_signature,
    files::bad_derived_files,
    files::bad_protocol_file_total,
    files::bad_elected_swapped,
    files::bad_result_reserve,
    files::bad_lot_order,
    files::bad_protocol_file_place,
    files::readme_is_held_to_the_sums_and_named_when_it_differs,
    ledger::bad_root,
    ledger::bad_noncanonical_entry,
    ledger::bad_chain,
    ledger::bad_seq,
    ledger::bad_log_name,
    ledger::bad_kind,
    ledger::bad_time_backwards,
    ledger::bad_noncanonical_statement,
    ledger::bad_unknown_statement,
    ledger::bad_small_order_key,
    ledger::bad_signature,
    ledger::bad_neutral_signature,
    ledger::bad_foreign_signer,
    ledger::bad_repeated_statement,
    ledger::bad_author,
    ledger::bad_foreign_log_key,
    ledger::bad_foreign_organiser,
    ledger::bad_announced_policy,
    ledger::bad_stale_head,
    ledger::bad_dropped_tail,
    ledger::bad_fork,
    ledger::bad_receipt_of_an_entry_that_is_gone,
    ledger::bad_box_receipt,
    ledger::older_checkpoint_of_another_log_cannot_tell,
    ledger::empty_record_cannot_tell,
    ledger::bad_entry_with_a_foreign_envelope,
    polling::bad_attendance_missing,
    polling::bad_closing_attendance_missing,
    polling::bad_too_few_signers,
    polling::bad_slot_of_another_member,
    polling::bad_opening_before_its_time,
    polling::bad_flipped_rating,
    polling::bad_foreign_ballot,
    polling::bad_ballot_by_a_member,
    polling::bad_double_card,
    polling::bad_box_dropped_ballot,
    polling::bad_box_added_ballot,
    polling::bad_box_order,
    polling::bad_ballot_before_opening,
    polling::bad_opening_of_another_box,
    polling::bad_unfinished_opening,
    polling::bad_unused_card_voted,
    polling::bad_ballot_stuffed_with_a_returned_card,
    polling::bad_card_forgotten,
    polling::bad_returned_card_unknown,
    polling::bad_roll_extended,
    polling::bad_roll_with_one_who_never_came,
    polling::bad_member_signature_set_short,
    polling::bad_member_signature_wrong,
    polling::bad_reveal,
    polling::bad_late_reveal,
    polling::bad_opening_before_all_revealed,
    polling::bad_equal_lot_commitments,
    polling::bad_late_ballot,
    polling::bad_named_ballot_by_a_stranger,
    polling::bad_named_ballot_dropped,
    polling::bad_poll_close_too_early,
    polling::bad_round_of_a_ballot,
    protocol::bad_protocol_total,
    protocol::bad_protocol_elected,
    protocol::bad_protocol_lot_order,
    protocol::bad_protocol_counts,
    protocol::bad_protocol_objection_left_out,
    protocol::bad_protocol_nobody_can_read,
    protocol::bad_protocol_signature,
    protocol::bad_certified_slots,
    protocol::bad_certified_with_an_open_slot,
    protocol::bad_certified_too_early,
    protocol::bad_term,
    screening::bad_late_nomination,
    screening::bad_second_nomination,
    screening::bad_list_in_the_appeal_window,
    screening::bad_candidates_opening,
    screening::bad_two_per_association,
    screening::bad_contest_loser_listed,
    screening::bad_organisations_two,
    screening::bad_convict_listed_shows_once_disclosed,
    screening::bad_admitted_left_out_shows_once_disclosed,
    screening::bad_document_missing_listed,
}

/// Each bundle that a case checks, once; cases are played on all cores.
fn play() -> Vec<Vec<(Files, Trust)>> {
    let made: Vec<Mutex<Vec<(Files, Trust)>>> = CASES.iter().map(|_| Mutex::default()).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::SeqCst);
            let Some((_, case)) = CASES.get(at) else { break };
            *made[at].lock().unwrap() = kept(*case);
        }
    };
    std::thread::scope(|scope| {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        for _ in 0..cores {
            scope.spawn(work);
        }
    });
    made.into_iter().map(|one| one.into_inner().unwrap()).collect()
}

pub fn make(kit: &mut Kit) {
    for ((case, _), bundles) in CASES.iter().zip(play()) {
        let words = case.trim_start_matches("bad_").replace('_', " ");
        let name = case.trim_start_matches("bad_").replace('_', "-");
        for (number, (files, given)) in bundles.into_iter().take(MOST_OF_A_CASE).enumerate() {
            let number = if number == 0 {
                String::new()
            } else {
                format!("-{}", number + 1)
            };
            kit.add(Vector {
                name: format!("tampered/{name}{number}"),
                shows: words.clone(),
                choices: Vec::new(),
                near: Vec::new(),
                files,
                given,
            });
        }
    }
}
