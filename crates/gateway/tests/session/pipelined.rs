//! Failing tests: a pipeline goes on behind a Sync whose outcome is not known yet.
//! Copy to crates/gateway/tests/session/pipelined.rs and add `mod pipelined;` to main.rs.

use crate::messages::{bind, execute, parse, query, sync};
use crate::pooler::{Pooler, defaults};
use crate::postgres::Postgres;
use crate::replies::{lines, take_replies};

/// All messages at once, through the pooler and directly.
fn both(messages: &[Vec<u8>]) -> (Vec<String>, Vec<String>) {
    let bytes = messages.concat();
    let mut pooler = Pooler::new(1, 1, 10);
    pooler.send(0, &bytes).unwrap();
    pooler.settle().unwrap();
    let mut own = Postgres::new(&defaults());
    (lines(&pooler.take_replies(0)), lines(&take_replies(&mut own.take(&bytes))))
}

#[test]
fn a_good_statement_skipped_in_one_segment_works_in_the_next() {
    // Segment 1 fails; segment 2, sent already, prepares the same good text under another name.
    let (pooled, direct) = both(&[
        parse("bad", "SELEC"),
        parse("a", "SELECT 1"),
        sync(),
        parse("b", "SELECT 1"),
        bind("", "b"),
        execute("", 0),
        sync(),
    ]);
    assert_eq!(pooled, direct);
}

#[test]
fn a_bad_statement_is_refused_in_both_segments() {
    // Two tasks of one tokio-postgres connection prepare the same bad text.
    let (pooled, direct) =
        both(&[parse("s0", "SELEC"), sync(), parse("s1", "SELEC"), bind("", "s1"), sync()]);
    assert_eq!(pooled, direct);
}

#[test]
fn a_name_whose_definition_failed_can_be_defined_in_the_next_segment() {
    let (pooled, direct) =
        both(&[parse("a", "SELEC"), sync(), parse("a", "SELECT 1"), bind("", "a"), sync()]);
    assert_eq!(pooled, direct);
}

#[test]
fn a_bind_of_the_unnamed_statement_never_meets_another_clients() {
    let mut pooler = Pooler::new(2, 1, 10);
    pooler
        .send(1, &[parse("", "SELECT 2"), bind("", ""), execute("", 0), sync()].concat())
        .unwrap();
    pooler.settle().unwrap();
    // The Parse of segment 1 is skipped; the Bind of segment 2 has been sent already.
    let messages =
        [parse("x", "SELEC"), parse("", "SELECT 1"), sync(), bind("", ""), execute("", 0), sync()];
    pooler.send(0, &messages.concat()).unwrap();
    pooler.settle().unwrap();
    let shown = lines(&pooler.take_replies(0));
    assert!(!shown.contains(&"DataRow 2".to_owned()), "runs the other client's text: {shown:?}");
}

#[test]
fn a_deallocate_query_behind_a_failed_definition_fails() {
    let (pooled, direct) = both(&[parse("a", "SELEC"), sync(), query("DEALLOCATE a")]);
    assert_eq!(pooled, direct);
}

#[test]
fn a_setting_before_a_deallocate_answered_by_the_pooler_is_nobody_elses() {
    let set = "SET work_mem TO '7MB'";
    let bare = vec![bind("", "s"), execute("", 0)];
    for sets in [vec![query(set)], [bare.clone(), vec![sync()]].concat(), bare] {
        let mut pooler = Pooler::new(2, 1, 10);
        let prepares = [parse("a", "SELECT 1"), parse("s", set), sync()].concat();
        pooler.send(0, &prepares).unwrap();
        pooler.settle().unwrap();
        pooler.send(0, &[sets.concat(), query("DEALLOCATE a")].concat()).unwrap();
        pooler.settle().unwrap();
        let shown = |pooler: &mut Pooler, client| {
            pooler.take_replies(client);
            pooler.send(client, &query("SHOW work_mem")).unwrap();
            pooler.settle().unwrap();
            lines(&pooler.take_replies(client))
        };
        assert!(shown(&mut pooler, 1).contains(&"DataRow 4MB".to_owned()));
        assert!(shown(&mut pooler, 0).contains(&"DataRow 7MB".to_owned()));
    }
}
