"""Twice as much in one file is about twice the work: no rule compares each with each."""

import sys
from collections.abc import Callable

import pytest

from forebay.doctor.registry import find_rule
from forebay.doctor.run import examine
from tests.doctor.conftest import written

FEW = 100
# Of work that grows with the square of a file it would be nearly four times as much.
MOST = 2.6

PACKAGE = {"package.json": '{"dependencies": {"next": "15.0.0", "@prisma/client": "6.19.0"}}'}
CLIENT = {
    "lib/prisma.ts": 'import { PrismaClient } from "@prisma/client"\n'
    "export const prisma = new PrismaClient()\n"
}
PRISMA = 'import { prisma } from "@/lib/prisma"\n'
ORM = "import requests\nfrom sqlalchemy import select\nfrom sqlalchemy.orm import Session\n\n"
ROWS = "session.scalars(select(Order)).all()"
ITEMS = "session.scalars(select(Item).where(Item.order == order.id)).all()"


def actions(count: int) -> dict[str, str]:
    """Server actions that write by themselves and through another module, and who calls them."""
    every = range(count)
    own = "".join(
        f"export async function act{n}(input: any) {{\n  await save{n}(input)\n"
        "  await prisma.post.create({ data: { ...input, state: 1 } })\n}\n"
        for n in every
    )
    saves = ", ".join(f"save{n}" for n in every)
    taken = ", ".join(f"act{n}" for n in every)
    helpers = "".join(
        f"export async function save{n}(data: any) {{\n  await prisma.post.create({{ data }})\n"
        "  await prisma.$disconnect()\n}\n"
        for n in every
    )
    return {
        **PACKAGE,
        **CLIENT,
        "lib/saves.ts": PRISMA + helpers,
        "app/actions.ts": f'"use server"\n{PRISMA}import {{ {saves} }} from "@/lib/saves"\n{own}',
        "app/form.tsx": f'"use client"\nimport {{ {taken} }} from "./actions"\n'
        "export const Form = () => <button onClick={() => act0({})}>Go</button>\n",
    }


def handlers(count: int) -> dict[str, str]:
    """Handlers that write what they are sent, with its owner."""
    own = "".join(
        f'app.post("/{n}", async (req, res) => {{\n  const body = req.body\n'
        "  await prisma.post.create({ data: { ...body, authorId: body.authorId } })\n})\n"
        for n in range(count)
    )
    return {**PACKAGE, **CLIENT, "src/server.ts": f"{PRISMA}const app = express()\n{own}"}


def writes(count: int) -> dict[str, str]:
    """One handler with many writes."""
    own = "".join(
        f"  await prisma.post.create({{ data: {{ authorId: req.body.authorId, state: {n} }} }})\n"
        for n in range(count)
    )
    begin = f'{PRISMA}const app = express()\napp.post("/", async (req, res) => {{\n'
    return {**PACKAGE, **CLIENT, "src/server.ts": f"{begin}{own}}})\n"}


def procedures(count: int) -> dict[str, str]:
    own = "".join(
        f"  a{n}: publicProcedure.mutation(async ({{ input }}) => {{\n"
        "    return prisma.post.create({ data: input })\n  }),\n"
        for n in range(count)
    )
    text = f'{PRISMA}import {{ publicProcedure }} from "./base"\nexport const r = router({{\n'
    base = {"src/r/base.ts": "export const publicProcedure = t.procedure;\n"}
    return {**PACKAGE, **CLIENT, **base, "src/r/post.ts": f"{text}{own}}})\n"}


def queries_of_a_loop(count: int) -> dict[str, str]:
    own = "".join(
        f"    await prisma.post.update({{ where: {{ id }}, data: {{ state: {n} }} }})\n"
        for n in range(count)
    )
    begin = "export async function all(ids: string[]) {\n  for (const id of ids) {\n"
    return {**PACKAGE, **CLIENT, "src/all.ts": f"{PRISMA}{begin}{own}  }}\n}}\n"}


def finds_and_creates(count: int) -> dict[str, str]:
    own = "".join(
        f"export async function f{n}(id: string) {{\n"
        "  const post = await prisma.post.findFirst({ where: { id } })\n  if (post) return\n"
        "  await prisma.post.create({ data: { id } })\n}\n"
        for n in range(count)
    )
    return {**PACKAGE, **CLIENT, "src/all.ts": PRISMA + own}


def loops(count: int) -> dict[str, str]:
    """Many loops over what one long function gives."""
    own = "".join(f"    for order in orders(session):\n        {ITEMS}\n" for _ in range(count))
    long = "".join(f"    x{n} = {n}\n" for n in range(count))
    begin = f"def orders(session: Session):\n{long}    return {ROWS}\n\n\n"
    return {"app/all.py": f"{ORM}{begin}def run(session: Session):\n{own}"}


def queries_of_rows(count: int) -> dict[str, str]:
    """One loop over rows with many queries that do not depend on the row."""
    own = "".join(f"        y{n} = session.get(Item, {n})\n" for n in range(count))
    return {"app/all.py": f"{ORM}def run(session: Session):\n    for order in {ROWS}:\n{own}"}


def parameters(count: int) -> dict[str, str]:
    given = "".join(f"    s{n}: Session,\n" for n in range(count))
    own = "".join(
        f"    s{n}.execute(text('select {n}'))\n    s{n}.commit()\n" for n in range(count)
    )
    return {"app/all.py": f"{ORM}def run(\n{given}):\n{own}    requests.get('http://other')\n"}


def branches(count: int) -> dict[str, str]:
    """Queries in one branch, and calls abroad in the other."""
    asks = "        session.get(Item, 1)\n" * count
    waits = "        requests.get('http://other')\n" * count
    leaves = "    if y:\n        session.get(Item, 1)\n        return\n" * count
    begin = f"def run(session: Session, x, y):\n{leaves}    if x:\n"
    return {"app/all.py": f"{ORM}{begin}{asks}    else:\n{waits}"}


def methods(count: int) -> dict[str, str]:
    """A class whose methods call one another."""
    own = "".join(
        f"    def m{n}(self):\n        for order in self.m{n + 1}():\n"
        f"            self.{ITEMS}\n        requests.get('http://other')\n"
        f"        return self.{ROWS}\n"
        for n in range(count)
    )
    begin = (
        "class All:\n    def __init__(self, session: Session):\n        self.session = session\n"
    )
    return {"app/all.py": ORM + begin + own}


@pytest.mark.parametrize(
    ("build", "codes"),
    [
        (actions, "FD112 FD316 FD317 FD318"),
        (handlers, "FD112 FD316 FD317 FD318"),
        (writes, "FD316 FD317 FD318"),
        (procedures, "FD316"),
        (queries_of_a_loop, "FD301 FD302"),
        (finds_and_creates, "FD324"),
        (loops, "FD603 FD610 FD611"),
        (queries_of_rows, "FD611"),
        (parameters, "FD603 FD604"),
        (branches, "FD603"),
        (methods, "FD603 FD611"),
    ],
)
def test_twice_as_much_is_twice_the_work(tmp_path, build, codes):
    few = steps(tmp_path / "few", build, FEW, codes.split())
    many = steps(tmp_path / "many", build, 2 * FEW, codes.split())
    assert many < MOST * few, f"{few:,} lines are run for {FEW}, {many:,} for twice as many"


def steps(root, build: Callable[[int], dict[str, str]], count: int, codes: list[str]) -> int:
    """Return how many lines of Python are run for a look at this many."""
    rules = [find_rule(code) for code in codes]
    repository = written(root, build(count))
    found = 0

    def trace(frame, event, _):
        nonlocal found
        found += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        examine(rules, repository)
    finally:
        sys.settrace(before)
    return found
