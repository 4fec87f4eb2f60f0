//! Fabric's policy language: `AND`, `OR` and `OutOf` over quoted principals.
//!
//! Source: Fabric `common/policydsl/policyparser.go`.

use super::{MAX_DEPTH, MAX_TEXT, PolicyError, SignaturePolicy};
use crate::Principal;

/// Reads a whole policy, whose outermost rule is a gate.
pub(super) fn parse(text: &str) -> Result<SignaturePolicy, PolicyError> {
    if text.len() > MAX_TEXT {
        return Err(PolicyError::TooLong);
    }
    let mut parser = Parser { text, at: 0 };
    let policy = parser.gate(0)?;
    parser.skip_spaces();
    if parser.rest().is_empty() {
        Ok(policy)
    } else {
        Err(parser.expected("the end of the policy"))
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

enum Gate {
    And,
    Or,
    OutOf,
}

impl<'a> Parser<'a> {
    fn gate(&mut self, depth: usize) -> Result<SignaturePolicy, PolicyError> {
        if depth >= MAX_DEPTH {
            return Err(PolicyError::TooDeep);
        }
        let gate = self.gate_name()?;
        self.symbol('(', "(")?;
        let threshold = match gate {
            Gate::OutOf => {
                let n = self.number()?;
                self.symbol(',', "a comma and at least one rule")?;
                Some(n)
            }
            Gate::And | Gate::Or => None,
        };
        let rules = self.rules(depth)?;
        let n = match (gate, threshold) {
            (Gate::And, _) => rules.len() as i64,
            (_, Some(n)) => n,
            _ => 1,
        };
        checked(n, rules)
    }

    fn rules(&mut self, depth: usize) -> Result<Vec<SignaturePolicy>, PolicyError> {
        let mut rules = Vec::new();
        loop {
            rules.push(self.rule(depth)?);
            self.skip_spaces();
            match self.rest().chars().next() {
                Some(',') => self.at += 1,
                Some(')') => {
                    self.at += 1;
                    return Ok(rules);
                }
                _ => return Err(self.expected("a comma or )")),
            }
        }
    }

    fn rule(&mut self, depth: usize) -> Result<SignaturePolicy, PolicyError> {
        self.skip_spaces();
        match self.rest().chars().next() {
            Some(quote @ ('\'' | '"')) => {
                self.at += 1;
                let Some((name, _)) = self.rest().split_once(quote) else {
                    return Err(self.expected("a closing quote"));
                };
                let principal = Principal::parse(name)?;
                self.at += name.len() + 1;
                Ok(SignaturePolicy::SignedBy(principal))
            }
            _ => self.gate(depth + 1),
        }
    }

    fn gate_name(&mut self) -> Result<Gate, PolicyError> {
        let gate = match self.word(|c| c.is_ascii_alphabetic()) {
            "AND" | "And" | "and" => Gate::And,
            "OR" | "Or" | "or" => Gate::Or,
            "OutOf" | "OUTOF" | "outof" => Gate::OutOf,
            _ => return Err(self.expected("AND, OR or OutOf")),
        };
        Ok(gate)
    }

    fn number(&mut self) -> Result<i64, PolicyError> {
        let digits = self.word(|c| c.is_ascii_digit());
        digits.parse().map_err(|_| self.expected("a number of rules"))
    }

    fn symbol(&mut self, symbol: char, expected: &'static str) -> Result<(), PolicyError> {
        self.skip_spaces();
        if !self.rest().starts_with(symbol) {
            return Err(self.expected(expected));
        }
        self.at += symbol.len_utf8();
        Ok(())
    }

    fn word(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        self.skip_spaces();
        let rest = self.rest();
        let word = rest.split(|c| !belongs(c)).next().unwrap_or_default();
        self.at += word.len();
        word
    }

    fn skip_spaces(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn expected(&self, expected: &'static str) -> PolicyError {
        PolicyError::Syntax { at: self.at, expected }
    }
}

/// Fabric allows one more than there are rules: such a policy can be written and never met.
fn checked(n: i64, rules: Vec<SignaturePolicy>) -> Result<SignaturePolicy, PolicyError> {
    let bad = PolicyError::Threshold { n, rules: rules.len() };
    match u32::try_from(n) {
        Ok(threshold) if n <= rules.len() as i64 + 1 => Ok(SignaturePolicy::OutOf { n: threshold, rules }),
        _ => Err(bad),
    }
}
