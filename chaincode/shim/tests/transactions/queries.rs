//! Ranges, pages and history.

use fabric_shim::{
    Response, ShimError, Stub, composite_key,
    mock::{MockLedger, MockPeer, MockSettings},
};

use super::{Function, numbered, proposal, run, run_with};

#[tokio::test]
async fn iterators_fetch_pages_and_close_only_when_abandoned() {
    let peer = MockPeer::connect(
        numbered(250),
        Function(|stub: Stub| async move {
            let all = stub.range("", "").await?.take(usize::MAX).await?;
            assert_eq!(all.len(), 250);
            assert!(all.is_sorted_by(|one, two| one.key < two.key));
            let mut closed = stub.range("k0100", "").await?;
            assert_eq!(closed.next().await?.unwrap().key, "k0100");
            closed.close().await?;
            drop(stub.range("k0001", "k0200").await?);
            let few = stub.range("k0001", "k0003").await?.take(9).await?;
            assert_eq!(few.len(), 2);
            stub.range("k0001", "k0002").await?.close().await?;
            Ok(String::new())
        }),
    )
    .await
    .unwrap();
    let outcome = peer.submit(proposal()).await.unwrap();
    assert_eq!(outcome.response.status, 200, "{}", outcome.response.message);
    let count = |name| outcome.requests.iter().filter(|request| **request == name).count();
    assert_eq!(count("GET_STATE_BY_RANGE"), 5);
    assert_eq!(count("QUERY_STATE_NEXT"), 2);
    assert_eq!(count("QUERY_STATE_CLOSE"), 2);
    let metrics = peer.metrics().snapshot();
    assert_eq!((metrics.closes_sent, metrics.closes_elided), (2, 3));
}

#[tokio::test]
async fn ranges_keep_simple_and_composite_keys_apart() {
    let ledger = numbered(2);
    for attributes in [["s1", "o1"], ["s1", "o2"], ["s10", "o3"]] {
        ledger.put(composite_key::build("offer", &attributes).unwrap(), attributes[1]);
    }
    let outcome = run(&ledger, |stub| async move {
        assert_eq!(stub.range("", "").await?.take(9).await?.len(), 2);
        let mut offers = stub.partial_composite_key("offer", &["s1"]).await?;
        let mut found = Vec::new();
        while let Some(offer) = offers.next().await? {
            let (_, parts) = composite_key::split(&offer.key)?;
            found.push(parts[1].to_owned());
        }
        let refused = stub.range("\0offer", "").await.unwrap_err().to_string();
        assert!(refused.contains("contains a null character"), "{refused}");
        Ok(found.join(","))
    })
    .await;
    assert_eq!(outcome.response, Response::success("o1,o2"));
}

#[tokio::test]
async fn a_range_that_the_peer_cuts_is_read_on_to_its_end() {
    let rows = || (0..8).map(|index| format!("o{index}"));
    for limit in 1..10 {
        let ledger = MockLedger::new();
        for (kind, owner, order) in rows()
            .map(|row| ("offer", "s1", row))
            .chain([("offer", "s10", "o9"), ("other", "s1", "o9")].map(|(a, b, c)| (a, b, c.to_owned())))
        {
            ledger.put(composite_key::build(kind, &[owner, &order]).unwrap(), order);
        }
        // A last part that is empty is as near to the key before it as can be.
        ledger.put(composite_key::build("offer", &["s1", "o3", ""]).unwrap(), "o3+");
        let settings = MockSettings {
            total_query_limit: limit,
            page: 3,
            ..MockSettings::default()
        };
        let outcome = run_with(&ledger, settings, move |stub| async move {
            let parts = ["s1"];
            let mut found = Vec::new();
            let mut answer = stub.partial_composite_key("offer", &parts).await?.take(99).await?;
            while let Some(last) = answer.last().map(|row| row.key.clone()) {
                assert!(answer.len() <= limit, "{answer:?}");
                found.extend(
                    answer
                        .iter()
                        .map(|row| String::from_utf8_lossy(&row.value).into_owned()),
                );
                answer = stub
                    .partial_composite_key_after("offer", &parts, &last)
                    .await?
                    .take(99)
                    .await?;
            }
            let foreign = composite_key::build("other", &["s1", "o9"])?;
            let refused = stub.partial_composite_key_after("offer", &parts, &foreign).await;
            assert!(matches!(refused, Err(ShimError::Argument(_))), "{refused:?}");
            Ok(found.join(","))
        })
        .await
        .unwrap();
        let expected = "o0,o1,o2,o3,o3+,o4,o5,o6,o7";
        assert_eq!(outcome.response, Response::success(expected), "limit {limit}");
    }
}

#[tokio::test]
async fn pages_follow_their_bookmarks_and_forbid_writes() {
    let ledger = numbered(5);
    let outcome = run(&ledger, |stub| async move {
        let (mut bookmark, mut sizes) = (String::new(), Vec::new());
        loop {
            let page = stub.range_with_pagination("", "", 2, &bookmark).await?;
            sizes.push(page.items.len());
            if page.bookmark.is_empty() {
                return Ok(format!("{sizes:?}"));
            }
            bookmark = page.bookmark;
        }
    })
    .await;
    assert_eq!(outcome.response, Response::success("[2, 2, 1]"));

    let after = run_with(&ledger, MockSettings::default(), |stub| async move {
        stub.range_with_pagination("", "", 2, "").await?;
        stub.put_state("key", "value")?;
        Ok(String::new())
    });
    assert!(
        after
            .await
            .unwrap_err()
            .to_string()
            .contains("failed send batch: WRITE_BATCH_STATE failed")
    );

    let before = run(&ledger, |stub| async move {
        stub.put_state("key", "value")?;
        stub.range_with_pagination("", "", 2, "").await?;
        Ok(String::new())
    })
    .await;
    assert_eq!(before.requests, ["WRITE_BATCH_STATE", "GET_STATE_BY_RANGE"]);
    assert_eq!(before.response.status, 500);
}

#[tokio::test]
async fn history_is_newest_first() {
    let ledger = MockLedger::new();
    for value in ["1", "2", ""] {
        ledger.put("key", value);
    }
    let outcome = run(&ledger, |stub| async move {
        let changes = stub.history("key").await?.take(9).await?;
        Ok(format!(
            "{:?}",
            changes
                .iter()
                .map(|change| (change.is_delete, &change.value))
                .collect::<Vec<_>>()
        ))
    })
    .await;
    assert_eq!(
        outcome.response,
        Response::success(r#"[(true, b""), (false, b"2"), (false, b"1")]"#)
    );
}
