"""Prisma's engine for another system than the one that runs it."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.deployment import Deployment, Platform
from forebay.doctor.repository.prisma import PrismaProject
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_ENGINELESS = frozenset({"queryCompiler"})
_FILES = ("serverless.yml", "serverless.yaml", "serverless.ts", "template.yaml", "template.yml")


def check(repository: Repository) -> Iterator[Finding]:
    """Find generators for this machine only, in what is packed here and run on Lambda."""
    for project in repository.prisma:
        version = project.version
        if version is None or version[0] >= 7:
            continue
        deployment = _lambda(repository, project)
        if deployment is None:
            continue
        for generator in project.checked.schema.generators:
            if generator.provider.value != "prisma-client-js":
                continue
            if (
                _ENGINELESS & set(generator.preview_features or ())
                or "engineType" in generator.config
            ):
                continue
            targets = [one.value or "" for one in generator.binary_targets]
            if not any(one.startswith(("rhel", "linux")) for one in targets):
                said = f"binaryTargets = {targets}" if targets else "no binaryTargets"
                yield Finding(
                    f"the client is generated with {said.replace(chr(39), chr(34))}, and is packed "
                    "for AWS Lambda, which needs rhel-openssl-3.0.x",
                    project.line_span(generator.node.start),
                    notes=(Note("what is packed", deployment.evidence),),
                )


def _lambda(repository: Repository, project: PrismaProject) -> Deployment | None:
    for one in repository.deployments_of(project.files[0]):
        name = one.evidence.path.rpartition("/")[2]
        if one.platform is Platform.LAMBDA and name in _FILES:
            file = repository.file(one.evidence.path)
            # An image carries its own system, and is built in it.
            if file is not None and "image:" not in file.text and "PackageType" not in file.text:
                return one
    return None


RULE = Rule(
    code="FD218",
    name="engine-target-missing",
    severity=Severity.ERROR,
    what="Prisma's engine is generated for the machine that builds, and runs on AWS Lambda.",
    why="The first request fails with `Query engine library for current platform could not be "
    "found`, on Lambda only: the package holds the engine of the developer's or the runner's "
    "system.",
    fix='add `binaryTargets = ["native", "rhel-openssl-3.0.x"]` to the generator '
    "(`linux-arm64-openssl-3.0.x` on arm64), or use Prisma 7, which has no engine to pack",
    language="prisma",
    files={
        "serverless.yml": "service: shop\nprovider:\n  name: aws\n",
        "package.json": '{"dependencies": {"@prisma/client": "5.22.0"}}\n',
    },
    bad='generator client {\n  provider = "prisma-client-js"\n}\n\ndatasource db {\n'
    '  provider = "postgresql"\n  url      = env("DATABASE_URL")\n}\n',
    good='generator client {\n  provider      = "prisma-client-js"\n'
    '  binaryTargets = ["native", "rhel-openssl-3.0.x"]\n}\n\ndatasource db {\n'
    '  provider = "postgresql"\n  url      = env("DATABASE_URL")\n}\n',
    references=(
        "https://www.prisma.io/docs/orm/reference/prisma-schema-reference#binarytargets-options",
    ),
    check=check,
)
