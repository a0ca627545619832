"""docs/cost.md says what the prices, the settings and the templates say."""

import re
from dataclasses import replace

import pytest

from operate.command import InputError
from operate.costs import BEGIN, END, HITS, PAGE, page
from review.cost import load
from review.use import mail, million, request
from stacks.config import STAGES

PROD = STAGES["prod"]
PRICES = load()
TOKYO = "ap-northeast-1"
AMOUNT = re.compile(r"(\*\*)?[\d,]+\.\d\d(\*\*)?")


def test_the_page_has_not_drifted() -> None:
    assert PAGE.read_text() == page(PAGE.read_text()), "run `make costs`"


def test_what_is_written_by_hand_stays_and_a_wrong_figure_does_not() -> None:
    text = page(f"before\n{BEGIN}\n| SES: a mail | 1 | 999.00 |\n{END}\nafter\n")
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "999.00" not in text
    assert page(text) == text


@pytest.mark.parametrize("lost", [BEGIN, END])
def test_a_page_without_a_marker_is_refused_by_name(lost: str) -> None:
    with pytest.raises(InputError, match=lost):
        page(PAGE.read_text().replace(lost, ""))


def test_a_sum_is_the_sum_of_its_lines_as_far_as_they_are_rounded() -> None:
    for section in page(PAGE.read_text()).split("\n## ")[1:5]:
        cells = [line.split("|")[-2].strip() for line in section.splitlines() if line.startswith("| ")]
        amounts = [cell for cell in cells if AMOUNT.fullmatch(cell)]
        (total,) = (one for one in amounts if one.startswith("**"))
        lines = [float(one.replace(",", "")) for one in amounts[: amounts.index(total)]]
        assert float(total.strip("*").replace(",", "")) == pytest.approx(sum(lines), abs=0.006 * len(lines))


def test_most_of_what_a_mail_costs_is_ses() -> None:
    ses = mail(PROD)[0].million(PRICES, TOKYO)
    assert ses == pytest.approx(100)
    assert ses / million(mail(PROD), PRICES, TOKYO) > 0.9


def test_the_consumer_is_paid_for_waiting_for_its_turn() -> None:
    def waiting(rate: float, at_once: int = 2) -> float:
        consumer = replace(PROD.consumer, send_rate=rate, max_concurrency=at_once)
        (line,) = (use for use in mail(replace(PROD, consumer=consumer)) if "consumer" in use.what)
        return line.million(PRICES, TOKYO)

    # Two invocations of half a GiB for a million seconds and a fourteenth.
    assert waiting(14) == pytest.approx(1_000_000 / 14 * 2 * 0.5 * 0.0000133334)
    assert waiting(140) == pytest.approx(waiting(14) / 10)
    assert waiting(14, 20) == pytest.approx(waiting(14) * 10)


def test_the_fifo_queue_costs_a_tenth_of_a_dollar_more() -> None:
    more = million(mail(PROD, queue="sqs_fifo_million"), PRICES, TOKYO) - million(mail(PROD), PRICES, TOKYO)
    assert more == pytest.approx(1.2 * 0.1)


def test_a_hit_at_the_edge_costs_nothing_past_it() -> None:
    sums = [million(request(PROD, hits=hits), PRICES, TOKYO) for hits in HITS]
    assert sums == sorted(sums, reverse=True)
    at_edge = [use for use in request(PROD, hits=1) if use.amount]
    assert {use.price for use in at_edge} == {"cloudfront_https_million", "cloudfront_gb", "waf_million"}


def test_each_price_of_a_use_is_in_the_table_for_every_region_in_use() -> None:
    for use in [*mail(PROD), *request(PROD, hits=0)]:
        assert all(use.million(PRICES, region) > 0 for region in (TOKYO, "us-east-1"))
