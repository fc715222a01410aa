"""Databases that nobody here designed: what packages of PyPI make, fetched when they are needed.

None of them is part of the project; they are kept in the user's cache, where no linter looks.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bench.errors import BenchError
from bench.processes import run
from bench.prove.real_schemas import LITELLM
from forebay.postgres.url import PostgresUrl

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "forebay-proofs"

SQLALCHEMY = "sqlalchemy==2.0.44"

# Of SQLAlchemy's documented examples, those whose tables have names of their own.
_EXAMPLES = (
    "association/basic_association.py",
    "adjacency_list/adjacency_list.py",
    "graphs/directed_graph.py",
    "inheritance/joined.py",
    "vertical/dictlike.py",
)

_DJANGO = """
import sys
import django
from django.conf import settings
from django.core.management import call_command

host, port, user, password, name, *apps = sys.argv[1:]
settings.configure(
    INSTALLED_APPS=apps,
    DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "HOST": host, "PORT": port,
        "USER": user, "PASSWORD": password, "NAME": name}},
    USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", SECRET_KEY="proof", SITE_ID=1,
    WAGTAIL_SITE_NAME="proof", WAGTAILADMIN_BASE_URL="http://localhost", STATIC_URL="/static/",
    OAUTH2_PROVIDER={}, ROOT_URLCONF="",
)
django.setup()
call_command("migrate", verbosity=0, skip_checks=True)
"""
_EXAMPLE = """
import runpy
import sys
import sqlalchemy

url, path = sys.argv[1:]
make = sqlalchemy.create_engine
# An example has an engine of its own, in memory; its tables are to be here.
sqlalchemy.create_engine = lambda *_, **__: make(url)
runpy.run_path(path, run_name="__main__")
"""
_JUPYTERHUB = """
import sys
from jupyterhub import orm
from sqlalchemy import create_engine

orm.Base.metadata.create_all(create_engine(sys.argv[1]))
"""
_OPTUNA = """
import sys
import optuna

optuna.storages.RDBStorage(sys.argv[1])
"""

_CORE = ("auth", "contenttypes", "sessions", "admin", "messages", "sites")
_WAGTAIL = (
    *("contrib.forms", "contrib.redirects", "embeds", "sites", "users", "snippets", "documents"),
    *("images", "search", "admin", "locales", ""),
)


@dataclass(frozen=True)
class Source:
    """A schema by its name, and how it is made in an empty database."""

    name: str
    make: Callable[[PostgresUrl], None]


def fetched(package: str, *, has_parts: bool = True) -> Path:
    """Install a package and what it needs into a folder of its own, or unpack it alone."""
    words = package.split()
    folder = CACHE / words[0].replace("==", "-")
    if not (folder / "done").exists():
        folder.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, "-m", "pip"]
        if has_parts:
            run([*pip, "install", "--quiet", "--target", str(folder), *words], awaited="pip")
        else:
            pip += ["download", "--quiet", "--no-deps"]
            run([*pip, "--dest", str(folder), *words], awaited="pip")
            for wheel in folder.glob("*.whl"):
                shutil.unpack_archive(wheel, folder, "zip")
        (folder / "done").touch()
    return folder


def sources() -> list[Source]:
    """Return ten of them."""
    django = ("django_celery_beat", "django_celery_results")
    return [
        Source("LiteLLM", lambda url: _litellm(url)),
        Source("Django", lambda url: _django(None, url, _CORE, ("flatpages", "redirects"))),
        Source(
            "django-celery-beat",
            lambda url: _django(
                fetched("django-celery-beat django-celery-results"), url, _CORE, django
            ),
        ),
        Source(
            "django-oauth-toolkit",
            lambda url: _django(fetched("django-oauth-toolkit"), url, _CORE, ("oauth2_provider",)),
        ),
        Source("wagtail", lambda url: _wagtail(url)),
        Source("SQLAlchemy's examples", lambda url: _sqlalchemy(url)),
        Source("procrastinate", lambda url: _scripts("procrastinate", url)),
        Source("kinto", lambda url: _scripts("kinto", url)),
        Source(
            "jupyterhub",
            lambda url: _python(fetched("jupyterhub"), _JUPYTERHUB, _for_sqlalchemy(url)),
        ),
        Source(
            "optuna",
            lambda url: _python(fetched("optuna"), _OPTUNA, _for_sqlalchemy(url)),
        ),
    ]


def _python(folder: Path | None, program: str, *arguments: str) -> None:
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    if folder is not None:
        environment["PYTHONPATH"] = str(folder)
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchError(f"a schema could not be made: {done.stderr.strip()[-800:]}")


def _for_sqlalchemy(url: PostgresUrl) -> str:
    return url.text().replace("postgresql://", "postgresql+psycopg://")


def _django(
    folder: Path | None, url: PostgresUrl, core: tuple[str, ...], apps: tuple[str, ...]
) -> None:
    contrib = {"flatpages", "redirects"}
    named = [f"django.contrib.{name}" for name in core]
    named += [f"django.contrib.{name}" if name in contrib else name for name in apps]
    password = url.password.reveal() if url.password else ""
    place = (url.host or "localhost", str(url.port), url.user or "", password, url.database or "")
    _python(folder, _DJANGO, *place, *named)


def _wagtail(url: PostgresUrl) -> None:
    apps = tuple(f"wagtail.{name}".rstrip(".") for name in _WAGTAIL)
    _django(fetched("wagtail"), url, _CORE, (*apps, "modelcluster", "taggit"))


def _litellm(url: PostgresUrl) -> None:
    folder = fetched(LITELLM, has_parts=False)
    with psycopg.connect(url.text(), autocommit=True) as connection:
        for path in sorted(folder.glob("litellm_proxy_extras/migrations/*/migration.sql")):
            connection.execute(path.read_bytes())


def _scripts(package: str, url: PostgresUrl) -> None:
    """Run the scripts that a package carries, `schema.sql` each."""
    folder = fetched(package, has_parts=False)
    with psycopg.connect(url.text(), autocommit=True) as connection:
        for path in sorted(folder.rglob("schema.sql")):
            connection.execute(path.read_bytes())


def _sqlalchemy(url: PostgresUrl) -> None:
    folder = CACHE / "sqlalchemy"
    if not (folder / "done").exists():
        folder.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary"]
        run([*pip, "sqlalchemy", "-d", str(folder), SQLALCHEMY], awaited="pip download")
        shutil.unpack_archive(next(folder.glob("*.tar.gz")), folder, filter="data")
        (folder / "done").touch()
    home = next(folder.glob("sqlalchemy-*/examples"))
    for name in _EXAMPLES:
        _python(None, _EXAMPLE, _for_sqlalchemy(url), str(home / name))
