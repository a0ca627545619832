from dataclasses import replace

import pytest

from stacks.config import STAGES
from stacks.config_network import NetworkConfig
from stacks.settings import ConfigError
from stacks.zones import NO_VPC_ORIGINS, ZONES, reached_by_cloudfront, zones_of

PRIVATE = "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16"
TOKYO = "apne1-az1, apne1-az2, apne1-az3, apne1-az4"


def refused(network: NetworkConfig, *, region: str = "ap-northeast-1") -> str:
    with pytest.raises(ConfigError) as error:
        replace(STAGES["dev"], network=network, region=region)
    return str(error.value).removesuffix(' in STAGES["dev"]')


@pytest.mark.parametrize(
    "cidr", ["10.0.0.0/15", "10.0.0.0/21", "10.0.0.1/16", "8.8.0.0/16", "172.32.0.0/16", "10.0.0.0", "fd00::/16", ""]
)
def test_addresses_are_a_private_network_that_a_vpc_can_have(cidr: str) -> None:
    assert refused(NetworkConfig(cidr=cidr)) == f"cidr {cidr!r} is not a /16 to /20 of {PRIVATE}; set cidr"


@pytest.mark.parametrize("cidr", ["10.255.0.0/16", "172.31.240.0/20", "192.168.0.0/16"])
def test_any_private_network_of_the_right_size_will_do(cidr: str) -> None:
    replace(STAGES["dev"], network=NetworkConfig(cidr=cidr))


@pytest.mark.parametrize(
    ("zones", "message"),
    [
        (("apne1-az1",), "zones are 1, not 2 to 4; set zones"),
        (("apne1-az1", "apne1-az2", "apne1-az3", "apne1-az4", "apne1-az5"), "zones are 5, not 2 to 4; set zones"),
        (("apne1-az1", "apne1-az1"), "zones name 'apne1-az1' 2 times; set zones"),
        (("apne1-az1", "apne1-az5"), f"zone 'apne1-az5' is not a zone id of ap-northeast-1 ({TOKYO}); set zones"),
        (("apne1-az1", "use1-az1"), f"zone 'use1-az1' is not a zone id of ap-northeast-1 ({TOKYO}); set zones"),
        (
            ("ap-northeast-1a", "ap-northeast-1c"),
            f"zone 'ap-northeast-1a' is not a zone id of ap-northeast-1 ({TOKYO}); set zones",
        ),
    ],
)
def test_wrong_zones_are_one_clear_error(zones: tuple[str, ...], message: str) -> None:
    assert refused(NetworkConfig(zones=zones)) == message


def test_the_load_balancer_needs_two_zones_that_vpc_origins_support() -> None:
    assert refused(NetworkConfig(zones=("apne1-az3", "apne1-az1"))) == (
        "of the zones apne1-az3, apne1-az1 CloudFront's VPC origins support only apne1-az1, "
        "and the load balancer needs 2; set zones"
    )


def test_a_zone_that_vpc_origins_refuse_is_right_beside_two_that_they_do_not() -> None:
    replace(STAGES["dev"], network=NetworkConfig(zones=("apne1-az3", "apne1-az1", "apne1-az4")))


def test_zones_are_those_of_the_stages_region() -> None:
    virginia = NetworkConfig(zones=("use1-az1", "use1-az2"))
    replace(STAGES["dev"], region="us-east-1", network=virginia)
    assert refused(NetworkConfig(), region="us-east-1").startswith("zone 'apne1-az1' is not a zone id of us-east-1")


def test_a_region_without_vpc_origins_is_refused() -> None:
    message = "region 'cn-north-1' is none that CloudFront's VPC origins support; set region"
    assert refused(NetworkConfig(), region="cn-north-1") == message


@pytest.mark.parametrize("prefix_list", ["", "com.amazonaws.ap-northeast-1.s3", "pl-XYZ"])
def test_the_prefix_list_of_s3_is_given_by_its_id(prefix_list: str) -> None:
    message = f"s3_prefix_list {prefix_list!r} is not the id of a prefix list (pl-…); set s3_prefix_list"
    assert refused(NetworkConfig(s3_prefix_list=prefix_list)) == message


def test_each_documented_zone_belongs_to_one_region() -> None:
    zones = [zone for region in ZONES for zone in zones_of(region)]
    assert len({*zones}) == len(zones)
    assert {*zones} >= NO_VPC_ORIGINS


def test_the_zones_that_vpc_origins_refuse_are_left_out_and_the_order_is_kept() -> None:
    assert reached_by_cloudfront(("apne1-az4", "apne1-az3", "apne1-az1")) == ["apne1-az4", "apne1-az1"]
    assert reached_by_cloudfront(("use1-az3", "usw1-az2", "cac1-az3")) == []
