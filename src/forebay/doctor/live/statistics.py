"""How old the statistics are that say what is used."""

from __future__ import annotations

from forebay.doctor.live.database import LiveDatabase
from forebay.doctor.live.words import age

_ASK = """
select extract(epoch from clock_timestamp() - stats_reset)::float8 as since,
    extract(epoch from clock_timestamp() - pg_postmaster_start_time())::float8 as up
from pg_stat_database where datname = current_database()
"""


def since(database: LiveDatabase) -> str:
    """Say over which time uses were counted."""
    (row,) = database.kept(_ASK)
    if row["since"] is not None:
        return f"uses are counted since {age(row['since'])} ago"
    return (
        "uses were never counted anew since the database was made; the server has been up for"
        f" {age(row['up'])}"
    )
