//! How an auction takes its orders.

use serde::{Deserialize, Serialize};

/// Whether orders can be read before the gate closes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Book {
    /// Orders are published; every member reads them at once.
    Open,
    /// Orders are sealed by a salted hash and revealed after the gate has closed.
    #[default]
    Sealed,
}

/// Rules of order entry. Parameters without them seal the book, and keep it open in the paper's profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderRules {
    /// Sealed where nothing is said.
    #[serde(default)]
    pub book: Book,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_that_say_nothing_seal_the_book() {
        assert_eq!(serde_json::from_str::<OrderRules>("{}").unwrap().book, Book::Sealed);
        let open = OrderRules { book: Book::Open };
        assert_eq!(serde_json::to_string(&open).unwrap(), r#"{"book":"open"}"#);
    }
}
