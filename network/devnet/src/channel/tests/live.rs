use std::sync::Arc;

use crate::channel::{
    LiveChannel,
    fixture::{UpdateDraft, World},
};

/// A channel of three configurations, of blocks 0, 4 and 5.
#[test]
fn each_height_has_the_configuration_of_the_blocks_below_it() {
    let world = World::new();
    let live = LiveChannel::new(0, world.channel.clone());
    for block in [4, 5] {
        let now = live.now();
        let grown = UpdateDraft::new(&now, |root| root.version += 1).signed_by(&world.admins());
        let (_, next) = now.propose(&grown.envelope(&world.members[0].admin)).unwrap();
        live.publish(block, Arc::new(next));
    }
    let sequences: Vec<u64> = (0..8).map(|height| live.at(height).sequence()).collect();
    assert_eq!(sequences, [0, 0, 0, 0, 0, 1, 2, 2]);
    assert_eq!((live.now().sequence(), live.config_block()), (2, 5));
}

#[test]
fn old_configurations_are_forgotten_and_the_newest_stays() {
    let world = World::new();
    let live = LiveChannel::new(0, world.channel.clone());
    for block in 1..100 {
        live.publish(block, world.channel.clone());
    }
    assert_eq!(live.config_block(), 99);
    assert_eq!(live.at(0).sequence(), 0, "the oldest one kept");
}
