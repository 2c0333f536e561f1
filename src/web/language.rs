//! The three languages of the pages, and which one a reader gets who names none.

use std::fmt;

/// A language of the pages. Kyrgyz is the first and the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lang {
    /// Kyrgyz.
    Ky,
    /// Russian.
    Ru,
    /// English.
    En,
}

impl Lang {
    /// All three, in the order of the switch.
    pub const ALL: [Self; 3] = [Self::Ky, Self::Ru, Self::En];

    /// The code in paths, `lang` and `hreflang`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ky => "ky",
            Self::Ru => "ru",
            Self::En => "en",
        }
    }

    /// The language with exactly this code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.as_str() == code)
    }

    /// The language of a path `/ky/...`, and the rest of the path, which begins with `/`.
    pub fn of_path(path: &str) -> Option<(Self, &str)> {
        let rest = path.strip_prefix('/')?;
        let (code, _) = rest.split_once('/').unwrap_or((rest, ""));
        let lang = Self::of_code(code)?;
        let rest = &rest[code.len()..];
        Some((lang, if rest.is_empty() { "/" } else { rest }))
    }

    /// What the reader chose before, else the best of `Accept-Language`, else Kyrgyz.
    pub fn choose(remembered: Option<&str>, accepted: Option<&str>) -> Self {
        remembered
            .and_then(Self::of_code)
            .or_else(|| accepted.and_then(Self::best_of))
            .unwrap_or(Self::Ky)
    }

    /// The language that `Accept-Language` wants most among ours; the first of equals.
    fn best_of(header: &str) -> Option<Self> {
        let mut best: Option<(u32, Self)> = None;
        for part in header.split(',') {
            let (range, parameters) = part.split_once(';').unwrap_or((part, ""));
            let code = range.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
            let weight = weight(parameters);
            let Some(lang) = Self::of_code(&code).filter(|_| weight > 0) else {
                continue;
            };
            if best.is_none_or(|(most, _)| weight > most) {
                best = Some((weight, lang));
            }
        }
        best.map(|(_, lang)| lang)
    }
}

/// `q=0.8` in thousandths; 1000 where none is given, 0 where it cannot be read.
fn weight(parameters: &str) -> u32 {
    let Some(text) = parameters.split(';').find_map(|one| one.trim().strip_prefix("q=")) else {
        return 1_000;
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{fraction:0<3}");
    match (whole, digits.get(..3).and_then(|digits| digits.parse::<u32>().ok())) {
        ("1", _) => 1_000,
        ("0", Some(thousandths)) => thousandths,
        _ => 0,
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_its_language_and_the_rest() {
        assert_eq!(Lang::of_path("/ky"), Some((Lang::Ky, "/")));
        assert_eq!(Lang::of_path("/ru/"), Some((Lang::Ru, "/")));
        assert_eq!(Lang::of_path("/en/how"), Some((Lang::En, "/how")));
        for other in ["", "/", "/kyx", "/api/v1", "ky", "/KY"] {
            assert_eq!(Lang::of_path(other), None, "{other}");
        }
    }

    #[test]
    fn a_choice_made_before_wins_then_the_browsers_then_kyrgyz() {
        assert_eq!(Lang::choose(Some("en"), Some("ru")), Lang::En);
        assert_eq!(Lang::choose(Some("de"), Some("ru-KG,ky;q=0.9")), Lang::Ru);
        assert_eq!(Lang::choose(None, Some("de, en;q=0.5, ky;q=0.75")), Lang::Ky);
        assert_eq!(Lang::choose(None, Some("en;q=0, ru;q=0.001")), Lang::Ru);
        assert_eq!(Lang::choose(None, Some("en;q=x, de")), Lang::Ky);
        assert_eq!(Lang::choose(None, None), Lang::Ky);
    }
}
