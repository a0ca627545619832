import pytest

from tests.review.mail_edits import Body, alone, appeared, sending

WIDE, BUCKET = "ses-sender-wider-than-domain", "ses-receiving-bucket-without-source-account"
AT_HOME = "*@example.com"
WIDER = {
    "any sender": sending(Condition=None),
    "a wider pattern": sending(Condition={"StringLike": {"ses:FromAddress": "*@*.com"}}),
    "a pattern that ends alike": sending(Condition={"StringLike": {"ses:FromAddress": "*example.com"}}),
    "a domain below": sending(Condition={"StringLike": {"ses:FromAddress": "*@x.example.com"}}),
    "one domain more": sending(Condition={"StringLike": {"ses:FromAddress": [AT_HOME, "*@example.org"]}}),
    "a condition that may be absent": sending(Condition={"StringLikeIfExists": {"ses:FromAddress": AT_HOME}}),
    "a condition that excludes": sending(Condition={"StringNotLike": {"ses:FromAddress": AT_HOME}}),
    "a condition on another key": sending(Condition={"StringLike": {"ses:Recipients": AT_HOME}}),
    "every action of SES": sending(Action="ses:*", Condition=None),
}
NO_WIDER = {
    "one sender of the domain": sending(Condition={"StringEquals": {"ses:FromAddress": "no-reply@example.com"}}),
    "the key in other letters, and one condition more": sending(
        Condition={"StringLike": {"SES:fromaddress": ["*@EXAMPLE.com"]}, "Bool": {"aws:SecureTransport": "true"}}
    ),
    "more actions of sending": sending(Action=["ses:SendEmail", "ses:SendBulkEmail"]),
    "reading of SES": sending(Action=["ses:Get*"], Condition=None),
    "a denial": sending(Effect="Deny", Condition=None),
}


@pytest.mark.parametrize("case", WIDER)
def test_a_sender_that_may_send_as_more_than_the_domain_is_found(case: str) -> None:
    (found,) = appeared(WIDER[case])
    assert found.rule == WIDE
    assert found.resource.startswith("Mail/Delivery/Consumer")
    assert "wider than example.com" in found.title


@pytest.mark.parametrize("case", NO_WIDER)
def test_one_that_sends_as_the_domain_alone_is_not(case: str) -> None:
    assert appeared(NO_WIDER[case]) == []


OURS = {"Ref": "AWS::AccountId"}
RULE_ARN = {"Fn::Join": ["", ["arn:aws:ses:ap-northeast-1:", OURS, ":receipt-rule-set/s:receipt-rule/r"]]}


def bucket_policy(condition: Body | None, **values: object) -> Body:
    """What lets SES put mail into a bucket."""
    statement = {
        "Effect": "Allow",
        "Action": "s3:PutObject",
        "Principal": {"Service": "ses.amazonaws.com"},
        "Resource": "arn:aws:s3:::inbox/*",
        **({"Condition": condition} if condition else {}),
        **values,
    }
    return {"Type": "AWS::S3::BucketPolicy", "Properties": {"PolicyDocument": {"Statement": [statement]}}}


@pytest.mark.parametrize(
    ("policy", "rules"),
    [
        (bucket_policy({"StringEquals": {"AWS:SourceAccount": OURS}}), []),
        (bucket_policy({"ArnLike": {"aws:SourceArn": RULE_ARN}}), []),
        (bucket_policy(None), [BUCKET]),
        (bucket_policy({"StringEquals": {"aws:Referer": "1"}}), [BUCKET]),
        (bucket_policy({"StringLike": {"aws:SourceAccount": "*"}}), [BUCKET]),
        (bucket_policy({"ArnLike": {"aws:SourceArn": "arn:aws:ses:*:*:receipt-rule-set/*"}}), [BUCKET]),
        (bucket_policy({"ArnLike": {"aws:SourceArn": "*"}}), [BUCKET]),
        (bucket_policy({"ArnLike": {"aws:SourceArn": "arn:aws:ses:ap-northeast-1:*:receipt-rule-set/s"}}), [BUCKET]),
        (bucket_policy({"ArnLike": {"aws:SourceArn": "arn:aws:ses:*:123456789012:receipt-rule-set/s"}}), []),
        (bucket_policy(None, Principal={"Service": ["logs.amazonaws.com", "ses.amazonaws.com"]}), [BUCKET]),
        (bucket_policy(None, Principal={"Service": "logs.amazonaws.com"}), []),
        (bucket_policy(None, Action=["s3:GetBucketAcl"]), []),
        (bucket_policy(None, Action="s3:*"), [BUCKET]),
        (bucket_policy(None, Effect="Deny"), []),
    ],
)
def test_ses_puts_mail_into_a_bucket_for_one_account_alone(policy: Body, rules: list[str]) -> None:
    assert [finding.rule for finding in alone(P=policy)] == rules


def inline(statement: Body, kind: str = "Role") -> Body:
    """A principal with a policy of its own."""
    document = {"PolicyName": "p", "PolicyDocument": {"Statement": statement}}
    return {"Type": f"AWS::IAM::{kind}", "Properties": {"Policies": [document]}}


@pytest.mark.parametrize(
    ("statement", "count"),
    [
        ({"Effect": "Allow", "Action": "*", "Resource": "*"}, 1),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, 1),
        ({"Effect": "Allow", "NotAction": ["iam:*", "ses:*"], "Resource": "*"}, 0),
        ({"Effect": "Allow", "Action": "ses:SendB*", "Resource": "*"}, 1),
        ({"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}, 0),
        (
            {
                "Effect": "Allow",
                "Action": "ses:SendEmail",
                "Resource": "*",
                "Condition": {"StringLike": {"ses:FromAddress": "*@one.test"}},
            },
            0,
        ),
    ],
)
def test_a_policy_of_a_role_or_user_that_sends_as_anybody_is_found(statement: Body, count: int) -> None:
    for kind in ("Role", "User", "Group"):
        assert [finding.rule for finding in alone(P=inline(statement, kind))] == [
            "ses-sender-wider-than-domain"
        ] * count
