//! What a kept rehearsal leaves: the office's data folder, its clock, and the actors' keys and papers beside it.
//!
//! Whoever opens the folder can go on where the story stopped, as any of its actors. For rehearsals, tests and looking
//! at pages; no real office has such a folder.

use super::super::{Failure, Mode, cannot_tell, write_new};
use crate::competition::Slot;
use crate::crypto::SecretKey;
use crate::demo::{Desk, Scene, Story};
use crate::eligibility::SCREENED;
use serde_json::{Value, json};
use std::path::Path;

/// Name of the data folder in the kept one.
pub const OFFICE: &str = "office";
/// Name of the file with the office's time.
pub const CLOCK: &str = "clock";
/// Name of the folder with what the actors hold.
const ACTORS: &str = "actors";

/// Writes the clock and everything that the actors hold.
pub fn write<D: Desk>(folder: &Path, story: &Story<D>, scene: Scene) -> Result<(), Failure> {
    let actors = folder.join(ACTORS);
    std::fs::create_dir(&actors).map_err(|error| cannot_tell(format!("{}: {error}", actors.display())))?;
    let now = format!("{}\n", story.desk.now());
    write_new(&folder.join(CLOCK), now.as_bytes(), Mode::Public)?;
    let key = |name: &str, key: &SecretKey| -> Result<Value, Failure> {
        let file = format!("{name}.key");
        write_new(&actors.join(&file), key.to_pem().as_bytes(), Mode::Secret)?;
        Ok(json!({ "file": file, "id": key.public().id(), "public": key.public() }))
    };
    let mut keys = serde_json::Map::new();
    keys.insert("organiser".into(), key("organiser", &story.cast.organiser)?);
    for slot in Slot::ALL {
        keys.insert(slot.to_string(), key(slot.as_str(), story.cast.member(slot))?);
    }
    let mut associations = Vec::new();
    for (index, applicant) in story.applicants.iter().enumerate() {
        associations.push(json!({
            "key": key(&format!("association-{:02}", index + 1), &applicant.key)?,
            "fields": applicant.fields,
            "openings": applicant.openings,
            "nomination": applicant.nomination,
            "candidate": applicant.id,
            "oddity": format!("{:?}", applicant.oddity),
        }));
    }
    let nonces = story
        .nonces
        .iter()
        .map(|(slot, nonce)| (slot.to_string(), json!(crate::crypto::hex::encode(nonce))));
    let told = json!({
        "scene": scene.as_str(),
        "origin": story.desk.origin(),
        "now": story.desk.now(),
        "keys": keys,
        "associations": associations,
        "cards": story.cards.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "voted": story.voted,
        "nonces": nonces.collect::<serde_json::Map<_, _>>(),
        "screened": SCREENED,
        "lines": story.lines,
    });
    let text = serde_json::to_string_pretty(&told).map_err(|error| cannot_tell(error.to_string()))?;
    write_new(
        &actors.join("actors.json"),
        format!("{text}\n").as_bytes(),
        Mode::Secret,
    )
}
