"""Counts and percentiles."""

import random

import pytest

from forebay.storm.tally import Tally, percentile, percentiles


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100), (0.001, 1)]
)
def test_percentiles_are_by_nearest_rank(share, expected):
    assert percentile(list(range(1, 101)), share) == expected


def test_a_percentile_of_one_value_is_that_value():
    assert percentile([7.0], 0.5) == percentile([7.0], 0.99) == 7.0


def test_percentiles_are_values_that_were_measured_in_any_order():
    drawn = random.Random(3)
    for _ in range(50):
        values = [drawn.random() for _ in range(drawn.randrange(1, 300))]
        found = percentiles(values)
        measured = {round(value * 1000, 3) for value in values}
        assert {found.p50, found.p95, found.p99, found.max} <= measured
        assert found.max == max(measured)
        assert (found.p50 or 0) <= (found.p95 or 0) <= (found.p99 or 0) <= (found.max or 0)


def test_nothing_measured_has_no_percentiles():
    found = percentiles([])
    assert (found.p50, found.p95, found.p99, found.max) == (None, None, None, None)


def test_every_arrival_is_completed_or_failed_and_found_in_its_half_second():
    tally = Tally()
    for at in (0.1, 0.2, 0.7):
        tally.arrive(at, 0.001)
    tally.complete(0.1, 0.02)
    tally.fail(0.2, "53300", "sorry, too many clients already")
    tally.fail(0.7, "53300", "remaining connection slots are reserved")
    assert (tally.arrivals, tally.completed, tally.failed) == (3, 1, 2)
    assert tally.errors_by_code() == {"53300": 2}
    assert [bucket.arrivals for bucket in tally.buckets] == [2, 1]
    assert [bucket.failed for bucket in tally.buckets] == [1, 1]
    assert [bucket.latencies for bucket in tally.buckets] == [[0.02], []]


def test_the_most_frequent_code_comes_first():
    tally = Tally()
    tally.fail(0, "08006", "gone")
    for _ in range(3):
        tally.fail(0, "53300", "full")
    assert list(tally.errors_by_code()) == ["53300", "08006"]


def test_messages_without_end_are_counted_together():
    tally = Tally()
    for number in range(1_000):
        tally.fail(0, "23505", f"Key ({number}) already exists.")
    assert len(tally.errors) < 50
    assert tally.errors_by_code() == {"23505": 1_000}


def test_the_peak_is_the_largest_sample():
    tally = Tally()
    assert tally.peak is None
    for at, count in enumerate([3, 20, 7]):
        tally.sample(at, count)
    assert tally.peak == 20
