//! What others may buy and sell for a participant at most.

use clap::Args;
use der_api::mandate::Limit;
use der_market::units::{Energy, Price};

use super::parse;

/// Limits of one side each; a side without them is not allowed.
#[derive(Debug, Args)]
pub(super) struct Limits {
    /// Most energy that one order or contract may buy, Wh.
    #[arg(long, value_name = "WH", value_parser = parse::number::<Energy>, requires = "buy_price")]
    buy_wh: Option<Energy>,
    /// Highest delivered price, µyuan per kWh, tariff included.
    #[arg(long, value_name = "PRICE", value_parser = parse::number::<Price>, allow_negative_numbers = true)]
    #[arg(requires = "buy_wh")]
    buy_price: Option<Price>,
    /// Most energy that one order or contract may sell, Wh.
    #[arg(long, value_name = "WH", value_parser = parse::number::<Energy>, requires = "sell_price")]
    sell_wh: Option<Energy>,
    /// Least price at the meter, µyuan per kWh.
    #[arg(long, value_name = "PRICE", value_parser = parse::number::<Price>, allow_negative_numbers = true)]
    #[arg(requires = "sell_wh")]
    sell_price: Option<Price>,
}

impl Limits {
    /// Of purchases.
    pub(super) fn buy(&self) -> Option<Limit> {
        limit(self.buy_wh, self.buy_price)
    }

    /// Of sales.
    pub(super) fn sell(&self) -> Option<Limit> {
        limit(self.sell_wh, self.sell_price)
    }
}

fn limit(energy_wh: Option<Energy>, price: Option<Price>) -> Option<Limit> {
    let (energy_wh, price) = (energy_wh?, price?);
    Some(Limit { energy_wh, price })
}
