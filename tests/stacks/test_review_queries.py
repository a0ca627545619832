from typing import Any

from stacks.config import STAGES
from stacks.review_queries import QUERIES, description
from tests.stacks.synthesis import Template, text


def workgroup(review: Template) -> dict[str, Any]:
    return review.one("Athena::WorkGroup")["WorkGroupConfiguration"]


def test_queries_cannot_choose_where_results_go_or_how_much_they_read(review: Template, stage: str) -> None:
    found = workgroup(review)
    assert found["EnforceWorkGroupConfiguration"] is True
    assert found["BytesScannedCutoffPerQuery"] == STAGES[stage].review.scan_limit_gib * 2**30
    assert found["PublishCloudWatchMetricsEnabled"] is True
    results = found["ResultConfiguration"]
    bucket = review.named("QueriesResults", "S3::Bucket")
    assert text(results["OutputLocation"]) == f"s3://<{bucket}>/results/"
    assert results["EncryptionConfiguration"] == {"EncryptionOption": "SSE_S3"}
    assert results["ExpectedBucketOwner"] == {"Ref": "AWS::AccountId"}


def test_results_are_private_encrypted_reached_over_tls_only_and_go_after_some_days(
    review: Template, stage: str
) -> None:
    properties = review.one("S3::Bucket")
    assert {*properties["PublicAccessBlockConfiguration"].values()} == {True}
    assert properties["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    (expiry,) = properties["LifecycleConfiguration"]["Rules"]
    assert expiry["ExpirationInDays"] == STAGES[stage].review.result_days
    statements = review.one("S3::BucketPolicy")["PolicyDocument"]["Statement"]
    assert [(statement["Effect"], statement["Condition"]) for statement in statements] == [
        ("Deny", {"Bool": {"aws:SecureTransport": "false"}}),
        ("Deny", {"NumericLessThan": {"s3:TlsVersion": 1.2}}),
    ]


def test_the_reviews_own_queries_are_saved_as_they_are(review: Template) -> None:
    saved = review.all("Athena::NamedQuery")
    texts = {query["Name"]: query["QueryString"] for query in saved.values()}
    files = {file.stem.replace("_", " "): file.read_text() for file in QUERIES.glob("*.sql")}
    assert texts == files
    assert "popular" in texts
    (group,) = review.all("Athena::WorkGroup")
    (of_the_logs,) = review.all("Glue::Table")
    for name, query in saved.items():
        assert query["WorkGroup"] == {"Ref": group}
        assert query["Database"] == review.one("Glue::Database")["DatabaseInput"]["Name"]
        assert 10 < len(query["Description"]) <= 1024
        assert of_the_logs in review.resources[name]["DependsOn"]


def test_a_query_says_what_it_is_in_the_comment_that_it_begins_with() -> None:
    assert description("-- What there is,\n-- by path.\nSELECT 1 -- one\n-- and more\n") == "What there is, by path."
