"""The HTML page: whole, self-contained, and safe with whatever a server says."""

import re
from xml.etree import ElementTree

import pytest

from forebay.storm.html import page
from forebay.storm.plan import Strategy
from forebay.storm.plot import Chart, Line, decades, draw, ticks
from forebay.storm.verdict import Thresholds, judge
from tests.storm.made import REFUSAL, outcome, storm

HOSTILE = "<script>alert(1)</script> & \"quotes\" 'and' https://example.invalid/x"


def _page(message: str = REFUSAL) -> str:
    outcomes = [
        outcome(Strategy.DIRECT_POOL, completed=5, failed=95, peak=96, message=message),
        outcome(Strategy.DIRECT_ONE, completed=20, failed=80, peak=96, pool_size=None),
        outcome(Strategy.POOLED),
    ]
    return page(storm(outcomes), judge(outcomes, Thresholds()))


def _elements(text: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(text.removeprefix("<!DOCTYPE html>")).iter())  # noqa: S314


@pytest.mark.parametrize("message", [REFUSAL, HOSTILE])
def test_it_is_well_formed_and_loads_nothing(message):
    text = _page(message)
    elements = _elements(text)
    tags = {element.tag for element in elements}
    assert {"title", "style", "table", "svg", "polyline"} <= tags
    assert not tags & {"script", "link", "img", "iframe", "object", "image", "use"}
    attributes = {name for element in elements for name in element.attrib}
    assert not attributes & {"src", "href", "srcset", "style", "onload"}
    assert "url(" not in text
    assert "@import" not in text
    assert not re.search(r"https?://", text.replace("https://example.invalid", ""))


def test_it_shows_the_verdict_the_table_and_the_words():
    text = _page()
    words = "".join(element.text or "" for element in _elements(text))
    assert "Storm: 20 functions against max_connections = 100" in words
    assert "<b>held:</b> pooled: 100 of 100 invocations served" in text
    assert "95 of 100 failed (direct, pool of 5)" in text
    assert REFUSAL in text
    assert text.count("max_connections = 100</text>") == 3
    assert "pool = 20</text>" in text


def test_charts_say_what_they_are():
    charts = [each for each in _elements(_page()) if each.attrib.get("role") == "img"]
    assert len(charts) == 5
    assert all(len(each.attrib["aria-label"]) > 20 for each in charts)


def test_a_storm_without_outcomes_has_a_page_too():
    verdict = judge([], Thresholds(), was_interrupted=True)
    assert _elements(page(storm([]), verdict))


@pytest.mark.parametrize("most", [0.003, 0.7, 1, 7, 42, 96, 110, 2487, 1e6])
def test_ticks_are_round_and_cover(most):
    found = ticks(most)
    assert found[0] == 0
    assert found[-1] >= most
    assert found[-2] < most
    assert 2 <= len(found) <= 8


def test_decades_surround():
    assert decades(3, 160) == [1, 10, 100, 1000]
    assert decades(10, 10) == [10, 100]


def test_a_line_breaks_at_a_gap_and_a_lone_point_is_a_dot():
    points = [(0.0, 1.0), (1.0, 2.0), (2.0, None), (3.0, 1.0)]
    text = draw(Chart("t", "d", "u", [Line("pooled", points)], until=4, most=2))
    assert text.count("<polyline") == 1
    assert text.count("<circle") == 1


def test_every_point_is_inside_the_drawing():
    points = [(at / 10, float(at % 7) * 100) for at in range(100)]
    chart = Chart("t", "d", "u", [Line("pooled", points, is_stepped=True)], until=5, most=300)
    drawn = re.findall(r'points="([^"]+)"', draw(chart))
    for pair in " ".join(drawn).split():
        x, y = (float(part) for part in pair.split(","))
        assert 0 <= x <= chart.width
        assert 0 <= y <= chart.height
