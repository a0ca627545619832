"""Whether one statement says all that another says, by hand and by trying it out."""

from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.risks.statements import Match, includes, read


def allow(**values: object) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"} | values


def when(**operators: object) -> dict[str, Any]:
    return allow(Condition=operators)


ADDRESS, ACCOUNT = "ses:FromAddress", "aws:SourceAccount"


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        (allow(Action="s3:*"), allow()),
        (allow(Action="S3:getobject"), allow()),
        (allow(Action=["s3:PutObject", "s3:Get*"]), allow()),
        (allow(NotAction="iam:*"), allow()),
        (allow(NotAction="iam:*"), allow(NotAction=["iam:*", "sts:*"])),
        (allow(Resource="arn:aws:s3:::b/*"), allow(Resource="arn:aws:s3:::b/c/*")),
        (allow(NotResource="arn:aws:s3:::b/*"), allow(Resource="arn:aws:s3:::c")),
        (allow(Principal="*"), allow(Principal={"AWS": "*"})),
        (allow(Principal={"AWS": "*"}), allow(Principal={"AWS": "arn:aws:iam::111122223333:role/a"})),
        (allow(Principal={"AWS": "111122223333"}), allow(Principal={"AWS": "arn:aws:iam::111122223333:role/a"})),
        (allow(Principal={"Service": ["a", "b"]}), allow(Principal={"Service": "a"})),
        (allow(), when(StringEquals={ACCOUNT: "1"})),
        (when(StringEquals={ACCOUNT: ["1", "2"]}), when(StringEquals={ACCOUNT: "1"})),
        (when(StringEquals={ACCOUNT: "1"}), when(StringEquals={ACCOUNT.upper(): "1"}, Bool={"aws:SecureTransport": 1})),
        (when(StringLike={ADDRESS: "*@a.b"}), when(StringEquals={ADDRESS: "x@a.b"})),
        (when(StringLike={ADDRESS: "*@a.b"}), when(StringLike={ADDRESS: "x*@a.b"})),
        (when(ArnLike={"aws:SourceArn": "a:*"}), when(ArnEquals={"aws:SourceArn": "a:b"})),
        (when(StringNotEquals={ACCOUNT: "1"}), when(StringNotEquals={ACCOUNT: ["1", "2"]})),
        (when(NumericLessThan={"s3:TlsVersion": 1.3}), when(NumericLessThan={"s3:TlsVersion": "1.2"})),
        (when(NumericGreaterThan={"a": 1}), when(NumericGreaterThan={"a": 2})),
        (when(StringEqualsIfExists={ACCOUNT: "1"}), when(StringEquals={ACCOUNT: "1"})),
        (when(Bool={"aws:SecureTransport": True}), when(Bool={"aws:SecureTransport": "true"})),
    ],
)
def test_the_wider_statement_covers_the_narrower_and_not_the_other_way(wide: Any, narrow: Any) -> None:
    assert read(wide).covers(read(narrow))
    same = [allow(Action="S3:getobject"), allow(Principal="*"), when(Bool={"aws:SecureTransport": True})]
    assert wide in same or not read(narrow).covers(read(wide))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (allow(), allow(Effect="Deny")),
        (allow(Resource="arn:aws:s3:::b"), allow(Resource="arn:aws:s3:::B")),
        (allow(Principal={"Service": "a"}), allow(Principal={"AWS": "a"})),
        (allow(NotAction="s3:Get*"), allow()),
        (when(StringEquals={ACCOUNT: "1"}), when(StringEqualsIgnoreCase={ACCOUNT: "1"})),
        (when(Null={ACCOUNT: True}), when(Null={ACCOUNT: False})),
    ],
)
def test_what_is_another_thing_is_not_covered(one: Any, other: Any) -> None:
    assert not read(one).covers(read(other))
    assert not read(other).covers(read(one))


def test_several_statements_together_cover_what_none_does_alone() -> None:
    parts = [read(allow(Action="s3:GetObject")), read(allow(Action="s3:Put*"))]
    both = read(allow(Action=["s3:GetObject", "s3:PutObject"]))
    assert both.uncovered(parts) == []
    (left,) = read(allow(Action=["s3:GetObject", "s3:DeleteObject"])).uncovered(parts)
    assert left.actions == Match(frozenset({"s3:deleteobject"}))


def test_values_known_at_deployment_are_themselves() -> None:
    arn = {"Fn::Join": ["", [{"Fn::GetAtt": ["Bucket", "Arn"]}, "/*"]]}
    assert read(allow(Resource=arn)).covers(read(allow(Resource={"Fn::Sub": "${Bucket.Arn}/one"})))
    assert not read(allow(Resource=arn)).covers(read(allow(Resource={"Fn::Sub": "${Other.Arn}/one"})))


@pytest.mark.parametrize("junk", [None, "x", 1, [], ["x"], {"Fn::If": ["C", {"Bool": {}}, {"Ref": "AWS::NoValue"}]}])
def test_a_condition_that_is_known_at_deployment_only_is_one_of_its_own(junk: object) -> None:
    statement = read(allow(Condition=junk))
    assert statement.covers(statement)
    assert statement.covers(read(allow())) == (not junk)
    assert read(allow(Condition={"Bool": junk})).actions == statement.actions


PATTERNS = st.text("ab*?", max_size=5)


@given(PATTERNS, PATTERNS, st.text("ab", max_size=6))
def test_what_a_covered_pattern_matches_the_covering_one_does_too(wide: str, narrow: str, text: str) -> None:
    if includes(wide, narrow) and fnmatchcase(text, narrow):
        assert fnmatchcase(text, wide)


SETS = st.builds(Match, st.frozensets(st.sampled_from(["a", "b", "a*", "*b", "*", "ab"]), min_size=1), st.booleans())


@given(SETS, SETS, st.text("ab", max_size=3))
def test_what_a_covered_set_means_the_covering_one_does_too(wide: Match, narrow: Match, text: str) -> None:
    def means(match: Match) -> bool:
        return any(fnmatchcase(text, pattern) for pattern in match.patterns) != match.negated

    if wide.covers(narrow) and means(narrow):
        assert means(wide)
