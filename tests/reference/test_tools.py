"""The generator, the damage and the comparison do what the reference tests rely on."""

from typing import Any

import pytest

from forebay.schema.check import check
from tests.reference.cases import DATASOURCE, URL, Case, for_version
from tests.reference.compare import Score, blocks, compare
from tests.reference.damage import damaged
from tests.reference.generate import make_schema

VALID: dict[str, Any] = {
    "errors": None,
    "diagnostics": [],
    "formatted": ["x"],
    "datamodel": {"models": []},
}
REFUSED: dict[str, Any] = {
    "errors": 'error: Unknown "a"\n  -->  s:1\nerror: No\n\nValidation Error Count: 2',
    "diagnostics": [],
    "formatted": ["x"],
}


def test_a_seed_makes_the_same_schema_and_the_same_damage_again() -> None:
    text = make_schema(7)
    assert make_schema(7) == text != make_schema(8)
    assert damaged(3, text) == damaged(3, text)


def test_most_random_schemas_are_valid_and_most_damaged_ones_are_not() -> None:
    texts = [make_schema(seed) for seed in range(60)]
    assert sum(not check([("s", text)], 6).errors for text in texts) > 40
    broken = [damaged(seed, text) for seed, text in enumerate(texts)]
    assert sum(bool(check([("s", text)], 6).errors) for text in broken) > 40


def test_prisma_7_is_given_a_schema_without_its_url() -> None:
    case = Case("topic", "name", (("s", DATASOURCE), ("t", DATASOURCE.replace("\n", "\r\n"))))
    assert case.for_version("6") == case.files
    assert all("url" not in text for _, text in case.for_version("7"))
    own = URL.replace("  url      =", "  url =")
    assert for_version((("s", own),), "7") == (("s", own),)


def test_errors_are_compared_without_their_order() -> None:
    swapped = 'error: No\nerror: Unknown "a"\n  -->  s:1\n\nValidation Error Count: 2'
    assert blocks(REFUSED["errors"]) == blocks(swapped)
    assert compare({**REFUSED, "errors": swapped}, REFUSED)[1] == []


@pytest.mark.parametrize(
    ("ours", "theirs", "kind"),
    [
        (VALID, REFUSED, "valid or not"),
        (REFUSED, VALID, "valid or not"),
        ({**REFUSED, "errors": "error: Other\n"}, REFUSED, "error texts"),
        ({**REFUSED, "formatted": ["y"]}, REFUSED, "format of invalid"),
        ({**VALID, "formatted": ["y"]}, VALID, "format of valid"),
        ({**VALID, "datamodel": {}}, VALID, "datamodel"),
        ({**VALID, "diagnostics": [["warning", "s", 1, 2, "w"]]}, VALID, "warnings"),
        ({**REFUSED, "diagnostics": [["error", "s", 1, 2, "w"]]}, REFUSED, "error places"),
    ],
)
def test_each_kind_of_difference_is_seen(ours, theirs, kind) -> None:
    asked, found = compare(ours, theirs)
    assert [one.kind for one in found] == [kind]
    score = Score()
    score.add("a", asked, found)
    score.add("b", *compare(theirs, theirs))
    assert score.share(kind) == 0.5
    assert any(kind in line and "(50.000%)" in line for line in score.lines())
