//! Matrices that come in rows, the market's suspension, floor and cap, and the audit.

use super::*;

#[test]
fn a_matrix_beyond_one_transaction_comes_in_rows_and_is_in_force_when_they_match_its_root() {
    const POINTS: usize = 150;
    let mut world = whole_market();
    publish_points(&mut world, POINTS);
    let whole = matrix(POINTS);
    let content = Content::Distances(MatrixHead::of(&whole).unwrap());
    world.submit(&grid(), &proposal("matrix", slot(5), content.clone()));
    for msp in ["EnergyMSP", "RegulatorMSP"] {
        world.submit(&clock(msp), &approval("matrix", &content));
    }
    let try_enact = Enact { proposal: id("matrix") };
    let rows = |first: usize, count: usize| PublishRows {
        proposal: id("matrix"),
        first: u32::try_from(first).unwrap(),
        rows: whole.rows[first..first + count].to_vec(),
    };
    assert_eq!(world.refusal(&operator(), &try_enact), ErrorCode::MatrixIncomplete);
    world.submit(&grid(), &rows(100, 50));
    world.submit(&grid(), &rows(0, 100));
    let mut wrong = rows(7, 1);
    wrong.rows[0][8] = Distance::new(1_000).unwrap();
    world.submit(&grid(), &wrong);
    assert_eq!(
        world.refusal(&operator(), &try_enact),
        ErrorCode::MatrixIncomplete,
        "one altered row"
    );
    world.submit(&grid(), &rows(7, 1));
    assert_eq!(
        world.refusal(&grid(), &rows(149, 1).clone_beyond()),
        ErrorCode::DistancesInvalid
    );
    assert_eq!(world.submit(&operator(), &try_enact).version, 2);
    assert_eq!(world.refusal(&grid(), &rows(7, 1)), ErrorCode::ProposalEnacted);
    let few = QueryDistances {
        version: 2,
        points: vec![id("pcc-150"), id("pcc-1")],
    };
    let part = world.query(&few);
    assert_eq!(
        part.between(&id("pcc-1"), &id("pcc-150")),
        whole.between(&id("pcc-1"), &id("pcc-150"))
    );
    assert_eq!(part.reference(), whole.reference(), "D_ref is the whole matrix's");
    let opened = |world: &mut World, n| world.submit(&operator(), &OpenSlot { slot: slot(n).into() }).distances;
    assert_eq!([4, 5].map(|n| opened(&mut world, n)), [1, 2]);
    let alone = PublishDistances {
        points: points(2),
        rows: matrix(2).rows,
    };
    assert_eq!(world.refusal(&grid(), &alone), ErrorCode::ProposeInstead);
}

trait Beyond {
    fn clone_beyond(self) -> Self;
}

impl Beyond for PublishRows {
    /// One row further than the matrix goes.
    fn clone_beyond(mut self) -> Self {
        self.first += 1;
        self
    }
}

#[test]
fn the_grid_company_alone_publishes_the_first_matrix_and_no_other() {
    let alone = PublishDistances {
        points: points(2),
        rows: matrix(2).rows,
    };
    let first = World::ready();
    assert!(first.decide(&grid(), &alone).is_ok(), "the first schemas allow it");
    assert_eq!(whole_market().refusal(&grid(), &alone), ErrorCode::ProposeInstead);
    let mut founding = bootstrap();
    founding.schema = der_api::schema::WHOLE_MARKET;
    let mut bare = World::default();
    bare.submit(&operator(), &founding);
    for point in points(2) {
        let request = PublishPoint {
            point,
            capacity_w: Power::new(paper::CAPACITY_W).unwrap(),
            area: id("north"),
            level: 0,
        };
        bare.submit(&grid(), &request);
    }
    bare.submit(&grid(), &alone);
    assert_eq!(bare.refusal(&grid(), &alone), ErrorCode::ProposeInstead);
}

#[test]
fn a_book_is_cleared_by_the_governed_matrix() {
    let mut world = whole_market();
    publish_points(&mut world, 70);
    let whole = matrix(70);
    let content = Content::Distances(MatrixHead::of(&whole).unwrap());
    world.submit(&grid(), &proposal("matrix", slot(0), content.clone()));
    for msp in ["EnergyMSP", "RegulatorMSP"] {
        world.submit(&clock(msp), &approval("matrix", &content));
    }
    world.submit(
        &grid(),
        &PublishRows {
            proposal: id("matrix"),
            first: 0,
            rows: whole.rows,
        },
    );
    world.submit(&operator(), &Enact { proposal: id("matrix") });
    let slot = slot(0);
    world.submit(&operator(), &OpenSlot { slot: slot.into() });
    world.submit(&seller(), &offer(slot, "sale", 200_000, 530_000));
    world.submit(&buyer(), &bid(slot, "need", 200_000, 590_000));
    let contract = world.close_and_clear(slot).contracts.remove(0);
    let terms = world
        .query(&QueryContract {
            slot: slot.into(),
            contract,
        })
        .terms;
    assert_eq!((terms.tariff.get(), terms.distances), (7 * 2_000, 2));
}

#[test]
fn the_regulator_stops_trading_and_never_metering_or_settlement() {
    let mut world = whole_market();
    let (case, done, open) = (paper::CASES[0], slot(0), slot(1));
    world.planned(&case, done);
    world.submit(&operator(), &OpenSlot { slot: open.into() });
    world.submit(&seller(), &offer(open, "early", 100_000, 530_000));
    let endorsed = world.decide(&buyer(), &bid(open, "late", 100_000, 590_000)).unwrap();
    assert!(!endorsed.is_read_only());
    assert_eq!(
        world.refusal(&operator(), &SuspendMarket {}),
        ErrorCode::OrganisationNotAllowed
    );
    world.submit(&regulator(), &SuspendMarket {});
    assert!(world.query(&QueryMarket {}).suspended);
    assert!(world.decide(&regulator(), &SuspendMarket {}).unwrap().is_read_only());
    let refused = world
        .decide(&buyer(), &bid(open, "late", 100_000, 590_000))
        .unwrap_err();
    assert_eq!(refused.code(), ErrorCode::MarketSuspended);
    assert_eq!(
        world.refusal(&seller(), &offer(open, "more", 1_000, 530_000)),
        ErrorCode::MarketSuspended
    );
    assert_eq!(
        world.refusal(&operator(), &OpenSlot { slot: slot(2).into() }),
        ErrorCode::MarketSuspended
    );
    world.submit(&operator(), &CloseGate { slot: open.into() });
    world.submit(&operator(), &SealBook { slot: open.into() });
    assert_eq!(
        world.refusal(&operator(), &Clear { slot: open.into() }),
        ErrorCode::MarketSuspended
    );
    let readings = vec![
        reading("meter-2", done, case.consumed_wh, 0, 1),
        reading("meter-1", done, 0, case.generated_wh, 1),
    ];
    world.submit(&metering(), &RecordReadings { readings });
    world.submit(&operator(), &Settle { slot: done });
    world.submit(&regulator(), &ResumeMarket {});
    assert!(!world.query(&QueryMarket {}).suspended);
    world.submit(&operator(), &Clear { slot: open.into() });
}

#[test]
fn the_stop_is_guarded_by_the_regulator_from_its_birth() {
    for world in [whole_market(), {
        let mut world = World::default();
        let mut founding = bootstrap();
        founding.schema = 3;
        world.submit(&operator(), &founding);
        world
    }] {
        let guard = &world.state.1["\0market-suspension\0"];
        assert_eq!(guard.guardians(), [id("RegulatorMSP")]);
    }
}

#[test]
fn orders_outside_floor_and_cap_are_refused_with_the_bounds() {
    let mut world = whole_market();
    let bounds = PriceBounds {
        floor: price(100_000),
        cap: price(600_000),
    };
    world.submit(&operator(), &OpenSlot { slot: slot(0).into() });
    enact(&mut world, "caps", slot(0), &rules(|rules| rules.bounds = Some(bounds)));
    world.submit(&buyer(), &bid(slot(0), "free", 1_000, 600_001));
    world.submit(&operator(), &OpenSlot { slot: slot(1).into() });
    for (limit, fits) in [(99_999, false), (100_000, true), (600_000, true), (600_001, false)] {
        let outcome = world.decide(&buyer(), &bid(slot(1), "bound", 1_000, limit));
        assert_eq!(outcome.is_ok(), fits, "{limit}");
        if let Err(refused) = outcome {
            assert_eq!(refused.code(), ErrorCode::PriceOutOfBounds);
            assert!(refused.message().contains("100000 to 600000"), "{}", refused.message());
        }
    }
}

#[test]
fn the_audit_is_the_regulator_s_and_holds_everything() {
    let mut world = whole_market();
    enact(&mut world, "days", slot(0), &Content::Calendar(calendar()));
    world.submit(&regulator(), &SuspendMarket {});
    assert_eq!(
        world.refusal(&operator(), &QueryMarketAudit {}),
        ErrorCode::OrganisationNotAllowed
    );
    let decision = world.decide(&regulator(), &QueryMarketAudit {}).unwrap();
    let audit: der_api::reply::MarketAuditView = codec::decode(decision.reply(), usize::MAX).unwrap();
    assert!(audit.suspension.suspended);
    let counts: Vec<usize> = audit.versions.iter().map(|view| view.versions.len()).collect();
    assert_eq!(counts, [1, 0, 1, 1]);
    assert_eq!((audit.proposals.len(), audit.proposals[0].votes.len()), (1, 3));
}
