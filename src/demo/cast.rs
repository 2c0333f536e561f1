//! The people of the story, their keys and the papers they bring. Names are invented.

use super::desk::Desk;
use crate::ballot::CandidateId;
use crate::calendar::Date;
use crate::competition::act::Field;
use crate::competition::{Opening, Slot};
use crate::crypto::commit::{Salt, try_commitment};
use crate::crypto::hash::Digest;
use crate::crypto::key::SecretKey;
use rand::rngs::StdRng;
use rand::{CryptoRng, RngExt, SeedableRng};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const GIVEN: [&str; 24] = [
    "Айбек",
    "Гүлнара",
    "Нурлан",
    "Айгерим",
    "Бакыт",
    "Жылдыз",
    "Эрмек",
    "Айнура",
    "Талант",
    "Чолпон",
    "Азамат",
    "Мээрим",
    "Улан",
    "Назгүл",
    "Кубат",
    "Асел",
    "Мирлан",
    "Бермет",
    "Данияр",
    "Салтанат",
    "Руслан",
    "Жаңыл",
    "Өмүр",
    "Үмүт",
];
const FAMILY: [&str; 20] = [
    "Асанов",
    "Токтогулов",
    "Иманалиев",
    "Сыдыков",
    "Бекмамбетов",
    "Жумабаев",
    "Осмонов",
    "Абдраимов",
    "Кадыров",
    "Мамытов",
    "Исаков",
    "Турдубаев",
    "Сатыбалдиев",
    "Ормонов",
    "Эсенгулов",
    "Чокоев",
    "Шарипов",
    "Байтемиров",
    "Калыков",
    "Дүйшөев",
];
const CAUSES: [&str; 12] = [
    "Таза суу",
    "Жаштар демилгеси",
    "Айыл келечеги",
    "Ачык бюджет",
    "Тең укук",
    "Билим булагы",
    "Жашыл шаар",
    "Ден соолук",
    "Эркин сөз",
    "Адилет көз",
    "Тоо мурасы",
    "Санарип коом",
];

/// The keys that the story's people hold.
pub struct Cast {
    /// The secretariat.
    pub organiser: SecretKey,
    /// The four members, in slot order.
    pub members: [SecretKey; 4],
}

impl Cast {
    /// New keys for everybody.
    pub fn assemble() -> Self {
        Self::drawn(&mut rand::rng())
    }

    /// Keys for everybody, drawn from this generator.
    pub fn drawn(chance: &mut impl CryptoRng) -> Self {
        Self {
            organiser: SecretKey::generate(chance),
            members: std::array::from_fn(|_| SecretKey::generate(chance)),
        }
    }

    /// The member of a slot.
    pub fn member(&self, slot: Slot) -> &SecretKey {
        let index = Slot::ALL
            .iter()
            .position(|other| *other == slot)
            .expect("there are four slots");
        &self.members[index]
    }

    /// All four, in slot order.
    pub fn all(&self) -> Vec<&SecretKey> {
        self.members.iter().collect()
    }
}

/// What is unusual about an applicant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trait {
    /// Everything is in order.
    InOrder,
    /// R10: turns 25 the day after intake ends.
    TooYoung,
    /// R8: an association of two.
    AssociationOfTwo,
    /// R20: no resume.
    DocumentMissing,
    /// R11: convicted.
    Convicted,
    /// R14: a servant.
    Servant,
    /// R7: nominated by an association that nominated already.
    Contested,
    /// Refused by mistake, admitted on appeal.
    AdmittedOnAppeal,
    /// Withdraws before listing.
    Withdraws,
}

/// An association with its candidate.
pub struct Applicant {
    /// What is unusual.
    pub oddity: Trait,
    /// The association's key.
    pub key: SecretKey,
    /// The candidate's own key, for named ballots.
    pub own: SecretKey,
    /// Values of all fields; documents as bytes.
    pub fields: BTreeMap<Field, Value>,
    documents: BTreeMap<Field, Vec<u8>>,
    /// Openings by field, once sent.
    pub openings: BTreeMap<Field, Opening>,
    /// The nomination's PAE hash, once accepted.
    pub nomination: Option<Digest>,
    /// The id on the list.
    pub id: Option<CandidateId>,
}

/// Invents applicants: `admitted` that end on the list, and one that fails for each reason. Keys come from `chance`.
pub fn applicants(admitted: usize, seed: u64, last_day: Date, chance: &mut impl CryptoRng) -> Vec<Applicant> {
    let mut rng = StdRng::seed_from_u64(seed);
    let oddities = [
        Trait::TooYoung,
        Trait::AssociationOfTwo,
        Trait::DocumentMissing,
        Trait::Convicted,
        Trait::Servant,
        Trait::Contested,
        Trait::Withdraws,
    ];
    let listed = (0..admitted).map(|index| {
        if index == 1 {
            Trait::AdmittedOnAppeal
        } else {
            Trait::InOrder
        }
    });
    let all: Vec<_> = listed.chain(oddities).collect();
    let mut made: Vec<Applicant> = Vec::with_capacity(all.len());
    for (number, oddity) in all.into_iter().enumerate() {
        let mut applicant = invent(number, oddity, &mut rng, last_day, chance);
        if oddity == Trait::Contested {
            let same = made[0].fields[&Field::Association].clone();
            applicant.fields.insert(Field::Association, same);
        }
        made.push(applicant);
    }
    made
}

fn invent(number: usize, oddity: Trait, rng: &mut StdRng, last_day: Date, chance: &mut impl CryptoRng) -> Applicant {
    let name = format!(
        "{} {} {}",
        FAMILY[number % FAMILY.len()],
        GIVEN[(number * 7 + number / 20) % GIVEN.len()],
        roman(number / 20)
    );
    let cause = CAUSES[number % CAUSES.len()];
    let association = format!("«{cause}» бирикмеси № {}", number + 1);
    let organisations = organisations(number, oddity, cause, rng);
    let birth = birth(oddity, rng, last_day);
    let mut fields = BTreeMap::from([
        (Field::Association, json!(association)),
        (Field::Organisations, json!(organisations)),
        (Field::Name, json!(name.trim())),
        (Field::BirthDate, json!(birth)),
        (Field::Citizenship, json!({"capable": true, "citizen": true})),
        (
            Field::Conviction,
            json!({"convicted": oddity == Trait::Convicted, "expunged": false}),
        ),
        (Field::Education, json!(true)),
        (Field::Experience, json!("Коомдук иште он жыл")),
        (Field::Service, json!(oddity == Trait::Servant)),
    ]);
    let mut documents = BTreeMap::new();
    for field in [Field::Letter, Field::Application, Field::Resume] {
        if oddity == Trait::DocumentMissing && field == Field::Resume {
            continue;
        }
        let bytes = paper(&format!("{} - {}", field.as_str(), number));
        fields.insert(field, json!(Digest::of(&bytes)));
        documents.insert(field, bytes);
    }
    let (key, own) = (SecretKey::generate(chance), SecretKey::generate(chance));
    Applicant {
        oddity,
        key,
        own,
        fields,
        documents,
        openings: BTreeMap::new(),
        nomination: None,
        id: None,
    }
}

fn organisations(number: usize, oddity: Trait, cause: &str, rng: &mut StdRng) -> Vec<Value> {
    let count = if oddity == Trait::AssociationOfTwo {
        2
    } else {
        3 + number % 3
    };
    let forms = ["public_association", "foundation", "institution"];
    (0..count)
        .map(|index| {
            json!({
                "form": forms[index % 3],
                "name": format!("{cause} — {}", index + 1),
                "number": format!("{}-{}-КБ", 100_000 + number * 50 + index, rng.random_range(1000..9999)),
                "state_body": false,
                "state_founder": false,
            })
        })
        .collect()
}

/// The one who is too young turns 25 a few days after the last day of intake.
fn birth(oddity: Trait, rng: &mut StdRng, last_day: Date) -> Date {
    let young = oddity == Trait::TooYoung;
    let years = if young { 25 } else { rng.random_range(26..60) };
    let day = Date::new(last_day.year() - years, last_day.month(), last_day.day().min(28));
    let day = day.expect("a day up to 28 is in every month");
    if young { day.plus_days(5) } else { day }
}

fn roman(number: usize) -> &'static str {
    ["", "II", "III", "IV", "V", "VI", "VII", "VIII"]
        .get(number)
        .copied()
        .unwrap_or("IX")
}

/// A small real PDF with one line of text.
fn paper(line: &str) -> Vec<u8> {
    let line: String = line
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || *letter == ' ')
        .collect();
    let stream = format!("BT /F1 18 Tf 60 760 Td ({line}) Tj ET");
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>".to_owned(),
        format!("<</Length {}>>stream\n{stream}\nendstream", stream.len()),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_owned(),
    ];
    let mut pdf = b"%PDF-1.4\n".to_vec();
    let mut table = b"xref\n0 6\n0000000000 65535 f \n".to_vec();
    for (index, object) in objects.iter().enumerate() {
        table.extend(format!("{:010} 00000 n \n", pdf.len()).bytes());
        pdf.extend(format!("{} 0 obj\n{object}\nendobj\n", index + 1).bytes());
    }
    let start = pdf.len();
    pdf.extend(table);
    pdf.extend(format!("trailer<</Size 6/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n").bytes());
    pdf
}

impl Applicant {
    /// Stores documents and openings at the desk; gives the commitments.
    pub fn bring_papers(
        &mut self,
        desk: &mut dyn Desk,
        chance: &mut impl CryptoRng,
    ) -> anyhow::Result<BTreeMap<Field, Digest>> {
        let subject = self.key.public().id().to_string();
        for bytes in self.documents.values() {
            desk.store_document(bytes.clone())?;
        }
        let mut commitments = BTreeMap::new();
        for (field, value) in &self.fields {
            let opening = opening(field.as_str(), &subject, value.clone(), chance);
            commitments.insert(*field, desk.store_opening(opening.clone())?);
            self.openings.insert(*field, opening);
        }
        Ok(commitments)
    }
}

/// An opening with a fresh salt.
pub fn opening(field: &str, subject: &str, value: Value, chance: &mut impl CryptoRng) -> Opening {
    Opening {
        field: field.to_owned(),
        subject: subject.to_owned(),
        salt: Salt::generate(chance),
        value,
    }
}

/// The commitment of an opening.
pub fn commit(origin: &str, opening: &Opening) -> anyhow::Result<Digest> {
    Ok(try_commitment(
        opening.salt.as_bytes(),
        origin,
        &opening.field,
        &opening.subject,
        &opening.value,
    )?)
}
