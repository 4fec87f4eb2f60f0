//! The whole ledger on one screen.
