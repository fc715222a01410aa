"""Rules about domains: a check of a domain is a check of every column that is of it."""

from __future__ import annotations

from collections.abc import Iterator

from postgast import pg_query_pb2 as pb

from forebay.migrate.lint.registry import Found, Look, Page, Severity, rule
from forebay.migrate.lint.tree import dotted


@rule(
    "FM120",
    "constraining-domain",
    Severity.ERROR,
    "lock",
    Page(
        about="A constraint is added to a domain, and every column of it is checked.",
        why="""PostgreSQL reads every table that has a column of the domain, one after the other,
under SHARE, and keeps all of these locks to the end: nobody can write any of them.""",
        instead="""Add it as NOT VALID and validate it later, which still holds SHARE while it
reads; or put the check on the column that needs it, where validating blocks nobody.""",
        bad="ALTER DOMAIN percent ADD CONSTRAINT percent_check CHECK (VALUE BETWEEN 0 AND 100);",
        good="ALTER DOMAIN percent ADD CONSTRAINT percent_check"
        " CHECK (VALUE BETWEEN 0 AND 100) NOT VALID;",
    ),
    kinds=("alter_domain_stmt",),
    aliases=("ban-alter-domain-with-add-constraint",),
)
def constraining_domain(look: Look) -> Iterator[Found]:
    """Find constraints that are added to a domain with validation."""
    node = look.node
    definition = getattr(node, "def").constraint
    if node.subtype == "C" and definition.skip_validation:
        return
    if node.subtype not in ("C", "O"):
        return
    name = dotted(node.type_name)
    if name.key in look.story.kinds:
        return
    tables = look.facts.tables_of_domain(name)
    if tables is not None and not tables:
        return
    where = ", ".join(map(str, tables)) if tables else f"each table with a column of {name}"
    yield Found(
        f"every row of {where} is read while nobody can write them",
        definition.location if node.subtype == "C" else 0,
        tables=tables or (),
    )


@rule(
    "FM121",
    "creating-domain-with-check",
    Severity.NOTE,
    "habit",
    Page(
        about="A domain is made with a constraint.",
        why="""A change of the constraint later on concerns every column of the domain at once, and
a column that becomes one of a domain with a constraint has its table written anew.""",
        instead="Make a domain without constraints, or none, and put the check on the column.",
        bad="CREATE DOMAIN percent AS integer CHECK (VALUE BETWEEN 0 AND 100);",
        good="CREATE DOMAIN percent AS integer;",
    ),
    kinds=("create_domain_stmt",),
    aliases=("ban-create-domain-with-constraint",),
)
def creating_domain_with_check(look: Look) -> Iterator[Found]:
    """Find domains with a check, or that are NOT NULL."""
    for one in look.node.constraints:
        if one.constraint.contype in (pb.CONSTR_CHECK, pb.CONSTR_NOTNULL):
            name = dotted(look.node.domainname)
            yield Found(
                f"a later change of this reads every table with a column of {name}",
                one.constraint.location,
            )
            return
