"""Changes that let more through, or in a weaker way, each with its harmless neighbour."""

from typing import Any

from tests.review.risk.cases import Case, add, on_statement, put, remove, statements, without

POLICY, ROLE, TRUST = "IAM::Policy", "IAM::Role", "Mail/Resume/Caller"
CONSUMER, SOURCE = "Mail/Delivery/Consumer/Role", "Mail/Standard/Source"
SEND = "ses:SendEmail"
DISTRIBUTION, CONFIG = "CloudFront::Distribution", "DistributionConfig"
BALANCER, LISTENER = "ElasticLoadBalancingV2::LoadBalancer", "ElasticLoadBalancingV2::Listener"
BUCKET, ATTACHMENTS, QUEUE = "S3::Bucket", "Mail/Store/Attachments", "SQS::Queue"
CACHE, CLUSTER, ENDPOINT = "ElastiCache::ReplicationGroup", "RDS::DBCluster", "EC2::VPCEndpoint"
GROUP, INGRESS, FRONT = "EC2::SecurityGroup", "EC2::SecurityGroupIngress", "Web/Front/SecurityGroup"
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::one/*"}


def allow(**values: object) -> dict[str, Any]:
    return {"Effect": "Allow", **values}


def everybody(statement: dict[str, Any]) -> None:
    statement["Principal"] = "*"
    statement.pop("Condition", None)


IAM = [
    Case("a role that may do everything to a queue", "Mail", "iam-widened", "high",
         on_statement(POLICY, CONSUMER, "sqs:DeleteMessage", lambda one: one.update(Action="sqs:*")),
         on_statement(POLICY, CONSUMER, "sqs:DeleteMessage", lambda one: one["Action"].remove("sqs:DeleteMessage"))),
    Case("a role that may do one thing more", "Mail", "iam-widened", "medium",
         on_statement(POLICY, CONSUMER, "sqs:DeleteMessage", lambda one: one["Action"].append("sqs:PurgeQueue")),
         on_statement(POLICY, CONSUMER, "sqs:DeleteMessage", lambda one: one["Action"].reverse())),
    Case("a role that may do it to everything", "Mail", "iam-widened", "high",
         on_statement(POLICY, CONSUMER, SEND, lambda one: one.update(Resource="*")),
         on_statement(POLICY, CONSUMER, SEND, lambda one: one["Resource"].reverse())),
    Case("a role that may send as anybody", "Mail", "iam-widened", "high",
         on_statement(POLICY, CONSUMER, SEND, lambda one: one.pop("Condition")),
         on_statement(POLICY, CONSUMER, SEND, lambda one: one["Condition"].update(Bool={"aws:SecureTransport": True}))),
    Case("a role that may send as more", "Mail", "iam-widened", "high",
         on_statement(POLICY, CONSUMER, SEND, lambda one: one["Condition"].update(StringLike={"ses:FromAddress": "*"})),
         on_statement(POLICY, CONSUMER, SEND, lambda one: one["Condition"].update(
             StringLike={"ses:FromAddress": "a*@example.com"}))),
    Case("an administrator", "Mail", "iam-widened", "critical",
         statements(POLICY, CONSUMER, lambda all_of: all_of.append(allow(Action="*", Resource="*"))),
         statements(POLICY, CONSUMER, lambda all_of: all_of.append(
             {"Effect": "Deny", "Action": "*", "Resource": "*"}))),
    Case("all actions but one", "Mail", "iam-widened", "high",
         statements(POLICY, CONSUMER, lambda all_of: all_of.append(
             allow(NotAction="iam:*", Resource="arn:aws:s3:::x"))),
         statements(POLICY, CONSUMER, lambda all_of: all_of.append(dict(all_of[0])))),
    Case("a policy beside the others", "Mail", "iam-widened", "medium",
         add("More", POLICY, PolicyName="more", Roles=[{"Ref": "DeliveryConsumerRole6B2B5FBC"}],
             PolicyDocument={"Statement": READ}),
         add("More", POLICY, PolicyName="more", Roles=[{"Ref": "DeliveryConsumerRole6B2B5FBC"}],
             PolicyDocument={"Statement": READ | {"Resource": "arn:aws:s3:::one/two"}}),
         given=statements(POLICY, CONSUMER, lambda all_of: all_of.append(READ | {"Resource": "arn:aws:s3:::one/t*"}))),
    Case("a new role for a whole service", "Mail", "iam-widened", "high",
         add("New", ROLE, Policies=[{"PolicyDocument": {"Statement": READ | {"Action": "s3:*"}}}]),
         add("New", ROLE, Policies=[{"PolicyDocument": {"Statement": READ}}])),
    Case("a denial that is gone", "Web", "iam-deny-removed", "high",
         remove(POLICY, "Web/Blog/Application/NotByOwnCode"),
         statements(POLICY, "Web/Blog/Application/NotByOwnCode", lambda all_of: all_of[0].update(Action="ec2:*"))),
    Case("a role that more may take on", "Mail", "iam-trust-widened", "high",
         statements(ROLE, TRUST, lambda all_of: all_of.append(
             allow(Action="sts:AssumeRole", Principal={"AWS": "arn:aws:iam::111122223333:root"}))),
         statements(ROLE, TRUST, lambda all_of: all_of[0]["Condition"]["StringEquals"].update(
             {"aws:SourceArn": "arn:aws:scheduler:x"}))),
    Case("a role that everybody may take on", "Mail", "iam-trust-widened", "critical",
         statements(ROLE, TRUST, lambda all_of: everybody(all_of[0])),
         statements(ROLE, TRUST, lambda all_of: all_of[0].update(Sid="Scheduler"))),
    Case("a role that its service may take on for others", "Mail", "iam-trust-widened", "high",
         statements(ROLE, TRUST, lambda all_of: all_of[0].pop("Condition")),
         put(ROLE, TRUST, "Description", value="calls the check")),
    Case("a managed policy for everything", "Mail", "iam-widened", "critical",
         put(ROLE, TRUST, "ManagedPolicyArns", value=["arn:aws:iam::aws:policy/AdministratorAccess"]),
         put(ROLE, TRUST, "ManagedPolicyArns", value=[])),
    Case("a role that has lost its boundary", "Mail", "iam-widened", "high",
         without(ROLE, TRUST, "PermissionsBoundary"), put(ROLE, TRUST, "MaxSessionDuration", value=3600),
         given=put(ROLE, TRUST, "PermissionsBoundary", value="arn:aws:iam::111122223333:policy/b")),
    Case("a queue that takes messages from everybody", "Mail", "iam-widened", "critical",
         statements("SQS::QueuePolicy", SOURCE, lambda all_of: all_of.append(
             allow(Action="sqs:SendMessage", Principal="*", Resource="*"))),
         statements("SQS::QueuePolicy", SOURCE, lambda all_of: all_of.append(
             {"Effect": "Deny", "Action": "sqs:SendMessage", "Principal": "*", "Resource": "*"}))),
    Case("a bucket that another account reads", "Mail", "iam-widened", "high",
         statements("S3::BucketPolicy", ATTACHMENTS, lambda all_of: all_of.append(
             allow(Action="s3:GetObject", Principal={"AWS": "111122223333"}, Resource="*"))),
         statements("S3::BucketPolicy", ATTACHMENTS, lambda all_of: all_of.reverse())),
    Case("a queue that may be reached without TLS", "Mail", "tls-weakened", "high",
         remove("SQS::QueuePolicy", SOURCE),
         statements("SQS::QueuePolicy", SOURCE, lambda all_of: all_of[0].update(Principal="*"))),
    Case("a topic that anybody publishes to", "Alarms", "iam-widened", "critical",
         on_statement("SNS::TopicPolicy", "Alarms", "sns:Publish", lambda one: one.update(
             Effect="Allow", Condition={})),
         on_statement("SNS::TopicPolicy", "Alarms", "sns:Publish", lambda one: one.update(Sid="Plain")),
         also=frozenset({"tls-weakened"})),
    Case("a key that any account uses", "Alarms", "iam-widened", "high",
         on_statement("KMS::Key", "Alarms", "kms:Decrypt", lambda one: one.pop("Condition")),
         on_statement("KMS::Key", "Alarms", "kms:Decrypt", lambda one: one["Action"].remove("kms:Decrypt"))),
    Case("a function that anybody invokes", "Web", "iam-widened", "critical",
         add("Open", "Lambda::Permission", Action="lambda:InvokeFunction", Principal="*",
             FunctionName={"Ref": "BlogApplicationFunction30C8F7C5"}),
         put("Lambda::Permission", "Web/Blog", "FunctionName", value={"Ref": "BlogApplicationFunction30C8F7C5"})),
    Case("an endpoint that lets everything through", "Network", "iam-widened", "high",
         without(ENDPOINT, "Network/Vpc/DynamoDb", "PolicyDocument"),
         on_statement(ENDPOINT, "Network/Vpc/DynamoDb", "dynamodb:Query", lambda one: one["Action"].pop())),
    Case("a user of the cache with every command", "Data", "cache-access-widened", "medium",
         put("ElastiCache::User", "Data/Users/Blog", "AccessString", value="on ~* +@all"),
         put("ElastiCache::User", "Data/Users/Blog", "AccessString", value="on ~cache:* -@all +get")),
]  # fmt: skip

NETWORK = [
    Case("a load balancer that the internet reaches", "Web", "network-opened", "critical",
         put(GROUP, FRONT, "SecurityGroupIngress", value=[
             {"CidrIp": "0.0.0.0/0", "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}]),
         put(GROUP, FRONT, "SecurityGroupIngress", value=[])),
    Case("a database that another network reaches", "Data", "network-opened", "high",
         put(GROUP, "Data/Database", "SecurityGroupIngress", value=[
             {"CidrIp": "192.168.0.0/16", "IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432}]),
         put(GROUP, "Data/Database", "SecurityGroupIngress", value=[
             {"CidrIp": "10.0.1.0/24", "IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432}]),
         given=put(GROUP, "Data/Database", "SecurityGroupIngress", value=[
             {"CidrIp": "10.0.0.0/16", "IpProtocol": "tcp", "FromPort": 5000, "ToPort": 6000}])),
    Case("more ports than before", "Web", "network-opened", "medium",
         put(INGRESS, FRONT, "ToPort", value=8443), put(INGRESS, FRONT, "Description", value="the edge")),
    Case("a function that reaches everything", "Data", "network-opened", "high",
         add("Out", "EC2::SecurityGroupEgress", GroupId={"Ref": "MigrationFunctionSecurityGroupE24C9124"},
             CidrIp="0.0.0.0/0", IpProtocol="-1"),
         without(GROUP, "Data/Database", "SecurityGroupEgress")),
    Case("a load balancer on the internet", "Web", "public-access", "high",
         put(BALANCER, "Web/Front", "Scheme", value="internet-facing"),
         put(BALANCER, "Web/Front", "IpAddressType", value="ipv4")),
    Case("a route to the internet", "Network", "public-access", "high",
         add("Out", "EC2::Route", DestinationCidrBlock="0.0.0.0/0", GatewayId={"Ref": "InternetGateway"},
             RouteTableId={"Ref": "VpcWebSubnet1RouteTableA82A2F23"}),
         add("Out", "EC2::Route", DestinationCidrBlock="10.1.0.0/16", VpcPeeringConnectionId="pcx-1",
             RouteTableId={"Ref": "VpcWebSubnet1RouteTableA82A2F23"})),
    Case("a bucket that may be made public", "Mail", "public-access", "high",
         put(BUCKET, ATTACHMENTS, "PublicAccessBlockConfiguration", "BlockPublicPolicy", value=False),
         put(BUCKET, ATTACHMENTS, "PublicAccessBlockConfiguration", "BlockPublicPolicy", value="true")),
    Case("a database with a public address", "Data", "public-access", "critical",
         put("RDS::DBInstance", "Data/Database/Writer", "PubliclyAccessible", value=True),
         put("RDS::DBInstance", "Data/Database/Writer", "PromotionTier", value=1)),
    Case("a function behind an open address", "Web", "public-access", "critical",
         add("Url", "Lambda::Url", AuthType="NONE", TargetFunctionArn={"Ref": "BlogApplicationFunction30C8F7C5"}),
         add("Url", "Lambda::Url", AuthType="AWS_IAM", TargetFunctionArn={"Ref": "BlogApplicationFunction30C8F7C5"})),
    Case("an origin that the internet reaches", "Edge", "public-access", "high",
         put(DISTRIBUTION, "Edge/Site", CONFIG, "Origins", 0, value={
             "Id": "o", "DomainName": "o.example.com", "CustomOriginConfig": {"OriginProtocolPolicy": "https-only"}}),
         put(DISTRIBUTION, "Edge/Site", CONFIG, "Origins", 0, "OriginPath", value="/site")),
    Case("a site without a web ACL", "Edge", "protection-weakened", "high",
         without(DISTRIBUTION, "Edge/Site", CONFIG, "WebACLId"),
         put(DISTRIBUTION, "Edge/Site", CONFIG, "PriceClass", value="PriceClass_100")),
    Case("a web ACL with a rule less", "Edge", "protection-weakened", "high",
         lambda body: body["Resources"]["WebAclC3CBEB12"]["Properties"]["Rules"].pop(),
         lambda body: body["Resources"]["WebAclC3CBEB12"]["Properties"]["Rules"].reverse()),
    Case("a rule that only counts", "Edge", "protection-weakened", "high",
         put("WAFv2::WebACL", "Edge/WebAcl", "Rules", 1, "OverrideAction", value={"Count": {}}),
         put("WAFv2::WebACL", "Edge/WebAcl", "Rules", 1, "Priority", value=9)),
]  # fmt: skip

ENCRYPTION = [
    Case("a queue in the clear", "Mail", "encryption-weakened", "high",
         put(QUEUE, SOURCE, "SqsManagedSseEnabled", value=False), without(QUEUE, SOURCE, "SqsManagedSseEnabled")),
    Case("a topic in the clear", "Alarms", "encryption-weakened", "high",
         without("SNS::Topic", "Alarms", "KmsMasterKeyId"), put("SNS::Topic", "Alarms", "DisplayName", value="alarms")),
    Case("a bucket without encryption of its own", "Mail", "encryption-weakened", "high",
         without(BUCKET, ATTACHMENTS, "BucketEncryption"),
         put(BUCKET, ATTACHMENTS, "BucketEncryption", "ServerSideEncryptionConfiguration", 0, value={
             "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}})),
    Case("a key that stays the same for ever", "Alarms", "encryption-weakened", "high",
         put("KMS::Key", "Alarms", "EnableKeyRotation", value=False),
         put("KMS::Key", "Alarms", "RotationPeriodInDays", value=90)),
    Case("a cache that takes plain connections", "Data", "tls-weakened", "high",
         put(CACHE, "Data/Cache", "TransitEncryptionMode", value="preferred"),
         put(CACHE, "Data/Cache", "SnapshotRetentionLimit", value=3)),
    Case("a database that takes plain connections", "Data", "tls-weakened", "high",
         put("RDS::DBClusterParameterGroup", "Data/Database", "Parameters", "rds.force_ssl", value="0"),
         put("RDS::DBClusterParameterGroup", "Data/Database", "Parameters", "rds.force_ssl", value=1)),
    Case("a database that IAM does not open", "Data", "authentication-weakened", "high",
         put(CLUSTER, "Data/Database", "EnableIAMDatabaseAuthentication", value=False),
         put(CLUSTER, "Data/Database", "CopyTagsToSnapshot", value=False)),
    Case("a listener that takes old TLS", "Web", "tls-weakened", "high",
         put(LISTENER, "Web/Front", "SslPolicy", value="ELBSecurityPolicy-2016-08"),
         put(LISTENER, "Web/Front", "SslPolicy", value="ELBSecurityPolicy-TLS13-1-3-2021-06")),
    Case("a site that takes old TLS", "Edge", "tls-weakened", "high",
         put(DISTRIBUTION, "Edge/Site", CONFIG, "ViewerCertificate", "MinimumProtocolVersion", value="TLSv1.1_2016"),
         put(DISTRIBUTION, "Edge/Site", CONFIG, "ViewerCertificate", "MinimumProtocolVersion", value="TLSv1.3_2025")),
    Case("a site that takes plain HTTP", "Edge", "tls-weakened", "high",
         put(DISTRIBUTION, "Edge/Site", CONFIG, "DefaultCacheBehavior", "ViewerProtocolPolicy", value="allow-all"),
         put(DISTRIBUTION, "Edge/Site", CONFIG, "DefaultCacheBehavior", "ViewerProtocolPolicy", value="https-only")),
    Case("an origin that is spoken to in the clear", "Edge", "tls-weakened", "high",
         put("CloudFront::VpcOrigin", "Edge", "VpcOriginEndpointConfig", "OriginProtocolPolicy", value="http-only"),
         put("CloudFront::VpcOrigin", "Edge", "VpcOriginEndpointConfig", "HTTPPort", value=8080)),
    Case("mails that may leave in the clear", "Mail", "tls-weakened", "high",
         put("SES::ConfigurationSet", "Mail", "DeliveryOptions", "TlsPolicy", value="OPTIONAL"),
         put("SES::ConfigurationSet", "Mail", "DeliveryOptions", "MaxDeliverySeconds", value=600)),
    Case("a domain that others may use", "Mail", "mail-authentication-weakened", "high",
         put("Route53::RecordSet", "Mail/MailDomain/Dmarc", "ResourceRecords", value=['"v=DMARC1; p=none"']),
         put("Route53::RecordSet", "Mail/MailDomain/Dmarc", "ResourceRecords", value=['"v=DMARC1; p=reject"'])),
]  # fmt: skip

CASES = [*IAM, *NETWORK, *ENCRYPTION]
