//! Questions: a reply and no write.

mod books;
mod certificates;
mod chains;
mod clearing;
mod governance;
mod members;
mod money;
mod records;
mod settlement;
mod slots;

pub(crate) use books::{balance, statement, volumes};
pub(crate) use certificates::{accrual, holding, origin};
pub(crate) use chains::{energy_chain, grid_chain, history, record, user_chain};
pub(crate) use clearing::{book, clearing, clearing_inputs, contracts, fills, welfare};
pub(crate) use governance::{distances, market_audit, prices, proposal, proposals, version, versions};
pub(crate) use members::{guards_of, members};
pub(crate) use money::{account, accounts, credit, payment};
pub(crate) use records::{device, market, meter, order, participant, plant, point};
pub(crate) use settlement::{readings, settlement, settlement_page};
pub(crate) use slots::{auctions, contract, plan, slot};
