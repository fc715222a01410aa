"""What a class makes that FastAPI makes, or calls, for each request; and sessions to be closed."""

import pytest

HEAD = (
    "from contextlib import closing\nfrom typing import Annotated\n\nimport requests\n"
    "from fastapi import Depends, FastAPI\nfrom sqlalchemy import create_engine, select\n"
    "from sqlalchemy.orm import Session, sessionmaker\n\napp = FastAPI()\n"
    "URL = 'postgresql://db.internal/shop'\n\n\n"
)
MAKES = "create_engine(URL)"
ROUTE = "\n\n@app.get('/')\ndef home({}):\n    return []\n"


def cls(method: str, line: str = f"engine = {MAKES}") -> str:
    return (
        f"class Store:\n    def {method}(self):\n        {line}\n        return Session(engine)\n"
    )


@pytest.mark.parametrize(
    ("text", "given", "found"),
    [
        (cls("__call__"), "one=Depends(Store())", 1),
        (cls("__call__") + "\n\nstore = Store()\n", "one=Depends(store)", 1),
        (cls("session") + "\n\nstore = Store()\n", "one=Depends(store.session)", 1),
        (cls("session"), "one=Depends(Store().session)", 1),
        (cls("session").replace("    def", "    @staticmethod\n    def").replace("self", ""),
         "one=Depends(Store.session)", 1),
        ("class Store:\n    def __init__(self):\n        self.engine = create_engine(URL)\n",
         "one: Annotated[Store, Depends()]", 1),
        ("class Store:\n    def __init__(self):\n        self.engine = create_engine(URL)\n",
         "one: Store = Depends()", 1),
        ("class Base:\n    def __init__(self):\n        self.engine = create_engine(URL)\n\n\n"
         "class Store(Base):\n    pass\n", "one: Store = Depends()", 1),
        ("class Store:\n    def __init__(self):\n        self._open()\n\n    def _open(self):\n"
         "        self.engine = create_engine(URL)\n", "one=Depends(Store)", 1),
        # Made once, with the object.
        ("class Store:\n    def __init__(self):\n        self.engine = create_engine(URL)\n\n"
         "    def session(self):\n        return Session(self.engine)\n\n\nstore = Store()\n",
         "one=Depends(store.session)", 0),
        ("class Store:\n    def __init__(self):\n        self._open()\n\n    def _open(self):\n"
         "        self.engine = create_engine(URL)\n\n    def __call__(self):\n"
         "        return Session(self.engine)\n", "one=Depends(Store())", 0),
        ("class Store:\n    engine = None\n\n    def __call__(self):\n        if not self.engine:\n"
         "            self.engine = create_engine(URL)\n        return Session(self.engine)\n",
         "one=Depends(Store())", 0),
    ],
)  # fmt: skip
def test_engines_of_classes(finds, text, given, found):
    assert len(finds("FD501", {"app/web.py": HEAD + text + ROUTE.format(given)})) == found


def test_a_method_that_yields_a_session_closes_it(finds):
    body = (
        "SessionLocal = sessionmaker(create_engine(URL))\n\n\n"
        "class Store:\n    def session(self):\n"
        "        session = SessionLocal()\n        yield session\n        session.close()\n"
        "\n\nstore = Store()\n"
    )
    text = HEAD + body + ROUTE.format("one=Depends(store.session)")
    assert len(finds("FD609", {"app/web.py": text})) == 1
    safe = text.replace(
        "        yield session\n        session.close()\n",
        "        try:\n            yield session\n        finally:\n            session.close()\n",
    )
    assert finds("FD609", {"app/web.py": safe}) == []


@pytest.mark.parametrize(
    "opened",
    [
        "    with closing(SessionLocal()) as session:\n",
        "    made = SessionLocal()\n    with closing(made) as session:\n",
        "    with SessionLocal() as session:\n",
    ],
)
def test_a_session_that_closing_closes_is_one(finds, opened):
    text = HEAD + "SessionLocal = sessionmaker(create_engine(URL))\n\n\ndef run():\n" + opened
    rows = (
        "        for one in session.scalars(select(A)).all():\n"
        "            session.scalars(select(B).where(B.a == one.id)).all()\n"
    )
    assert len(finds("FD611", {"app/run.py": text + rows})) == 1
    assert finds("FD608", {"app/run.py": text + rows}) == []
    waits = "        session.scalars(select(A)).all()\n        requests.get('https://other')\n"
    assert len(finds("FD603", {"app/run.py": text + waits})) == 1


def test_a_connection_that_closing_closes_is_held(finds):
    text = HEAD + "engine = create_engine(URL)\n\n\ndef run():\n"
    body = "    with closing(engine.connect()) as one:\n        requests.get('https://other')\n"
    assert len(finds("FD603", {"app/run.py": text + body})) == 1


@pytest.mark.parametrize(("begun", "found"), [("session.begin()", 0), ("lock()", 1)])
def test_a_transaction_ends_with_its_block(finds, begun, found):
    body = (
        "def run(session: Session):\n"
        f"    with {begun}:\n        session.scalars(select(A)).all()\n"
        "    requests.get('https://other')\n"
    )
    assert len(finds("FD603", {"app/run.py": HEAD + body})) == found
