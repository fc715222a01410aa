"""A secret in an image's layers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.file import Role
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.urls import SecretKind, classify, secret_kind

_NAME = re.compile(r"(SECRET|TOKEN|API_?KEY|PRIVATE_KEY|PASSWORD|PASSWD)(_|$)|ACCESS_KEY$")


def check(repository: Repository) -> Iterator[Finding]:
    """Find ENV and ARG of Dockerfiles with a secret of somebody's."""
    for variable in repository.variables:
        file = variable.file
        if not file.name.startswith(("Dockerfile", "Containerfile")):
            continue
        if file.role in (Role.TEST, Role.EXAMPLE) or re.search(r"dev|test|local", file.name):
            continue
        url = classify(variable.value)
        if url is not None:
            is_secret = url.secret is SecretKind.REAL and not url.is_local
        else:
            is_secret = (
                bool(_NAME.search(variable.name))
                and len(variable.value) >= 12
                and bool(re.search(r"\d", variable.value))
                and "/" not in variable.value
                and secret_kind(variable.value) is SecretKind.REAL
            )
        if is_secret:
            yield Finding(
                f"{variable.name} is written into the image with its value", variable.span
            )


RULE = Rule(
    code="FD221",
    name="image-holds-secret",
    severity=Severity.ERROR,
    what="A Dockerfile sets a secret with ENV or ARG.",
    why="It stays in the image's layers and in its history: whoever can pull the image can read "
    "it, also when a later layer unsets it.",
    fix="give it to the container when it starts, or to the build with `RUN --mount=type=secret`",
    language="dockerfile",
    bad="FROM node:22\nENV DATABASE_PASSWORD=Zx81LmQ7aT4kP0\n",
    good="FROM node:22\nENV NODE_ENV=production\n",
    references=("https://docs.docker.com/build/building/secrets/",),
    check=check,
)
