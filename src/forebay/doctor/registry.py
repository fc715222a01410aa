"""Every rule there is: each module below `rules` holds one, as `RULE`."""

from __future__ import annotations

import difflib
import functools
import importlib
import pkgutil

import forebay.doctor.rules
from forebay.doctor.rule import Rule
from forebay.errors import ConfigurationError


@functools.cache
def all_rules() -> tuple[Rule, ...]:
    """Return every rule, in the order of their codes."""
    found: dict[str, Rule] = {}
    package = forebay.doctor.rules
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        rule = getattr(importlib.import_module(module.name), "RULE", None)
        if rule is None:
            continue
        if rule.code in found or any(rule.name == other.name for other in found.values()):
            raise AssertionError(f"two rules are called {rule.code} or {rule.name}")
        found[rule.code] = rule
    return tuple(found[code] for code in sorted(found))


def find_rule(wanted: str) -> Rule:
    """Return the rule with this code or name.

    Raises:
        ConfigurationError: there is none; the hint names the nearest.
    """
    found = _names().get(wanted.lower())
    if found is None:
        raise no_rule(wanted)
    return found


def no_rule(wanted: str) -> ConfigurationError:
    """Return the refusal of a code or name that no rule has, with the nearest."""
    near = nearest(wanted)
    said = f"did you mean {near.code} ({near.name})?" if near is not None else ""
    return ConfigurationError(
        f"there is no rule {wanted}", hint=said or "forebay doctor rules lists them"
    )


def nearest(wanted: str) -> Rule | None:
    """Return the rule whose code or name is most like this, or None when none is."""
    names = _names()
    near = difflib.get_close_matches(wanted.lower(), names, len(names))
    # Of two that are as near, the one that begins so: a slip is oftener in the last figures.
    best = max(near, key=lambda one: _beginning(one, wanted.lower()), default=None)
    return names[best] if best is not None else None


def _beginning(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their start."""
    return next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )


@functools.cache
def _names() -> dict[str, Rule]:
    return {name: rule for rule in all_rules() for name in (rule.code.lower(), rule.name)}
