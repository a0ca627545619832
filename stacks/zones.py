"""Which zones AWS documents, and which of them CloudFront reaches.

Zone ids are those of "AWS Availability Zones" (AWS Regions and Availability Zones guide), for the regions that
"Restrict access with VPC origins" (Amazon CloudFront developer guide) lists; both as read in November 2026. A zone that
AWS has added since is added here.
"""

# Each region's prefix of zone ids, and the numbers that follow `-az`.
ZONES = {
    "af-south-1": ("afs1", "123"),
    "ap-east-1": ("ape1", "123"),
    "ap-east-2": ("ape2", "123"),
    "ap-northeast-1": ("apne1", "1234"),
    "ap-northeast-2": ("apne2", "1234"),
    "ap-northeast-3": ("apne3", "123"),
    "ap-south-1": ("aps1", "123"),
    "ap-south-2": ("aps2", "123"),
    "ap-southeast-1": ("apse1", "123"),
    "ap-southeast-2": ("apse2", "123"),
    "ap-southeast-3": ("apse3", "123"),
    "ap-southeast-4": ("apse4", "123"),
    "ap-southeast-5": ("apse5", "123"),
    "ap-southeast-7": ("apse7", "123"),
    "ca-central-1": ("cac1", "1234"),
    "ca-west-1": ("caw1", "123"),
    "eu-central-1": ("euc1", "123"),
    "eu-central-2": ("euc2", "123"),
    "eu-north-1": ("eun1", "123"),
    "eu-south-1": ("eus1", "123"),
    "eu-south-2": ("eus2", "123"),
    "eu-west-1": ("euw1", "123"),
    "eu-west-2": ("euw2", "1234"),
    "eu-west-3": ("euw3", "123"),
    "il-central-1": ("ilc1", "123"),
    "me-central-1": ("mec1", "123"),
    "me-south-1": ("mes1", "123"),
    "mx-central-1": ("mxc1", "123"),
    "sa-east-1": ("sae1", "123"),
    "us-east-1": ("use1", "123456"),
    "us-east-2": ("use2", "123"),
    "us-west-1": ("usw1", "123"),
    "us-west-2": ("usw2", "1234"),
}
# "Supported AWS Regions for VPC origins" on the page of VPC origins excepts these.
NO_VPC_ORIGINS = frozenset({"apne1-az3", "cac1-az3", "use1-az3", "usw1-az2"})


def zones_of(region: str) -> list[str]:
    """List the ids of a region's zones; none for a region without VPC origins."""
    prefix, numbers = ZONES.get(region, ("", ""))
    return [f"{prefix}-az{number}" for number in numbers]


def reached_by_cloudfront(zones: tuple[str, ...]) -> list[str]:
    """Leave out the zones where a VPC origin cannot be."""
    return [zone for zone in zones if zone not in NO_VPC_ORIGINS]
