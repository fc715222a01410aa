"""How the module of a Prisma client keeps it across reloads: what it reads and what it stores."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tree_sitter import Node

from forebay.doctor.finding import Note
from forebay.doctor.repository.repository import Repository
from forebay.doctor.script.builds import Build, clients_built_in
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.nodes import descendants, is_inside
from forebay.doctor.script.script import Script, around, text_of

# Frameworks whose development server evaluates a module again when a file changes.
RELOADING = (
    "next", "nuxt", "@sveltejs/kit", "@remix-run/node", "@remix-run/react", "@react-router/node",
    "astro", "@tanstack/react-start", "@solidjs/start",
)  # fmt: skip
# Clients over HTTP, which hold no connections.
WITHOUT_POOL = (
    "@prisma/client/edge", "@prisma/extension-accelerate", "@prisma/adapter-planetscale",
    "@prisma/adapter-d1", "@prisma/adapter-libsql",
)  # fmt: skip
_HOLDER = re.compile(r"\b(globalThis|global)\b")
_OUTSIDE = re.compile(r"NODE_ENV|isProd|isProduction|isDev|PRODUCTION")


@dataclass(frozen=True, slots=True)
class Guard:
    """The singleton of a client's module.

    ``reads`` is the part that looks for a client that is there already; ``stores`` the assignment
    that keeps it; ``condition`` the `if` that lets only some environments store it.
    """

    build: Build
    reads: Node | None
    stores: Node | None
    condition: Node | None

    @property
    def is_backwards(self) -> bool:
        """Whether production alone keeps the client, where nothing reloads the module."""
        if self.condition is None or self.stores is None:
            return False
        test = text_of(self.condition.child_by_field_name("condition") or self.condition)
        otherwise = self.condition.child_by_field_name("alternative")
        is_first = otherwise is None or not is_inside(self.stores, otherwise)
        said = re.search(r"NODE_ENV\s*([!=])==?\s*['\"]production['\"]", test)
        return said is not None and (said[1] == "=") is is_first


def gathered(
    repository: Repository, guards: Iterable[Guard]
) -> Iterator[tuple[Guard, str, tuple[Note, ...]]]:
    """Yield one guard for each application: (guard, how many more there are, where they are).

    Where ten modules build a client, the mistake is that they do; to say the rest ten times over
    would hide it.
    """
    found: dict[str, list[Guard]] = {}
    for guard in guards:
        package = repository.package_of(guard.build.script.file)
        found.setdefault(package.folder if package is not None else "", []).append(guard)
    for first, *more in found.values():
        said = f" (and {len(more)} more modules of this application)" if len(more) > 1 else ""
        if len(more) == 1:
            said = " (and one more module of this application)"
        notes = tuple(
            Note("another", one.build.script.span(one.build.call.node)) for one in more[:3]
        )
        yield first, said, notes


def guards_of(repository: Repository) -> list[Guard]:
    """Return the guards of the modules that build a client for the application."""
    known = knowledge_of(repository)
    found = []
    for script in known.scripts:
        for build in clients_built_in(script):
            if not build.is_per_call and "export" in script.file.text:
                found.append(_guard(script, build))
                break
    return found


def _guard(script: Script, build: Build) -> Guard:
    root = script.tree.root_node
    if not _HOLDER.search(script.file.text):
        return Guard(build, None, None, None)
    names = _holders(root)
    reads = stores = condition = None
    for one in descendants(
        root, "assignment_expression", "augmented_assignment_expression", "binary_expression",
        "call_expression",
    ):  # fmt: skip
        left = one.child_by_field_name("left") or one
        if not any(
            re.search(rf"(^|\W){name}\s*(!|\)|as\b|[.?\[])", text_of(left)) for name in names
        ):
            continue
        if one.type == "binary_expression":
            reads = reads or one
        elif one.type == "call_expression":
            if text_of(one).startswith(
                ("Object.assign(", "Object.defineProperty(", "Reflect.set(")
            ):
                stores = stores or one
        else:
            stores = stores or one
            if one.type == "augmented_assignment_expression":
                reads = reads or one
    if reads is None and any(re.search(rf"!\s*\(?{name}\b", script.file.text) for name in names):
        reads = build.call.node
    if stores is not None:
        condition = next(
            (
                above
                for above in around(stores)
                if above.type == "if_statement"
                and _OUTSIDE.search(text_of(above.child_by_field_name("condition") or above))
            ),
            None,
        )
    return Guard(build, reads, stores, condition)


def _holders(root: Node) -> set[str]:
    """Return the names that mean the global object, or a part of it."""
    found = {"globalThis", "global"}
    for one in descendants(root, "variable_declarator"):
        value = one.child_by_field_name("value")
        name = one.child_by_field_name("name")
        if (
            value is not None
            and name is not None
            and name.type == "identifier"
            and re.match(r"\(?\s*(globalThis|global)\b", text_of(value))
            and not any(True for _ in descendants(value, "binary_expression", "new_expression"))
            and value.type not in ("binary_expression", "new_expression", "call_expression")
        ):
            found.add(text_of(name))
    return found
