//! The journal: a small file beside the database that remembers the newest checkpoints and what lies in boxes.
//!
//! It is written after the database and before any answer, so it never knows more than the database held. Start-up
//! therefore refuses a database that knows less. Lines of JSON, appended and made durable group by group; a last line
//! without an end is one that was being written when the machine fell, and nothing was answered for it. While the
//! office is open, room for what comes next stands behind the lines as zero bytes. Hashes of ballots are sorted within
//! a group and sorted anew when the file is rewritten; at opening they are overwritten.

use crate::crypto::Digest;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Name of the journal in the data folder.
pub const FILE_NAME: &str = "journal";
/// Lines appended before the file is rewritten, at least.
const REWRITE_AFTER_LINES: usize = 4_096;
/// Room is made in pieces of this size: to write into a file's own length is made durable sooner than a longer file.
const ROOM_BYTES: u64 = 64 * 1024;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Line {
    /// A signed checkpoint that was published.
    Checkpoint {
        /// Id of the competition.
        id: String,
        /// The note.
        note: String,
    },
    /// Ballots that were put into a box.
    Boxed {
        /// Id of the competition.
        id: String,
        /// The round.
        round: u32,
        /// PAE hashes, ascending.
        ballots: Vec<Digest>,
    },
    /// A box was opened: its lines mean nothing any more.
    Opened {
        /// Id of the competition.
        id: String,
        /// The round.
        round: u32,
    },
}

/// What the journal knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// The newest checkpoint of each competition.
    pub checkpoints: BTreeMap<String, String>,
    /// What lies in the box of each competition and round.
    pub boxes: BTreeMap<(String, u32), BTreeSet<Digest>>,
}

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// There is none.
    #[error("there is no journal")]
    Missing,
    /// A line other than the last is no line of a journal.
    #[error("line {0} of the journal cannot be read")]
    Damaged(usize),
    /// The machine failed.
    #[error("the journal failed: {0}")]
    Fault(#[from] io::Error),
}

impl Known {
    /// Reads a journal without touching it.
    pub fn read(folder: &Path) -> Result<Self, JournalError> {
        match fs::read(folder.join(FILE_NAME)) {
            Ok(bytes) => Self::parse(&bytes).map(|(known, ..)| known),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(JournalError::Missing),
            Err(error) => Err(error.into()),
        }
    }

    /// What whole lines say, how long they are, and how many.
    fn parse(bytes: &[u8]) -> Result<(Self, u64, usize), JournalError> {
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let mut known = Self::default();
        let mut lines = 0;
        for line in bytes[..whole].split_inclusive(|byte| *byte == b'\n') {
            lines += 1;
            known.take(serde_json::from_slice(line).map_err(|_| JournalError::Damaged(lines))?);
        }
        Ok((known, whole as u64, lines))
    }

    fn take(&mut self, line: Line) {
        match line {
            Line::Checkpoint { id, note } => {
                self.checkpoints.insert(id, note);
            }
            Line::Boxed { id, round, ballots } => self.boxes.entry((id, round)).or_default().extend(ballots),
            Line::Opened { id, round } => {
                self.boxes.remove(&(id, round));
            }
        }
    }

    /// How many lines say it all.
    fn count(&self) -> usize {
        self.checkpoints.len() + self.boxes.len()
    }

    fn lines(&self) -> Vec<Line> {
        let checkpoints = self.checkpoints.iter().map(|(id, note)| Line::Checkpoint {
            id: id.clone(),
            note: note.clone(),
        });
        let boxes = self.boxes.iter().map(|((id, round), ballots)| Line::Boxed {
            id: id.clone(),
            round: *round,
            ballots: ballots.iter().copied().collect(),
        });
        checkpoints.chain(boxes).collect()
    }
}

/// The journal, open for writing.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    file: File,
    known: Known,
    /// Length up to which the file is known to be good.
    good: u64,
    /// Length of the file, with the room behind its lines.
    len: u64,
    /// Whether a fall or a failure left something behind `good`, which may be anything.
    torn: bool,
    lines: usize,
}

impl Journal {
    /// Begins an empty journal; refuses where there is one.
    pub fn create(folder: &Path) -> Result<Self, JournalError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(folder.join(FILE_NAME))?;
        file.sync_all()?;
        sync_folder(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            file,
            known: Known::default(),
            good: 0,
            len: 0,
            torn: false,
            lines: 0,
        })
    }

    /// Opens a journal and changes nothing; what stands behind its last whole line is cut off before the next is written.
    pub fn open(folder: &Path) -> Result<Self, JournalError> {
        let file = OpenOptions::new().read(true).write(true).open(folder.join(FILE_NAME));
        let mut file = match file {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(JournalError::Missing),
            other => other?,
        };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let (known, good, lines) = Known::parse(&bytes)?;
        let len = bytes.len() as u64;
        Ok(Self {
            folder: folder.to_owned(),
            file,
            known,
            good,
            len,
            torn: len > good,
            lines,
        })
    }

    /// What the journal knows.
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// Makes these lines durable.
    pub fn append(&mut self, lines: &[Line]) -> Result<(), JournalError> {
        if lines.is_empty() {
            return Ok(());
        }
        let mut bytes = written(lines);
        let end = self.good + bytes.len() as u64;
        if self.torn {
            // It was never answered for.
            self.file.set_len(self.good)?;
            self.len = self.good;
        }
        self.torn = true;
        if end > self.len {
            let room = ROOM_BYTES - end % ROOM_BYTES;
            bytes.extend(std::iter::repeat_n(0, usize::try_from(room).unwrap_or_default()));
            self.len = end + room;
        }
        self.file.seek(SeekFrom::Start(self.good))?;
        self.file.write_all(&bytes)?;
        self.file.sync_data()?;
        self.torn = false;
        self.good = end;
        self.lines += lines.len();
        for line in lines {
            self.known.take(line.clone());
        }
        let opened = lines.iter().any(|line| matches!(line, Line::Opened { .. }));
        if opened || self.lines > REWRITE_AFTER_LINES.max(4 * self.known.count()) {
            self.rewrite()?;
        }
        Ok(())
    }

    /// Writes what is known into a new file, puts it in place, and overwrites the old one.
    pub fn rewrite(&mut self) -> Result<(), JournalError> {
        let lines = self.known.lines();
        let bytes = written(&lines);
        let beside = self.folder.join(format!("{FILE_NAME}.new"));
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&beside)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&beside, self.folder.join(FILE_NAME))?;
        sync_folder(&self.folder)?;
        let mut old = std::mem::replace(&mut self.file, file);
        let old_len = std::mem::replace(&mut self.good, bytes.len() as u64);
        let old_len = old_len.max(std::mem::replace(&mut self.len, bytes.len() as u64));
        self.torn = false;
        self.lines = lines.len();
        // The old one has no name any more; what it told about the order of ballots is wiped as far as a file can be.
        let wiped = old
            .seek(SeekFrom::Start(0))
            .and_then(|_| io::copy(&mut io::repeat(0).take(old_len), &mut old));
        if let Err(error) = wiped.and_then(|_| old.sync_data()) {
            tracing::warn!(%error, "the old journal was not overwritten");
        }
        Ok(())
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // For people who look at it. A start that is refused wrote nothing, and leaves what it found.
        if !self.torn && self.len > self.good {
            self.file.set_len(self.good).ok();
        }
    }
}

fn written(lines: &[Line]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in lines {
        bytes.extend(serde_json::to_vec(line).expect("strings and numbers are always JSON"));
        bytes.push(b'\n');
    }
    bytes
}

/// Makes the names in a folder durable.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(round: u32, texts: &[&str]) -> Line {
        let mut ballots: Vec<Digest> = texts.iter().map(|text| Digest::of(text.as_bytes())).collect();
        ballots.sort();
        Line::Boxed {
            id: "one".into(),
            round,
            ballots,
        }
    }

    #[test]
    fn a_torn_last_line_is_cut_off_and_any_other_is_damage() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::create(folder.path()).unwrap();
        journal
            .append(&[Line::Checkpoint {
                id: "one".into(),
                note: "first\n".into(),
            }])
            .unwrap();
        let known = journal.known().clone();
        let path = folder.path().join(FILE_NAME);
        let roomy = fs::read(&path).unwrap();
        assert_eq!(
            Known::read(folder.path()).unwrap(),
            known,
            "the room behind the lines says nothing"
        );
        drop(journal);
        let whole = fs::read(&path).unwrap();
        assert!(roomy.starts_with(&whole) && roomy[whole.len()..].iter().all(|byte| *byte == 0));
        for cut in 0..whole.len() {
            let found = [&whole[..], &whole[..cut]].concat();
            fs::write(&path, &found).unwrap();
            let mut journal = Journal::open(folder.path()).unwrap();
            assert_eq!(*journal.known(), known);
            assert_eq!(fs::read(&path).unwrap(), found, "opening changes nothing");
            journal.append(&[boxed(1, &["a"])]).unwrap();
            drop(journal);
            let line = written(&[boxed(1, &["a"])]);
            assert_eq!(fs::read(&path).unwrap(), [&whole[..], &line].concat(), "cut at {cut}");
        }
        fs::write(&path, [b"{\"boxed\"\n", &whole[..]].concat()).unwrap();
        assert!(matches!(Journal::open(folder.path()), Err(JournalError::Damaged(1))));
        fs::remove_file(&path).unwrap();
        assert!(matches!(Journal::open(folder.path()), Err(JournalError::Missing)));
    }

    #[test]
    fn what_a_failed_append_left_is_no_line() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::create(folder.path()).unwrap();
        journal.append(&[boxed(1, &["a"])]).unwrap();
        // A disk that failed in the middle: whole lines that were never answered.
        let left = written(&[boxed(1, &["b"]), boxed(1, &["c"]), boxed(1, &["d"])]);
        journal.file.seek(SeekFrom::Start(journal.good)).unwrap();
        journal.file.write_all(&left).unwrap();
        journal.torn = true;
        journal.append(&[boxed(1, &["e"])]).unwrap();
        assert_eq!(Known::read(folder.path()).unwrap(), *journal.known());
        assert_eq!(journal.known().boxes[&("one".to_owned(), 1)].len(), 2);
    }

    #[test]
    fn lines_beyond_the_room_make_more_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::create(folder.path()).unwrap();
        for number in 0..2_000 {
            journal.append(&[boxed(1, &[&number.to_string()])]).unwrap();
        }
        assert_eq!(Known::read(folder.path()).unwrap(), *journal.known());
        let len = fs::metadata(folder.path().join(FILE_NAME)).unwrap().len();
        assert!(len > journal.good && len <= journal.good + ROOM_BYTES);
        drop(journal);
        assert_eq!(Journal::open(folder.path()).unwrap().known().boxes.len(), 1);
    }

    #[test]
    fn hashes_of_an_opened_box_are_gone_from_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::create(folder.path()).unwrap();
        journal.append(&[boxed(1, &["a", "b"])]).unwrap();
        journal.append(&[boxed(1, &["c"]), boxed(2, &["d"])]).unwrap();
        assert_eq!(journal.known().boxes[&("one".to_owned(), 1)].len(), 3);
        journal
            .append(&[Line::Opened {
                id: "one".into(),
                round: 1,
            }])
            .unwrap();
        let text = fs::read_to_string(folder.path().join(FILE_NAME)).unwrap();
        for gone in ["a", "b", "c"] {
            assert!(!text.contains(&Digest::of(gone.as_bytes()).to_string()));
        }
        assert!(text.contains(&Digest::of(b"d").to_string()));
        assert_eq!(Known::read(folder.path()).unwrap(), *journal.known());
    }
}
