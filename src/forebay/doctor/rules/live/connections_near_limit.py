"""More than 70 % of what may be connected is connected."""

from forebay.doctor.live.fullness import warned
from forebay.doctor.rule import Rule, Severity

RULE = Rule(
    code="FD903",
    name="connections-near-limit",
    severity=Severity.WARNING,
    what="More than 70 % of the connections that a server, a role or a database may hold "
    "are taken.",
    why="Functions come in hundreds: from here to the first refused one it takes a busy minute, "
    "and most of what is taken usually idles.",
    fix="end idle connections, give each process the limit that fits, or put a pooler between",
    check_live=warned,
)
