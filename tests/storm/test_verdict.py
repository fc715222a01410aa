"""When a storm held, when it broke, and when nobody can say."""

import pytest

from forebay.errors import ConfigurationError
from forebay.storm.plan import Strategy
from forebay.storm.verdict import Thresholds, judge, parse_errors, parse_milliseconds
from tests.storm.made import outcome


def test_a_clean_run_holds():
    verdict = judge([outcome()], Thresholds())
    assert (verdict.word, verdict.exit_code) == ("held", 0)
    assert verdict.reasons == (
        "pooled: 100 of 100 invocations served on at most 20 connections of PostgreSQL",
    )


@pytest.mark.parametrize(
    ("made", "thresholds", "words"),
    [
        (outcome(failed=1), Thresholds(), "1 of 101 invocations failed, and --max-errors is 0"),
        (outcome(failed=6), Thresholds(max_errors=5), "--max-errors is 5"),
        (outcome(failed=2), Thresholds(max_errors=0.01, is_share=True), "--max-errors is 1.00%"),
        (outcome(latency=0.3), Thresholds(max_p99_ms=250), "p99 was 300 ms"),
        (outcome(completed=0), Thresholds(max_p99_ms=250), "nothing was completed"),
        (outcome(peak=21), Thresholds(), "held 21 connections, and the limit is 20"),
        (
            outcome(peak=21, pool_size=None),
            Thresholds(max_connections=15),
            "held 21 connections, and the limit is 15",
        ),
        (outcome(Strategy.HTTP, failed=1), Thresholds(), "http: 1 of 101 invocations failed"),
    ],
)
def test_a_broken_threshold_is_named_with_its_figure(made, thresholds, words):
    verdict = judge([made], thresholds)
    assert (verdict.word, verdict.exit_code) == ("broken", 1)
    assert words in verdict.reasons[0]


@pytest.mark.parametrize(
    ("made", "thresholds"),
    [
        (outcome(failed=5), Thresholds(max_errors=5)),
        (outcome(completed=99, failed=1), Thresholds(max_errors=0.01, is_share=True)),
        (outcome(latency=0.25), Thresholds(max_p99_ms=250)),
        (outcome(peak=90, pool_size=None), Thresholds()),
        (outcome(peak=None), Thresholds()),
    ],
)
def test_a_limit_that_is_just_kept_holds(made, thresholds):
    assert judge([made], thresholds).word == "held"


def test_direct_strategies_are_compared_and_not_judged():
    direct = outcome(Strategy.DIRECT_ONE, completed=1, failed=99, peak=96, pool_size=None)
    assert judge([direct, outcome()], Thresholds()).word == "held"
    assert judge([direct], Thresholds()).word == "held"


@pytest.mark.parametrize("made", [outcome(lag=0.101), outcome(cpu=0.95)])
def test_a_generator_that_could_not_keep_up_decides_nothing(made):
    for failed in (0, 50):
        made.tally.fail(0, "53300", "full") if failed else None
        verdict = judge([outcome(), made], Thresholds())
        assert (verdict.word, verdict.exit_code) == ("inconclusive", 3)
        assert "storm itself" in verdict.reasons[0]


def test_a_pooler_that_ended_breaks_it():
    made = outcome()
    made.note = "the pooler ended during the run: killed"
    assert judge([made], Thresholds()).word == "broken"


def test_an_interrupted_storm_is_not_judged():
    verdict = judge([outcome(failed=5)], Thresholds(), was_interrupted=True)
    assert (verdict.word, verdict.exit_code) == ("interrupted", 130)


def test_limits_are_read():
    assert parse_errors("0") == (0.0, False)
    assert parse_errors("12") == (12.0, False)
    assert parse_errors(" 0.5% ") == (0.005, True)
    assert parse_milliseconds("--max-p99", "250") == 250
    assert parse_milliseconds("--max-p99", "250ms") == 250
    assert parse_milliseconds("--max-p99", "1.5 s") == 1500


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "101%", "5ms", "nan"])
def test_what_is_no_number_of_errors(text):
    with pytest.raises(ConfigurationError, match="--max-errors"):
        parse_errors(text)


@pytest.mark.parametrize("text", ["", "fast", "0", "0s", "-5ms", "5%", "1h"])
def test_what_is_no_latency(text):
    with pytest.raises(ConfigurationError, match="--max-p99"):
        parse_milliseconds("--max-p99", text)
