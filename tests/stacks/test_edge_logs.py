from stacks.config import STAGES
from tests.stacks.synthesis import Synthesized, Template, refers_to

ACCOUNT = {"Ref": "AWS::AccountId"}


def bucket(web: Template) -> str:
    return web.named("EdgeLogsBucket", "S3::Bucket")


def statements(web: Template, effect: str) -> list[dict[str, object]]:
    (policy,) = (
        policy for policy in web.all("S3::BucketPolicy").values() if refers_to(policy["Bucket"]) == {bucket(web)}
    )
    return [statement for statement in policy["PolicyDocument"]["Statement"] if statement["Effect"] == effect]


def test_the_log_bucket_is_private_encrypted_by_s3_and_empties_itself(web: Template, stage: str) -> None:
    properties = web.all("S3::Bucket")[bucket(web)]
    assert {*properties["PublicAccessBlockConfiguration"].values()} == {True}
    assert properties["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    (expiry,) = properties["LifecycleConfiguration"]["Rules"]
    assert expiry["ExpirationInDays"] == STAGES[stage].edge.log_days


def test_the_log_bucket_is_reached_over_tls_only(web: Template) -> None:
    assert [statement["Condition"] for statement in statements(web, "Deny")] == [
        {"Bool": {"aws:SecureTransport": "false"}},
        {"NumericLessThan": {"s3:TlsVersion": 1.2}},
    ]


def test_only_the_delivery_of_this_stages_distribution_writes_and_only_to_its_folder(
    web: Template, edge: Template, stage: str
) -> None:
    look, write = statements(web, "Allow")
    source = f"delivery-source:{edge.one('Logs::DeliverySource')['Name']}"
    assert source == f"delivery-source:edgepost-{stage}-cdn"
    for statement in (look, write):
        assert statement["Principal"] == {"Service": "delivery.logs.amazonaws.com"}
        condition = statement["Condition"]
        assert isinstance(condition, dict)
        assert condition["StringEquals"]["aws:SourceAccount"] == ACCOUNT
        assert condition["ArnLike"]["aws:SourceArn"]["Fn::Join"][1][2:] == [
            ":logs:us-east-1:",
            ACCOUNT,
            f":{source}",
        ]
    arn = {"Fn::GetAtt": [bucket(web), "Arn"]}
    assert (look["Action"], look["Resource"]) == ("s3:GetBucketAcl", arn)
    assert (write["Action"], write["Resource"]) == ("s3:PutObject", {"Fn::Join": ["", [arn, "/cdn/*"]]})
    assert "bucket-owner-full-control" in str(write["Condition"])


def test_the_bucket_is_at_home_and_the_delivery_in_us_east_1(synthesized: Synthesized, stage: str) -> None:
    assert synthesized.region("Web") == STAGES[stage].region
    assert synthesized.region("Edge") == "us-east-1"


def test_requests_are_logged_from_the_distribution_into_the_bucket_as_parquet(
    synthesized: Synthesized, web: Template, edge: Template
) -> None:
    source = edge.one("Logs::DeliverySource")
    assert source["LogType"] == "ACCESS_LOGS"
    assert refers_to(source["ResourceArn"]) >= {*edge.all("CloudFront::Distribution")}
    destination = edge.one("Logs::DeliveryDestination")
    assert destination["OutputFormat"] == "parquet"
    arn = destination["DestinationResourceArn"]
    assert synthesized.origins("Edge", arn) == {f"Web/{bucket(web)}"}
    assert arn["Fn::Join"][1][1] == "/cdn"
    (delivery,) = edge.all("Logs::Delivery")
    assert refers_to(edge.one("Logs::Delivery")["DeliveryDestinationArn"]) == {*edge.all("Logs::DeliveryDestination")}
    assert edge.one("Logs::Delivery")["DeliverySourceName"] == source["Name"]
    assert {*edge.all("Logs::DeliverySource")} <= {*edge.resources[delivery]["DependsOn"]}


def test_keys_are_partitions_by_distribution_and_hour_in_lower_case(edge: Template) -> None:
    delivery = edge.one("Logs::Delivery")
    assert delivery["S3EnableHiveCompatiblePath"] is True
    assert delivery["S3SuffixPath"] == "{distributionid}/{yyyy}/{MM}/{dd}/{HH}"


def test_every_standard_field_but_cookies_is_logged_and_what_the_review_needs(edge: Template) -> None:
    fields = edge.one("Logs::Delivery")["RecordFields"]
    assert "cs(Cookie)" not in fields
    assert len({*fields}) == len(fields) == 33 - 1 + 2
    assert fields[-2:] == ["timestamp(ms)", "cache-behavior-path-pattern"]
    needed = ("date", "c-ip", "cs-uri-query", "sc-status", "x-edge-location", "x-edge-result-type", "sc-range-end")
    assert {*needed} <= {*fields}


def test_people_are_told_which_bucket_it_is(web: Template) -> None:
    assert web.document["Outputs"]["CdnLogBucket"]["Value"] == {"Ref": bucket(web)}
