"""Reads the generator blocks that are meant for us: their options, checked and explained."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TypeAlias, cast

from forebay.client.package import Interface
from forebay.errors import ConfigurationError
from forebay.schema.model import ConfigValue, EnvironmentOr, Generator, Schema

# The second is what schemas written for Prisma Client Python say.
PROVIDERS = ("forebay", "prisma-client-py")
DEFAULT_OUTPUT = "db"

# An option may be given by a variable of the environment, as with Prisma Client Python.
VARIABLES = "PRISMA_PY_CONFIG_"

BLOCK = """generator client {
  provider = "forebay"
  output   = "../db"
}"""


@dataclass(frozen=True, slots=True)
class Options:
    """What one generator block asks for; ``notes`` are what its author should know."""

    name: str
    output: Path
    interface: Interface
    notes: tuple[str, ...] = ()


_Read: TypeAlias = Callable[["_Reader", str], None]


def read_options(
    schema: Schema, place: Path, only: str | None, environment: Mapping[str, str] | None = None
) -> list[Options]:
    """Return what each of our generators asks for; ``place`` is the schema's file or folder.

    Raises:
        ConfigurationError: there is none, or one of its options is wrong.
    """
    given = os.environ if environment is None else environment
    wanted = [one for one in ours(schema, given) if only is None or one.name == only]
    if not wanted:
        raise _nothing_to_do(schema, only)
    found = [_Reader(one, place, given).read() for one in wanted]
    for number, one in enumerate(found):
        twin = next((other for other in found[:number] if other.output == one.output), None)
        if twin is not None:
            raise ConfigurationError(
                f"the generators {twin.name} and {one.name} both write to {one.output}",
                hint="give one of them another output",
            )
    return found


def ours(schema: Schema, environment: Mapping[str, str] | None = None) -> list[Generator]:
    """Return the generators of a schema that are meant for us."""
    given = os.environ if environment is None else environment
    return [one for one in schema.generators if _provider(one, given) in PROVIDERS]


def _provider(generator: Generator, environment: Mapping[str, str]) -> str | None:
    return _value(generator.provider, environment)


def _value(value: EnvironmentOr, environment: Mapping[str, str]) -> str | None:
    return value.value if value.variable is None else environment.get(value.variable)


def _nothing_to_do(schema: Schema, only: str | None) -> ConfigurationError:
    names = [one.name for one in schema.generators]
    if only is not None:
        listed = ", ".join(names) or "none"
        return ConfigurationError(
            f"no generator of ours is called {only}; the schema's generators are: {listed}",
            hint=f"name one whose provider is {' or '.join(PROVIDERS)}",
        )
    return ConfigurationError(
        "the schema has no generator with the provider forebay", hint=f"add to it:\n{BLOCK}"
    )


class _Reader:
    def __init__(self, generator: Generator, place: Path, environment: Mapping[str, str]) -> None:
        self._generator = generator
        self._folder = place if place.is_dir() else place.parent
        self._environment = environment
        self._interface: Interface = "asyncio"
        self._notes: list[str] = []

    def read(self) -> Options:
        """Return the options."""
        generator = self._generator
        given: dict[str, ConfigValue] = dict(generator.config)
        for name in (*_OPTIONS, "output"):
            override = self._environment.get(f"{VARIABLES}{name.upper()}")
            if override is not None:
                given[name] = override
        output = self._output(given.pop("output", generator.output))
        for name, value in given.items():
            read = _OPTIONS.get(name)
            if read is None:
                raise self._unknown(name)
            read(self, self._text(name, value))
        return Options(generator.name, output, self._interface, tuple(self._notes))

    def _wrong(self, name: str, value: str, rule: str, hint: str) -> ConfigurationError:
        return ConfigurationError(
            f"generator {self._generator.name}: {name} is {value!r}, and {rule}", hint=hint
        )

    def _unknown(self, name: str) -> ConfigurationError:
        known = sorted({*_OPTIONS, "output", "previewFeatures"})
        near = get_close_matches(name, known, n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        return ConfigurationError(
            f"generator {self._generator.name}: there is no option {name}",
            hint=f"{meant}known options: {', '.join(known)}",
        )

    def _text(self, name: str, value: ConfigValue | None) -> str:
        if isinstance(value, EnvironmentOr):
            found = _value(value, self._environment)
            if found is None:
                raise ConfigurationError(
                    f"generator {self._generator.name}: {name} is in the environment variable "
                    f"{value.variable}, which is not set",
                    hint=f"set {value.variable}, or write the value in the schema",
                )
            return found
        if not isinstance(value, str):
            raise self._wrong(name, str(value), "has to be a text", f'write {name} = "…"')
        return value

    def _output(self, value: ConfigValue | None) -> Path:
        if value is None:
            # A folder `prisma` holds schemas and migrations: code goes beside it.
            folder = self._folder.parent if self._folder.name == "prisma" else self._folder
            return _normal(folder / DEFAULT_OUTPUT)
        text = self._text("output", value)
        path = _normal(self._folder / text)
        if not path.name.isidentifier():
            raise self._wrong(
                "output",
                text,
                f"Python cannot import a package called {path.name!r}",
                "end it with a name of letters, digits and _",
            )
        return path

    def read_interface(self, value: str) -> None:
        """Read whether the client waits."""
        if value not in ("asyncio", "sync"):
            raise self._wrong(
                "interface", value, "has to be asyncio or sync", 'write interface = "asyncio"'
            )
        self._interface = cast("Interface", value)

    def read_depth(self, value: str) -> None:
        """Check the depth of types, which here have no end."""
        try:
            depth = int(value)
        except ValueError:
            depth = 0
        if depth != -1 and depth < 2:
            name = "recursive_type_depth"
            raise self._wrong(name, value, "has to be -1, or 2 and more", "leave it out")

    def read_partials(self, value: str) -> None:
        """Say what there is in place of partial types."""
        self._notes.append(
            f"partial_type_generator = {value!r} is not run: give operations a class of your own "
            "(into=…), which fetches exactly its fields"
        )

    def read_engine(self, value: str) -> None:
        """Accept what says how the archived client reached its engine."""
        if value not in ("binary", "library", "client", "dataproxy"):
            raise self._wrong("engineType", value, "has to be binary", "leave it out: no engine")

    def read_flag(self, value: str) -> None:
        """Accept a flag that means nothing here."""
        if value.lower() not in ("true", "false", "1", "0"):
            name = "enable_experimental_decimal"
            raise self._wrong(name, value, "has to be true or false", "leave it out")


def _normal(path: Path) -> Path:
    """Return a path without `..`, relative where it was: it is shown to people."""
    return Path(os.path.normpath(path))


_OPTIONS: dict[str, _Read] = {
    "interface": _Reader.read_interface,
    "recursive_type_depth": _Reader.read_depth,
    "partial_type_generator": _Reader.read_partials,
    "engineType": _Reader.read_engine,
    "enable_experimental_decimal": _Reader.read_flag,
}
