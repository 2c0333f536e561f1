//! R16: the four slots of the counting commission.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A slot of the counting commission: one representative of each body. An institution's name is data with dates (it
/// stands in the announcement); the slot is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Slot {
    /// The President's Office.
    PresidentsOffice,
    /// The Government Office.
    GovernmentOffice,
    /// The Ombudsman.
    Ombudsman,
    /// The Central Election Commission.
    Cec,
}

impl Slot {
    /// The four, in the order of signatures.
    pub const ALL: [Self; 4] = [
        Self::PresidentsOffice,
        Self::GovernmentOffice,
        Self::Ombudsman,
        Self::Cec,
    ];

    /// The slot's name in statements.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PresidentsOffice => "presidents-office",
            Self::GovernmentOffice => "government-office",
            Self::Ombudsman => "ombudsman",
            Self::Cec => "cec",
        }
    }

    /// The role in a member's proof of possession.
    pub fn role(self) -> String {
        format!("counting/{}", self.as_str())
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl std::str::FromStr for Slot {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|slot| slot.as_str() == text).ok_or(())
    }
}
