//! One look at PostgreSQL: the question, and what the answer says.
//!
//! The question and what this gateway publishes go in one message. PostgreSQL shows an `application_name` to
//! everybody as soon as it is set, so that what is published is seen before the answer is computed.

use super::arithmetic::Published;

/// How the `application_name` of every control connection begins.
pub const NAME: &str = "forebay budget: ";

/// Rows of name and three values; what they mean, [`Look::read`] knows.
///
/// A backend that is younger than what a gateway has published last may be one that it has opened since: it counts as
/// somebody else's only when every gateway has spoken since it came, or after three seconds.
const QUESTION: &str = "\
WITH backend AS MATERIALIZED (
  SELECT pid, usesysid, datid, application_name, backend_start, query_start
  FROM pg_catalog.pg_stat_get_activity(NULL) WHERE backend_type = 'client backend'
), gateway AS (
  SELECT pid, application_name, query_start FROM backend
  WHERE application_name LIKE 'forebay budget: %'
    AND usesysid = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user)
), spoken AS (
  SELECT greatest(min(query_start), clock_timestamp() - interval '3 s') AS at FROM gateway
)
SELECT 'may', pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')::text,
  pg_catalog.pg_backend_pid()::text, current_user::text
UNION ALL
SELECT 'limits', current_setting('max_connections'),
  current_setting('superuser_reserved_connections'), current_setting('reserved_connections', true)
UNION ALL
SELECT 'backends', count(*)::text, (count(*) FILTER (WHERE backend_start < spoken.at))::text, NULL
  FROM backend, spoken
UNION ALL
SELECT 'gateway', pid::text, application_name, NULL FROM gateway
UNION ALL
SELECT 'role', rolname, rolconnlimit::text, (SELECT count(*) FROM backend WHERE usesysid = oid)::text
  FROM pg_catalog.pg_roles WHERE rolconnlimit >= 0 AND NOT rolsuper
UNION ALL
SELECT 'database', datname, datconnlimit::text, (SELECT count(*) FROM backend WHERE datid = oid)::text
  FROM pg_catalog.pg_database WHERE datconnlimit >= 0";

/// A `CONNECTION LIMIT`, and how many backends count against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Limited {
    /// Whose limit it is.
    pub(super) name: String,
    /// The limit.
    pub(super) limit: usize,
    /// Backends, whoever they belong to.
    pub(super) backends: usize,
}

/// What was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Look {
    /// `max_connections`.
    pub(super) max_connections: usize,
    /// What of it is for superusers and other privileged roles.
    pub(super) reserved: usize,
    /// Client backends.
    pub(super) backends: usize,
    /// Of those, the ones that were there when the gateways last spoke.
    pub(super) settled: usize,
    /// Every gateway by the pid of its control connection, and what it has published.
    pub(super) gateways: Vec<(u32, Published)>,
    /// The pid of this one's.
    pub(super) own: u32,
    /// Roles with a limit.
    pub(super) roles: Vec<Limited>,
    /// Databases with a limit.
    pub(super) databases: Vec<Limited>,
    /// The role that looks, if it may not see enough.
    pub(super) is_blind: Option<String>,
}

/// A row of the answer.
pub(super) type Row = Vec<Option<String>>;

/// What is published, as an `application_name`: at most 63 bytes of ASCII.
pub(super) fn name(published: Published, process: u32) -> String {
    let Published { has, coming, claim } = published;
    format!("{NAME}{has}+{coming} of {claim}, process {process}")
}

/// The message that publishes and looks.
pub(super) fn question(published: Published, process: u32) -> String {
    format!("SET application_name = '{}'; {QUESTION}", name(published, process))
}

fn published(name: &str) -> Option<Published> {
    let (has, rest) = name.strip_prefix(NAME)?.split_once('+')?;
    let (coming, rest) = rest.split_once(" of ")?;
    let (claim, _) = rest.split_once(',')?;
    let number = |text: &str| text.parse().ok();
    Some(Published { has: number(has)?, coming: number(coming)?, claim: number(claim)? })
}

impl Look {
    /// What the rows say; `None` when they do not answer the question.
    pub(super) fn read(rows: &[Row]) -> Option<Self> {
        let mut look = Self::default();
        for row in rows {
            let cell = |index: usize| row.get(index).and_then(Option::as_deref);
            let number = |index: usize| cell(index).and_then(|text| text.parse::<usize>().ok());
            let limited = || {
                let name = cell(1)?.to_owned();
                Some(Limited { name, limit: number(2)?, backends: number(3)? })
            };
            match cell(0)? {
                "may" => {
                    look.own = cell(2)?.parse().ok()?;
                    look.is_blind = (cell(1)? != "true").then(|| cell(3).unwrap_or("").to_owned());
                }
                "limits" => {
                    look.max_connections = number(1)?;
                    // Before PostgreSQL 16 there is no reserved_connections.
                    look.reserved = number(2)? + number(3).unwrap_or(0);
                }
                "backends" => (look.backends, look.settled) = (number(1)?, number(2)?),
                "gateway" => {
                    // Another version may say it in other words: it counts, with what it is known to hold.
                    let known = cell(2).and_then(published);
                    let of = known.unwrap_or(Published { has: 1, coming: 0, claim: 1 });
                    look.gateways.push((cell(1)?.parse().ok()?, of));
                }
                "role" => look.roles.push(limited()?),
                "database" => look.databases.push(limited()?),
                _ => return None,
            }
        }
        (look.max_connections > 0).then_some(look)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_published_is_read_again_and_fits() {
        let most = Published { has: 262_143, coming: 262_143, claim: 262_143 };
        let name = name(most, u32::MAX);
        assert!(name.len() <= 63, "{name}");
        assert_eq!(super::published(&name), Some(most));
        for not in ["", NAME, "forebay budget: x+0 of 1, process 1", "psql"] {
            assert_eq!(super::published(not), None, "{not}");
        }
    }

    #[test]
    fn an_answer_is_read_and_half_of_one_is_not() {
        let row = |cells: [&str; 4]| -> Row {
            cells.iter().map(|cell| (*cell != "NULL").then(|| (*cell).to_owned())).collect()
        };
        let rows = [
            row(["may", "true", "7", "control"]),
            row(["limits", "100", "3", "NULL"]),
            row(["backends", "12", "10", "NULL"]),
            row(["gateway", "7", "forebay budget: 3+0 of 9, process 1", "NULL"]),
            row(["gateway", "8", "forebay budget: in other words", "NULL"]),
            row(["role", "app", "20", "4"]),
            row(["database", "app", "0", "0"]),
        ];
        let look = Look::read(&rows).unwrap();
        assert_eq!((look.max_connections, look.reserved, look.own), (100, 3, 7));
        assert_eq!((look.backends, look.settled, look.is_blind), (12, 10, None));
        let one = Published { has: 1, coming: 0, claim: 1 };
        assert_eq!(look.gateways, [(7, Published { has: 3, coming: 0, claim: 9 }), (8, one)]);
        assert_eq!((look.roles[0].limit, look.roles[0].backends), (20, 4));
        assert_eq!(Look::read(&rows[..1]), None);
        assert_eq!(Look::read(&[row(["limits", "many", "3", "2"])]), None);
        let blind = [row(["may", "false", "7", "control"]), row(["limits", "100", "3", "2"])];
        let blind = Look::read(&blind).unwrap();
        assert_eq!((blind.is_blind.as_deref(), blind.reserved), (Some("control"), 5));
    }
}
