"""More than 85 % of what may be connected is connected."""

from forebay.doctor.live.fullness import critical
from forebay.doctor.rule import Rule, Severity

RULE = Rule(
    code="FD904",
    name="connections-full",
    severity=Severity.ERROR,
    what="More than 85 % of the connections that a server, a role or a database may hold "
    "are taken.",
    why="Users see errors within a minute or two: whoever comes next is refused with 53300, and "
    "one full pool stops every route that shares it.",
    fix="end idle connections, give each process the limit that fits, or put a pooler between",
    check_live=critical,
)
