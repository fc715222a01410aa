//! Settings with which a server might end while it is at rest, or while the next client's settings are made.
//!
//! They are the session's as long as its client has the server, and are taken back before it rests:
//! `idle_session_timeout` would end the server there, and a very short `transaction_timeout` what the pooler asks.

use crate::parameters::Parameters;

const IDLE: &str = "idle_session_timeout";
const TRANSACTION: &str = "transaction_timeout";

/// How short a limit has to be to meet what the pooler asks, in milliseconds.
const SHORT: u64 = 1000;

/// Whether one of them is among `applied`.
pub(super) fn is(applied: &Parameters) -> bool {
    if applied.is_empty() {
        return false;
    }
    let limit = |name| applied.get(name).map_or(0, milliseconds);
    limit(IDLE) > 0 || (1..SHORT).contains(&limit(TRANSACTION))
}

/// `applied` without them.
pub(super) fn without(applied: &Parameters) -> Parameters {
    let mut rest = applied.clone();
    rest.remove(IDLE);
    rest.remove(TRANSACTION);
    rest
}

/// The least that a value may stand for: a limit in microseconds is rounded, and what cannot be read is short.
fn milliseconds(value: &[u8]) -> u64 {
    let value = value.trim_ascii();
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, unit) = value.split_at(digits);
    let number = std::str::from_utf8(number).ok().and_then(|number| number.parse::<u64>().ok());
    match (number, unit.trim_ascii()) {
        (Some(number), b"" | b"ms") => number,
        (Some(number), b"s" | b"min" | b"h" | b"d") => number.saturating_mul(SHORT),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_limits_that_may_end_a_server_count() {
        for (name, value, expected) in [
            ("idle_session_timeout", "0", false),
            ("idle_session_timeout", "5min", true),
            ("Idle_Session_Timeout", " 50 ", true),
            ("idle_session_timeout", "0x10", true),
            ("idle_session_timeout", "1.5s", true),
            ("transaction_timeout", "0", false),
            ("transaction_timeout", "999ms", true),
            ("transaction_timeout", "200us", true),
            ("transaction_timeout", "1s", false),
            ("transaction_timeout", "30min", false),
            ("idle_in_transaction_session_timeout", "1ms", false),
        ] {
            let mut applied = Parameters::default();
            applied.set("work_mem", b"1MB");
            applied.set(name, value.as_bytes());
            assert_eq!(is(&applied), expected, "{name} = {value}");
            assert!(!is(&without(&applied)));
        }
    }
}
