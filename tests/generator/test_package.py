"""A generated package as Python loads it: names, laziness, and the same text every time."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from forebay.client.model import Model
from forebay.client.names import COUNT, MODEL_NAMES
from forebay.generator.package import package_files
from forebay.schema.load import load
from tests.generator.made import FOLDER, SCHEMAS, generate, python, schema_text

SNAPSHOTS = FOLDER / "snapshots"
SHOWN = ("models/user.py", "client.py", "enums.py", "_package.py", "schema.json")

_HASH = """
import hashlib, sys
from forebay.generator.package import package_files
from forebay.schema.load import load
text = open(sys.argv[1], encoding="utf-8").read()
files = package_files(load([("schema.prisma", text)]), "client", "asyncio")
print(hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest())
"""


def _generated_hash(schema: Path, seed: int) -> str:
    done = subprocess.run(
        [sys.executable, "-c", _HASH, str(schema)],
        env={**os.environ, "PYTHONHASHSEED": str(seed)},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout


@pytest.mark.parametrize("name", ["blog", "names"])
def test_the_same_schema_gives_the_same_bytes_in_every_process(name):
    path = SCHEMAS / f"{name}.prisma"
    assert len({_generated_hash(path, seed) for seed in (0, 1, 2)}) == 1


@pytest.mark.parametrize("shown", SHOWN)
def test_what_is_generated_is_what_was_looked_at(shown):
    """The files of the blog, as a person has read them: delete one to have it written anew."""
    files = package_files(load([("schema.prisma", schema_text("blog"))]), "client", "asyncio")
    path = SNAPSHOTS / f"{shown.replace('/', '-')}.txt"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(files[shown], encoding="utf-8")
        pytest.fail(f"{path} was not there and is now: look at it")
    assert files[shown] == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["blog", "names"])
def test_what_is_generated_is_laid_out_as_ruff_lays_it_out(tmp_path, name):
    generate(schema_text(name), tmp_path)
    ruff = [sys.executable, "-m", "ruff", "format", "--isolated", "--diff"]
    done = subprocess.run(
        [*ruff, "--config", "line-length=100", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_every_module_loads_and_every_model_validates(names):
    out = python(
        names,
        "import importlib, pkgutil, db\n"
        "for one in pkgutil.walk_packages(db.__path__, 'db.'):\n"
        "    importlib.import_module(one.name)\n"
        "for name in db.models.__all__:\n"
        "    model = getattr(db.models, name)\n"
        "    assert model.model_rebuild() is not False and model.model_json_schema()\n"
        "for name in db.actions.__all__:\n"
        "    assert getattr(db.actions, name)\n"
        "print(sorted(db.Client.package.instances))",
    )
    assert out == (
        "['basemodel', 'client', 'connect_', 'field', 'hidden', 'lists', 'optional', 'report', "
        "'types', 'user', 'user_', 'users']\n"
    )


def test_a_name_that_is_taken_has_an_underscore_behind_it(names):
    out = python(
        names,
        "from db import enums, models\n"
        "one = models.Field.model_validate({'copy': 1, 'model_id': 'a', 'json': 2, 'from': 'b'})\n"
        "print(one.copy_, one.json_, one.from_, one.model_dump(by_alias=True)['from'])\n"
        "print([member.name for member in enums.Kind], enums.Kind.name_.value)",
    )
    assert out == "1 2 b b\n['None_', 'title_', 'name_', 'mro_', 'value_'] name\n"


def test_a_type_is_loaded_when_it_is_asked_for(names):
    out = python(
        names,
        "import sys\n"
        "from db import Client, models, types\n"
        "client = Client(use_dotenv=False, datasource={'url': 'postgresql://a@127.0.0.1/b'})\n"
        "print([name for name in sys.modules if name.startswith(('db.types.', 'db.models.'))])\n"
        "types.userWhereInput, types.FindManyListArgs, models.Users\n"
        "print(sorted(n for n in sys.modules if n.startswith(('db.types.', 'db.models.'))))\n"
        "print(hasattr(types, 'UserNoInput'), hasattr(models, 'Nothing'), hasattr(types, '_x'))",
    )
    assert out == (
        "[]\n['db.models.users', 'db.types.list_', 'db.types.user__']\nFalse False False\n"
    )


def test_importing_a_client_loads_neither_the_engine_nor_a_driver(names):
    out = python(
        names,
        "import sys\n"
        "from db import Client\n"
        "client = Client(use_dotenv=False, datasource={'url': 'postgresql://a@127.0.0.1/b'})\n"
        "print(sorted({'forebay.engine.engine', 'psycopg', 'typer', 'rich'} & set(sys.modules)))",
    )
    assert out == "[]\n"


def test_two_packages_live_in_one_process(tmp_path):
    for name in ("one", "two"):
        generate(schema_text("blog"), tmp_path / name)
    out = python(
        tmp_path,
        "import one.db, two.db\n"
        "first, second = one.db.Client.package, two.db.Client.package\n"
        "print(first.identity != second.identity, first.model('User') is second.model('User'))\n"
        "print(one.db.models.User.__package__ is first)",
    )
    assert out == "True False\nTrue\n"


def test_a_schema_that_is_damaged_says_what_to_do(tmp_path):
    generate(schema_text("blog"), tmp_path)
    (tmp_path / "db" / "schema.json").write_text("{}")
    out = python(
        tmp_path,
        "from db import Client, errors\n"
        "from forebay.errors import ConfigurationError\n"
        "try:\n"
        "    Client.package.schema()\n"
        "except ConfigurationError as error:\n"
        "    print(error.hint)",
    )
    assert out == "run `forebay generate` again, and deploy all of its files\n"


def test_a_package_in_an_archive_finds_its_schema(tmp_path):
    generate(schema_text("blog"), tmp_path)
    out = python(
        tmp_path,
        "import shutil, sys\n"
        "name = shutil.make_archive('packed', 'zip', '.', 'db')\n"
        "shutil.rmtree('db')\n"
        "sys.path.insert(0, name)\n"
        "from db import Client\n"
        "print(len(Client.package.schema().models))",
    )
    assert out == "4\n"


def test_the_names_that_are_renamed_are_those_that_a_model_has():
    own = {name for name in dir(Model) if not name.startswith("_")}
    assert own == set(MODEL_NAMES)
    assert COUNT not in own


def test_documentation_becomes_docstrings(names):
    text = (names / "db" / "models" / "list_.py").read_text()
    assert '    """A list of things."""\n' in text
    assert "instance_name" not in text
    enum = (names / "db" / "enums.py").read_text()
    assert re.search(r'class Kind\(StrEnum\):\n    """What things are called\n', enum)


def test_a_partial_type_names_what_takes_its_place(names):
    out = python(
        names,
        "from db import models\n"
        "from forebay.errors import ConfigurationError\n"
        "try:\n"
        "    models.User.create_partial('UserName', include={'id'})\n"
        "except ConfigurationError as error:\n"
        "    print(error.hint)",
    )
    assert "declare `class UserName(BaseModel)`" in out
    assert "into=UserName" in out


def test_a_client_works_with_the_base_install_alone(names):
    out = python(
        names,
        "import sys\n"
        "for one in ('typer', 'rich', 'click', 'opentelemetry', 'httpx', 'asyncpg'):\n"
        "    sys.modules[one] = None\n"
        "from db import Client, models, types\n"
        "client = Client(use_dotenv=False, datasource={'url': 'postgresql://a@127.0.0.1/b'})\n"
        "client._begin(), client._engine\n"
        "print(type(models.User.prisma(client)).__name__, types.UserCreateInput.__name__)",
    )
    assert out == "Actions UserCreateInput\n"
