//! Entries, tree, proofs, notes, receipts, tiles, policies, bundles: against their definitions and other crates.

use crate::envelopes::say;
use crate::vectors::vector_json;
use base64::{Engine, engine::general_purpose::STANDARD};
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash, mem_backed_tree::MemoryBackedTree};
use esep::{
    calendar::Time,
    crypto::{Digest, Envelope, SecretKey},
    ledger::{
        bundle::{BundleError, Files, SUMS, SumProblem},
        checkpoint::{Checkpoint, CheckpointError},
        entry::{Entry, EntryError},
        note::{Note, NoteError, NoteKey, Vkey},
        policy::{Policy, PolicyError},
        proof::{check_consistency, check_inclusion},
        receipt::{BoxReceipt, Receipt, ReceiptError, Refused},
        tile::{TilePath, decode_entries, encode_entries, entries_from_tiles, tiles_for, tiles_of},
        tree::{Frontier, Tree, leaf_hash, node_hash, root_of},
    },
};
use proptest::prelude::*;
use sha2::Sha256;

const ORIGIN: &str = "esep.example/2026-1";

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed([seed; 32])
}

fn log() -> NoteKey {
    NoteKey::new(ORIGIN, key(1)).expect("a good name")
}

fn leaves(count: u64) -> Vec<Digest> {
    (0..count).map(|i| leaf_hash(&i.to_be_bytes())).collect()
}

/// The definition of RFC 6962 section 2.1, word for word.
fn naive_root(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => Digest::of(b""),
        [leaf] => *leaf,
        _ => {
            let k = leaves.len().next_power_of_two() / 2;
            node_hash(&naive_root(&leaves[..k]), &naive_root(&leaves[k..]))
        }
    }
}

#[test]
fn the_tree_is_that_of_the_standard() {
    let leaves = leaves(70);
    let (mut tree, mut frontier) = (Tree::new(), Frontier::new());
    for size in 0..=70_usize {
        let root = naive_root(&leaves[..size]);
        assert_eq!(tree.size(), size as u64);
        assert_eq!(
            (tree.root(), frontier.root(), root_of(&leaves[..size])),
            (root, root, root)
        );
        if let Some(leaf) = leaves.get(size) {
            tree.push(*leaf);
            frontier.push(*leaf);
        }
    }
    for size in 0..=70_u64 {
        assert_eq!(
            tree.root_at(size),
            naive_root(&leaves[..usize::try_from(size).unwrap()])
        );
    }
}

#[test]
fn proofs_hold_for_all_small_trees() {
    let leaves = leaves(40);
    let tree: Tree = leaves.iter().copied().collect();
    for size in 1..=40 {
        let root = tree.root_at(size);
        for index in 0..size {
            let proof = tree.inclusion(index, size);
            let leaf = tree.leaf(index).unwrap();
            check_inclusion(&leaf, index, size, &proof, &root).unwrap();
            assert!(check_inclusion(&leaf, (index + 1) % (size + 1), size, &proof, &root).is_err());
            for drop in 0..proof.len() {
                let mut shorter = proof.clone();
                shorter.remove(drop);
                assert!(check_inclusion(&leaf, index, size, &shorter, &root).is_err());
            }
        }
        for old in 1..=size {
            let proof = tree.consistency(old, size);
            check_consistency(old, &tree.root_at(old), size, &root, &proof).unwrap();
            assert!(check_consistency(old, &leaf_hash(b"x"), size, &root, &proof).is_err());
            let longer = [&proof[..], &[root]].concat();
            assert!(check_consistency(old, &tree.root_at(old), size, &root, &longer).is_err());
        }
    }
}

/// Some vectors hold stand-ins of other lengths for roots and hashes; their hashes serve as well. Nothing at all is no
/// hash.
fn digest(value: &serde_json::Value) -> Option<Digest> {
    let bytes = STANDARD
        .decode(value.as_str()?)
        .ok()
        .filter(|bytes| !bytes.is_empty())?;
    Some(<[u8; 32]>::try_from(&bytes[..]).map_or_else(|_| Digest::of(&bytes), Digest::from_bytes))
}

fn digests(value: &serde_json::Value) -> Option<Vec<Digest>> {
    value
        .as_array()
        .map_or(Some(Vec::new()), |hashes| hashes.iter().map(digest).collect())
}

#[test]
fn published_inclusion_proofs() {
    let Some(file) = vector_json("merkle/inclusion.json") else {
        return;
    };
    let cases = file["vectors"].as_array().unwrap();
    assert_eq!(cases.len(), 98);
    for case in cases {
        let good = || {
            let (leaf, root, proof) = (
                digest(&case["leafHash"])?,
                digest(&case["root"])?,
                digests(&case["proof"])?,
            );
            let (index, size) = (case["leafIdx"].as_u64()?, case["treeSize"].as_u64()?);
            check_inclusion(&leaf, index, size, &proof, &root).ok()
        };
        assert_eq!(good().is_none(), case["wantErr"] == true, "{}", case["name"]);
    }
}

#[test]
fn published_consistency_proofs() {
    let Some(file) = vector_json("merkle/consistency.json") else {
        return;
    };
    let cases = file["vectors"].as_array().unwrap();
    assert_eq!(cases.len(), 98);
    for case in cases {
        let good = || {
            let (old, new, proof) = (
                digest(&case["root1"])?,
                digest(&case["root2"])?,
                digests(&case["proof"])?,
            );
            let (old_size, new_size) = (case["size1"].as_u64()?, case["size2"].as_u64()?);
            check_consistency(old_size, &old, new_size, &new, &proof).ok()
        };
        assert_eq!(
            good().is_none(),
            case["wantErr"] == true,
            "{} {}",
            case["name"],
            case["desc"]
        );
    }
}

#[test]
fn another_crate_makes_the_same_tree() {
    let mut theirs = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    let mut ours = Tree::new();
    for i in 0..100_u64 {
        theirs.push(i.to_be_bytes().to_vec());
        ours.push(leaf_hash(&i.to_be_bytes()));
        let size = i + 1;
        assert_eq!(theirs.root().as_bytes().as_slice(), ours.root().as_bytes());
        let index = (i * 7) % size;
        let path = ours.inclusion(index, size);
        let flat: Vec<u8> = path.iter().flat_map(|hash| *hash.as_bytes()).collect();
        assert_eq!(theirs.prove_inclusion(usize::try_from(index).unwrap()).as_bytes(), flat);
        let proof = InclusionProof::<Sha256>::from_bytes(flat);
        theirs
            .root()
            .verify_inclusion(&index.to_be_bytes().to_vec(), index, &proof)
            .unwrap();
        let old = size - (i * 5) % size;
        let flat: Vec<u8> = ours
            .consistency(old, size)
            .iter()
            .flat_map(|hash| *hash.as_bytes())
            .collect();
        assert_eq!(
            theirs
                .prove_consistency(usize::try_from(size - old).unwrap())
                .as_bytes(),
            flat
        );
        let old_root = RootHash::<Sha256>::new((*ours.root_at(old).as_bytes()).into(), old);
        let proof = ConsistencyProof::<Sha256>::try_from_bytes(flat).unwrap();
        theirs.root().verify_consistency(&old_root, &proof).unwrap();
    }
}

fn entry(seq: u64, prev: Digest) -> Entry {
    let mut body = Envelope::new("application/vnd.esep.x.v1+json", b"{\"a\":1}");
    body.sign(&key(2));
    Entry {
        body,
        kind: "x".into(),
        log: ORIGIN.into(),
        prev,
        seq,
        time: Time::from_unix(1_795_406_400),
    }
}

#[test]
fn an_entry_is_its_canonical_bytes() {
    let entry = entry(12, Digest::ZERO);
    let bytes = entry.to_bytes().unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert_eq!(
        esep::crypto::jcs::to_canonical(&serde_json::from_slice::<serde_json::Value>(&bytes).unwrap()).unwrap(),
        bytes
    );
    assert!(text.contains("\"seq\":\"12\"") && text.ends_with("\"v\":1}"));
    assert_eq!(Entry::from_bytes(&bytes).unwrap(), entry);
    let broken = [
        text.replacen(",\"kind\"", ", \"kind\"", 1),
        text.replacen("\"12\"", "\"012\"", 1),
        text.replacen("\"12\"", "12", 1),
        text.replacen("\"v\":1", "\"v\":2", 1),
        text.replacen("\"v\":1", "\"v\":1,\"w\":1", 1),
        text.replacen("\"kind\":\"x\"", "\"kind\":\"\\u0078\"", 1),
        text.replacen("Z\"", "+00:00\"", 1),
    ];
    for bad in broken {
        assert_ne!(bad, text);
        assert!(Entry::from_bytes(bad.as_bytes()).is_err(), "{bad}");
    }
    let mut long = entry;
    say(&mut long.body, "x".repeat(60_000));
    assert!(matches!(long.to_bytes(), Err(EntryError::TooLong(_))));
}

const SPEC_VKEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const SPEC_NOTE: &str = "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

#[test]
fn the_note_of_the_specification_opens() {
    let vkey = Vkey::parse(SPEC_VKEY).unwrap();
    assert_eq!(vkey.to_string(), SPEC_VKEY);
    let schema = serde_json::to_value(schemars::schema_for!(Vkey)).unwrap();
    let text = serde_json::to_value(&vkey).unwrap();
    assert!(jsonschema::is_valid(&schema, &text) && !jsonschema::is_valid(&schema, &serde_json::json!("a+b+c")));
    assert_eq!(serde_json::from_value::<Vkey>(text).unwrap(), vkey);
    let (note, verified) = Note::open(SPEC_NOTE, std::slice::from_ref(&vkey)).unwrap();
    assert_eq!(note.text, "This is an example message.\n");
    assert_eq!(note.to_string(), SPEC_NOTE);
    assert_eq!(verified.len(), 1);
    assert_eq!(Note::open(SPEC_NOTE, &[]), Err(NoteError::Unsigned));
    let other = SPEC_NOTE.replacen("example", "Example", 1);
    assert_eq!(
        Note::open(&other, &[vkey]),
        Err(NoteError::BadSignature("example.com/foo".into()))
    );
    for bad in [
        SPEC_VKEY.replace("530d903a", "530d903b"),
        SPEC_VKEY.replace("foo", "fo o"),
        SPEC_VKEY.replace("Ae", "Be"),
    ] {
        assert!(Vkey::parse(&bad).is_err(), "{bad}");
    }
}

#[test]
fn lines_of_strangers_are_ignored_and_bad_lines_of_friends_refuse() {
    let (log, stranger) = (log(), NoteKey::new("stranger", key(3)).unwrap());
    let text = "a text\n\nwith an empty line\n";
    let mut note = Note::parse(&log.sign(text).unwrap()).unwrap();
    assert_eq!(note.text, text);
    note.signatures.push(stranger.signature(text));
    let both = note.to_string();
    assert_eq!(Note::open(&both, &[log.vkey()]).unwrap().1.len(), 1);
    assert_eq!(Note::open(&both, &[log.vkey(), stranger.vkey()]).unwrap().1.len(), 2);
    note.signatures[1].bytes[5] ^= 1;
    let bad = note.to_string();
    assert!(Note::open(&bad, &[log.vkey()]).is_ok());
    assert_eq!(
        Note::open(&bad, &[log.vkey(), stranger.vkey()]),
        Err(NoteError::BadSignature("stranger".into()))
    );
    for text in ["no newline", "a\ttab\n", "a\r\n"] {
        assert!(log.sign(text).is_err());
    }
    assert!(
        NoteKey::new("a b", key(1)).is_err()
            && NoteKey::new("a+b", key(1)).is_err()
            && NoteKey::new("", key(1)).is_err()
    );
}

#[test]
fn another_crate_reads_our_notes_and_we_read_its() {
    use signed_note::{Note as TheirNote, StandardSigner, StandardVerifier, VerifierList};
    let ours = log();
    let text = "esep.example/2026-1\n3\nhash\n";
    let note = TheirNote::from_bytes(ours.sign(text).unwrap().as_bytes()).unwrap();
    let verifier = StandardVerifier::new(&ours.vkey().to_string()).unwrap();
    let (good, _) = note.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
    assert_eq!(good.len(), 1);
    // Their private keys are text: PRIVATE+KEY+name+id+base64(1 || seed).
    let vkey = NoteKey::new("them", key(5)).unwrap().vkey();
    let id = esep::crypto::hex::encode(&vkey.id());
    let skey = format!(
        "PRIVATE+KEY+them+{id}+{}",
        STANDARD.encode([&[1], &[5; 32][..]].concat())
    );
    let signer = StandardSigner::new(&skey).unwrap();
    let mut note = TheirNote::new(text.as_bytes(), &[]).unwrap();
    note.add_sigs(&[&signer]).unwrap();
    let note = String::from_utf8(note.to_bytes()).unwrap();
    assert_eq!(Note::open(&note, &[vkey]).unwrap().0.text, text);
}

#[test]
fn a_checkpoint_is_three_lines_by_its_own_log() {
    let checkpoint = Checkpoint {
        origin: ORIGIN.into(),
        size: 7,
        root: leaf_hash(b"x"),
    };
    let note = checkpoint.sign(&log());
    assert_eq!(Checkpoint::open(&note, &log().vkey()).unwrap(), checkpoint);
    let foreign = NoteKey::new("other/log", key(1)).unwrap();
    let note = foreign.sign(&checkpoint.text()).unwrap();
    assert_eq!(
        Checkpoint::open(&note, &foreign.vkey()),
        Err(CheckpointError::Origin(ORIGIN.into()))
    );
    let text = checkpoint.text();
    for bad in [
        format!("{text}more\n"),
        text.replace("\n7\n", "\n07\n"),
        text.replace("\n7\n", "\n+7\n"),
        text.replace('=', ""),
    ] {
        assert_eq!(Checkpoint::parse(&bad), Err(CheckpointError::Malformed), "{bad}");
    }
}

#[test]
fn a_checkpoint_extends_an_older_one() {
    let tree: Tree = leaves(30).into_iter().collect();
    let at = |size| Checkpoint {
        origin: ORIGIN.into(),
        size,
        root: tree.root_at(size),
    };
    for (old, new) in [(0, 0), (0, 30), (7, 30), (16, 30), (30, 30)] {
        at(new).check_extends(&at(old), &tree.consistency(old, new)).unwrap();
        assert!(at(new).check_extends(&at(old), &[Digest::ZERO]).is_err());
        let changed = Checkpoint {
            root: leaf_hash(b"x"),
            ..at(old)
        };
        assert!(at(new).check_extends(&changed, &tree.consistency(old, new)).is_err());
        let foreign = Checkpoint {
            origin: "other".into(),
            ..at(old)
        };
        assert!(at(new).check_extends(&foreign, &tree.consistency(old, new)).is_err());
    }
    assert!(at(7).check_extends(&at(30), &[]).is_err(), "a tail was cut off");
}

#[test]
fn a_policy_counts_cosignatures() {
    let offices: Vec<NoteKey> = (10..14)
        .map(|i| NoteKey::new(format!("office-{i}"), key(i)).unwrap())
        .collect();
    let vkeys: Vec<Vkey> = offices.iter().map(NoteKey::cosigner_vkey).collect();
    let policy = Policy::with_quorum(log().vkey(), &vkeys, 3);
    assert_eq!(Policy::parse(&policy.to_string()).unwrap(), policy);
    let alone = Policy::log_only(log().vkey());
    assert_eq!(Policy::parse(&alone.to_string()).unwrap(), alone);

    let checkpoint = Checkpoint {
        origin: ORIGIN.into(),
        size: 7,
        root: leaf_hash(b"x"),
    };
    let mut note = Note::parse(&checkpoint.sign(&log())).unwrap();
    let time = Time::from_unix(1_795_406_400);
    for (count, office) in offices.iter().enumerate() {
        let outcome = policy.check(&note.to_string());
        assert_eq!(outcome.is_ok(), count >= 3, "{count} offices");
        assert!(count >= 3 || matches!(outcome, Err(PolicyError::Quorum(_))));
        note.signatures.push(office.cosign(&note.text, time));
    }
    let (found, verified) = policy.check(&note.to_string()).unwrap();
    assert_eq!(found, checkpoint);
    assert_eq!(verified.iter().filter(|by| by.time == Some(time)).count(), 4);
    // The same office four times is one office.
    note.signatures.truncate(2);
    note.signatures.extend(vec![note.signatures[1].clone(); 3]);
    assert!(policy.check(&note.to_string()).is_err());
    // A cosignature with another time does not hold.
    note.signatures[1].bytes[7] ^= 1;
    assert!(policy.check(&note.to_string()).is_err());
    assert!(alone.check(&note.to_string()).is_ok());
}

#[test]
fn broken_policies_are_refused_by_line() {
    let (a, b) = (
        NoteKey::new("a", key(10)).unwrap().cosigner_vkey(),
        NoteKey::new("b", key(11)).unwrap().cosigner_vkey(),
    );
    let log = log().vkey();
    let good = format!("# trust\nlog {log} https://x\n\nwitness a {a}\n\twitness  b {b}\ngroup g any a b\nquorum g\n");
    assert_eq!(Policy::parse(&good).unwrap().groups[0].threshold, 1);
    let broken = [
        good.replace("quorum g\n", ""),
        good.replace("quorum g", "quorum h"),
        good.replace("quorum g", "quorum g\nquorum none"),
        good.replace("any a b", "3 a b"),
        good.replace("any a b", "0 a b"),
        good.replace("any a b", "any a a"),
        good.replace("any a b", "any a c"),
        good.replace("any a b", "any none"),
        good.replace("witness a", "witness b"),
        good.replace(&b.to_string(), &a.to_string()),
        good.replace(&format!("log {log}"), &format!("log {a}")),
        good.replace("# trust", "trust"),
        good.replace('\n', "\r\n"),
    ];
    for bad in broken {
        assert!(Policy::parse(&bad).is_err(), "{bad}");
    }
}

fn receipt() -> (Vec<u8>, String) {
    let tree: Tree = leaves(11).into_iter().collect();
    let checkpoint = Checkpoint {
        origin: ORIGIN.into(),
        size: 11,
        root: tree.root(),
    };
    (
        5_u64.to_be_bytes().to_vec(),
        Receipt::make(&tree, 5, 11, checkpoint.sign(&log())).to_string(),
    )
}

#[test]
fn a_receipt_proves_its_entry() {
    let (entry, text) = receipt();
    let receipt = Receipt::parse(&text).unwrap();
    assert_eq!(receipt.to_string(), text);
    assert_eq!(receipt.check(&entry, &log().vkey()).unwrap().size, 11);
    assert!(matches!(
        receipt.check(b"other", &log().vkey()),
        Err(ReceiptError::Proof(_))
    ));
    let stranger = NoteKey::new(ORIGIN, key(9)).unwrap();
    assert!(matches!(
        receipt.check(&entry, &stranger.vkey()),
        Err(ReceiptError::Checkpoint(_))
    ));
}

#[test]
fn every_flipped_byte_of_a_receipt_is_noticed() {
    let (entry, text) = receipt();
    let log = log().vkey();
    for place in 0..text.len() {
        for bit in 0..8 {
            let mut bytes = text.clone().into_bytes();
            bytes[place] ^= 1 << bit;
            let Ok(changed) = String::from_utf8(bytes) else {
                continue;
            };
            let proved = Receipt::parse(&changed).is_ok_and(|receipt| receipt.check(&entry, &log).is_ok());
            assert!(!proved, "byte {place}, bit {bit}");
        }
    }
}

#[test]
fn box_receipts_and_refusals_are_notes_of_the_log() {
    let held = BoxReceipt {
        origin: ORIGIN.into(),
        round: 2,
        ballot: leaf_hash(b"ballot"),
    };
    let note = held.sign(&log());
    assert!(note.starts_with(&format!("esep/box\n{ORIGIN}\n2\n{}\n\n— ", held.ballot)));
    assert_eq!(BoxReceipt::open(&note, &log().vkey()).unwrap(), held);
    let refused = Refused {
        origin: ORIGIN.into(),
        statement: leaf_hash(b"late"),
        time: Time::from_unix(1_795_406_400),
        code: "closed".into(),
    };
    let refusal = refused.sign(&log());
    assert_eq!(Refused::open(&refusal, &log().vkey()).unwrap(), refused);
    assert!(Refused::open(&note, &log().vkey()).is_err() && BoxReceipt::open(&refusal, &log().vkey()).is_err());
    let elsewhere = BoxReceipt {
        origin: "esep.example/other".into(),
        ..held
    };
    assert!(matches!(
        BoxReceipt::open(&elsewhere.sign(&log()), &log().vkey()),
        Err(ReceiptError::Origin(_))
    ));
    for place in 0..note.len() {
        let mut bytes = note.clone().into_bytes();
        bytes[place] ^= 1;
        let Ok(changed) = String::from_utf8(bytes) else {
            continue;
        };
        assert!(BoxReceipt::open(&changed, &log().vkey()).is_err(), "byte {place}");
    }
}

#[test]
fn tile_paths_have_one_spelling() {
    let path = |level, index, width| TilePath { level, index, width };
    let known = [
        (path(Some(0), 1_234_067, 256), "tile/0/x001/x234/067"),
        (path(Some(0), 273, 112), "tile/0/273.p/112"),
        (path(None, 0, 1), "tile/entries/000.p/1"),
        (path(Some(2), 1000, 256), "tile/2/x001/000"),
    ];
    for (tile, text) in known {
        assert_eq!(tile.to_string(), text);
        assert_eq!(TilePath::parse(text), Some(tile));
    }
    let wrong = [
        "tile/0/67",
        "tile/0/0067",
        "tile/0/x000/067",
        "tile/00/067",
        "tile/8/000",
        "tile/0/067.p/0",
        "tile/0/067.p/256",
        "tile/0/067.p/01",
        "tile/0/x001/x067",
        "tile/0/001/067",
        "tile/0/xx01/067",
        "tile/0/",
        "tile/entries",
        "tile/-1/000",
        "tile/0/067/",
        "tile/0/+67",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        "",
    ];
    for text in wrong {
        assert_eq!(TilePath::parse(text), None, "{text}");
    }
}

#[test]
fn tiles_give_back_entries_and_tree() {
    for size in [0_u64, 1, 255, 256, 257, 700, 65_536 + 300] {
        let entries: Vec<Vec<u8>> = (0..size).map(|i| format!("entry {i}").into_bytes()).collect();
        let files = tiles_of(&entries);
        assert_eq!(files.0.len(), tiles_for(size).len());
        assert_eq!(entries_from_tiles(&files, size).unwrap(), entries);
        assert!(entries_from_tiles(&files, size + 1).is_err());
        assert_eq!(
            entries_from_tiles(&files, size / 256 * 256).unwrap(),
            entries[..usize::try_from(size / 256 * 256).unwrap()]
        );
    }
    let files = tiles_of(&(0..65_836).map(|i: u32| i.to_be_bytes()).collect::<Vec<_>>());
    assert_eq!(files.file("tile/2/000.p/1").unwrap().len(), 32);
    assert_eq!(files.file("tile/1/000").unwrap().len(), 8192);
    let leaves: Vec<Digest> = (0..65_536).map(|i: u32| leaf_hash(&i.to_be_bytes())).collect();
    assert_eq!(files.file("tile/2/000.p/1").unwrap(), root_of(&leaves).as_bytes());
}

#[test]
fn broken_entry_tiles_are_refused() {
    let bytes = encode_entries(&[b"one".as_slice(), b"", b"three"]).unwrap();
    assert_eq!(decode_entries(&bytes).unwrap(), [b"one".as_slice(), b"", b"three"]);
    assert_eq!(decode_entries(&bytes[..bytes.len() - 1]), None);
    assert_eq!(decode_entries(&[&bytes[..], &[0]].concat()), None);
    assert!(encode_entries(&[vec![0; 65_536]]).is_err());
    let mut files = tiles_of(&[b"one".as_slice(), b"two"]);
    files.insert("tile/entries/000.p/2", bytes);
    assert!(entries_from_tiles(&files, 2).is_err(), "three entries where two belong");
}

fn sample() -> Files {
    let mut files = tiles_of(&[b"one".as_slice(), b"two"]);
    files.insert("README.txt", "Окугула\n");
    files.insert("empty", "");
    files.insert(format!("attachments/{}", leaf_hash(b"a")), vec![7; 100_000]);
    let sums = files.sums();
    files.insert(SUMS, sums);
    files
}

#[test]
fn a_bundle_survives_folder_and_tar() {
    let files = sample();
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("bundle");
    files.write_folder(&folder).unwrap();
    assert_eq!(Files::read(&folder).unwrap(), files);
    let (mut one, mut two) = (Vec::new(), Vec::new());
    files.write_tar(&mut one).unwrap();
    Files::read(&folder).unwrap().write_tar(&mut two).unwrap();
    assert_eq!(one, two, "the same bytes whenever it is written");
    let tar = place.path().join("bundle.tar");
    std::fs::write(&tar, &one).unwrap();
    assert_eq!(Files::read(&tar).unwrap(), files);
    assert_eq!(Files::read_tar(&one[..]).unwrap(), files);
    assert!(Files::read(&place.path().join("missing")).is_err());
    std::fs::write(
        &tar,
        b"no tar at all, but long enough to be looked at by somebody".repeat(20),
    )
    .unwrap();
    assert!(Files::read(&tar).is_err());
    assert!(Files::read_tar(&one[..one.len() / 2]).is_err(), "a tar cut short");
}

#[test]
fn sums_find_every_difference() {
    let good = sample();
    assert_eq!(good.check_sums(), []);
    let mut changed = good.clone();
    changed.insert("README.txt", "other");
    changed.0.remove("empty");
    changed.insert("more", "x");
    let expected = [
        SumProblem::Differs("README.txt".into()),
        SumProblem::Missing("empty".into()),
        SumProblem::Unlisted("more".into()),
    ];
    assert_eq!(changed.check_sums(), expected);
    changed.0.remove(SUMS);
    assert_eq!(changed.check_sums(), [SumProblem::NoSums]);
    let mut twice = good.clone();
    let sums = String::from_utf8(good.file(SUMS).unwrap().to_vec()).unwrap();
    twice.insert(SUMS, format!("{sums}{}", sums.lines().next().unwrap()));
    assert_eq!(twice.check_sums(), [SumProblem::Line(sums.lines().count() + 1)]);
}

#[test]
fn hostile_archives_are_refused() {
    let tar_with = |path: &str, kind: tar::EntryType| {
        let mut header = tar::Header::new_gnu();
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(1);
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_cksum();
        let mut tar = tar::Builder::new(Vec::new());
        tar.append(&header, &b"x"[..]).unwrap();
        tar.into_inner().unwrap()
    };
    let regular = tar::EntryType::Regular;
    assert!(
        Files::read_tar(&tar_with("./a/b", regular)[..])
            .unwrap()
            .file("a/b")
            .is_some()
    );
    for path in ["../a", "/a", "a/../b", "a//b", "a\\b", "c:a", "a/./b", ".."] {
        assert!(
            matches!(Files::read_tar(&tar_with(path, regular)[..]), Err(BundleError::Path(_))),
            "{path}"
        );
    }
    let link = Files::read_tar(&tar_with("a", tar::EntryType::Symlink)[..]);
    assert!(matches!(link, Err(BundleError::NotAFile(_))));
    let twice = [&tar_with("a", regular)[..1024], &tar_with("a", regular)].concat();
    assert!(matches!(Files::read_tar(&twice[..]), Err(BundleError::Twice(_))));
    let mut evil = Files::new();
    evil.insert("../out", "x");
    let place = tempfile::tempdir().unwrap();
    assert!(evil.write_folder(&place.path().join("in")).is_err());
    assert!(!place.path().join("out").exists());
}

#[cfg(unix)]
#[test]
fn links_in_a_folder_are_not_followed() {
    let place = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/etc/hostname", place.path().join("a")).unwrap();
    assert!(matches!(Files::read(place.path()), Err(BundleError::NotAFile(_))));
}

proptest! {
    #[test]
    fn proofs_of_random_trees(size in 1_u64..2000, a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>(), bit in 0_usize..256) {
        let leaves = leaves(size);
        let tree: Tree = leaves.iter().copied().collect();
        let at = 1 + b.index(leaves.len()) as u64;
        let index = a.index(usize::try_from(at).unwrap()) as u64;
        let (leaf, root) = (tree.leaf(index).unwrap(), tree.root_at(at));
        prop_assert_eq!(root, naive_root(&leaves[..usize::try_from(at).unwrap()]));
        let proof = tree.inclusion(index, at);
        prop_assert!(check_inclusion(&leaf, index, at, &proof, &root).is_ok());
        let old = tree.consistency(at, size);
        prop_assert!(check_consistency(at, &root, size, &tree.root(), &old).is_ok());
        let flip = |hash: &Digest| {
            let mut bytes = *hash.as_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            Digest::from_bytes(bytes)
        };
        for place in 0..proof.len() {
            let mut bad = proof.clone();
            bad[place] = flip(&bad[place]);
            prop_assert!(check_inclusion(&leaf, index, at, &bad, &root).is_err());
        }
        for place in 0..old.len() {
            let mut bad = old.clone();
            bad[place] = flip(&bad[place]);
            prop_assert!(check_consistency(at, &root, size, &tree.root(), &bad).is_err());
        }
    }

    #[test]
    fn reading_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300), text in any::<String>()) {
        let _ = Entry::from_bytes(&bytes);
        let _ = Files::read_tar(&bytes[..]);
        let _ = decode_entries(&bytes);
        let _ = Note::parse(&text);
        let _ = Receipt::parse(&text);
        let _ = Policy::parse(&text);
        let _ = TilePath::parse(&text);
        let _ = Vkey::parse(&text);
        let _ = Checkpoint::parse(&text);
    }
}
