//! One pool, one limit: many clients, few servers, any number of workers.

use std::collections::BTreeSet;
use std::sync::Barrier;

use serde_json::json;

use crate::running::{connect, count, servers, start, wait_until};
use crate::steady::on_a_steady_machine;

const SIZE: usize = 3;

/// `clients` at once, each with a few transactions; the server processes that they met.
fn crowd(workers: usize, clients: usize) -> BTreeSet<String> {
    let gateway = start(&json!({"workers": workers, "default_pool_size": SIZE}));
    let together = Barrier::new(clients);
    let processes = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..clients)
            .map(|_| {
                scope.spawn(|| {
                    let mut client = connect(&gateway);
                    together.wait();
                    let mut met = BTreeSet::new();
                    for _ in 0..4 {
                        client.query("BEGIN");
                        let process = client.value("SELECT pg_backend_pid()");
                        assert_eq!(client.value("SELECT pg_backend_pid()"), process);
                        client.query("COMMIT");
                        met.insert(process);
                    }
                    met
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(servers(&gateway) <= SIZE as u64, "{}", gateway.statistics());
    assert_eq!(count(&gateway, "/panics"), 0);
    processes
}

#[test]
fn fifty_clients_share_three_servers() {
    let processes = crowd(1, 50);
    assert!(processes.len() <= SIZE, "{processes:?}");
}

#[test]
fn several_workers_share_one_limit() {
    let processes = crowd(3, 30);
    assert!(processes.len() <= SIZE, "{processes:?}");
}

#[test]
fn a_client_that_leaves_in_the_middle_leaves_a_clean_server() {
    let gateway = start(&json!({"default_pool_size": 1}));
    for (leaving, statement) in [
        ("in a transaction", "SELECT 1"),
        ("in a failed transaction", "SELECT 1/0"),
        ("in COPY", "COPY numbers FROM STDIN"),
    ] {
        let mut client = connect(&gateway);
        client.query("BEGIN");
        client.send(&crate::messages::query("CREATE TEMPORARY TABLE left_over ()"));
        client.send(&crate::messages::query(statement));
        client.until_ready(1);
        drop(client);
        let mut next = connect(&gateway);
        let found = next.value("SELECT to_regclass('left_over') IS NULL");
        assert_eq!(found, "t", "{leaving}");
    }
}

#[test]
fn a_client_that_waits_too_long_is_told_which_limit_it_met() {
    on_a_steady_machine(|| {
        // Long enough for the first server to log in on a busy machine.
        let gateway = start(&json!({"default_pool_size": 1, "query_wait_timeout": 3}));
        let (mut holder, mut waiter) = (connect(&gateway), connect(&gateway));
        holder.query("BEGIN");
        waiter.send(&crate::messages::query("SELECT 1"));
        let refused = waiter.reply().unwrap();
        assert_eq!(refused.sqlstate(), "53300");
        assert!(refused.to_string().contains("query_wait_timeout"), "{refused}");
        assert!(waiter.reply().is_none(), "closed");
        holder.query("COMMIT");
        wait_until("the server is at rest", || count(&gateway, "/pools/0/server_idle") == 1);
    });
}
