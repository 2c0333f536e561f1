//! Files: types by their first bytes, limits, quotas, and what a broken upload leaves behind.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there")]

use crate::office::{House, ID, Where};
use esep::crypto::Digest;
use esep::documents::{DocumentError, Limits, media_type};
use esep::store::{Shelf, Store};

const PDF: &[u8] = b"%PDF-1.7 a letter of the association";

fn small() -> Limits {
    Limits {
        document_bytes: 100,
        documents_bytes: 150,
        attachment_bytes: 1_000,
        ..Limits::default()
    }
}

fn names(house: &House, shelf: &str) -> Vec<String> {
    let files = std::fs::read_dir(house.folder().join(shelf)).unwrap();
    files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn a_document_lies_under_its_hash_and_is_given_back() {
    let house = House::new(Where::Sqlite);
    let documents = house.documents(small());
    let first = house.run(documents.put(ID, Shelf::Document, PDF)).unwrap();
    let again = house.run(documents.put(ID, Shelf::Document, PDF)).unwrap();
    assert!(first.created && !again.created);
    assert_eq!(
        (first.file.sha256, first.file.bytes),
        (Digest::of(PDF), PDF.len() as u64)
    );
    assert_eq!(first.file.media, "application/pdf");
    assert_eq!(names(&house, "documents"), [Digest::of(PDF).to_string()]);
    let read = house
        .run(documents.bytes(ID, Shelf::Document, &Digest::of(PDF)))
        .unwrap();
    assert_eq!(read.as_deref(), Some(PDF));
    assert!(
        house
            .run(documents.bytes("another", Shelf::Document, &Digest::of(PDF)))
            .unwrap()
            .is_none()
    );
    assert!(
        house
            .run(documents.bytes(ID, Shelf::Attachment, &Digest::of(PDF)))
            .unwrap()
            .is_none()
    );
    assert_eq!(house.run(documents.check()).unwrap(), Vec::<String>::new());
    std::fs::write(documents.path(Shelf::Document, &Digest::of(PDF)), "changed").unwrap();
    assert_eq!(house.run(documents.check()).unwrap().len(), 1);
}

#[test]
fn types_are_told_by_first_bytes_and_nothing_else() {
    assert_eq!(media_type(PDF), Some("application/pdf"));
    assert_eq!(media_type(&[0xff, 0xd8, 0xff, 0xe0]), Some("image/jpeg"));
    assert_eq!(media_type(b"\x89PNG\r\n\x1a\n...."), Some("image/png"));
    for other in [&b""[..], b"%PDF", b" %PDF-1.7", b"<html>", b"PK\x03\x04", b"\x89PNG\n"] {
        assert_eq!(media_type(other), None, "{other:?}");
    }
}

#[test]
fn what_is_not_taken_leaves_nothing_behind() {
    let house = House::new(Where::Memory);
    let documents = house.documents(small());
    let put = |shelf, bytes: &[u8]| house.run(documents.put(ID, shelf, bytes));
    assert!(matches!(put(Shelf::Document, b""), Err(DocumentError::Empty)));
    assert!(matches!(put(Shelf::Document, b"<html>"), Err(DocumentError::Type)));
    assert!(matches!(
        put(Shelf::Document, &[b"<html>", &[b' '; 60][..]].concat()),
        Err(DocumentError::Type)
    ));
    let long = [PDF, &[b' '; 100][..]].concat();
    assert!(matches!(
        put(Shelf::Document, &long),
        Err(DocumentError::TooLong { limit: 100 })
    ));
    assert!(matches!(
        put(Shelf::Attachment, &[0; 1_001]),
        Err(DocumentError::TooLong { limit: 1_000 })
    ));
    assert!(names(&house, "documents").is_empty() && names(&house, "attachments").is_empty());
    // The quota: of three files, the one that does not fit is gone, the others stay.
    let file = |letter: u8| [PDF, &[letter; 30][..]].concat();
    put(Shelf::Document, &file(b'a')).unwrap();
    put(Shelf::Document, &file(b'b')).unwrap();
    assert!(matches!(
        put(Shelf::Document, &file(b'c')),
        Err(DocumentError::Quota { left: 18 })
    ));
    assert_eq!(names(&house, "documents").len(), 2);
    assert_eq!(house.wait(house.store.files()).unwrap().len(), 2);
    // Another competition has a quota of its own; the same bytes are one file.
    house
        .run(documents.put("another", Shelf::Document, &file(b'a')))
        .unwrap();
    assert_eq!(names(&house, "documents").len(), 2);
}

#[test]
fn an_upload_that_breaks_off_is_forgotten() {
    let house = House::new(Where::Memory);
    let documents = house.documents(small());
    let mut arrival = house.run(documents.begin(ID, Shelf::Document)).unwrap();
    house.run(arrival.write(PDF)).unwrap();
    assert_eq!(names(&house, "documents").len(), 1);
    drop(arrival);
    assert!(names(&house, "documents").is_empty());
    // A kill leaves the file; the next start removes it, on a shared folder once nobody can be writing it any more.
    let mut arrival = house.run(documents.begin(ID, Shelf::Document)).unwrap();
    house.run(arrival.write(PDF)).unwrap();
    std::mem::forget(arrival);
    assert_eq!(names(&house, "documents").len(), 1);
    let left = house.folder().join("documents").join(&names(&house, "documents")[0]);
    // Bytes are written by another thread; they would make the file new again.
    while std::fs::metadata(&left).unwrap().len() < PDF.len() as u64 {
        std::thread::yield_now();
    }
    let then = std::time::SystemTime::UNIX_EPOCH;
    std::fs::File::options()
        .append(true)
        .open(&left)
        .unwrap()
        .set_modified(then)
        .unwrap();
    house.documents(small());
    assert!(names(&house, "documents").is_empty());
}

#[test]
fn erasing_removes_the_bytes_once_nobody_lists_them() {
    let house = House::new(Where::Sqlite);
    let documents = house.documents(small());
    for id in [ID, "another"] {
        house.run(documents.put(id, Shelf::Document, PDF)).unwrap();
    }
    let hash = Digest::of(PDF);
    house.run(documents.erase(ID, Shelf::Document, &hash)).unwrap();
    assert!(
        house
            .run(documents.bytes(ID, Shelf::Document, &hash))
            .unwrap()
            .is_none()
    );
    assert!(
        house
            .run(documents.bytes("another", Shelf::Document, &hash))
            .unwrap()
            .is_some()
    );
    house.run(documents.erase("another", Shelf::Document, &hash)).unwrap();
    assert!(names(&house, "documents").is_empty());
    house.run(documents.erase("another", Shelf::Document, &hash)).unwrap();
}
