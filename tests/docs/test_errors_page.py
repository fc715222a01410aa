"""docs/errors.md lists every refusal of the data plane, every code of the command, and no other."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from forebay.errors import ForebayError
from tests.docs.pages import DOCS, ROOT, code, rows

PAGE = DOCS / "errors.md"
GATEWAY = ROOT / "crates" / "gateway" / "src"

_FUNCTION = re.compile(r"pub fn (\w+)\([^)]*\) -> Self \{\n(.*?)^    \}$", re.MULTILINE | re.DOTALL)
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
_THISERROR = re.compile(r'#\[error\(\s*"((?:[^"\\]|\\.)*)"\s*,?\s*\)\]', re.DOTALL)
_HINT = re.compile(r'Some\(\s*"((?:[^"\\]|\\.)*)"\s*,?\s*\)', re.DOTALL)


@dataclass(frozen=True)
class Refusal:
    """One row; a part that is not fixed in the source is empty."""

    name: str
    severity: str
    sqlstate: str
    message: str
    hint: str


def _spelt(text: str) -> str:
    """Write a text of the source, or of the page, with all its values left open."""
    return re.sub(r"\{[^}]*\}", "{}", text.replace('\\"', '"'))


def _arguments(call: str) -> list[str]:
    """Split the text behind an opening parenthesis at the commas of its own level."""
    parts, depth, part = [], 0, ""
    for token in re.findall(r'"(?:[^"\\]|\\.)*"|.', call, re.DOTALL):
        if token in "([{":
            depth += 1
        elif token in ")]}":
            depth -= 1
        if depth < 0 or (token == "," and depth == 0):
            parts.append(part.strip())
            part = ""
            if depth < 0:
                break
        else:
            part += token
    return [part for part in parts if part]


def _text(argument: str) -> str:
    found = _TEXT.search(argument)
    return _spelt(found[1]) if found else ""


def _refusals() -> Iterator[Refusal]:
    """Read the table that report.rs is, with the parts that have files of their own."""
    parts = [GATEWAY / "report.rs", *sorted((GATEWAY / "report").glob("*.rs"))]
    source = "".join(part.read_text() for part in parts)
    for name, body in _FUNCTION.findall(source):
        sqlstate, message, hint = _arguments(body.partition("Self::fatal(")[2])
        severity = _text(body.partition("severity:")[2].partition("\n")[0]) or "FATAL"
        yield Refusal(name, severity, _text(sqlstate), _text(message), _text(hint))


def _cell(cell: str) -> str:
    """Return the text of a cell; of several, none is fixed."""
    texts = code(cell)
    return _spelt(texts[0]) if len(texts) == 1 else ""


def test_every_refusal_has_its_row_and_every_row_its_refusal() -> None:
    listed = [
        Refusal(_cell(name), severity, *(_cell(cell) for cell in cells))
        for name, severity, *cells in rows(PAGE, "## Refusals")
    ]
    found = list(_refusals())
    assert len(found) >= 19
    assert listed == found


def test_what_the_page_says_beside_the_table_is_in_the_source() -> None:
    login = "".join((GATEWAY / name).read_text() for name in ("login.rs", "login/settings.rs"))
    (unsupported,) = [row for row in rows(PAGE, "## Refusals") if "unsupported_startup" in row[0]]
    for hint in code(unsupported[4]):
        assert f'"{hint}"' in login
    assert '"08004"' in (GATEWAY / "report.rs").read_text()


def test_every_broken_login_has_its_row() -> None:
    source = (GATEWAY / "auth" / "error.rs").read_text()
    listed = list(rows(PAGE, "## Broken logins"))
    assert [_cell(message) for message, _ in listed] == [
        _spelt(text) for text in _THISERROR.findall(source)
    ]
    hints = source.partition("pub const fn hint")[2].partition("#[cfg(test)]")[0]
    assert [hint for _, cell in listed for hint in code(cell)] == _HINT.findall(hints)


def _classes(base: type[ForebayError]) -> Iterator[type[ForebayError]]:
    for each in base.__subclasses__():
        if each.__module__ == "forebay.errors":
            yield each
            yield from _classes(each)


def test_every_code_of_the_command_has_its_row() -> None:
    listed = {code(cell)[0] for cell, _ in rows(PAGE, "## The command line")}
    assert listed == {each.code for each in _classes(ForebayError)}
