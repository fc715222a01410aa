//! Whether the gateway lives, and whether it can serve.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::gateway::{Context, Phase};
use crate::pool::Pool;

/// Longest that a thread may take to answer. A worker answers between two batches of bytes, in microseconds.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// What is wrong, a line each; none when all is well.
pub(super) type Problems = Vec<String>;

/// Ask every thread for a sign of life. PostgreSQL is not asked: a pooler that is restarted because its database is
/// away makes things worse.
pub(super) async fn live(context: &Context) -> Problems {
    let mut problems = Problems::new();
    let runtimes = context.common.runtimes.get().map(Vec::as_slice).unwrap_or_default();
    let asked: Vec<_> = runtimes.iter().map(|runtime| runtime.spawn(async {})).collect();
    let deadline = tokio::time::Instant::now() + ANSWER_LIMIT;
    for (worker, answer) in asked.into_iter().enumerate() {
        if !matches!(tokio::time::timeout_at(deadline, answer).await, Ok(Ok(()))) {
            problems.push(format!(
                "worker {worker} has not answered within {} s",
                ANSWER_LIMIT.as_secs()
            ));
        }
    }
    let behind = context.common.clock.behind();
    if behind > ANSWER_LIMIT {
        problems.push(format!("the janitor has not gone round for {:.1} s", behind.as_secs_f64()));
    }
    problems
}

/// Whether clients can log in and get a server. A database that nobody has asked for yet is taken to be well.
///
/// A database that failed is tried again from here, at most every `server_login_retry`: nobody else would, once no
/// client is sent to a gateway that is not ready.
pub(super) fn ready(context: &Context) -> Problems {
    if context.common.phase() != Phase::Running {
        return vec!["shutting down: clients are no longer let in".to_owned()];
    }
    let configuration = context.common.configuration();
    let mut databases: BTreeMap<String, Vec<Arc<Pool>>> = BTreeMap::new();
    for pool in context.pools() {
        // Under `*` a client may name whatever it likes, and that is its own affair.
        if configuration.databases.iter().any(|database| database.name == pool.database) {
            databases.entry(pool.database.clone()).or_default().push(pool);
        }
    }
    let mut problems = Problems::new();
    for (name, pools) in databases {
        let conditions: Vec<_> = pools.iter().map(|pool| pool.condition()).collect();
        if conditions.iter().any(|condition| condition.servers > 0 || condition.failure.is_none()) {
            continue;
        }
        if let Some(failure) = conditions.into_iter().find_map(|condition| condition.failure) {
            problems.push(format!(
                "database \"{}\": no server, and the last login failed: {} ({})",
                name.escape_debug(),
                failure.message.escape_debug(),
                failure.sqlstate
            ));
        }
        for pool in pools {
            pool.try_again();
        }
    }
    problems
}
