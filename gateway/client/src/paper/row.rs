//! A row of Table 2, and how it differs from the paper's.

use std::collections::BTreeSet;

use der_market::paper::Case;
use der_market::settlement::Branch;
use der_market::slot::Slot;
use der_market::units::{Energy, Money, Price};

/// A test's outcome beside the paper's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The paper's row.
    pub paper: Case,
    /// The slot that played it.
    pub slot: Slot,
    /// p of the contract, µyuan/kWh.
    pub price: Price,
    /// Metered at the buyer, Wh.
    pub consumed_wh: Energy,
    /// Metered at the seller, Wh.
    pub generated_wh: Energy,
    /// Branches that the settlement took.
    pub branches: BTreeSet<Branch>,
    /// The buyer pays, nyuan.
    pub buyer_pays: Money,
    /// The generator gets, nyuan.
    pub generator_gets: Money,
    /// Grid and retail company together net, nyuan.
    pub company_nets: Money,
    /// Balances of buyer, generator and company, nyuan.
    pub balances: [Money; 3],
    /// Accumulated trading volume of the run: direct and PPSC.
    pub volume_wh: Energy,
}

/// One value that is not the paper's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which test.
    pub test: u8,
    /// Which column.
    pub column: &'static str,
    /// The paper's value, in the smallest unit.
    pub paper: String,
    /// The value found.
    pub found: String,
}

impl Row {
    /// Every value that is not the paper's, to the nyuan; none is the proof.
    #[must_use]
    pub fn differences(&self) -> Vec<Difference> {
        let paper = &self.paper;
        let branches: BTreeSet<Branch> = paper.branches.iter().copied().collect();
        let [buyer, generator, company] = self.balances;
        let [paper_buyer, paper_generator, paper_company] = paper.balances;
        let columns = [
            ("price", paper.price.to_string(), self.price.to_string()),
            ("consumed", paper.consumed_wh.to_string(), self.consumed_wh.to_string()),
            (
                "generated",
                paper.generated_wh.to_string(),
                self.generated_wh.to_string(),
            ),
            ("branches", format!("{branches:?}"), format!("{:?}", self.branches)),
            ("buyer pays", paper.buyer_pays.to_string(), self.buyer_pays.to_string()),
            (
                "generator gets",
                paper.generator_gets.to_string(),
                self.generator_gets.to_string(),
            ),
            (
                "company nets",
                paper.company_nets.to_string(),
                self.company_nets.to_string(),
            ),
            ("buyer's balance", paper_buyer.to_string(), buyer.to_string()),
            (
                "generator's balance",
                paper_generator.to_string(),
                generator.to_string(),
            ),
            ("company's balance", paper_company.to_string(), company.to_string()),
            ("volume", paper.volume_wh.to_string(), self.volume_wh.to_string()),
        ];
        let differs = columns.into_iter().filter(|(_, paper, found)| paper != found);
        differs
            .map(|(column, paper, found)| Difference {
                test: self.paper.number,
                column,
                paper,
                found,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use der_market::paper::CASES;

    fn exact(case: Case) -> Row {
        Row {
            paper: case,
            slot: Slot::new(1).unwrap(),
            price: Price::new(case.price).unwrap(),
            consumed_wh: Energy::new(case.consumed_wh).unwrap(),
            generated_wh: Energy::new(case.generated_wh).unwrap(),
            branches: case.branches.iter().copied().collect(),
            buyer_pays: Money::nyuan(case.buyer_pays),
            generator_gets: Money::nyuan(case.generator_gets),
            company_nets: Money::nyuan(case.company_nets),
            balances: case.balances.map(Money::nyuan),
            volume_wh: Energy::new(case.volume_wh).unwrap(),
        }
    }

    #[test]
    fn the_paper_s_own_values_differ_in_nothing() {
        assert!(CASES.into_iter().all(|case| exact(case).differences().is_empty()));
    }

    #[test]
    fn a_single_nyuan_or_branch_is_a_difference() {
        for case in CASES {
            let mut row = exact(case);
            row.generator_gets = Money::nyuan(case.generator_gets - 1);
            row.branches.insert(Branch::FeedIn);
            row.branches.insert(Branch::GridSupply);
            let columns: Vec<_> = row.differences().into_iter().map(|d| d.column).collect();
            assert_eq!(columns, ["branches", "generator gets"]);
        }
    }
}
