"""What type checkers are told is what runs: the same methods, with the same arguments."""

import ast
import inspect
from pathlib import Path

import pytest

from forebay.client.actions import Actions
from forebay.client.package import Package
from tests.generator.made import schema_text
from tools.typed_twin import FOLDER, TWIN, twin


def _declared(path: Path, cls: str) -> dict[str, list[ast.arguments]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: dict[str, list[ast.arguments]] = {}
    body = next(n.body for n in tree.body if isinstance(n, ast.ClassDef) and n.name == cls)
    for one in body:
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
            found.setdefault(one.name, []).append(one.args)
    return found


def _names(arguments: ast.arguments) -> list[str]:
    rest = [arguments.vararg] if arguments.vararg else []
    return [one.arg for one in [*arguments.args, *rest, *arguments.kwonlyargs]]


def _positional(function: object) -> list[str]:
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD,)
    parameters = inspect.signature(function).parameters.values()  # type: ignore[arg-type]
    return [one.name for one in parameters if one.kind in kinds]


def test_the_twin_is_what_the_tool_makes():
    assert TWIN.read_text(encoding="utf-8") == twin()


@pytest.mark.parametrize(
    ("file", "cls"), [("asyncio_actions", "Actions"), ("batch_actions", "BatchActions")]
)
def test_declared_arguments_are_those_that_are_taken(file, cls):
    for name, overloads in _declared(FOLDER / f"{file}.pyi", cls).items():
        if name == "fields":
            continue
        function = getattr(Actions, name)
        taken = list(inspect.signature(function).parameters)
        for one in overloads:
            assert set(_names(one)) <= set(taken), name
            places = [argument.arg for argument in one.args]
            assert places == _positional(function)[: len(places)], name


def test_every_operation_is_declared():
    declared = _declared(FOLDER / "asyncio_actions.pyi", "Actions")
    runs = {name for name in vars(Actions) if not name.startswith("_")}
    assert runs == set(declared)


def test_every_argument_of_an_operation_is_declared():
    for name, overloads in _declared(FOLDER / "asyncio_actions.pyi", "Actions").items():
        if name != "fields":
            taken = set(inspect.signature(getattr(Actions, name)).parameters)
            assert set().union(*map(_names, overloads)) == taken, name


def test_a_package_without_files_has_the_same_names():
    package = Package.from_text(schema_text("names"))
    assert package.attributes("Field")["from"] == "from_"
    assert package.attributes("List")["_count"] == "count_"
    assert package.instances["lists"] == "List"
