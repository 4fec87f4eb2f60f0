//! Questions: a reply and no write.

mod books;
mod chains;
mod members;
mod money;
mod records;
mod slots;

pub(crate) use books::{balance, statement, volumes};
pub(crate) use chains::{energy_chain, grid_chain, history, record, user_chain};
pub(crate) use members::{guards_of, members};
pub(crate) use money::{account, accounts, credit, payment};
pub(crate) use records::{device, market, meter, order, participant, plant, point};
pub(crate) use slots::{auctions, clearing, contract, plan, settlement, slot};
