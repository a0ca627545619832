"""The books of a soak: what agrees is counted, what does not is named."""

from collections import Counter

import pytest

from tests.soak.accounts import Accounts, Letter, Mail, Record, account, out_of_order
from tests.soak.faults import POSTGRES, VALKEY, Window
from tests.soak.figures import MOST_GROWTH
from tests.soak.plan import Request, plan
from tests.soak.processes import Sample, growth
from tests.soak.readers import FORMS, PAGES, Read, Reply, cause, failures
from tests.soak.report import BEGIN, END, with_figures

PLAIN = Request(number=1, queue="Standard")
KEYED = Request(number=1, queue="Standard", key="k")
COPY = Request(number=2, queue="Standard", key="k", repeats=1)
MALFORMED = Request(number=1, queue="Standard", reason="BadAddress")
SUPPRESSED = Request(number=1, queue="Standard", suppressed=True)


def books(
    request: Request,
    status: str,
    *,
    reason: str = "",
    mails: int = 0,
    letters: tuple[str, ...] = (),
    resent: bool = False,
) -> Accounts:
    """The books of one request under the id `a`."""
    return account(
        {"a": [request]},
        records={"a": Record(status=status, reason=reason)},
        mails=[Mail(request_id="a", number=1)] * mails,
        letters=[Letter(request_id="a", reason=each) for each in letters],
        resent=resent,
    )


def outcomes(accounts: Accounts) -> set[str]:
    return {name for name, number in accounts.outcomes.items() if number}


def test_one_mail_and_its_record_agree() -> None:
    found = books(PLAIN, "sent", mails=1)
    assert (outcomes(found), found.problems) == ({"sent once"}, [])


@pytest.mark.parametrize(
    ("request_", "status", "reason", "mails", "letters"),
    [
        (PLAIN, "sent", "", 0, ()),
        (PLAIN, "sent", "", 2, ()),
        (PLAIN, "sent", "", 1, ("undecided",)),
        (PLAIN, "sending", "", 1, ()),
        (PLAIN, "waiting", "", 0, ()),
        (PLAIN, "suppressed", "", 0, ()),
        (PLAIN, "duplicate", "", 0, ()),
        (PLAIN, "failed", "BadAddress", 0, ("BadAddress",)),
        (PLAIN, "failed", "MessageRejected", 0, ()),
        (PLAIN, "failed", "MessageRejected", 1, ("MessageRejected",)),
        (PLAIN, "failed", "undecided", 2, ("undecided",)),
        (MALFORMED, "sent", "", 1, ()),
        (MALFORMED, "failed", "LineBreak", 0, ("LineBreak",)),
        (SUPPRESSED, "sent", "", 1, ()),
        (SUPPRESSED, "suppressed", "", 1, ()),
        (KEYED, "duplicate", "", 1, ()),
    ],
)
def test_what_contradicts_itself_is_named(
    request_: Request, status: str, reason: str, mails: int, letters: tuple[str, ...]
) -> None:
    assert books(request_, status, reason=reason, mails=mails, letters=letters).problems


def test_a_request_without_a_record_is_named() -> None:
    assert "no record" in account({"a": [PLAIN]}, records={}, mails=[], letters=[], resent=False).problems[0]


def test_two_mails_are_taken_only_where_undecided_ones_are_sent_again() -> None:
    found = books(PLAIN, "sent", mails=2, resent=True)
    assert (outcomes(found), found.problems) == ({"sent twice in the crash window"}, [])


def test_an_undecided_one_may_have_been_sent_or_not_and_is_counted_as_what_it_was() -> None:
    for mails, word in ((0, "was not sent"), (1, "was sent")):
        found = books(PLAIN, "failed", reason="undecided", mails=mails, letters=("undecided",))
        assert found.problems == []
        assert any(word in each for each in outcomes(found))


def test_a_malformed_request_is_given_up_for_the_planned_reason() -> None:
    assert books(MALFORMED, "failed", reason="BadAddress", letters=("BadAddress",)).problems == []


def test_a_crash_between_dead_letter_and_record_leaves_two_letters() -> None:
    assert books(MALFORMED, "failed", reason="undecided", letters=("BadAddress", "undecided")).problems == []


@pytest.mark.parametrize(
    ("statuses", "good"),
    [(("sent", "duplicate"), True), (("failed", "sent"), True), (("duplicate", "duplicate"), False)],
)
def test_of_two_with_one_key_one_is_sent(statuses: tuple[str, str], good: bool) -> None:
    ids = dict(zip("ab", statuses, strict=True))
    found = account(
        {"a": [KEYED], "b": [COPY]},
        records={id_: Record(status=each, reason="undecided" * (each == "failed")) for id_, each in ids.items()},
        mails=[Mail(request_id=id_, number=1) for id_, each in ids.items() if each == "sent"],
        letters=[Letter(request_id=id_, reason="undecided") for id_, each in ids.items() if each == "failed"],
        resent=False,
    )
    assert (not found.problems) == good


def test_two_mails_under_one_key_are_named() -> None:
    found = account(
        {"a": [KEYED], "b": [COPY]},
        records={id_: Record(status="sent") for id_ in "ab"},
        mails=[Mail(request_id=id_, number=1) for id_ in "ab"],
        letters=[],
        resent=False,
    )
    assert found.problems == ["key k: {'sent': 2}"]


def test_mails_and_dead_letters_of_nobody_are_named() -> None:
    found = account(
        {},
        records={},
        mails=[Mail(request_id="x", number=9)],
        letters=[Letter(request_id="y", reason="")],
        resent=False,
    )
    assert found.problems == ["a mail of nobody: x", "a dead letter of nobody: y"]


def test_a_mail_before_an_earlier_one_of_its_group_is_named() -> None:
    groups = {1: "g", 2: "g", 3: "h"}
    mails = [Mail(request_id=str(n), number=n) for n in (3, 2, 1)]
    assert out_of_order(mails, groups=groups) == ["group g: mail 1 after 2"]
    assert out_of_order(mails[::-1], groups=groups) == []


def test_a_mail_that_goes_out_again_is_no_matter_of_order() -> None:
    mails = [Mail(request_id=str(n), number=n) for n in (1, 2, 1)]
    assert out_of_order(mails, groups={1: "g", 2: "g"}) == []


def test_the_same_seed_plans_the_same_in_the_shares_that_are_promised() -> None:
    planned = [*plan(20_000, seed=1)]
    assert planned == [*plan(20_000, seed=1)]
    assert planned != [*plan(20_000, seed=2)]
    copies = sum(each.repeats is not None for each in planned)
    malformed = Counter(each.reason for each in planned if each.reason)
    assert copies / 20_000 == pytest.approx(0.10, abs=0.01)
    assert sum(malformed.values()) / 20_000 == pytest.approx(0.01, abs=0.003)
    assert len(malformed) == 5
    assert Counter(each.queue for each in planned)["Fifo"] / 20_000 == pytest.approx(0.2, abs=0.08)


def test_a_copy_is_the_message_of_the_first_one() -> None:
    planned = {each.number: each for each in plan(3000, seed=1)}
    copies = [each for each in planned.values() if each.repeats is not None]
    for copy in copies:
        first, again = planned[copy.mail].message(), copy.message()
        first.pop("DelaySeconds", None)
        again.pop("DelaySeconds", None)
        assert first == again


AWAY = Window(kind=POSTGRES, begin=100, end=104)


def reply(**more: object) -> Reply:
    usual = {"at": 102.0, "seconds": 0.1, "kind": PAGES, "path": "/", "status": 503, "retry_after": True}
    return Reply(**(usual | more))  # pyright: ignore[reportArgumentType] (each of the type that the field has)


def test_a_503_while_the_database_is_away_has_that_cause() -> None:
    assert cause(reply(), [AWAY]) == "postgres away, pages"


@pytest.mark.parametrize(
    "more", [{"at": 99.9}, {"at": 108.0}, {"retry_after": False}, {"status": 502}, {"status": 500}, {"kind": FORMS}]
)
def test_another_time_status_or_kind_is_no_cause(more: dict[str, object]) -> None:
    assert cause(reply(**more), [AWAY]) == ""


def test_pages_go_on_without_redis() -> None:
    away = Window(kind=VALKEY, begin=100, end=104)
    assert cause(reply(), [away]) == ""
    assert cause(reply(kind=FORMS), [away])


def test_no_answer_at_all_is_never_allowed() -> None:
    allowed, others = failures(Read(replies=[reply(status=0), reply(), reply(status=200)], windows=[AWAY]))
    assert (sum(allowed.values()), len(others)) == (1, 1)


def test_growth_leaves_the_warm_up_out_and_is_not_misled_by_a_peak() -> None:
    sizes = [10.0] * 10 + [50.0] * 90
    sizes[60] = 80.0
    first, last, peak = growth([Sample(at=n, mb=size) for n, size in enumerate(sizes)])
    assert (first, last, peak) == (50, 50, 80)
    leaking = [Sample(at=n, mb=50 + n / 5) for n in range(100)]
    first, last, _ = growth(leaking)
    assert last > first * (1 + MOST_GROWTH)


def test_figures_take_the_place_of_those_before_and_the_text_stays() -> None:
    text = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    once = with_figures(text, ["new"])
    assert once == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    assert with_figures(once, ["new"]) == once


def test_a_document_without_its_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="put them back"):
        with_figures("text", ["new"])
