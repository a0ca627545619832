from stacks.config import STAGES
from tests.stacks.synthesis import Synthesized, Template, refers_to

# What the log of the region's load balancers is written by ("Enable access logs for your Application Load Balancer").
ELB_ACCOUNT = {"AWS": "arn:aws:iam::582318560864:root"}


def attributes(web: Template) -> dict[str, object]:
    return {
        attribute["Key"]: attribute["Value"]
        for attribute in web.one("ElasticLoadBalancingV2::LoadBalancer")["LoadBalancerAttributes"]
    }


def group(web: Template) -> str:
    """The load balancer's security group."""
    (name,) = refers_to(web.one("ElasticLoadBalancingV2::LoadBalancer")["SecurityGroups"])
    return name


def test_the_load_balancer_has_no_address_on_the_internet(web: Template) -> None:
    assert web.one("ElasticLoadBalancingV2::LoadBalancer")["Scheme"] == "internal"


def test_the_load_balancer_stands_in_the_subnets_for_it(
    synthesized: Synthesized, web: Template, network: Template
) -> None:
    subnets = web.one("ElasticLoadBalancingV2::LoadBalancer")["Subnets"]
    stand = {name for subnet in subnets for name in synthesized.origins("Web", subnet)}
    assert stand == {f"Network/{name}" for name in network.all("EC2::Subnet") if "Web" in name}


def test_only_cloudfront_reaches_the_load_balancer_and_on_one_port(web: Template, stage: str) -> None:
    assert "SecurityGroupIngress" not in web.all("EC2::SecurityGroup")[group(web)]
    (rule,) = (
        rule for rule in web.all("EC2::SecurityGroupIngress").values() if group(web) in refers_to(rule["GroupId"])
    )
    port = web.one("ElasticLoadBalancingV2::Listener")["Port"]
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", port, port)
    assert rule["SourcePrefixListId"] == STAGES[stage].web.cloudfront_prefix_list
    assert not {"CidrIp", "CidrIpv6", "SourceSecurityGroupId"} & {*rule}


def test_the_load_balancer_reaches_nothing_over_the_network(web: Template) -> None:
    (nowhere,) = web.all("EC2::SecurityGroup")[group(web)]["SecurityGroupEgress"]
    assert nowhere["CidrIp"] == "255.255.255.255/32"
    assert not [
        rule for rule in web.all("EC2::SecurityGroupEgress").values() if group(web) in refers_to(rule["GroupId"])
    ]


def test_broken_and_ambiguous_requests_are_refused(web: Template) -> None:
    assert attributes(web)["routing.http.drop_invalid_header_fields.enabled"] == "true"
    assert attributes(web)["routing.http.desync_mitigation_mode"] == "strictest"


def test_connections_speak_http2_and_outlast_the_slowest_answer(web: Template, stage: str) -> None:
    assert attributes(web)["routing.http2.enabled"] == "true"
    assert int(str(attributes(web)["idle_timeout.timeout_seconds"])) > STAGES[stage].web.timeout_seconds


def test_a_protected_load_balancer_cannot_be_deleted(web: Template, stage: str) -> None:
    assert attributes(web)["deletion_protection.enabled"] == {True: "true", False: "false"}[STAGES[stage].protected]


def test_a_site_with_a_name_is_served_over_modern_tls_and_one_without_over_http(web: Template, stage: str) -> None:
    listener = web.one("ElasticLoadBalancingV2::Listener")
    if STAGES[stage].web.site_domain:
        assert (listener["Protocol"], listener["Port"]) == ("HTTPS", 443)
        assert listener["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
        assert refers_to(listener["Certificates"]) == {*web.all("CertificateManager::Certificate")}
    else:
        assert (listener["Protocol"], listener["Port"]) == ("HTTP", 80)
        assert not web.all("CertificateManager::Certificate")


def test_one_stage_has_a_name_and_one_has_none() -> None:
    assert STAGES["prod"].web.site_domain
    assert not STAGES["dev"].web.site_domain


def test_the_certificate_is_proved_by_records_in_the_stages_own_zone(
    synthesized: Synthesized, web: Template, mail: Template, stage: str
) -> None:
    for certificate in web.all("CertificateManager::Certificate").values():
        assert certificate["DomainName"] == STAGES[stage].web.site_domain
        assert certificate["ValidationMethod"] == "DNS"
        (proof,) = certificate["DomainValidationOptions"]
        assert synthesized.origins("Web", proof["HostedZoneId"]) == {
            f"Mail/{mail.named('MailDomainZone', 'Route53::HostedZone')}"
        }


def test_the_certificate_is_in_the_region_of_the_load_balancer(synthesized: Synthesized, stage: str) -> None:
    assert synthesized.manifest["artifacts"]["Web"]["environment"].endswith(f"/{STAGES[stage].region}")


def test_access_logs_go_to_a_bucket_of_their_own(web: Template) -> None:
    assert attributes(web)["access_logs.s3.enabled"] == "true"
    assert refers_to(attributes(web)["access_logs.s3.bucket"]) == {log_bucket(web)}


def test_the_log_bucket_is_private_encrypted_by_s3_and_empties_itself(web: Template, stage: str) -> None:
    bucket = web.all("S3::Bucket")[log_bucket(web)]
    assert {*bucket["PublicAccessBlockConfiguration"].values()} == {True}
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    (expiry,) = bucket["LifecycleConfiguration"]["Rules"]
    assert expiry["ExpirationInDays"] == STAGES[stage].web.access_log_days


def test_the_log_bucket_is_reached_over_tls_only(web: Template) -> None:
    denied = [statement for statement in statements(web) if statement["Effect"] == "Deny"]
    assert [statement["Condition"] for statement in denied] == [
        {"Bool": {"aws:SecureTransport": "false"}},
        {"NumericLessThan": {"s3:TlsVersion": 1.2}},
    ]
    assert all(statement["Action"] == "s3:*" for statement in denied)


def test_only_log_delivery_writes_to_the_log_bucket_and_only_logs(web: Template) -> None:
    allowed = [statement for statement in statements(web) if statement["Effect"] == "Allow"]
    delivery = {"Service": "delivery.logs.amazonaws.com"}
    assert [(statement["Action"], statement["Principal"]) for statement in allowed] == [
        ("s3:PutObject", ELB_ACCOUNT),
        ("s3:PutObject", delivery),
        ("s3:GetBucketAcl", delivery),
    ]
    assert all("/AWSLogs/" in str(statement["Resource"]) for statement in allowed[:2])


def test_the_load_balancer_waits_until_its_logs_may_be_written(web: Template) -> None:
    (balancer,) = web.all("ElasticLoadBalancingV2::LoadBalancer")
    assert log_policy(web) in web.resources[balancer]["DependsOn"]


def test_answers_that_are_errors_raise_alarms(web: Template, stage: str) -> None:
    for metric in ("HTTPCode_ELB_5XX_Count", "HTTPCode_Target_5XX_Count"):
        alarm = web.one("CloudWatch::Alarm", MetricName=metric)
        assert (alarm["Statistic"], alarm["Threshold"]) == ("Sum", STAGES[stage].alarms.server_errors)
        assert refers_to(alarm["Dimensions"]) == {*web.all("ElasticLoadBalancingV2::LoadBalancer")}


def test_a_slow_site_raises_an_alarm(web: Template, stage: str) -> None:
    found = web.one("CloudWatch::Alarm", MetricName="TargetResponseTime")
    assert (found["ExtendedStatistic"], found["Threshold"]) == ("p90", STAGES[stage].alarms.answer_ms / 1000)
    assert refers_to(found["Dimensions"]) == {*web.all("ElasticLoadBalancingV2::LoadBalancer")}


def test_a_sick_target_raises_an_alarm(web: Template) -> None:
    alarm = web.one("CloudWatch::Alarm", MetricName="UnHealthyHostCount")
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Maximum", 1)
    assert web.named("BlogTargets", "ElasticLoadBalancingV2::TargetGroup") in refers_to(alarm["Dimensions"])


def statements(web: Template) -> list[dict[str, object]]:
    return web.all("S3::BucketPolicy")[log_policy(web)]["PolicyDocument"]["Statement"]


def log_bucket(web: Template) -> str:
    return web.named("FrontAccessLogs", "S3::Bucket")


def log_policy(web: Template) -> str:
    return web.named("FrontAccessLogs", "S3::BucketPolicy")
