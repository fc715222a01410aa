//! What a random client says: short conversations, sound or not, made of the messages of the protocol.

use proptest::prelude::*;
use proptest::sample::select;

use crate::messages::{
    bind, close_portal, close_statement, copy_data, copy_done, copy_fail, describe_portal,
    describe_statement, execute, flush, function_call, parse, query, sync,
};

/// Texts to prepare or to run.
pub(crate) const TEXTS: [&str; 20] = [
    "LISTEN a",
    "UNLISTEN a",
    "UNLISTEN *",
    "SELECT 1",
    "SELECT 2",
    "SELECT generate_series(1,3)",
    "SHOW TimeZone",
    "SET TimeZone TO 'Asia/Tokyo'",
    "RESET TimeZone",
    "SHOW work_mem",
    "SET work_mem TO '7MB'",
    "RESET work_mem",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "",
    "SELEC",
    "SELECT nope",
    "SELECT 1/0",
    "SELECT 1/(0*random())::int",
];

/// Texts that only make sense in a simple Query.
const SIMPLE_TEXTS: [&str; 6] = [
    "DEALLOCATE a",
    "COPY (SELECT 1) TO STDOUT",
    "SELECT 1; SELECT 2",
    "SELECT 1; SELECT 1/0; SELECT 2",
    // Only for clients that wait for what comes of it: the pooler knows from the reply.
    "DEALLOCATE ALL",
    "DISCARD ALL",
];

/// Statement names.
pub(crate) const NAMES: [&str; 4] = ["", "a", "b", "c"];
/// The OID of a function without arguments.
const PG_BACKEND_PID: u32 = 2026;

const PORTALS: [&str; 3] = ["", "", "p"];

/// Messages that a client sends together.
#[derive(Clone)]
pub(crate) struct Unit(pub(crate) Vec<Vec<u8>>);

impl std::fmt::Debug for Unit {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lines = self.0.iter().map(|message| crate::messages::line(message[0], &message[5..]));
        formatter.write_str(&lines.collect::<Vec<_>>().join("; "))
    }
}

/// A unit that needs nothing from the ones before it; of a client that waits for replies, or not.
pub(crate) fn whole_unit(
    names: &'static [&'static str],
    is_patient: bool,
) -> impl Strategy<Value = Unit> {
    let simple_texts = if is_patient { &SIMPLE_TEXTS[..] } else { &SIMPLE_TEXTS[..4] };
    let prepared = (select(names), select(&TEXTS[..]), select(&PORTALS[..]), 0..4_u8, 0..3_u32)
        .prop_map(|(name, text, portal, ends, rows)| {
            let mut messages = vec![parse(name, text), bind(portal, name)];
            if ends & 1 == 0 {
                messages.push(describe_portal(portal));
            }
            messages.push(execute(portal, rows));
            if ends & 2 == 0 {
                messages.push(sync());
            }
            Unit(messages)
        });
    let texts = prop_oneof![2 => select(&TEXTS[..]), 1 => select(simple_texts)];
    // A Query in a pipeline without a Sync confuses PostgreSQL itself ("unexpected state STARTED"). And a
    // DEALLOCATE that the pooler answers leaves the unnamed portal alone.
    let simple = texts.prop_map(|text| Unit(vec![sync(), query(text), close_portal("")]));
    let call = Just(Unit(vec![sync(), function_call(PG_BACKEND_PID)]));
    prop_oneof![12 => prepared, 8 => simple, 2 => copy(), 1 => call]
}

/// A unit that may use statements of the ones before it.
pub(crate) fn reusing_unit(names: &'static [&'static str]) -> impl Strategy<Value = Unit> {
    let run_again = (select(names), any::<bool>()).prop_map(|(name, is_synced)| {
        let mut messages = vec![bind("", name), execute("", 0)];
        messages.extend(is_synced.then(sync));
        Unit(messages)
    });
    let prepare = (select(names), select(&TEXTS[..]))
        .prop_map(|(name, text)| Unit(vec![parse(name, text), describe_statement(name), sync()]));
    prop_oneof![run_again, prepare, single(names)]
}

/// One message on its own.
fn single(names: &'static [&'static str]) -> impl Strategy<Value = Unit> {
    let name = || select(names);
    let portal = || select(&PORTALS[..]);
    let message = prop_oneof![
        (name(), select(&TEXTS[..])).prop_map(|(name, text)| parse(name, text)),
        (portal(), name()).prop_map(|(portal, name)| bind(portal, name)),
        name().prop_map(describe_statement),
        portal().prop_map(describe_portal),
        (portal(), 0..3_u32).prop_map(|(portal, rows)| execute(portal, rows)),
        name().prop_map(close_statement),
        portal().prop_map(close_portal),
        Just(sync()),
        Just(flush()),
    ];
    message.prop_map(|message| Unit(vec![message]))
}

/// A COPY from the client, with all its data behind it.
fn copy() -> impl Strategy<Value = Unit> {
    (0..3_usize, 0..4_u8, 0..3_usize).prop_map(|(lines, end, void_syncs)| {
        let mut data = vec![copy_data("1\n"); lines];
        match end {
            0 => data.push(copy_fail("given up")),
            1 => data.extend([copy_data("bad\n"), copy_data("1\n"), copy_done()]),
            _ => data.push(copy_done()),
        }
        if end == 2 {
            return Unit([vec![sync(), query("COPY numbers FROM STDIN")], data].concat());
        }
        let head = vec![parse("", "COPY numbers FROM STDIN"), bind("", ""), execute("", 0)];
        // Nothing may begin this COPY once more: in its middle only its data would be allowed.
        let tail = vec![sync(), close_statement(""), close_portal("")];
        Unit([head, vec![sync(); void_syncs], data, tail].concat())
    })
}
