//! Thousands of connections that ask once and then only stay.

use std::sync::Arc;

use super::talk::{looks, until_cut};
use crate::besiegers::{Ground, crowd};

const CONNECTIONS: usize = 3_000;

pub(super) async fn run(ground: Arc<Ground>) {
    crowd(ground.count(CONNECTIONS), |_| one(Arc::clone(&ground))).await;
}

async fn one(ground: Arc<Ground>) {
    let from = ground.address(0, 1);
    for _ in 0..ground.calls_max {
        let Some(mut stream) = ground.connect(from).await else { continue };
        if looks(&mut stream).await {
            until_cut(&mut stream).await;
            ground.saw("cut");
        } else {
            ground.saw("cut at once");
        }
    }
}
