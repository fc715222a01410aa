"""The generator blocks of a schema: which are ours, their options, and what is refused."""

from pathlib import Path

import pytest

from forebay.errors import ConfigurationError
from forebay.generator.options import Options, read_options
from forebay.schema.load import load

_DATASOURCE = 'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n'


def _read(
    blocks: str, only: str | None = None, place: str = "prisma/schema.prisma", **variables: str
) -> list[Options]:
    schema = load([("schema.prisma", _DATASOURCE + blocks + "\nmodel A {\n  id Int @id\n}\n")])
    return read_options(schema, Path(place), only, variables)


def _block(name: str = "client", provider: str = '"forebay"', **options: str) -> str:
    lines = [f"  {key} = {value}" for key, value in options.items()]
    return "\n".join([f"generator {name} {{", f"  provider = {provider}", *lines, "}\n"])


def _refusal(blocks: str, only: str | None = None, **variables: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        _read(blocks, only, **variables)
    return caught.value


def test_a_block_needs_nothing_but_its_provider():
    assert _read(_block()) == [Options("client", Path("db"), "asyncio")]


@pytest.mark.parametrize(
    ("place", "output"),
    [("schema.prisma", "db"), ("a/prisma/schema.prisma", "a/db"), ("a/schema.prisma", "a/db")],
)
def test_without_an_output_the_package_is_beside_the_schema(place, output):
    assert _read(_block(), place=place)[0].output == Path(output)


def test_the_output_is_relative_to_the_schema():
    assert _read(_block(output='"../../x/models"'))[0].output == Path("../x/models")


def test_the_providers_of_others_are_left_alone():
    blocks = _block("js", '"prisma-client-js"') + _block("py", '"prisma-client-py"')
    assert [one.name for one in _read(blocks)] == ["py"]


def test_a_provider_may_be_in_the_environment():
    assert len(_read(_block(provider='env("P")'), P="forebay")) == 1


def test_what_the_archived_client_knew_is_taken():
    blocks = _block(
        interface='"sync"',
        recursive_type_depth="-1",
        engineType='"binary"',
        enable_experimental_decimal="true",
        binaryTargets='["native"]',
        previewFeatures='["views"]',
        partial_type_generator='"partials.py"',
    )
    found = _read(blocks)[0]
    assert found.interface == "sync"
    assert "into=" in found.notes[0]


def test_the_environment_goes_before_the_schema():
    found = _read(
        _block(interface='"asyncio"'),
        PRISMA_PY_CONFIG_INTERFACE="sync",
        PRISMA_PY_CONFIG_OUTPUT="../elsewhere",
    )[0]
    assert (found.interface, found.output) == ("sync", Path("elsewhere"))


def test_one_of_several_is_named():
    blocks = _block("a", output='"a"') + _block("b", output='"b"')
    assert [one.name for one in _read(blocks)] == ["a", "b"]
    assert [one.name for one in _read(blocks, "b")] == ["b"]
    assert "a, b" in _refusal(blocks, "c").message


def test_two_do_not_write_to_one_place():
    error = _refusal(_block("a") + _block("b"))
    assert error.message == "the generators a and b both write to db"
    assert error.hint == "give one of them another output"


def test_a_schema_without_a_generator_is_told_what_to_add():
    error = _refusal(_block(provider='"prisma-client-js"'))
    assert 'provider = "forebay"' in str(error.hint)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"interfase": '"sync"'}, "did you mean interface?"),
        ({"interface": '"trio"'}, 'write interface = "asyncio"'),
        ({"interface": '["sync"]'}, 'write interface = "…"'),
        ({"interface": 'env("NOT_SET")'}, "set NOT_SET, or write the value in the schema"),
        ({"recursive_type_depth": "1"}, "leave it out"),
        ({"recursive_type_depth": '"deep"'}, "leave it out"),
        ({"engineType": '"steam"'}, "leave it out: no engine"),
        ({"enable_experimental_decimal": '"perhaps"'}, "leave it out"),
        ({"output": '"../my-db"'}, "end it with a name of letters, digits and _"),
    ],
)
def test_a_wrong_option_names_itself_and_the_way_out(options, says):
    error = _refusal(_block(**options))
    assert next(iter(options)) in error.message
    assert says in str(error.hint)
