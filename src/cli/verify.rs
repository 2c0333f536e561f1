//! `esep verify BUNDLE`: proves a record offline, and says in the reader's language what is wrong with it.
//!
//! Nothing is checked here: the bundle, the keys and the facts are read, [`check`] is asked, and its report is told.

use super::{cannot_tell, print, print_json, printable, read_json, read_text};
use crate::competition::Opening;
use crate::crypto::key::PublicKey;
use crate::ledger::bundle;
use crate::verify::{Found, Report, Trust, Verdict, check};
use anyhow::Context as _;
use clap::ValueEnum;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Verify a bundle offline: sums, signatures, chain and tree, every rule, the count, the result.
///
/// Without --trust the record can only be consistent with the keys inside: compare their fingerprints with those that
/// the four offices publish. A checkpoint or receipt kept from before shows whether anything was taken away since.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit code: 0 proved, 1 disproved, 2 wrong usage, 3 could not tell (something is missing or unreadable).\n\nExamples:\n  esep verify bundle.tar\n  esep verify bundle/ --trust offices-keys/ --older checkpoint-of-poll-day --older my-ballot.receipt\n  esep verify bundle/ --disclosed facts.json --require-disclosed --json"
)]
pub struct Verify {
    /// The bundle: a folder or a tar file.
    bundle: PathBuf,
    /// Folder of public keys that you got elsewhere: organiser.pem, log.pem, and one for each slot.
    #[arg(long, value_name = "KEYS_DIR")]
    trust: Option<PathBuf>,
    /// A checkpoint, receipt or box receipt kept from before; may be given several times.
    #[arg(long, value_name = "FILE")]
    older: Vec<PathBuf>,
    /// Disclosed private facts: a JSON array of {"field", "subject", "salt", "value"}.
    #[arg(long, value_name = "FILE")]
    disclosed: Option<PathBuf>,
    /// Undisclosed facts of a listed candidate leave the verdict open (exit code 3).
    #[arg(long)]
    require_disclosed: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// Language of the report; details are in English.
    #[arg(long, value_enum, default_value = "en")]
    lang: Language,
}

/// Languages of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// English.
    En,
    /// Russian.
    Ru,
    /// Kyrgyz.
    Ky,
}

impl Verify {
    /// Reads, checks, tells.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let path = self.bundle.display();
        let files = bundle::open(&self.bundle).map_err(|fault| cannot_tell(format!("{path}: {fault}")))?;
        let trust = Trust {
            keys: self.trust.as_deref().map(read_keys).transpose()?.unwrap_or_default(),
            older: self
                .older
                .iter()
                .map(|path| read_text(path))
                .collect::<Result<_, _>>()?,
            disclosed: match &self.disclosed {
                Some(path) => read_json::<Vec<Opening>>(path)?,
                None => Vec::new(),
            },
            require_disclosed: self.require_disclosed,
        };
        let report = check(&*files, &trust);
        if self.json {
            print_json("esep.verify.v1", &report)?;
        } else {
            print(words_in(&report, self.lang))?;
        }
        Ok(ExitCode::from(report.verdict.exit_code()))
    }
}

/// Public keys of a folder by file name without `.pem`.
fn read_keys(folder: &Path) -> anyhow::Result<BTreeMap<String, PublicKey>> {
    let fault = |fault: std::io::Error| cannot_tell(format!("{}: {fault}", folder.display()));
    let mut keys = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        if path.extension().is_none_or(|extension| extension != "pem") {
            continue;
        }
        let name = path.file_stem().and_then(|name| name.to_str());
        let name = name.with_context(|| format!("{}: a name that is not text", path.display()))?;
        let key = PublicKey::from_pem(&read_text(&path)?);
        let key = key.map_err(|fault| cannot_tell(format!("{}: {fault}", path.display())))?;
        keys.insert(name.to_owned(), key);
    }
    if keys.is_empty() {
        return Err(cannot_tell(format!("{}: no public key (*.pem) is there", folder.display())).into());
    }
    Ok(keys)
}

/// The report in English, for other commands that end in a verification.
pub fn words(report: &Report) -> String {
    words_in(report, Language::En)
}

/// The report in words: the verdict first, then everything that stands behind it.
pub fn words_in(report: &Report, language: Language) -> String {
    let say = Phrases::of(language);
    let mut text = String::new();
    let verdict = match (report.verdict, report.trust) {
        (Verdict::Proved, "given") => say.proved,
        (Verdict::Proved, _) => say.consistent,
        (Verdict::Disproved, _) => say.disproved,
        (Verdict::CannotTell, _) => say.cannot_tell,
    };
    line(&mut text, verdict);
    if report.summary.rehearsal {
        line(&mut text, say.rehearsal);
    }
    if report.trust == "bundle" && !report.keys.is_empty() {
        list(
            &mut text,
            say.keys,
            report.keys.iter().map(|(name, id)| format!("{id}  {name}")),
        );
    }
    list(
        &mut text,
        say.findings,
        report.findings.iter().map(|found| finding(found, language, say.entry)),
    );
    list(&mut text, say.missing, report.missing.iter().cloned());
    list(&mut text, say.not_checked, report.not_checked.iter().cloned());
    summary(&mut text, report, &say);
    text
}

/// A line of the report. What a bundle brings along must not command a terminal.
fn line(text: &mut String, words: &str) {
    text.push_str(&printable(words));
    text.push('\n');
}

fn list(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let mut lines = lines.peekable();
    if lines.peek().is_some() {
        line(text, "");
        line(text, &format!("{title}:"));
    }
    lines.for_each(|words| line(text, &format!("  {words}")));
}

fn finding(found: &Found, language: Language, entry: &str) -> String {
    let title = match language {
        Language::En => found.finding.title(),
        Language::Ru => found.finding.title_ru(),
        Language::Ky => found.finding.title_ky(),
    };
    let (number, rule) = (found.finding.number(), found.finding.rule());
    let place = found.entry.map_or_else(String::new, |seq| format!(", {entry} {seq}"));
    format!("{number} [{rule}{place}] {title}: {}", found.detail)
}

fn summary(text: &mut String, report: &Report, say: &Phrases) {
    let summary = &report.summary;
    line(text, "");
    line(
        text,
        &format!("{}: {} ({})", say.record, summary.competition, summary.phase),
    );
    let mut numbers = String::new();
    let _ = write!(
        numbers,
        "  {} {}, {} {}, {} {}",
        summary.entries, say.entries, summary.ballots, say.ballots, summary.signatures, say.signatures
    );
    line(text, &numbers);
    line(text, &format!("  {} {}", say.root, summary.root));
    let elected = summary.elected.iter().enumerate();
    list(
        text,
        say.elected,
        elected.map(|(index, (id, name))| format!("{:>3}. {name} ({id})", index + 1)),
    );
}

/// The fixed words of a report.
struct Phrases {
    proved: &'static str,
    consistent: &'static str,
    disproved: &'static str,
    cannot_tell: &'static str,
    rehearsal: &'static str,
    keys: &'static str,
    findings: &'static str,
    missing: &'static str,
    not_checked: &'static str,
    entry: &'static str,
    record: &'static str,
    entries: &'static str,
    ballots: &'static str,
    signatures: &'static str,
    root: &'static str,
    elected: &'static str,
}

impl Phrases {
    fn of(language: Language) -> Self {
        match language {
            Language::En => ENGLISH,
            Language::Ru => RUSSIAN,
            Language::Ky => KYRGYZ,
        }
    }
}

const ENGLISH: Phrases = Phrases {
    proved: "PROVED: the record holds against the given keys.",
    consistent: "PROVED, consistent with the keys inside: compare their fingerprints with those that the offices publish.",
    disproved: "DISPROVED: the record is wrong.",
    cannot_tell: "COULD NOT TELL: something needed is missing or unreadable; that proves nothing against the record.",
    rehearsal: "This is a REHEARSAL: it elects nobody.",
    keys: "keys inside",
    findings: "findings",
    missing: "missing or unreadable",
    not_checked: "not checked",
    entry: "entry",
    record: "record",
    entries: "entries",
    ballots: "ballots",
    signatures: "signatures checked",
    root: "root",
    elected: "elected",
};

const RUSSIAN: Phrases = Phrases {
    proved: "ДОКАЗАНО: журнал сходится с данными ключами.",
    consistent: "ДОКАЗАНО, в согласии с ключами внутри: сверьте их отпечатки с теми, что публикуют ведомства.",
    disproved: "ОПРОВЕРГНУТО: журнал неверен.",
    cannot_tell: "УСТАНОВИТЬ НЕ УДАЛОСЬ: чего-то нужного нет или оно не читается; против журнала это ничего не доказывает.",
    rehearsal: "Это РЕПЕТИЦИЯ: она никого не избирает.",
    keys: "ключи внутри",
    findings: "замечания",
    missing: "нет или не читается",
    not_checked: "не проверено",
    entry: "запись",
    record: "журнал",
    entries: "записей",
    ballots: "бюллетеней",
    signatures: "проверено подписей",
    root: "корень",
    elected: "избраны",
};

const KYRGYZ: Phrases = Phrases {
    proved: "ДАЛИЛДЕНДИ: журнал берилген ачкычтарга туура келет.",
    consistent: "ДАЛИЛДЕНДИ, ичиндеги ачкычтарга туура келет: алардын изин мекемелер жарыялагандар менен салыштырыңыз.",
    disproved: "ТӨГҮНДӨЛДҮ: журнал туура эмес.",
    cannot_tell: "АНЫКТООГО МҮМКҮН БОЛГОН ЖОК: керектүү нерсе жок же окулбайт; бул журналга каршы эчтеке далилдебейт.",
    rehearsal: "Бул РЕПЕТИЦИЯ: ал эч кимди шайлабайт.",
    keys: "ичиндеги ачкычтар",
    findings: "табылгалар",
    missing: "жок же окулбайт",
    not_checked: "текшерилген жок",
    entry: "жазуу",
    record: "журнал",
    entries: "жазуу",
    ballots: "бюллетень",
    signatures: "кол тамга текшерилди",
    root: "тамыр",
    elected: "шайлангандар",
};
