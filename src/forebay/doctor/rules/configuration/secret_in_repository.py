"""A URL with its password, or Accelerate's key, in a file that git does not ignore."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.providers import Provider
from forebay.doctor.repository.env import is_dotenv
from forebay.doctor.repository.file import File, Role
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.urls import SecretKind, Url, classify, is_blank

_CANDIDATE = re.compile(
    rb"\b(?:postgres(?:ql)?(?:\+\w+)?|prisma(?:\+postgres)?)://[^\s\"'`<>()|,;]{6,600}"
)
_SCHEMES = (b"postgres", b"prisma")
# AWS, Google and Fly.io call servers so; the names of a container's own machine are nobody's.
_OF_CLOUD = re.compile(r"^(?!.*\b(docker|containers|minikube|lima|orb)\.internal$).+\.internal$")
# Part of a Markdown or comment that shows how a URL is made.
_LEAST = 8
_LEAST_KEY = 40


def check(repository: Repository) -> Iterator[Finding]:
    """Find URLs of hosts that are not this machine's, with a password that nobody made up."""
    for file in repository.files:
        if b"://" not in file.data or not any(word in file.data for word in _SCHEMES):
            continue
        if not repository.is_committed(file):
            continue
        for match in _CANDIDATE.finditer(file.data):
            text = match[0].decode(errors="replace")
            url = classify(text)
            if url is None or not _is_leaked(url, text, file):
                continue
            start = len(file.data[: match.start()].decode(errors="replace"))
            kind = "key" if url.provider is Provider.ACCELERATE else "password"
            yield Finding(
                f"the {kind} of {_whose(url)} stands in {_what(file)}",
                file.span(start, start + len(text)),
            )


def _is_leaked(url: Url, text: str, file: File) -> bool:
    if url.secret is not SecretKind.REAL or url.is_local or not _is_somewhere(url):
        return False
    if url.provider is Provider.ACCELERATE:
        key = text.partition("api_key=")[2].partition("&")[0]
        return len(key) >= _LEAST_KEY
    password = text.partition("://")[2].partition(":")[2].rpartition("@")[0]
    if is_blank(url.host) or is_blank(url.user) or len(set(password)) < 5:
        return False
    if len(password) < _LEAST or not re.search(r"\d", password):
        return False
    # In tests and samples only what a provider's host makes real counts.
    return file.role not in (Role.TEST, Role.EXAMPLE) or url.provider is not Provider.OTHER


def _is_somewhere(url: Url) -> bool:
    """Whether others can reach the host, or a cloud's own network calls it so: `db.internal`."""
    return url.is_public or _OF_CLOUD.search(url.host) is not None


def _whose(url: Url) -> str:
    user = f"{url.user} at " if url.user else ""
    return f"{user}{url.provider.value} ({url.address})"


def _what(file: File) -> str:
    kind = "a .env file" if is_dotenv(file) else "a file"
    return f"{kind} that .gitignore does not name"


RULE = Rule(
    code="FD214",
    name="secret-in-repository",
    severity=Severity.ERROR,
    what="A file that git does not ignore has a database's password, or Accelerate's key, in it.",
    why="Whoever can read the repository, its forks or its history can read and write the "
    "database; removing the line later does not take it out of the history.",
    fix="change the password now, take it from the environment, and have .gitignore name the file",
    language="env",
    path=".env.production",
    bad="DATABASE_URL=postgresql://shop_owner:npg_Zx81LmQ7aT@ep-cool-1-pooler.us-east-2.aws.neon."
    "tech/shop\n",
    good="DATABASE_URL=postgresql://shop_owner:[PASSWORD]@ep-cool-1-pooler.us-east-2.aws.neon.tech/"
    "shop\n",
    check=check,
)
