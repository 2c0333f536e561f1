//! Messages: Fluent files, embedded, one bundle for each language.
//!
//! A message is named by its key, an attribute by `key.attribute`. A key that is not there shows itself in brackets,
//! which the tests never let pass; nothing falls back to another language behind the reader's back.

use super::{Lang, assets, format};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use std::fmt;
use std::sync::LazyLock;

type Bundle = FluentBundle<FluentResource>;

static BUNDLES: LazyLock<[Bundle; 3]> = LazyLock::new(|| Lang::ALL.map(bundle));

fn bundle(lang: Lang) -> Bundle {
    let id = lang.as_str().parse().expect("ky, ru and en are languages");
    let mut bundle = Bundle::new_concurrent(vec![id]);
    // Marks around values would stand between the letters of copied text; all values here are of the same direction.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(match lang {
        Lang::Ky => |value, _| number(Lang::Ky, value),
        Lang::Ru => |value, _| number(Lang::Ru, value),
        Lang::En => |value, _| number(Lang::En, value),
    }));
    for (name, text) in assets::messages(lang) {
        let resource = FluentResource::try_new(text.to_owned())
            .unwrap_or_else(|(_, errors)| panic!("messages/{lang}/{name}.ftl: {errors:?}"));
        if let Err(errors) = bundle.add_resource(resource) {
            panic!("messages/{lang}/{name}.ftl: {errors:?}");
        }
    }
    bundle
}

/// Numbers in messages are grouped as the language groups them. Only whole numbers come in.
#[expect(clippy::cast_possible_truncation, reason = "made from an i64 below 2^53")]
fn number(lang: Lang, value: &FluentValue<'_>) -> Option<String> {
    match value {
        FluentValue::Number(number) => Some(format::number(lang, number.value as i64)),
        _ => None,
    }
}

/// A value in a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arg {
    /// A whole number; chooses plural forms.
    Number(i64),
    /// Text, put in as it is.
    Text(String),
}

macro_rules! numbers {
    ($($kind:ty)*) => {$(
        impl From<$kind> for Arg { fn from(number: $kind) -> Self { Self::Number(i64::try_from(number).unwrap_or(i64::MAX)) } }
        impl From<&$kind> for Arg { fn from(number: &$kind) -> Self { Self::from(*number) } }
        impl From<&&$kind> for Arg { fn from(number: &&$kind) -> Self { Self::from(**number) } }
    )*};
}
numbers! { i64 u64 u32 i32 usize u8 u16 i16 }

macro_rules! texts {
    ($($kind:ty)*) => {$(impl From<$kind> for Arg { fn from(text: $kind) -> Self { Self::Text(text.to_string()) } })*};
}
texts! { &str &&str String &String Said &Said }

/// A message that is shown when it is written; values are added with [`Said::with`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    lang: Lang,
    key: String,
    args: Vec<(&'static str, Arg)>,
}

/// The message with this key, in this language.
pub fn say(lang: Lang, key: impl Into<String>) -> Said {
    Said {
        lang,
        key: key.into(),
        args: Vec::new(),
    }
}

impl Said {
    /// With a value for `{ $name }`.
    pub fn with(mut self, name: &'static str, value: impl Into<Arg>) -> Self {
        self.args.push((name, value.into()));
        self
    }
}

impl fmt::Display for Said {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bundle = &BUNDLES[self.lang as usize];
        let (id, attribute) = match self.key.split_once('.') {
            Some((id, attribute)) => (id, Some(attribute)),
            None => (&self.key[..], None),
        };
        let pattern = bundle.get_message(id).and_then(|message| match attribute {
            Some(name) => message.get_attribute(name).map(|attribute| attribute.value()),
            None => message.value(),
        });
        let Some(pattern) = pattern else {
            return write!(out, "⟦{}⟧", self.key);
        };
        let mut args = FluentArgs::with_capacity(self.args.len());
        for (name, value) in &self.args {
            match value {
                Arg::Number(number) => args.set(*name, *number),
                Arg::Text(text) => args.set(*name, &text[..]),
            }
        }
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&args), &mut errors);
        if errors.is_empty() {
            out.write_str(&text)
        } else {
            write!(out, "⟦{}: {errors:?}⟧", self.key)
        }
    }
}

/// Whether the language has a message (or attribute) with this key.
pub fn has(lang: Lang, key: &str) -> bool {
    let (id, attribute) = key.split_once('.').unwrap_or((key, ""));
    let message = BUNDLES[lang as usize].get_message(id);
    message.is_some_and(|message| attribute.is_empty() || message.get_attribute(attribute).is_some())
}
