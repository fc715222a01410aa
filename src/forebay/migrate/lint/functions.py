"""Which functions give one answer for a whole statement; what is unknown may give any."""

from __future__ import annotations

from typing import Any

from postgast import pg_query_pb2 as pb

from forebay.migrate.lint.parse import walk
from forebay.migrate.lint.tree import strings

# What PostgreSQL's own catalog marks as immutable or stable, of what people write in defaults.
_STEADY = frozenset(
    """
    abs age array_append array_cat array_fill array_length array_prepend array_to_json
    array_to_string ascii btrim cardinality ceil ceiling char_length chr coalesce concat concat_ws
    current_database current_schema current_setting current_user date date_part date_trunc decode
    encode extract exp floor format gen_null greatest inet_client_addr initcap int4range int8range
    json_build_array json_build_object json_object jsonb_build_array jsonb_build_object jsonb_object
    justify_days justify_hours least left length ln localtime localtimestamp log lower lpad ltrim
    make_date make_interval make_time make_timestamp make_timestamptz md5 mod now nullif numeric
    numrange overlay position power quote_ident quote_literal quote_nullable regexp_replace repeat
    replace reverse right round row_to_json rpad rtrim session_user sha224 sha256 sha384 sha512
    sign split_part sqrt statement_timestamp string_to_array strpos substr substring timezone
    to_char to_date to_hex to_json to_jsonb to_number to_timestamp to_tsquery to_tsvector
    transaction_timestamp translate trim trunc tsrange tstzrange daterange txid_current upper
    uuid_nil uuid_ns_dns uuid_ns_oid uuid_ns_url uuid_ns_x500 version xpath
    """.split()
)


def volatile_calls(expression: Any) -> list[str]:
    """Return the functions in an expression that may answer differently for each row."""
    found = []
    for one in walk(expression):
        if isinstance(one, pb.FuncCall):
            parts = strings(one.funcname)
            is_own = len(parts) > 1 and parts[0] != "pg_catalog"
            if parts and (is_own or parts[-1].lower() not in _STEADY):
                found.append(parts[-1])
    return found
