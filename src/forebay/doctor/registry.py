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
    names = {}
    for rule in all_rules():
        names[rule.code.lower()] = names[rule.name] = rule
    found = names.get(wanted.lower())
    if found is None:
        near = difflib.get_close_matches(wanted.lower(), names, 1)
        hint = f"did you mean {names[near[0]].code} ({names[near[0]].name})?" if near else None
        raise ConfigurationError(
            f"there is no rule {wanted}", hint=hint or "forebay doctor rules lists them"
        )
    return found
