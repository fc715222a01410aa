"""TLS to the database switched off, or not checked, in the code itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Span
from forebay.doctor.python.engines import Engine, engines_of
from forebay.doctor.python.module import Module
from forebay.doctor.python.source import once_a_file
from forebay.doctor.python.values import constant
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_OFF = frozenset({"disable", "allow", "prefer"})
_LOCAL = ("localhost", "127.0.0.1", "@db", "@postgres", "host.docker", "{}")


def check(repository: Repository) -> Iterator[Finding]:
    """Find `sslmode` and `ssl` in the arguments of engines, and contexts that check nothing."""
    engines = repository.known(engines_of)
    for engine in engines:
        if not any(one in (engine.url.text or "") for one in _LOCAL):
            yield from _arguments(engine)
    for module in {id(one.module): one.module for one in engines}.values():
        yield from once_a_file(_contexts(module))


def _arguments(engine: Engine) -> Iterator[Finding]:
    given: list[tuple[str, ast.expr]] = [
        (one.arg, one.value) for one in engine.call.node.keywords if one.arg
    ]
    inner = engine.argument("connect_args")
    if isinstance(inner, ast.Dict):
        given += [
            (str(constant(key)), value)
            for key, value in zip(inner.keys, inner.values, strict=True)
            if key is not None
        ]
    for name, node in given:
        value = constant(node)
        if name == "sslmode" and value in _OFF:
            yield Finding(
                f"`sslmode={value}` sends passwords and rows in clear text when asked to",
                engine.module.span(node),
            )
        elif name == "ssl" and value is False:
            yield Finding(
                "`ssl=False` sends passwords and rows in clear text", engine.module.span(node)
            )


def _contexts(module: Module) -> Iterator[tuple[Span, str]]:
    for node in module.of(ast.Assign):
        if (
            isinstance(node.targets[0], ast.Attribute)
            and node.targets[0].attr == "verify_mode"
            and isinstance(node.value, ast.Attribute)
            and module.name_of(node.value) in ("ssl.CERT_NONE", "ssl.VerifyMode.CERT_NONE")
        ):
            yield (
                module.span(node),
                "TLS without a check of the certificate: whoever is in between may answer as the "
                "server",
            )


RULE = Rule(
    code="FD512",
    name="tls-unverified",
    severity=Severity.WARNING,
    what="The code switches TLS towards PostgreSQL off, or does not check who answers.",
    why="With `disable` everything is readable on the way; `allow` and `prefer` give TLS up when "
    "whoever is in between says no; a context with `CERT_NONE` encrypts to anybody.",
    fix="`sslmode=verify-full` with the provider's CA (`sslrootcert=system` for a public one); for "
    "asyncpg `ssl=ssl.create_default_context()`",
    language="python",
    bad="""\
import os

from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"], connect_args={"sslmode": "disable"})
""",
    good="""\
import os

from sqlalchemy import create_engine

engine = create_engine(
    os.environ["DATABASE_URL"], connect_args={"sslmode": "verify-full", "sslrootcert": "system"}
)
""",
    check=check,
)
