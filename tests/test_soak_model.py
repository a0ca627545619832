"""The model of a draining backlog."""

import pytest

from review.cost import load
from tests.soak.model import BACKLOG, RATES, concurrency_for, cost, drain, off_by, rows, span


def test_a_rate_that_is_the_bound_alone_tells_the_time() -> None:
    assert drain(BACKLOG, rate=200, concurrency=100).seconds == pytest.approx(50_000)


def test_too_few_invocations_are_the_bound() -> None:
    found = drain(1000, rate=5000, concurrency=2, seconds_a_batch=0.2)
    assert found.seconds == pytest.approx(1000 / (2 * 10 / 0.2))


@pytest.mark.parametrize("rate", [*RATES, 90])
def test_as_many_invocations_as_it_says_use_the_rate_up_and_one_fewer_does_not(rate: int) -> None:
    most = concurrency_for(rate)
    assert drain(BACKLOG, rate=rate, concurrency=most).seconds == pytest.approx(BACKLOG / rate)
    if most > 2:
        assert drain(BACKLOG, rate=rate, concurrency=most - 1).seconds > BACKLOG / rate * 1.0001


def test_there_are_never_fewer_invocations_than_lambda_takes() -> None:
    assert concurrency_for(0.1) == 2


@pytest.mark.parametrize("rate", RATES)
def test_ten_million_mails_are_sent_before_their_messages_expire(rate: int) -> None:
    assert drain(BACKLOG, rate=rate, concurrency=concurrency_for(rate)).in_time


def test_what_takes_longer_than_messages_are_kept_is_told() -> None:
    assert not drain(BACKLOG, rate=8, concurrency=2).in_time


def test_a_slow_rate_costs_more_of_lambda_since_invocations_wait_for_their_turn() -> None:
    slow, fast = (cost(drain(BACKLOG, rate=rate, concurrency=2), prices=load()) for rate in (14, 80))
    assert slow["Lambda"] > fast["Lambda"]
    assert {name: slow[name] for name in slow if name != "Lambda"} == {
        name: pytest.approx(fast[name]) for name in fast if name != "Lambda"
    }


def test_the_cost_of_lambda_is_its_time_times_its_memory_and_the_invocations() -> None:
    """By hand: 2 at once for 10,000,000 / 14 s with 0.5 GiB; feedback 2,000,000 × 0.1 s; 3,000,000 invocations."""
    usd = cost(drain(BACKLOG, rate=14, concurrency=2), prices=load())["Lambda"]
    gib_seconds = 2 * BACKLOG / 14 * 0.5 + 2_000_000 * 0.1 * 0.5
    assert usd == pytest.approx(gib_seconds * 0.0000133334 + 3 * 0.2, rel=1e-6)


def test_every_mail_is_paid_to_ses() -> None:
    assert cost(drain(BACKLOG, rate=200, concurrency=5), prices=load())["SES"] == pytest.approx(1000)


def test_the_table_has_a_line_for_each_rate() -> None:
    head, *body = rows(load())
    assert [line[0] for line in body] == ["14/s", "200/s", "5,000/s"]
    assert {len(line) for line in (head, *body)} == {len(head)}


@pytest.mark.parametrize(("seconds", "said"), [(90, "1.5 min"), (5, "5.0 s"), (7200, "2.0 h"), (172_800, "2.0 d")])
def test_a_time_is_said_in_the_unit_that_fits(seconds: float, said: str) -> None:
    assert span(seconds) == said


def test_an_error_is_told_as_a_part_of_what_was_measured() -> None:
    assert off_by(12, 10) == pytest.approx(0.2) == off_by(8, 10)
