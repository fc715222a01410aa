"""SQL with what a client sent, through the locals of a function, or with what was made harmless."""

import pytest

NEXT = {"package.json": '{"dependencies": {"next": "16.0.0", "@prisma/client": "6.19.0"}}'}
ROUTE = "app/api/orders/[id]/route.ts"
PARAMS = "{ params }: { params: Promise<{ id: string }> }"


def route(body: str, given: str = "request: Request") -> dict[str, str]:
    text = (
        f'import {{ prisma }} from "@/lib/db"\nexport async function POST({given}) {{\n{body}\n}}'
    )
    return {ROUTE: text, **NEXT}


@pytest.mark.parametrize(
    "body",
    [
        "const { id } = await params\nprisma.$executeRawUnsafe(`DELETE FROM o WHERE id = ${id}`)",
        "const id = (await params).id\nprisma.$executeRawUnsafe(`DELETE FROM o WHERE id = ${id}`)",
        "const b = await request.json()\nprisma.$queryRawUnsafe(`SELECT 1 WHERE a = '${b.s}'`)",
        "const { s } = await request.json()\nprisma.$queryRawUnsafe(`SELECT 1 WHERE a = '${s}'`)",
        "const form = await request.formData()\nconst x = form.get('x')\n"
        "prisma.$queryRawUnsafe(`SELECT 1 WHERE a = '${x}'`)",
        "const url = new URL(request.url)\nconst q = url.searchParams.get('q') ?? ''\n"
        "prisma.$queryRawUnsafe(\"SELECT 1 WHERE a = '\" + q + \"'\")",
        "const { searchParams } = new URL(request.url)\nconst sort = searchParams.get('sort')\n"
        "prisma.$queryRawUnsafe(`SELECT * FROM o ORDER BY ${sort}`)",
        "const { dir } = await request.json()\n"
        "prisma.$queryRawUnsafe(`SELECT * FROM o ORDER BY id ${dir}`)",
        "const { name } = await request.json()\nlet sql = 'SELECT * FROM o WHERE true'\n"
        "if (name) sql += ` AND name = '${name}'`\nprisma.$queryRawUnsafe(sql)",
        "const { name } = await request.json()\nconst where = `name = '${name}'`\n"
        "prisma.$queryRawUnsafe(`SELECT * FROM o WHERE ${where}`)",
        "const { id } = await params\nprisma.$queryRaw(Prisma.raw(`SELECT 1 WHERE a = ${id}`))",
    ],
)  # fmt: skip
def test_a_script_writes_what_a_client_sent_into_a_statement(finds, body):
    assert len(finds("FD312", route(body, f"request: Request, {PARAMS}"))) == 1


def test_the_parameters_of_a_page_and_a_context_are_the_clients(finds):
    files = route(
        "const { id } = await context.params\nprisma.$queryRawUnsafe(`SELECT 1 WHERE a = ${id}`)",
        "request: Request, context: { params: Promise<{ id: string }> }",
    )
    assert finds("FD312", files) == [f"{ROUTE}:4"]
    page = (
        "export default async function Page({ searchParams }: Props) {\n"
        "  const { sort } = await searchParams\n"
        "  const rows = await prisma.$queryRawUnsafe(`SELECT 1 ORDER BY ${sort}`)\n}"
    )
    assert finds("FD312", {"app/orders/page.tsx": page, **NEXT}) == ["app/orders/page.tsx:3"]


@pytest.mark.parametrize(
    "body",
    [
        "const id = Number((await params).id)\nprisma.$queryRawUnsafe(`SELECT 1 WHERE a = ${id}`)",
        "const { id } = await params\nprisma.$queryRawUnsafe(`SELECT 1 WHERE a = ${Number(id)}`)",
        "const { id } = await params\nprisma.$queryRawUnsafe(`SELECT 1 WHERE a = ${+id}`)",
        "const { id } = await params\nprisma.$queryRaw`SELECT 1 WHERE a = ${id}`",
        "const { id } = await params\nprisma.$queryRawUnsafe('SELECT 1 WHERE a = $1', id)",
        "const { id } = await params\nprisma.$queryRaw(Prisma.sql`SELECT 1 WHERE a = ${id}`)",
        "const { sort } = await request.json()\n"
        "if (!['id', 'name'].includes(sort)) return Response.json({})\n"
        "prisma.$queryRawUnsafe(`SELECT 1 ORDER BY ${sort}`)",
        "const { sort } = await request.json()\nconst column = COLUMNS[sort]\n"
        "prisma.$queryRawUnsafe(`SELECT 1 ORDER BY ${column}`)",
        "const { dir } = await request.json()\nconst way = dir === 'asc' ? 'ASC' : 'DESC'\n"
        "prisma.$queryRawUnsafe(`SELECT 1 ORDER BY id ${way}`)",
        "const { sort } = Query.parse(await request.json())\n"
        "prisma.$queryRawUnsafe(`SELECT 1 ORDER BY ${sort}`)",
        "const { ids } = await request.json()\n"
        "const holes = ids.map((_, at) => `$${at + 1}`).join(', ')\n"
        "prisma.$queryRawUnsafe(`SELECT 1 WHERE a IN (${holes})`, ...ids)",
        "const { limit }: { limit: number } = await request.json()\n"
        "prisma.$queryRawUnsafe(`SELECT 1 LIMIT ${limit}`)",
        "const { id } = await params\nassertUuid(id)\n"
        "prisma.$queryRawUnsafe(`SELECT 1 WHERE a = '${id}'`)",
    ],
)  # fmt: skip
def test_what_was_converted_checked_or_bound_is_harmless_in_a_script(finds, body):
    assert finds("FD312", route(body, f"request: Request, {PARAMS}")) == []


HEAD = """\
from typing import Literal
from uuid import UUID
from fastapi import Depends, FastAPI, Query, Request
from pydantic import BaseModel
from sqlalchemy import text
app = FastAPI()
COLUMNS = {"id": "id", "name": "name"}
class Body(BaseModel):
    name: str
    age: int
    kind: Literal["a", "b"]
"""


def python(given: str, body: str) -> dict[str, str]:
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    text = f'{HEAD}@app.post("/x/{{id}}")\nasync def handle({given}):\n{lines}'
    return {"app/main.py": text, "requirements.txt": "fastapi\nsqlalchemy\n"}


@pytest.mark.parametrize(
    ("given", "body"),
    [
        ("id: str, db", "db.execute(text(f'select * from t where id = {id}'))"),
        ("sort: str, db", "db.execute(text(f'select * from t order by {sort}'))"),
        ("db, sort: str = Query('id')", "db.execute(text(f'select 1 from t order by {sort}'))"),
        ("b: Body, db", "db.execute(text(f\"select * from t where n = '{b.name}'\"))"),
        ("request: Request, db",
         "name = request.query_params['n']\ndb.execute(text(f\"select 1 where n = '{name}'\"))"),
        ("request: Request, db",
         "body = await request.json()\nn = body['n']\n"
         "db.execute(text(f\"select 1 where n = '{n}'\"))"),
        ("name: str, db", "sql = \"select * from t where n = '\" + name + \"'\"\ndb.execute(sql)"),
        ("name: str, db", "sql = 'select * from t where true'\nif name:\n"
         "    sql += f\" and n = '{name}'\"\ndb.execute(text(sql))"),
        ("name: str, db", "where = f\"n = '{name}'\"\n"
         "db.execute(text(f'select * from t where {where} limit 5'))"),
        ("name: str, db", "name = name.strip()\n"
         "db.execute(text(f\"select * from t where n = '{name}' and m = :m\"), {'m': 1})"),
    ],
)  # fmt: skip
def test_python_writes_what_a_client_sent_into_a_statement(finds, given, body):
    assert len(finds("FD604", python(given, body))) == 1


@pytest.mark.parametrize(
    ("given", "body"),
    [
        ("id: int, db", "db.execute(text(f'select * from t where id = {id}'))"),
        ("id: UUID, db", "db.execute(text(f\"select * from t where id = '{id}'\"))"),
        ("sort: Literal['id', 'name'], db", "db.execute(text(f'select 1 order by {sort}'))"),
        ("db, sort: str = Query('id', pattern='^[a-z]+$')",
         "db.execute(text(f'select 1 order by {sort}'))"),
        ("b: Body, db", "db.execute(text(f'select * from t where n = {b.age}'))"),
        ("b: Body, db", "db.execute(text(f\"select * from t where n = '{b.kind}'\"))"),
        ("sort: str, db", "db.execute(text(f'select 1 order by {COLUMNS[sort]}'))"),
        ("sort: str, db", "column = COLUMNS.get(sort, 'id')\n"
         "db.execute(text(f'select 1 order by {column}'))"),
        ("sort: str, db", "if sort not in COLUMNS:\n    sort = 'id'\n"
         "db.execute(text(f'select 1 order by {sort}'))"),
        ("way: str, db", "word = 'asc' if way == 'asc' else 'desc'\n"
         "db.execute(text(f'select 1 order by id {word}'))"),
        ("id: str, db", "number = int(id)\n"
         "db.execute(text(f'select * from t where id = {number}'))"),
        ("id: str, db", "db.execute(text('select * from t where id = :id'), {'id': id})"),
        ("name: str, db", "where = 'true'\nif name:\n    where += ' and n = :n'\n"
         "db.execute(text(f'select * from t where {where}'), {'n': name})"),
        ("ids: list[int], db", "holes = ', '.join('%s' for _ in ids)\n"
         "db.execute(f'select * from t where id in ({holes})', ids)"),
        ("db, user: str = Depends(name)", "db.execute(text(f'select 1 where n = {user}'))"),
    ],
)  # fmt: skip
def test_what_was_converted_checked_or_bound_is_harmless_in_python(finds, given, body):
    assert finds("FD604", python(given, body)) == []


def test_the_type_that_flask_reads_from_the_address_counts(finds):
    text = (
        "from flask import Flask, request\napp = Flask(__name__)\n"
        "@app.route('/x/<{kind}id>')\ndef one(id):\n"
        "    return db.session.execute(f'select * from t where id = {{id}}')\n"
    )
    assert finds("FD604", {"app.py": text.format(kind="")}) == ["app.py:5"]
    assert finds("FD604", {"app.py": text.format(kind="int:")}) == []
    text = (
        "from flask import Flask, request\napp = Flask(__name__)\n"
        "@app.route('/x')\ndef some():\n"
        "    sort = request.args.get('n'{kind})\n"
        "    return db.session.execute(f'select * from t limit {{sort}}')\n"
    )
    assert finds("FD604", {"app.py": text.format(kind="")}) == ["app.py:6"]
    assert finds("FD604", {"app.py": text.format(kind=", type=int")}) == []


@pytest.mark.parametrize(
    ("given", "is_found"),
    [
        ("request: HttpRequest", True),
        ("request", True),
        ("request: SearchRequest", False),
        ("wanted", False),
    ],
)
def test_a_request_is_the_frameworks(finds, given, is_found):
    text = (
        "from django.db import connection\nfrom django.http import HttpRequest\n"
        f"def search({given}):\n    name = {given.partition(':')[0]}.GET['n']\n"
        "    with connection.cursor() as cursor:\n"
        "        cursor.execute(f'select * from t order by {name}')\n"
    )
    assert finds("FD604", {"shop/views.py": text}) == ["shop/views.py:6"] * is_found
