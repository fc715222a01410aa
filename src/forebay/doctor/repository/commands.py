"""The shell commands that files run, and when: in CI, in a build, or at every start.

A command that runs a package's script (`npm run migrate`) is followed to what the script says.
"""

from __future__ import annotations

import enum
import functools
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from forebay.doctor.finding import Span
from forebay.doctor.repository.compose import Service
from forebay.doctor.repository.file import File, Role
from forebay.doctor.repository.package import Package
from forebay.doctor.repository.yaml_tree import Value, read_yaml


class When(enum.Enum):
    """When a command runs."""

    CHECK = "in CI"  # against a database of its own, as far as anything says
    DEPLOY = "in a deployment"
    BUILD = "in the build"
    START = "at every start"


@dataclass(frozen=True, slots=True)
class Command:
    """A line that is run; ``script`` is the package's script that it leads to, where it does."""

    text: str
    span: Span
    when: When
    script: str | None = None
    script_span: Span | None = None


_WORKFLOW = re.compile(
    r"(^|/)\.github/workflows/[^/]+\.ya?ml$|(^|/)\.gitlab-ci\.ya?ml$|(^|/)\.circleci/config\.ya?ml$"
    r"|(^|/)bitbucket-pipelines\.ya?ml$|(^|/)azure-pipelines\.ya?ml$|(^|/)\.woodpecker\.ya?ml$"
)
_DEPLOYS = re.compile(r"deploy|release|production|\bprod\b|publish|staging|\bcd\b", re.IGNORECASE)
_BUILD_SCRIPTS = re.compile(
    r"^(pre|post)?(build|install)$|^vercel-build$|^heroku-postbuild$|^now-build$"
    r"|^(build|vercel|netlify|amplify)[:-](prod|production|vercel|build|deploy)$|^prepare$"
)
_START_SCRIPTS = re.compile(r"^(pre|post)?start([:-](prod|production))?$|^serve[:-]prod$|^railway")
_DEPLOY_SCRIPTS = re.compile(r"^(pre|post)?(deploy|release)([:-](prod|production))?$")
_RUN = re.compile(
    r"\b(?:npm|pnpm|yarn|bun)(?:\s+(?:-\S+|--\S+=\S+|workspace\s+\S+|--filter\s+\S+|-F\s+\S+))*"
    r"\s+(?:run(?:-script)?\s+)?(?P<name>[\w:.-]+)|\bturbo\s+(?:run\s+)?(?P<turbo>[\w:.-]+)"
)
_FOR_PEOPLE = re.compile(r"dev|test|e2e|local|ci\b|example|preview", re.IGNORECASE)
_PAIR = re.compile(r'"((?:[^"\\]|\\.)*)"\s*:\s*"(?:[^"\\]|\\.)*"')
_DOCKER = re.compile(r"^[ \t]*(RUN|CMD|ENTRYPOINT)[ \t]+((?:[^\n\\]|\\\n|\\[^\n])*)", re.M)


def read_commands(
    files: Iterable[File], packages: Sequence[Package], services: Iterable[Service]
) -> Iterator[Command]:
    """Yield the commands that run without a person, scripts of packages followed."""
    for command in (*_written(files), *_of_packages(packages), *_of_services(services)):
        yield command
        yield from _followed(command, packages, depth=3)


def _written(files: Iterable[File]) -> Iterator[Command]:
    for file in files:
        if _WORKFLOW.search(file.path):
            yield from _of_workflow(file)
        elif file.role in (Role.TEST, Role.EXAMPLE) or _FOR_PEOPLE.search(file.name):
            continue
        elif re.match(r"(Dockerfile|Containerfile)", file.name):
            yield from _of_docker(file)
        elif file.name == "Procfile":
            yield from _of_procfile(file)
        elif file.name in ("vercel.json", "railway.json", "netlify.toml", "railway.toml",
                           "fly.toml", "render.yaml", "render.yml", "nixpacks.toml",
                           "amplify.yml"):  # fmt: skip
            yield from _of_platform(file)
        elif file.suffix == ".sh" and re.search(r"entrypoint|start|boot|release|deploy", file.name):
            when = When.DEPLOY if _DEPLOYS.search(file.name) else When.START
            yield from _lines(file, 0, len(file.text), when)


def _of_workflow(file: File) -> Iterator[Command]:
    named = bool(_DEPLOYS.search(file.name))
    for document in read_yaml(file.text):
        jobs = document.get("jobs")
        parts = list(jobs.entries.items()) if jobs else [("", document)]
        if not jobs:
            parts = list(document.entries.items())
        for name, job in parts:
            is_deploy = named or bool(_DEPLOYS.search(name) or job.get("environment"))
            has_database = (
                any("postgres" in one.say("image") for one in _services(job))
                or "localhost" in file.text[job.start : job.end]
            )
            when = When.DEPLOY if is_deploy and not has_database else When.CHECK
            yield from _of_job(file, job, when)


def _services(job: Value) -> Iterator[Value]:
    services = job.get("services")
    if services is not None:
        yield from services.entries.values()


def _of_job(file: File, job: Value, when: When) -> Iterator[Command]:
    for value in job.walk():
        for key in ("run", "command"):
            run = value.get(key)
            if run is not None and run.text:
                yield from _lines(file, run.start, run.end, when)
        for key in ("script", "before_script", "after_script"):
            script = value.get(key)
            for one in script.items if script is not None else ():
                if one.text:
                    yield from _lines(file, one.start, one.end, when)


def _of_docker(file: File) -> Iterator[Command]:
    for match in _DOCKER.finditer(file.text):
        when = When.BUILD if match[1] == "RUN" else When.START
        start, end = match.span(2)
        if match[2].lstrip().startswith("["):
            try:
                text = " ".join(str(one) for one in json.loads(match[2]))
            except (ValueError, TypeError, RecursionError):
                text = match[2]
            yield Command(text, file.span(start, end), when)
        else:
            yield from _lines(file, start, end, when)


def _of_procfile(file: File) -> Iterator[Command]:
    for number, line in enumerate(file.lines, 1):
        process, colon, text = line.partition(":")
        if colon and text.strip():
            when = When.DEPLOY if process == "release" else When.START
            yield Command(text.strip(), file.line_span(number), when)


def _of_platform(file: File) -> Iterator[Command]:
    kinds = (
        (r"[\"']?(?:buildCommand|build_command|buildcommand)[\"']?\s*[:=]\s*(.+)", When.BUILD),
        (r"^\s*command\s*=\s*(.+)", When.BUILD if file.name == "netlify.toml" else When.START),
        (r"[\"']?(?:startCommand|start_command|dockerCommand)[\"']?\s*[:=]\s*(.+)", When.START),
        (r"[\"']?(?:preDeployCommand|release_command)[\"']?\s*[:=]\s*(.+)", When.DEPLOY),
    )
    for pattern, when in kinds:
        for match in re.finditer(pattern, file.text, re.MULTILINE):
            yield Command(match[1].strip().strip("\"',"), file.span(*match.span(1)), when)


def _of_packages(packages: Sequence[Package]) -> Iterator[Command]:
    for package in packages:
        for name, text in package.scripts.items():
            when = _when_of(name)
            span = script_span(package, name)
            if when is not None and span is not None:
                if any(file.role in (Role.TEST, Role.EXAMPLE) for file in package.manifests):
                    continue
                yield Command(text, span, when, name, span)


def _when_of(script: str) -> When | None:
    if _BUILD_SCRIPTS.search(script):
        return When.BUILD
    if _START_SCRIPTS.search(script):
        return When.START
    return When.DEPLOY if _DEPLOY_SCRIPTS.search(script) else None


def _of_services(services: Iterable[Service]) -> Iterator[Command]:
    for service in services:
        if service.command and not _FOR_PEOPLE.search(service.file.name):
            span = service.span(service.command_line)
            yield Command(" ".join(service.command), span, When.START)


def _followed(command: Command, packages: Sequence[Package], depth: int) -> Iterator[Command]:
    """Yield what the scripts say that a command runs, at the place of the command."""
    if depth == 0:
        return
    for match in _RUN.finditer(command.text):
        name = match["name"] or match["turbo"]
        if name == command.script:
            continue
        for package in packages:
            text = package.scripts.get(name)
            if text is not None:
                found = Command(text, command.span, command.when, name, script_span(package, name))
                yield found
                yield from _followed(found, packages, depth - 1)
                break


def script_span(package: Package, name: str) -> Span | None:
    """Return where a script of package.json is written."""
    for file in package.manifests:
        if file.name != "package.json":
            continue
        place = _scripts_of(file).get(name)
        if place is not None:
            return file.span(*place)
    return None


@functools.lru_cache(maxsize=256)
def _scripts_of(file: File) -> dict[str, tuple[int, int]]:
    """Return where a manifest has each script, and what is written like one behind them."""
    start = file.text.find('"scripts"')
    found: dict[str, tuple[int, int]] = {}
    for match in _PAIR.finditer(file.text, start) if start >= 0 else ():
        found.setdefault(match[1], match.span())
    return found


def _lines(file: File, start: int, end: int, when: When) -> Iterator[Command]:
    """Yield the lines of a block, each at its place; a line that goes on is one."""
    place = start
    for line in re.split(r"(?<!\\)\n", file.text[start:end]):
        text = line.strip()
        if text and not text.startswith(("#", "echo ", "- echo ")):
            first = place + len(line) - len(line.lstrip())
            yield Command(
                text.replace("\\\n", " "), file.span(first, first + len(text.split("\n")[0])), when
            )
        place += len(line) + 1
