//! Laws of sealed books, for any orders and any sequence.

use der_api::ErrorCode;
use proptest::prelude::*;

use super::*;

/// Three sellers and three buyers with up to four orders each.
fn crowd() -> Vec<Caller> {
    (0..6)
        .map(|n| {
            let msp = if n < 3 { "EnergyMSP" } else { "MicrogridMSP" };
            caller(msp, &format!("u{n}"), "participant")
        })
        .collect()
}

fn orders_of(n: usize, drawn: &[(u64, i64)]) -> Vec<NewOrder> {
    let side = if n < 3 { Side::Seller } else { Side::Buyer };
    drawn
        .iter()
        .enumerate()
        .map(|(k, (wh, price))| order(&format!("o{k}"), side, *wh, *price))
        .collect()
}

fn drawn() -> impl Strategy<Value = Vec<Vec<(u64, i64)>>> {
    let order = (1_u64..60_000, 450_000_i64..650_000);
    prop::collection::vec(prop::collection::vec(order, 0..4), 6)
}

/// A closed sealed slot with everybody's orders sealed.
fn closed(all: &[Vec<(u64, i64)>]) -> World {
    let mut world = sealing();
    for (n, user) in crowd().iter().enumerate() {
        world.join(user, if n < 3 { "pcc-1" } else { "pcc-2" }, &format!("m{n}"));
        let orders = orders_of(n, &all[n]);
        if !orders.is_empty() {
            world.submit(user, &sealed(user, &orders));
        }
    }
    close(&mut world);
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn revealed_in_any_sequence_the_book_is_the_same(
        all in drawn(),
        sequence in Just((0..24_usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let users = crowd();
        let mut together = closed(&all);
        let mut one_by_one = together.clone();
        for (n, user) in users.iter().enumerate() {
            let orders = orders_of(n, &all[n]);
            if !orders.is_empty() {
                together.submit(user, &revealed(&orders));
            }
        }
        for place in sequence {
            let (n, k) = (place % 6, place / 6);
            if let Some(order) = orders_of(n, &all[n]).get(k) {
                one_by_one.submit(&users[n], &revealed(std::slice::from_ref(order)));
            }
        }
        prop_assert_eq!(clear(&mut together), clear(&mut one_by_one));
        let seal = |world: &World| world.query(&QuerySlot { slot: auction() }).seal;
        prop_assert_eq!(seal(&together), seal(&one_by_one));
        let entries = |world: &World| -> Vec<_> {
            let rows = world.state.0.iter().filter(|(key, _)| key.starts_with("\0entry\0"));
            rows.map(|(key, row)| (key.clone(), row.clone())).collect()
        };
        prop_assert_eq!(entries(&together), entries(&one_by_one));
    }

    #[test]
    fn no_other_order_opens_a_seal(wh in 1_u64..250_000, price in 0_i64..999_999, by in 1_u64..99, what in 0_u8..4) {
        let mut world = sealing();
        let order = sale("s", wh, price);
        world.submit(&seller(), &sealed(&seller(), std::slice::from_ref(&order)));
        close(&mut world);
        let mut request = revealed(&[order]);
        let opened = &mut request.orders[0];
        match what {
            0 => opened.order.energy_wh = energy(wh + by),
            1 => opened.order.price = Price::new(price + i64::try_from(by).unwrap()).unwrap(),
            2 => opened.order.min_wh = energy(by.min(wh)),
            _ => {
                let mut salt = opened.salt.as_slice().to_vec();
                salt[usize::try_from(by % 32).unwrap()] ^= 1;
                opened.salt = HexBytes::new(salt).unwrap();
            }
        }
        prop_assert_eq!(world.refusal(&seller(), &request), ErrorCode::SealMismatch);
    }
}
