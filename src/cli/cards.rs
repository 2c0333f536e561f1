//! `esep cards`: makes the voting cards of a round, offline, with the members present.
//!
//! The codes stand in the two files to print and nowhere else: no list, no serial, no order that means anything. The
//! public keys, sorted by key id, are the attachment that `cards_prepared` names.

use super::{Failure, Mode, cannot_tell, create_new, print, print_json, progress, read_text, talk, usage, write_new};
use crate::crypto::card::CardCode;
use crate::crypto::{Digest, KeyId};
use clap::ValueEnum;
use qrcode::{Color, EcLevel, QrCode};
use rand::seq::SliceRandom;
use rayon::prelude::*;
use serde_json::json;
use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Make the voting cards of one round, offline: files to print, and the list of their public keys.
///
/// DIR gets cards.txt (a card a page), cards.html (cards to cut, with QR codes) and cards.keys (32-byte public keys
/// sorted by key id: the attachment of `cards_prepared`). The codes are kept nowhere else and cannot be restored:
/// print them, then destroy cards.txt and cards.html. Whoever copies a code can use it before its elector does.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  esep cards --competition esep.example/commission-2026 --round 1 --count 24 --out cards-round-1\n  esep statement new cards_prepared --context competition.json --set cards=@cards-round-1/cards.keys\n  esep cards --competition esep.example/commission-2026 --round 1 --codes unused.txt --out unused.keys"
)]
pub struct Cards {
    /// Origin of the competition: HOST/ID.
    #[arg(long, value_name = "ORIGIN", value_parser = super::origin)]
    competition: String,
    /// The round; a card serves in this one only.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1000))]
    round: u32,
    /// Number of cards: one for every elector, and spares.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000_000), required_unless_present = "codes")]
    count: Option<u32>,
    /// Make no cards: list the public keys of the cards whose codes stand in FILE, one a line (the unused or spoiled
    /// ones, opened in the room at the close of polling).
    #[arg(long, value_name = "FILE", conflicts_with = "count")]
    codes: Option<PathBuf>,
    /// Folder to write to; made when it is not there. With --codes: the new list of keys.
    #[arg(long, value_name = "DIR|FILE")]
    out: PathBuf,
    /// Language of the cards.
    #[arg(long, value_enum, default_value = "ky")]
    lang: Language,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Language {
    Ky,
    Ru,
    En,
}

/// Words on a card.
struct Words {
    tag: &'static str,
    card: &'static str,
    competition: &'static str,
    round: &'static str,
    code: &'static str,
    note: &'static str,
    screen: &'static str,
}

impl Language {
    fn words(self) -> Words {
        match self {
            Self::Ky => Words {
                tag: "ky",
                card: "Добуш берүү карточкасы",
                competition: "Конкурс",
                round: "Тур",
                code: "Код",
                note: "Коддун ээси бир жолу добуш берет. Аны эч кимге көрсөтпөңүз.",
                screen: "Жашыруун барак: басып чыгаргандан кийин бул файлды жок кылыңыз.",
            },
            Self::Ru => Words {
                tag: "ru",
                card: "Карточка для голосования",
                competition: "Конкурс",
                round: "Тур",
                code: "Код",
                note: "По этому коду голосуют один раз. Никому его не показывайте.",
                screen: "Секретная страница: уничтожьте этот файл после печати.",
            },
            Self::En => Words {
                tag: "en",
                card: "Voting card",
                competition: "Competition",
                round: "Round",
                code: "Code",
                note: "This code votes once. Show it to nobody.",
                screen: "Secret page: destroy this file after printing.",
            },
        }
    }
}

impl Cards {
    /// Makes the cards and writes the three files.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        if let Some(path) = &self.codes {
            return self.list(path);
        }
        let files = ["cards.txt", "cards.html", "cards.keys"].map(|name| self.out.join(name));
        folder(&self.out)?;
        if let Some(path) = files.iter().find(|path| path.symlink_metadata().is_ok()) {
            return Err(usage(format!("{}: exists already, and is never overwritten", path.display())).into());
        }
        let mut rng = rand::rng();
        let mut codes: Vec<CardCode> = (0..self.count.unwrap_or_default())
            .map(|_| CardCode::generate(&mut rng))
            .collect();
        let keys = self.keys(&codes);
        let written = self.write(&files, &mut codes, &keys);
        if let Err(fault) = written {
            // Half a set of cards is worse than none.
            for path in &files {
                let _ = std::fs::remove_file(path);
            }
            return Err(fault.into());
        }
        self.report(&files, &keys)
    }

    /// The key list of cards that were opened in the room; the codes are not repeated in any message.
    fn list(&self, path: &Path) -> anyhow::Result<ExitCode> {
        let text = zeroize::Zeroizing::new(read_text(path)?);
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let codes = lines.map(|(index, line)| {
            let code = line.trim().parse::<CardCode>();
            code.map_err(|fault| cannot_tell(format!("{}: line {}: {fault}", path.display(), index + 1)))
        });
        let codes: Vec<CardCode> = codes.collect::<Result<_, _>>()?;
        let keys = self.keys(&codes);
        if keys
            .chunks(32)
            .zip(keys.chunks(32).skip(1))
            .any(|(one, next)| one == next)
        {
            return Err(cannot_tell(format!("{}: a code stands twice", path.display())).into());
        }
        write_new(&self.out, &keys, Mode::Public)?;
        let (digest, count) = (Digest::of(&keys), codes.len());
        if self.json {
            let result = json!({
                "competition": self.competition, "round": self.round, "count": count, "sha256": digest,
                "keys": self.out,
            });
            print_json("esep.cards.v1", &result)?;
        } else {
            print(format!("sha256 {digest}\ncount {count}\n"))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Public keys, 32 bytes each, sorted by key id.
    fn keys(&self, codes: &[CardCode]) -> Vec<u8> {
        let bar = progress(codes.len() as u64, "deriving keys");
        let derive = |code: &CardCode| {
            let key = code.key(&self.competition, self.round);
            bar.inc(1);
            (key.public().id(), key.public().to_bytes())
        };
        let mut keys: Vec<(KeyId, [u8; 32])> = codes.par_iter().map(derive).collect();
        keys.par_sort_unstable_by_key(|(id, _)| *id);
        bar.finish_and_clear();
        keys.into_iter().flat_map(|(_, key)| key).collect()
    }

    fn write(&self, files: &[PathBuf; 3], codes: &mut [CardCode], keys: &[u8]) -> Result<(), Failure> {
        let words = self.lang.words();
        write_with(&files[0], |out| self.text(out, &words, codes))?;
        // Neither file's order tells anything about the other's, nor about the sorted keys.
        codes.shuffle(&mut rand::rng());
        write_with(&files[1], |out| self.html(out, &words, codes))?;
        write_new(&files[2], keys, Mode::Public)
    }

    fn text(&self, out: &mut impl Write, words: &Words, codes: &[CardCode]) -> io::Result<()> {
        for (index, code) in codes.iter().enumerate() {
            if index > 0 {
                write!(out, "\u{c}")?;
            }
            writeln!(out, "{}\n", words.card)?;
            writeln!(
                out,
                "{}: {}\n{}: {}\n",
                words.competition, self.competition, words.round, self.round
            )?;
            writeln!(out, "{}: {code}\n\n{}", words.code, words.note)?;
        }
        Ok(())
    }

    fn html(&self, out: &mut impl Write, words: &Words, codes: &[CardCode]) -> io::Result<()> {
        let bar = progress(codes.len() as u64, "drawing cards");
        let origin = escape(&self.competition);
        writeln!(
            out,
            "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
             <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<p class=\"screen\">{}</p>\n<main>",
            words.tag, words.card, words.screen
        )?;
        for code in codes {
            let text = code.to_string();
            let svg = svg(&text)?;
            writeln!(
                out,
                "<section class=\"card\">{svg}<h1>{}</h1><p>{}: {origin}<br>{}: {}</p><p class=\"code\">{text}</p><p>{}</p></section>",
                words.card, words.competition, words.round, self.round, words.note
            )?;
            bar.inc(1);
        }
        bar.finish_and_clear();
        writeln!(out, "</main>\n</body>\n</html>")
    }

    fn report(&self, files: &[PathBuf; 3], keys: &[u8]) -> anyhow::Result<ExitCode> {
        let digest = Digest::of(keys);
        talk(format_args!(
            "The codes are in {} and {} and nowhere else: print them, then destroy both files. A lost code cannot be restored.",
            files[0].display(),
            files[1].display()
        ));
        talk(format_args!(
            "{} is public: upload it as the attachment of cards_prepared.",
            files[2].display()
        ));
        if self.json {
            let result = json!({
                "competition": self.competition, "round": self.round, "count": keys.len() / 32, "sha256": digest,
                "text": files[0], "html": files[1], "keys": files[2],
            });
            print_json("esep.cards.v1", &result)?;
        } else {
            print(format!("sha256 {digest}\ncount {}\n", keys.len() / 32))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

const STYLE: &str = "body{font-family:system-ui,sans-serif;margin:0}\n\
.screen{background:#fde8e8;padding:1em;margin:0}\n\
main{display:grid;grid-template-columns:1fr 1fr}\n\
.card{break-inside:avoid;border:1px dashed #999;padding:5mm;height:56mm;box-sizing:border-box;overflow:hidden;font-size:9pt}\n\
.card h1{font-size:12pt;margin:0 0 3mm}\n.card p{margin:0 0 2mm}\n.card svg{float:right;width:28mm;height:28mm}\n\
.code{font-family:monospace;font-size:11pt;font-weight:bold;white-space:nowrap;clear:both}\n\
@page{size:A4;margin:8mm}\n@media print{.screen{display:none}}\n";

fn folder(path: &Path) -> Result<(), Failure> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(path)
        .map_err(|fault| cannot_tell(format!("{}: {fault}", path.display())))
}

fn write_with(path: &Path, write: impl FnOnce(&mut BufWriter<std::fs::File>) -> io::Result<()>) -> Result<(), Failure> {
    let mut out = BufWriter::new(create_new(path, Mode::Secret)?);
    let written = write(&mut out)
        .and_then(|()| out.flush())
        .and_then(|()| out.get_ref().sync_all());
    written.map_err(|fault| cannot_tell(format!("{}: {fault}", path.display())))
}

/// The code as a QR picture: one path of horizontal runs, with the quiet zone of four modules.
fn svg(text: &str) -> io::Result<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(io::Error::other)?;
    let width = code.width();
    let mut path = String::new();
    for (row, line) in code.to_colors().chunks(width).enumerate() {
        let mut column = 0;
        while column < width {
            let dark = line[column..]
                .iter()
                .take_while(|module| **module == Color::Dark)
                .count();
            if dark > 0 {
                let _ = write!(path, "M{} {}h{dark}v1h-{dark}z", column + 4, row + 4);
            }
            column += dark.max(1);
        }
    }
    let side = width + 8;
    Ok(format!(
        "<svg viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\" role=\"img\" aria-label=\"QR\"><path d=\"{path}\"/></svg>"
    ))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
