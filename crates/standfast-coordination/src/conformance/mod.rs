//! What every implementation of [`Store`] is put through. A check that fails panics and says what was
//! expected.
//!
//! The checks write below `/conformance/`, each under a root of its own, and leave their keys there.
//!
//! Not checked here, because no store can be made to do so on demand: that a call without an answer
//! ends as [`crate::Error::OutcomeUnknown`], and that acknowledged transactions survive a crash.
//! An implementation tests both against its own server.
#![expect(
    clippy::expect_used,
    reason = "a check fails by panicking, as assertions do"
)]

mod place;
mod transactions;
mod watches;

use crate::Store;

use place::Root;

/// How many clients count at the same time.
const CLIENTS: u64 = 8;

/// Runs all checks. `make` returns a client of the store; all of them mean the same store, and each
/// should have a connection of its own.
pub async fn run_all<S: Store>(make: impl AsyncFn() -> S) {
    transactions::keys_are_read_as_they_were_written(&Root::of(make().await, "read").await).await;
    transactions::a_range_has_its_prefix_and_no_more(&Root::of(make().await, "range").await).await;
    transactions::revisions_grow_with_each_write(&Root::of(make().await, "grow").await).await;
    transactions::revision_zero_means_absent(&Root::of(make().await, "absent").await).await;
    transactions::a_failed_comparison_changes_nothing(&Root::of(make().await, "fail").await).await;
    transactions::values_are_compared_exactly(&Root::of(make().await, "value").await).await;
    transactions::all_writes_share_one_revision(&Root::of(make().await, "share").await).await;
    transactions::a_removed_key_can_be_created_again(&Root::of(make().await, "again").await).await;
    transactions::volatile_writes_are_seen_at_once(&Root::of(make().await, "volatile").await).await;
    transactions::two_writes_to_one_key_are_refused(&Root::of(make().await, "twice").await).await;
    watches::every_change_comes_in_order(&Root::of(make().await, "order").await).await;
    watches::the_past_comes_first(&Root::of(make().await, "past").await).await;
    watches::only_the_prefix_is_watched(&Root::of(make().await, "prefix").await).await;
    watches::one_transaction_is_one_batch(&Root::of(make().await, "batch").await).await;
    watches::a_removal_is_told(&Root::of(make().await, "removal").await).await;

    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        clients.push(Root::of(make().await, "count").await.store);
    }
    let root = Root::of(make().await, "count").await;
    transactions::concurrent_counters_sum_up(&root, clients.clone()).await;
    watches::a_watch_during_writes_misses_nothing(&root, clients).await;
}
