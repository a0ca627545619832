import pytest
from cfnlint.api import ManualArgs, lint  # pyright: ignore[reportMissingTypeStubs]

from stacks.config import STAGES
from tests.stacks.synthesis import Template, refers_to
from tests.stacks.test_app import stale
from tests.stacks.variants import VARIANTS, synthesize_variant


def test_people_and_tools_find_the_stores(data: Template) -> None:
    outputs = {
        name: output["Value"]
        for name, output in data.document["Outputs"].items()
        if not name.startswith(("ExportsOutput", "PublishOutput"))
    }
    assert {*outputs} == {
        *("CacheHost", "CachePort", "SessionsHost", "SessionsPort"),
        *("DatabaseHost", "DatabasePort", "SchemaFunction"),
    }
    assert refers_to([outputs["DatabaseHost"], outputs["DatabasePort"]]) == {*data.all("RDS::DBCluster")}
    assert refers_to(outputs["SchemaFunction"]) == {*data.all("Lambda::Function")}


def test_sessions_are_where_the_settings_put_them(data: Template, stage: str) -> None:
    outputs = data.document["Outputs"]
    cache, sessions = (refers_to(outputs[f"{name}Host"]) for name in ("Cache", "Sessions"))
    assert (cache == sessions) is (STAGES[stage].sessions is None)
    assert cache | sessions == {*data.all("ElastiCache::ReplicationGroup")}


def test_nothing_in_the_stack_is_open(data: Template) -> None:
    for opening in ("0.0.0.0/0", "::/0"):
        assert opening not in data.text


def test_stores_let_nothing_out(data: Template) -> None:
    function = data.named("MigrationFunctionSecurityGroup", "EC2::SecurityGroup")
    for name, group in data.all("EC2::SecurityGroup").items():
        if name != function:
            (nowhere,) = group["SecurityGroupEgress"]
            assert nowhere["CidrIp"] == "255.255.255.255/32"


@pytest.mark.parametrize("variant", VARIANTS)
def test_cdk_nag_finds_nothing_unexplained_whatever_the_settings(variant: str) -> None:
    (report,) = synthesize_variant(variant).report["pluginReports"]
    assert report["violations"] == []
    assert stale(synthesize_variant(variant)) == set()


@pytest.mark.parametrize("variant", VARIANTS)
def test_cfn_lint_finds_nothing_whatever_the_settings(variant: str) -> None:
    # W3005: the library makes each function wait for its role, which naming the role does already.
    config = ManualArgs(regions=["ap-northeast-1"], ignore_checks=["W3005"])
    for stack in ("Network", "Data"):
        assert lint(synthesize_variant(variant).template(stack).text, config=config) == []
