"""Mutations of tRPC and GraphQL that write and nowhere ask who calls them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.file import Role
from forebay.doctor.repository.repository import Repository
from forebay.doctor.script.inputs import KNOWS_WHO
from forebay.doctor.script.knowledge import Knowledge
from forebay.doctor.script.members import method_of
from forebay.doctor.script.mutations import Mutation, mutations_in
from forebay.doctor.script.next import named_function
from forebay.doctor.script.prisma import Query
from forebay.doctor.script.procedures import procedures_in
from forebay.doctor.script.script import SCRIPT_SUFFIXES, Script, text_of

# What is there for strangers by its nature.
PUBLIC = re.compile(
    r"sign-?(in|up|out)|log-?(in|out)|regist|auth(?!or(?!i))|webhook|subscri|newsletter|contact|wait-?list"
    r"|public|cron|health|track|(?<!re)view|beacon|pixel|feedback|invite|callback|hook|open|health|ping"
    r"|demo|internal|like|vote|share|reset|forgot|password|onboard|token|job|queue|worker|\btest|tests?\b",
    re.IGNORECASE,
)
# The names by which an application calls the procedure that asks nothing.
_OPEN_BASE = re.compile(r"(public|base|open|anon\w*|guest|unprotected)?_?[pP]rocedure")
_IN_NAME = re.compile(r"\b\w*[pP]rocedure\b")
# `(await import("./remove")).remove`
_LOADED = re.compile(r"""\bimport\(\s*["']([^"']+)["']\s*\)\s*\)\s*\.(\w+)""")
# What asks before any resolver, or may: rules for the whole schema, guards, directives.
_BEFORE_ALL = re.compile(
    r"graphql-shield|\bAPP_GUARD\b|useGlobalGuards|(?<![\"'\w])@(auth|isAuth\w*|authenticated"
    r"|hasRole|requiresAuth|requireAuth|loggedIn|protected)\b(?![/\w])"
)
_SERVER = re.compile(
    r"ApolloServer|createYoga|GraphQLModule|graphqlHTTP|startServerAndCreate|mercurius"
)
_REFUSES = re.compile(
    r"\bthrow\b[^;]*(unauth|authenticat|forbidden|401)"
    r"|\.use\(\s*(?:[\"'][^\"']*[\"']\s*,\s*)?\w*(auth|jwt|protect|verify|require(?!\())\w*",
    re.IGNORECASE,
)
# Packages and words of those who know their users.
_ACCOUNTS = re.compile(
    r"next-auth|@auth/|passport|jsonwebtoken|\bjose\b|@clerk/|better-auth|lucia|iron-session"
    r"|express-session|bcrypt|argon2|firebase-admin|supabase/auth|supertokens|@nestjs/jwt"
    r"|protectedProcedure|privateProcedure|getServerSession|currentUser"
)
_ASKS = re.compile(r"check|require|ensure|assert|get|with|can|must|allow")


def open_procedures(known: Knowledge, script: Script) -> Iterator[Finding]:
    """Find mutations of tRPC that write, built on a procedure that lets everybody in."""
    guarded: dict[str, bool] = {}
    for one in procedures_in(script):
        if not one.is_mutation or not _OPEN_BASE.fullmatch(one.base):
            continue
        if PUBLIC.search(script.file.path) or PUBLIC.search(one.name):
            continue
        asked = _IN_NAME.sub("", f"{one.chain}\n{text_of(one.function) if one.function else ''}")
        if KNOWS_WHO.search(asked) or ".use(" in one.chain:
            continue
        if one.base not in guarded:
            guarded[one.base] = _is_guarded(known, script, one.base)
        if guarded[one.base]:
            continue
        query = _written(known, script, one.function, one.taken)
        is_here = query is not None and query.script is script
        if query is not None and (is_here or known.repository.known(_has_accounts)):
            at = query.node if is_here else one.named
            there = Note("it writes here", query.script.span(query.node))
            yield Finding(
                f"procedure `{one.name}` runs `{query.name}` for whoever calls it",
                script.span(at),
                notes=(
                    Note(f"`{one.base}` lets everybody in; nothing in it asks who calls",
                         script.span(one.whole)),
                    *((there,) if query.script is not script else ()),
                ),
            )  # fmt: skip


def open_resolvers(known: Knowledge, script: Script) -> Iterator[Finding]:
    """Find mutations of GraphQL that write, where nothing before or in them asks who calls."""
    for one in mutations_in(script):
        if known.repository.known(_is_before_all) or not known.repository.known(_has_accounts):
            return
        if PUBLIC.search(script.file.path) or PUBLIC.search(one.name) or _asks(script, one):
            continue
        query = _written(known, script, one.function, one.taken)
        if query is not None:
            there = Note("it writes here", query.script.span(query.node))
            yield Finding(
                f"mutation `{one.name}` runs `{query.name}` for whoever calls it",
                script.span(query.node if query.script is script else one.whole),
                notes=(
                    Note("anybody can send it; nothing in it asks who does",
                         script.span(one.whole)),
                    *((there,) if query.script is not script else ()),
                ),
            )  # fmt: skip


def _asks(script: Script, one: Mutation) -> bool:
    """Whether a mutation may ask: in a word, by what wraps it, or by what it calls first."""
    if one.function is None:
        return False
    holder = one.function.parent
    if holder is not None and holder.type == "arguments":
        return True
    return KNOWS_WHO.search(text_of(one.whole)) is not None or _asks_first(script, one.function)


def _has_accounts(repository: Repository) -> bool:
    """Whether anybody has to say who they are somewhere: some applications are for everybody."""
    return any(
        _ACCOUNTS.search(file.text)
        for file in repository.files
        if (file.suffix in SCRIPT_SUFFIXES or file.name == "package.json")
        and file.role is not Role.TEST
    )


def _is_before_all(repository: Repository) -> bool:
    """Whether something asks, or may ask, before every resolver of a repository."""
    for file in repository.files:
        if file.role is Role.TEST or file.suffix not in SCRIPT_SUFFIXES:
            continue
        if _BEFORE_ALL.search(file.text):
            return True
        if _SERVER.search(file.text) and _REFUSES.search(file.text):
            return True
    return False


def _written(known: Knowledge, script: Script, function: Node | None, taken: str) -> Query | None:
    """Return what a function writes, itself or through one that it calls and that asks nobody."""
    if function is None:
        own = named_function(script, taken)
        if own is None:
            return _open_write_in(known, known.function_of(script, taken))
        if KNOWS_WHO.search(text_of(own)) or _asks_first(script, own):
            return None
        function = own
    found = next((one for one in known.queries_within(script, function) if one.is_write), None)
    if found is not None:
        return found
    for call in script.calls_in(function):
        if len(call.names) == 1:
            found = _open_write_in(known, known.function_of(script, call.last))
        elif call.names[0] == "this":
            found = _open_write_in(known, method_of(known, script, call))
        if found is not None:
            return found
    return _loaded(known, script, function)


def _loaded(known: Knowledge, script: Script, function: Node) -> Query | None:
    for source, name in _LOADED.findall(text_of(function)):
        file = known.modules.file(script.file, source)
        other = known.by_path.get(file.path) if file is not None else None
        there = named_function(other, name) if other is not None else None
        if other is not None and there is not None:
            found = _open_write_in(known, (other, there))
            if found is not None:
                return found
    return None


def _open_write_in(known: Knowledge, led: tuple[Script, Node] | None) -> Query | None:
    """Return what a function writes that asks for nobody, and calls nothing that may."""
    if led is None or _asks_first(*led):
        return None
    holder = led[1].parent
    # What wraps a function may be what asks.
    return _write_in(known, led) if holder is None or holder.type != "arguments" else None


def _asks_first(script: Script, function: Node) -> bool:
    return any(
        len(call.names) == 1 and _ASKS.match(call.last) for call in script.calls_in(function)
    )


def _write_in(known: Knowledge, led: tuple[Script, Node] | None) -> Query | None:
    if led is None or KNOWS_WHO.search(text_of(led[1])):
        return None
    return next((one for one in known.queries_within(*led) if one.is_write), None)


def write_of(known: Knowledge, script: Script, name: str) -> Query | None:
    """Return what another module's function of this name writes, where it asks for nobody."""
    return _write_in(known, known.function_of(script, name))


def _is_guarded(known: Knowledge, script: Script, base: str) -> bool:
    """Whether a procedure that others are built on asks who calls, where it is declared."""
    taken = script.imports.get(base)
    file = known.modules.file(script.file, taken.source) if taken is not None else script.file
    if file is None:
        return False
    made = re.search(
        rf"\b{re.escape(base)}\s*=\s*([^;]*?)(?:;|\n\s*\n|\n(?:export|const)\b|$)", file.text
    )
    if made is None:
        return False
    return KNOWS_WHO.search(_IN_NAME.sub("", made[1])) is not None
