"""Functions on one continent, their database on another."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from forebay.doctor.finding import Finding, Note, Span
from forebay.doctor.python.django import databases_of
from forebay.doctor.python.engines import engines_of
from forebay.doctor.repository.file import File, Role
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.rules.configuration.shared import application_urls
from forebay.doctor.urls import classify

# Vercel's and Fly's places, by the AWS region beside them.
_PLACES = {
    "iad1": "us-east-1", "cle1": "us-east-2", "sfo1": "us-west-1", "pdx1": "us-west-2",
    "dub1": "eu-west-1", "lhr1": "eu-west-2", "cdg1": "eu-west-3", "fra1": "eu-central-1",
    "arn1": "eu-north-1", "hnd1": "ap-northeast-1", "icn1": "ap-northeast-2",
    "kix1": "ap-northeast-3", "sin1": "ap-southeast-1", "syd1": "ap-southeast-2",
    "hkg1": "ap-east-1", "bom1": "ap-south-1", "gru1": "sa-east-1", "cpt1": "af-south-1",
    "iad": "us-east-1", "ewr": "us-east-1", "ord": "us-east-2", "lax": "us-west-1",
    "sjc": "us-west-1", "sea": "us-west-2", "lhr": "eu-west-2", "cdg": "eu-west-3",
    "ams": "eu-west-1", "fra": "eu-central-1", "arn": "eu-north-1", "nrt": "ap-northeast-1",
    "sin": "ap-southeast-1", "syd": "ap-southeast-2", "bom": "ap-south-1", "gru": "sa-east-1",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Home:
    """Where functions run: the words of the file, and the AWS region that they mean."""

    said: str
    region: str
    folder: str
    span: Span


@dataclass(frozen=True, slots=True)
class _Database:
    """A database whose host tells where it is, and where that is written."""

    name: str
    region: str
    file: File
    span: Span


def check(repository: Repository) -> Iterator[Finding]:
    """Find URLs whose host names a region far from where the functions are told to run."""
    homes = [home for file in repository.files for home in _homes(file)]
    if not homes:
        return
    for one in _databases(repository):
        around = [home for home in homes if one.file.path.startswith(home.folder)]
        if around and all(_area(home.region) != _area(one.region) for home in around):
            yield _finding(one, around[0])


def _databases(repository: Repository) -> Iterator[_Database]:
    """Yield the databases whose host tells a region: of variables, and of Python's sources."""
    for connection in application_urls(repository):
        region = connection.url.region
        if region is not None and not connection.variable.is_example:
            yield _Database(connection.name, region, connection.file, connection.span)
    for engine in repository.known(engines_of):
        found = classify(engine.url.text or "")
        if found is not None and found.region is not None:
            name = engine.url.variables[0] if engine.url.variables else f"this {engine.kind.value}"
            yield _Database(name, found.region, engine.module.file, engine.span)
    for database in repository.known(databases_of):
        found = classify(database.url.text or "")
        if found is not None and found.region is not None:
            module = database.module
            yield _Database("DATABASES", found.region, module.file, database.span)


def _finding(one: _Database, home: _Home) -> Finding:
    return Finding(
        f"the database of {one.name} is in {one.region}, and the code runs in {home.said}: "
        "every query crosses between them",
        one.span,
        notes=(Note(f"runs in {home.said}, beside {home.region}", home.span),),
    )


def _homes(file: File) -> Iterator[_Home]:
    folder = file.path[: -len(file.name)]
    if file.role in (Role.TEST, Role.EXAMPLE):
        return
    if file.name == "vercel.json":
        try:
            said = json.loads(file.text).get("regions", [])
        except (ValueError, AttributeError, RecursionError):
            return
        for code in said if isinstance(said, list) else ():
            if isinstance(code, str) and code in _PLACES:
                yield _Home(
                    code, _PLACES[code], folder, file.find(f'"{code}"') or file.line_span(1)
                )
        return
    for names, pattern, is_deploying in _SAYS:
        if names.search(file.path) and (not is_deploying or _DEPLOYS.search(file.text)):
            # A workflow speaks for the whole repository.
            where = "" if is_deploying else folder
            for found in pattern.finditer(file.text):
                region = _PLACES.get(found[1], found[1])
                if "-" in region:
                    yield _Home(found[1], region, where, file.span(*found.span(1)))


_AWS = r"([a-z]{2}(?:-gov)?-[a-z]+-\d)"
# Which file says where functions run, how, and whether it has to be one that deploys them.
_SAYS = tuple(
    (re.compile(names), re.compile(pattern, re.MULTILINE), is_deploying)
    for names, pattern, is_deploying in (
        (r"(^|/)fly\.toml$", r"^primary_region\s*=\s*[\"'](\w+)[\"']", False),
        (r"(^|/)serverless\.ya?ml$", rf"^\s+region:\s*[\"']?{_AWS}[\"']?\s*(?:#.*)?$", False),
        (r"(^|/)samconfig\.toml$", rf"^\s*region\s*=\s*[\"']{_AWS}[\"']", False),
        (r"(^|/)samconfig\.ya?ml$", rf"^\s*region:\s*[\"']?{_AWS}[\"']?\s*$", False),
        (r"(^|/)zappa_settings\.json$", rf"\"aws_region\"\s*:\s*\"{_AWS}\"", False),
        (r"(^|/)zappa_settings\.(toml|ya?ml)$", rf"\baws_region\s*[:=]\s*[\"']?{_AWS}", False),
        (r"(^|/)\.github/workflows/[^/]+\.ya?ml$", rf"\baws-region:\s*[\"']?{_AWS}", True),
    )
)
_DEPLOYS = re.compile(
    r"\b(sam deploy|zappa (deploy|update)|chalice deploy|(serverless|sls) deploy|cdk deploy"
    r"|aws lambda update-function-code)\b"
)


def _area(region: str) -> str:
    # Within one of these a round trip takes a few milliseconds more; between them many times that.
    parts = region.split("-")
    return parts[0] if parts[0] == "eu" else "-".join(parts[:2])


RULE = Rule(
    code="FD219",
    name="region-mismatch",
    severity=Severity.WARNING,
    what="The functions run in one region, and the database is in another, far away.",
    why="Every query pays the way there and back: 70 ms across North America, 150 ms and more "
    "across an ocean. Ten queries a page are a second, and each connection is held that much "
    "longer, so that fewer requests fill the pool.",
    fix="run the functions in the database's region, or move the database to theirs",
    language="env",
    path=".env.production",
    files={"vercel.json": '{"regions": ["fra1"]}\n'},
    bad="DATABASE_URL=postgresql://app:[PASSWORD]@ep-cool-1-pooler.us-east-2.aws.neon.tech/shop\n",
    good="DATABASE_URL=postgresql://app:[PASSWORD]@ep-cool-1-pooler.eu-central-1.aws.neon.tech/shop"
    "\n",
    references=("https://vercel.com/docs/functions/configuring-functions/region",),
    check=check,
)
