"""Links lead somewhere, and nothing that is committed names the machine it was written on."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import README, ROOT, anchors, blocks, committed, links, pages

REQUIRED = [
    *("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"),
    *("docs/settings.md", "docs/transaction-mode.md", "docs/errors.md", "docs/configuration.md"),
    "docs/metrics.md",
    "docs/tls.md",
    "docs/budget.md",
    "docs/storm.md",
    "docs/faults.md",
    "docs/schema.md",
    "docs/query.md",
    "docs/extensions.md",
    "docs/seeing.md",
    "docs/advise.md",
    "docs/doctor-live.md",
]

# Spelt in pieces, so that this file does not find itself.
_HOMES = re.compile(
    r"(?<![\w.}*])/(?:" + "|".join(["root", "work", r"home/\w+", r"Users/\w+"]) + ")/"
)
_REGISTRIES = re.compile(
    "|".join(
        [
            r"registry\.(?:npmjs|yarnpkg)\.",
            r"(?:test\.)?py" + r"pi\.org",
            r"files\.python" + r"hosted\.org",
            r"(?:static|index)\.crates" + r"\.io",
        ]
    )
)
# cargo writes where a crate comes from, and knows crates.io by the name of its index only.
_LOCKED = re.compile(r'^source = "(.*)"$', re.MULTILINE)
_CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return ""


def test_the_pages_are_there() -> None:
    assert {str(path.relative_to(ROOT)) for path in pages()} >= set(REQUIRED)


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_within_the_project_lead_somewhere(page: Path) -> None:
    broken = []
    for link in links(page):
        if link.startswith(("https://", "http://")):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_no_committed_text_names_a_machine_or_a_registry() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {match[0]}"
        for path in committed()
        for number, line in enumerate(_text(path).splitlines(), start=1)
        for match in [*_HOMES.finditer(line), *_REGISTRIES.finditer(line)]
    ]
    assert found == []


def test_every_crate_comes_from_crates_io() -> None:
    locks = [path for path in committed() if path.name == "Cargo.lock"]
    assert locks
    sources = {source for path in locks for source in _LOCKED.findall(path.read_text())}
    assert sources == {_CRATES_IO}


def test_every_node_package_is_locked_without_an_address() -> None:
    locks = [path for path in committed() if path.name == "package-lock.json"]
    assert locks
    assert [path for path in locks if '"resolved"' in path.read_text()] == []


def test_only_pages_that_are_tested_have_marked_examples() -> None:
    """A marked example on a page that no test reads would look proved and not be."""
    marked = {page.name for page in pages() if blocks(page)}
    assert marked == {
        *("README.md", "configuration.md", "tls.md", "budget.md", "schema.md", "query.md"),
        *("console.md", "client.md", "extensions.md", "seeing.md", "migrate.md"),
        "advise.md",
        "doctor-live.md",
        "prisma.md",
    }


def test_every_client_with_a_test_is_in_the_status_table() -> None:
    tests = {f"tests/peers/{path.name}" for path in (ROOT / "tests/peers").glob("test_*.py")}
    assert tests <= set(links(README))
