"""Gives a running data plane the settings of a file that changed: all of them, or none."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from forebay.errors import ConfigurationError, ForebayError
from forebay.postgres.secret import Secret
from forebay.serve.registry import describe
from forebay.serve.render import render
from forebay.serve.settings import TABLES, Settings
from forebay.serve.toml_text import toml_value
from forebay.serve.values import Kind

Log = Callable[[str], None]


@runtime_checkable
class Reloadable(Protocol):
    """A data plane that takes a new configuration while it runs."""

    def reload(self, configuration: str) -> str:
        """Take all of it, or raise and take nothing; return the changed names as JSON."""


@dataclass(frozen=True)
class Change:
    """One setting that is not what it was; a secret's values are not here."""

    name: str
    text: str
    needs_restart: bool = False

    def __str__(self) -> str:
        later = " needs a restart; the old value stays until then" if self.needs_restart else ""
        return f"{self.name}: {self.text}{later}"


def changes(old: Settings, new: Settings) -> list[Change]:
    """Return what differs, in the order of the registry."""
    found: list[Change] = []
    for name, setting in describe(Settings).items():
        if name in TABLES:
            found += _table_changes(name, getattr(old, name), getattr(new, name))
            continue
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            text = f"{_text(before, setting.kind)} -> {_text(after, setting.kind)}"
            found.append(Change(name, text, setting.applies == "restart"))
    return found


def reload(gateway: object, old: Settings, new: Settings, log: Log) -> Settings:
    """Give the data plane `new`, log what changed, and return what holds from now on.

    What needs a restart keeps its old value. When the data plane refuses, or cannot do it, that is
    logged and `old` goes on. It is handed over also when no setting has changed: the certificates
    in their files may have.
    """
    found = changes(old, new)
    kept = {each.name: getattr(old, each.name) for each in found if each.needs_restart}
    for each in found:
        if each.needs_restart:
            log(f"reload: {each}")
    found = [each for each in found if not each.needs_restart]
    effective = new.model_copy(update=kept)
    if not isinstance(gateway, Reloadable):
        log("reload: not built yet in this version; restart to apply what changed")
        return old
    # Here, because settings are also looked at where the data plane is not built.
    from forebay._gateway import GatewayError

    try:
        gateway.reload(render(effective))
    except GatewayError as error:
        message, hint = error.args
        log(f"reload refused, nothing changed: {message}{f' ({hint})' if hint else ''}")
        return old
    if not found:
        log("reload: nothing changed" if not kept else "reload: nothing else changed")
    for each in found:
        log(f"reload: {each}")
    return effective


def reread(read: Callable[[], Settings], old: Settings, gateway: object, log: Log) -> Settings:
    """Read the file again and give the data plane what it says; a bad file changes nothing."""
    try:
        new = read()
    except ConfigurationError as error:
        problems = getattr(error, "problems", None) or [error]
        for problem in problems:
            log(f"reload refused: {_one_line(problem)}")
        log("reload refused: the settings that were stay in force")
        return old
    return reload(gateway, old, new, log)


def _one_line(problem: object) -> str:
    hint = getattr(problem, "hint", None)
    text = problem.message if isinstance(problem, ForebayError) else str(problem)
    return f"{text} ({hint})" if hint else text


def _table_changes(section: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    for owner in [*old, *(name for name in new if name not in old)]:
        name = f"{section}.{owner}"
        if owner not in new:
            yield Change(name, "removed")
        elif owner not in old:
            yield Change(name, "added")
        else:
            for key, setting in describe(TABLES[section]).items():
                before, after = getattr(old[owner], key), getattr(new[owner], key)
                if before == after:
                    continue
                if setting.kind is Kind.SECRET:
                    yield Change(f"{name}.{key}", "changed")
                else:
                    text = f"{_text(before, setting.kind)} -> {_text(after, setting.kind)}"
                    yield Change(f"{name}.{key}", text)


def _text(value: Any, kind: Kind) -> str:
    if value is None:
        return "none"
    if isinstance(value, Secret | Path):
        return str(value)
    return f"{value:04o}" if kind is Kind.MODE else toml_value(value)
