"""Where a repository runs, and which file says so."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from forebay.doctor.finding import Span
from forebay.doctor.repository.file import File, Role
from forebay.doctor.repository.package import Package


class Platform(enum.Enum):
    """What runs it."""

    VERCEL = "Vercel"
    NETLIFY = "Netlify"
    LAMBDA = "AWS Lambda"
    CLOUDFLARE = "Cloudflare Workers"
    AZURE = "Azure Functions"
    CLOUD_FUNCTIONS = "Google Cloud Functions"
    CLOUD_RUN = "Google Cloud Run"
    FLY = "Fly.io"
    RAILWAY = "Railway"
    RENDER = "Render"
    HEROKU = "Heroku"
    KUBERNETES = "Kubernetes"
    CONTAINER = "a container"


_SERVERLESS = frozenset(
    {
        Platform.VERCEL,
        Platform.NETLIFY,
        Platform.LAMBDA,
        Platform.CLOUDFLARE,
        Platform.AZURE,
        Platform.CLOUD_FUNCTIONS,
    }
)


@dataclass(frozen=True, slots=True)
class Deployment:
    """One platform that a folder is deployed to; ``evidence`` is the line that says so."""

    platform: Platform
    folder: str
    evidence: Span

    @property
    def is_serverless(self) -> bool:
        """Whether requests run in short-lived functions, many processes at a time."""
        return self.platform in _SERVERLESS


# A file's path, what its text has to hold, and the platform that it means.
_SIGNS: tuple[tuple[str, str, Platform], ...] = (
    (r"(^|/)(vercel|now)\.json$", "", Platform.VERCEL),
    (r"(^|/)netlify\.toml$", "", Platform.NETLIFY),
    (r"(^|/)serverless\.(ya?ml|ts|js|json)$", r"\baws\b", Platform.LAMBDA),
    (r"(^|/)serverless\.(ya?ml|ts|js|json)$", r"\bazure\b", Platform.AZURE),
    (r"(^|/)(sam|template)\.ya?ml$", r"AWS::(Serverless|Lambda)::Function", Platform.LAMBDA),
    (r"(^|/)zappa_settings\.(json|toml|ya?ml)$", "", Platform.LAMBDA),
    (r"(^|/)sst\.config\.(ts|js)$", "", Platform.LAMBDA),
    (r"(^|/)chalicelib/|(^|/)\.chalice/config\.json$", "", Platform.LAMBDA),
    (r"\.tf$", r"\"aws_lambda_function\"", Platform.LAMBDA),
    (r"(^|/)wrangler\.(toml|jsonc?)$", "", Platform.CLOUDFLARE),
    (r"(^|/)host\.json$", r"\"extensionBundle\"|functionTimeout", Platform.AZURE),
    (r"(^|/)fly\.toml$", "", Platform.FLY),
    (r"(^|/)railway\.(toml|json)$", "", Platform.RAILWAY),
    (r"(^|/)render\.ya?ml$", r"services:", Platform.RENDER),
    (r"(^|/)Procfile$", r"^web:", Platform.HEROKU),
    (r"\.ya?ml$", r"^kind:\s*(Deployment|StatefulSet)\b", Platform.KUBERNETES),
    (r"(^|/)(Dockerfile|Containerfile)[^/]*$", r"public\.ecr\.aws/lambda", Platform.LAMBDA),
    (r"(^|/)(Dockerfile|Containerfile)[^/]*$", r"^(CMD|ENTRYPOINT)\b", Platform.CONTAINER),
)
_COMPILED = tuple(
    (re.compile(path), re.compile(text, re.MULTILINE), platform) for path, text, platform in _SIGNS
)
# What a path must hold for one of them to fit: most hold none of it.
_HINTS = re.compile(
    r"\.ya?ml$|\.toml$|\.json$|\.jsonc$|\.tf$|serverless\.|sst\.config|chalicelib/|Procfile$|Dockerf"
    r"|Containerf"
)
_HANDLER = re.compile(r'^\s*handler\s*=\s*"([\w./-]+)\.\w+"', re.MULTILINE)
# An archive that Terraform makes of a text, or of a file beside it.
_INLINE = re.compile(
    r'"archive_file"[\s\S]{0,600}?(source_(file|dir)\s*=\s*"\$\{path\.module\}/(?!\.\.)'
    r"|source\s*\{\s*(content|filename)\b)"
)
# Dependencies that only run on one platform.
_DEPENDENCIES: tuple[tuple[tuple[str, ...], Platform], ...] = (
    (("mangum", "aws-lambda-powertools", "chalice", "zappa", "apig-wsgi"), Platform.LAMBDA),
    (("@types/aws-lambda", "serverless-http", "@vendia/serverless-express"), Platform.LAMBDA),
    (("@opennextjs/aws", "open-next"), Platform.LAMBDA),
    (("@vercel/node", "@vercel/functions", "@vercel/analytics", "@vercel/speed-insights"),
     Platform.VERCEL),
    (("@netlify/functions", "@netlify/plugin-nextjs"), Platform.NETLIFY),
    (("@azure/functions", "azure-functions"), Platform.AZURE),
    (("functions-framework", "firebase-functions"), Platform.CLOUD_FUNCTIONS),
    (("@cloudflare/workers-types", "@cloudflare/next-on-pages"), Platform.CLOUDFLARE),
)  # fmt: skip


def read_deployments(files: Iterable[File], packages: Iterable[Package]) -> Iterator[Deployment]:
    """Yield every platform that a file or a dependency names, once a folder."""
    seen: set[tuple[Platform, str]] = set()
    for one in (*_of_files(files), *_of_packages(packages)):
        if (one.platform, one.folder) not in seen:
            seen.add((one.platform, one.folder))
            yield one


def _of_files(files: Iterable[File]) -> Iterator[Deployment]:
    files = list(files)
    paths = [file.path for file in files]
    for file in files:
        if not _HINTS.search(file.path) or file.role in (Role.TEST, Role.EXAMPLE):
            continue
        for path, text, platform in _COMPILED:
            if not path.search(file.path):
                continue
            found = text.search(file.text)
            if found:
                line = file.text.count("\n", 0, found.start()) + 1
                folder = _folder(file.path)
                if file.suffix == ".tf" and _brings_its_code(file, paths):
                    folder = file.path.rpartition("/")[0] + "/"
                yield Deployment(platform, folder, file.line_span(line))


def _brings_its_code(file: File, paths: Sequence[str]) -> bool:
    """Whether the functions that a file of Terraform makes have their code in its own folder.

    Such a function mails an alert or turns a password; it is not what the repository is.
    """
    own = file.path.rpartition("/")[0] + "/"
    handlers = _HANDLER.findall(file.text)
    if own == "/" or not handlers:
        return False
    for handler in handlers:
        stem = handler.rpartition("/")[2]
        named = [one for one in paths if one.rpartition("/")[2].partition(".")[0] == stem]
        code = [one for one in named if one.endswith((".py", ".js", ".mjs", ".cjs", ".ts"))]
        is_written_here = _INLINE.search(file.text) is not None
        if not is_written_here and not (code and all(one.startswith(own) for one in code)):
            return False
    return True


def _of_packages(packages: Iterable[Package]) -> Iterator[Deployment]:
    for package in packages:
        for names, platform in _DEPENDENCIES:
            span = _mention(package, names)
            if span is not None:
                yield Deployment(platform, package.folder, span)


def _mention(package: Package, names: tuple[str, ...]) -> Span | None:
    for file in package.manifests:
        is_json = file.name == "package.json"
        written: Callable[[str], str] = (lambda name: f'"{name}"') if is_json else str
        for name in names:
            depends = package.javascript if is_json else package.python
            if name in depends:
                return file.find(written(name)) or file.line_span(1)
    return None


def _folder(path: str) -> str:
    folder = path.rpartition("/")[0]
    # Files of a deployment in a folder of their own speak for the folder around it.
    folder = re.sub(
        r"(^|/)(deploy(ments?)?|k8s|kubernetes|infra|terraform|docker|charts?|ops|\.\w+)(/.*)?$",
        "",
        folder,
    )
    return folder + "/" if folder else ""
