"""What happens behind a service, a repository object or another module is followed, if certain."""

import pytest

from forebay.doctor.python.classes import Classes
from forebay.doctor.python.effects import Effects
from forebay.doctor.registry import all_rules
from forebay.doctor.run import examine
from tests.doctor.conftest import written

HEAD = (
    "from sqlalchemy import select\nfrom sqlalchemy.ext.asyncio import AsyncSession\n"
    "from sqlalchemy.orm import Session\nfrom app.models import A, B\n"
)
REPOSITORY = HEAD + (
    "class Base:\n    def __init__(self, session: AsyncSession) -> None:\n"
    "        self.session = session\n\n"
    "    async def b_of(self, a):\n        return await self.session.get(B, a.b_id)\n\n"
    "class Rows(Base):\n    async def all(self):\n"
    "        return (await self.session.scalars(select(A))).all()\n"
)
SERVICE = (
    "from app.rows import Rows\nfrom sqlalchemy.ext.asyncio import AsyncSession\n"
    "class Service:\n    def __init__(self, session: AsyncSession) -> None:\n"
    "        self.rows = Rows(session)\n\n"
)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("for a in await self.rows.all():\n            await self.rows.b_of(a)\n", 1),
        ("return [await self.rows.b_of(a) for a in await self.rows.all()]\n", 1),
        ("for a in await self.rows.all():\n            await self.rows.b_of(None)\n", 0),
        ("for a in await self.rows.all():\n            await self.other.b_of(a)\n", 0),
        ("for a in given:\n            await self.rows.b_of(a)\n", 0),
        ("for a in await self.rows.all():\n            if x:\n                continue\n", 0),
        ("for a in await self.rows.all():\n            create_task(self.rows.b_of(a))\n", 0),
    ],
)
def test_queries_of_an_object_in_a_loop(finds, body, found):
    files = {
        "app/rows.py": REPOSITORY,
        "app/service.py": SERVICE + f"    async def run(self, given, x):\n        {body}",
    }
    assert len(finds("FD611", files)) == found


@pytest.mark.parametrize(
    "method",
    [
        "    async def b_of(self, a):\n        if a.known:\n            return a.b\n"
        "        return cache.get(a)\n",
        "    async def b_of(self, a):\n        if a.fresh:\n"
        "            await self.session.get(B, a.b_id)\n",
        "    @cached(ttl=60)\n    async def b_of(self, a):\n"
        "        return await self.session.get(B, a.b_id)\n",
        "    async def b_of(self, a):\n        yield await self.session.get(B, a.b_id)\n",
    ],
)
def test_what_may_not_ask_is_left_alone(finds, method):
    files = {
        "app/rows.py": REPOSITORY + method,
        "app/service.py": SERVICE + "    async def run(self):\n"
        "        for a in await self.rows.all():\n            await self.rows.b_of(a)\n",
    }
    assert finds("FD611", files) == []


def test_a_method_that_a_class_below_replaces_is_not_known(finds):
    files = {
        "app/rows.py": REPOSITORY,
        "app/fake.py": "from sqlalchemy import x\nfrom app.rows import Rows\n"
        "class Fake(Rows):\n    async def b_of(self, a):\n        return None\n",
        "app/service.py": SERVICE + "    async def run(self):\n"
        "        for a in await self.rows.all():\n            await self.rows.b_of(a)\n",
    }
    assert finds("FD611", files) == []


CRUD = HEAD + (
    "class Crud:\n    def get(self, session: Session, number):\n"
    "        return session.get(A, number)\n    def create(self, session: Session, a):\n"
    "        session.add(a)\n        session.commit()\n        return a\n"
    "class CrudA(Crud):\n    pass\n\na = CrudA()\n"
)
PAY = "import httpx\ndef charge(x):\n    return httpx.post('https://pay.example.com', json=x)\n"
ROUTE = (
    "from fastapi import APIRouter, Depends\nfrom sqlalchemy.orm import Session\n"
    "from app import crud, pay\nfrom app.db import get_session\nrouter = APIRouter()\n"
    "@router.{}('/a')\ndef run(number: int, session: Session = Depends(get_session)):\n"
)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("    one = crud.a.get(session, number)\n    pay.charge(one)\n", 1),
        ("    pay.charge(number)\n    crud.a.get(session, number)\n", 0),
        ("    one = crud.a.get(session, number)\n    session.commit()\n    pay.charge(one)\n", 0),
        ("    one = crud.a.create(session, number)\n    pay.charge(one)\n", 0),
        ("    if number:\n        one = crud.a.get(session, number)\n        return one\n"
         "    pay.charge(number)\n", 0),
        ("    if number:\n        one = crud.a.get(session, number)\n    else:\n"
         "        pay.charge(number)\n", 0),
        ("    one = crud.a.get(None, number)\n    pay.charge(one)\n", 0),
    ],
)  # fmt: skip
def test_a_call_abroad_behind_another_module(finds, body, found):
    files = {
        "app/crud/__init__.py": "from .rows import a\n",
        "app/crud/rows.py": CRUD,
        "app/pay.py": PAY,
        "app/a.py": ROUTE.format("get") + body,
    }
    assert len(finds("FD603", files)) == found


def test_a_factory_that_an_object_was_given_makes_sessions(finds):
    text = (
        "import httpx\nfrom sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker\n"
        "class Jobs:\n"
        "    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:\n"
        "        self._sessions = sessions\n        self._http = httpx.AsyncClient()\n"
        "    async def run(self):\n        async with self._sessions() as session:\n"
        "            row = await session.get(A, 1)\n"
        "            await self._http.post('https://pay.example.com')\n"
    )
    assert finds("FD603", {"app/jobs.py": text}) == ["app/jobs.py:10"]


OTHER = (
    "from app.users import get_current_user\n"
    "@router.get('/b')\ndef b(user=Depends(get_current_user)):\n    return 1\n"
)


@pytest.mark.parametrize(
    ("method", "extra", "files", "found"),
    [
        ("put", OTHER, {}, 1),
        ("get", OTHER, {}, 0),
        ("put", "", {}, 0),
        ("put", OTHER, {"app/main.py": "from fastapi import FastAPI, Depends\nfrom app.a import "
                        "router\napp = FastAPI()\napp.include_router(router, "
                        "dependencies=[Depends(check)])\n"}, 0),
        ("put", OTHER, {"app/main.py": "from fastapi import FastAPI, Depends\n"
                        "app = FastAPI()\napp.add_middleware(AuthMiddleware)\n"}, 0),
        ("put", OTHER, {"app/main.py": "from fastapi import FastAPI, Depends\n"
                        "from fastapi.middleware.cors import CORSMiddleware\n"
                        "app = FastAPI()\napp.add_middleware(CORSMiddleware)\n"}, 1),
        ("put", OTHER, {"app/db.py": "from fastapi import Depends\n"
                        "def get_session(user=Depends(x)):\n    yield 1\n"}, 0),
    ],
)  # fmt: skip
def test_writes_that_nobody_asked_for(finds, method, extra, files, found):
    route = ROUTE.format(method) + "    crud.a.create(session, number)\n" + extra
    places = finds(
        "FD622",
        {
            "app/crud/__init__.py": "from .rows import a\n",
            "app/crud/rows.py": CRUD,
            "app/a.py": route,
            **files,
        },
    )
    assert places == ["app/a.py:8"] * found


@pytest.mark.parametrize(
    "guard",
    [
        "@router.put('/c')\n@secured\ndef c(number: int, session: Session = Depends(get_session)):",
        "@router.put('/c')\ndef c(who: Who, session: Session = Depends(get_session)):",
        "@router.put('/login')\ndef c(number: int, session: Session = Depends(get_session)):",
        "@router.put('/c', dependencies=[Depends(x)])\n"
        "def c(api_key: str, session: Session = Depends(get_session)):",
    ],
)
def test_what_may_ask_is_not_said_to_be_open(finds, guard):
    text = ROUTE.format("get") + f"    pass\n{OTHER}{guard}\n    crud.a.create(session, 1)\n"
    files = {"app/crud/__init__.py": "from .rows import a\n", "app/crud/rows.py": CRUD}
    assert finds("FD622", {**files, "app/a.py": text}) == []


def test_an_engine_behind_two_calls_is_one_a_request(finds):
    files = {
        "app/engines.py": "from sqlalchemy import create_engine\nclass Store:\n"
        "    def __init__(self):\n"
        "        self.engine = create_engine('postgresql://db.internal/a')\n"
        "def store():\n    return Store()\n",
        "app/a.py": "from fastapi import APIRouter\nfrom app.engines import store\n"
        "import sqlalchemy\nrouter = APIRouter()\n@router.get('/a')\ndef a():\n    store()\n",
    }
    assert finds("FD501", files) == ["app/engines.py:4"]
    files["app/engines.py"] = files["app/engines.py"].replace("def store", "@cache\ndef store")
    assert finds("FD501", files) == []


def test_a_chain_of_calls_costs_what_it_is_long(tmp_path, monkeypatch):
    """Every call is resolved once, and every function is looked at once."""
    counted = {"look": 0, "target": 0}

    def count(owner: type, name: str, key: str) -> None:
        real = getattr(owner, name)

        def counting(*given):
            counted[key] += 1
            return real(*given)

        monkeypatch.setattr(owner, name, counting)

    count(Effects, "_look", "look")
    count(Classes, "_target", "target")
    rules = [rule for rule in all_rules() if rule.code in ("FD603", "FD610", "FD611", "FD622")]
    costs = []
    for length in (100, 1000, 10_000):
        counted.update(look=0, target=0)
        chain = "".join(
            f"def f{n}(session: Session):\n    return f{n + 1}(session)\n" for n in range(length)
        )
        end = f"def f{length}(session: Session):\n    return session.scalars(select(A)).all()\n"
        loop = "def run(session: Session):\n    for a in f0(session):\n        f0(session, a)\n"
        root = tmp_path / str(length)
        found = examine(rules, written(root, {"app/a.py": HEAD + chain + end + loop})).found
        assert found == []  # so many steps away nobody says what the rows are
        costs.append(dict(counted))
    for length, cost in zip((100, 1000, 10_000), costs, strict=True):
        assert cost["look"] <= length + 10
        assert cost["target"] <= 2 * length + 10


def test_imports_and_calls_in_circles_end(finds):
    files = {
        "app/a.py": HEAD + "from app.b import g\nclass X(Y):\n    def m(self):\n"
        "        return self.m()\ndef f(session: Session):\n    return g(session)\n",
        "app/b.py": HEAD + "from app.a import f, X\nclass Y(X):\n    pass\n"
        "def g(session: Session):\n    for a in f(session):\n        f(session, a)\n"
        "    return f(session)\n",
    }
    assert finds("FD611", files) == []
