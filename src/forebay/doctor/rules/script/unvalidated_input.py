"""What the client sent, written to the database as it came."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.inputs import checks_input, sent_names, values
from forebay.doctor.script.knowledge import Knowledge, Words, knowledge_of
from forebay.doctor.script.next import Entry, Kind
from forebay.doctor.script.prisma import Query
from forebay.doctor.script.script import Call, Script, names_of, text_of
from forebay.schema.model import Model, RelationField, ScalarField

# All columns at once is the freest of all: see `_how_free`.
_WHOLE = 3


def check(repository: Repository) -> Iterator[Finding]:
    """Find writes whose data is the request's, in handlers and actions that check nothing."""
    known = knowledge_of(repository)
    for script in known.scripts:
        seen = set()
        open_: dict[int, bool] = {}
        for query in known.queries_in(script):
            entry = known.entry_of(script, query.node) if query.is_write else None
            if entry is None or entry.node.id in seen or entry.kind not in (
                Kind.ROUTE, Kind.ACTION, Kind.API, Kind.HANDLER
            ):  # fmt: skip
                continue
            if entry.node.id not in open_:
                open_[entry.node.id] = (
                    not checks_input(entry)
                    and known.is_reached(script, entry)
                    and _is_fed_by_clients(known, script, entry)
                )
            if not open_[entry.node.id]:
                continue
            finding = _finding(known, entry, query)
            if finding is not None:
                seen.add(entry.node.id)
                yield finding


def _is_fed_by_clients(known: Knowledge, script: Script, entry: Entry) -> bool:
    """Whether what an action is given comes from a browser: not where its callers put it together.

    An action whose address no browser has is a function like any other: other code of the server
    calls it, and hands on what it was sent, or an object that it writes out itself.
    """
    if entry.kind is not Kind.ACTION or "use server" not in script.directives:
        return True
    if (script.file.path, entry.name) in known.in_browser:
        return True
    every = [
        _calls_by(known, script, entry, known.running[file.path])
        if file.path in known.running
        else _written_calls(entry, known.words_of(file))
        for file in known.naming(script)
    ]
    return any(hands_on for _, hands_on in every) or not any(count for count, _ in every)


def _written_calls(entry: Entry, words: Words) -> tuple[int, bool]:
    """Return how many calls a file without a query makes, and whether one is of no literal."""
    calls, names = words.calls(entry.name), words.count(entry.name)
    return len(calls), any(one != "{" for one in calls) or names > len(calls) + 1


def _calls_by(known: Knowledge, script: Script, entry: Entry, other: Script) -> tuple[int, bool]:
    """Return how many calls another file makes, and whether one hands on what was sent to it."""
    local = other.known(_local_names).get(entry.name, "")
    found = known.modules.file(other.file, other.imports[local].source) if local else None
    if found is None or found.path != script.file.path:
        return 0, False
    calls = other.known(_calls_by_name).get(local, [])
    if known.words_of(other.file).count(local) > len(calls) + 1:
        return len(calls), True  # handed on as a value, or exported again
    return len(calls), any(_hands_on(known, other, call) for call in calls)


def _local_names(script: Script) -> dict[str, str]:
    """Return what a file calls the things that it imports, by their own names."""
    found: dict[str, str] = {}
    for local, one in script.imports.items():
        found.setdefault(one.name, local)
    return found


def _calls_by_name(script: Script) -> dict[str, list[Call]]:
    """Return a file's calls of plain names, by the name."""
    found: dict[str, list[Call]] = {}
    for call in script.calls:
        if len(call.names) == 1:
            found.setdefault(call.last, []).append(call)
    return found


def _hands_on(known: Knowledge, script: Script, call: Call) -> bool:
    around = known.entry_of(script, call.node)
    sent = known.told(sent_names, around) if around is not None else {}
    return any(
        one.type == "identifier" and text_of(one) in sent and not _is_id(one)
        for one in call.arguments
    )


def _is_id(node: Node) -> bool:
    return re.search(r"(^i|I)ds?$", text_of(node)) is not None


def _finding(known: Knowledge, entry: Entry, query: Query) -> Finding | None:
    sent, model = known.told(sent_names, entry), known.model_of(query)
    options = query.options
    found: list[tuple[int, str, Node]] = []
    for name in ("data", "create", "update"):
        for path, value in values(options.get(name)):
            root = names_of(value)[0]
            direct = text_of(value).startswith(("req.body", "request.body"))
            if root not in sent and not direct:
                continue
            whole = path.endswith("…") or not path
            if (whole and value.type == "call_expression") or re.search(r"[iI]d$", path):
                continue
            if entry.kind is Kind.ACTION and not whole and ".get(" not in text_of(value):
                continue  # typed, and one field: the type is at least what the author meant
            if not whole and (_is_looked_at(entry, root) or _is_flag(path, model)):
                continue
            if whole:
                said = f"all of `{text_of(value)}` is written: the client chooses the columns"
                found.append((_WHOLE, said, value))
            else:
                worth, free = _how_free(path, model)
                found.append((worth, f"`{path}` is what the client sent, {free}", value))
    if not found:
        return None
    _, said, value = max(found, key=lambda one: one[0])  # of those alike, the first
    return Finding(
        f"{said}, and {entry.label} checks nothing of it",
        query.script.span(value),
        notes=(Note("it is written here", query.script.span(query.node)),),
    )


def _how_free(path: str, model: Model | None) -> tuple[int, str]:
    """Return what a value may be that goes into a field: a scalar's type Prisma itself checks.

    The number orders the values of one write: the freer, the higher.
    """
    field = model.by_name.get(path) if model is not None else None
    if "." in path or isinstance(field, RelationField):
        return 2, "of any type and length"
    if isinstance(field, ScalarField):
        if field.type == "Json" or field.arity == "list":
            return 2, "of any type and length"
        if field.type not in ("String", "Bytes"):
            return 0, "unlooked at: a wrong type ends as a 500"
    return 1, "of any length; a wrong type ends as a 500"


def _is_flag(path: str, model: Model | None) -> bool:
    """Whether a field is a yes or no, of which Prisma itself lets through nothing else."""
    field = model.by_name.get(path) if model is not None else None
    return isinstance(field, ScalarField) and field.type == "Boolean" and field.arity != "list"


def _is_looked_at(entry: Entry, name: str) -> bool:
    """Whether a field is tested before it is written: there, not empty, of a shape."""
    one = re.escape(name)
    tested = (
        rf"!\s*{one}\b|\b{one}\??\.(trim|length|match)|\.(test|includes|has|indexOf)\({one}\b"
        rf"|\b{one}\s*([!=]=|[<>])|slug"
        # Functions that are asked about it: isAllowed(name), checkName(name).
        rf"|\b(is(?!Array)|has|valid\w*|check|ensure|assert|verify)([A-Z]\w*)?\(\s*{one}\s*[,)]"
    )
    return re.search(tested, entry.text) is not None


RULE = Rule(
    code="FD317",
    name="unvalidated-input",
    severity=Severity.WARNING,
    what="A handler or action writes what it was sent without looking at it.",
    why="TypeScript's types end where the network begins: a client sends other fields "
    '(`role: "admin"`), objects where a text was meant, or ten megabytes.',
    fix="parse it with a schema first, and write only the fields that the schema names",
    language="ts",
    path="app/api/posts/route.ts",
    bad="""\
import { auth } from "@/lib/auth"
import { prisma } from "@/lib/prisma"

export async function POST(request: Request) {
  const { userId } = await auth()
  const body = await request.json()
  return Response.json(await prisma.post.create({ data: { ...body, authorId: userId } }))
}
""",
    good="""\
import { auth } from "@/lib/auth"
import { prisma } from "@/lib/prisma"
import { newPost } from "@/lib/shapes"

export async function POST(request: Request) {
  const { userId } = await auth()
  const { title } = newPost.parse(await request.json())
  return Response.json(await prisma.post.create({ data: { title, authorId: userId } }))
}
""",
    check=check,
)
