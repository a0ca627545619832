"""What docs/own-service.md tells to do, done."""

import re
import shutil
from typing import Any

import pytest

from tests.stacks.synthesis import ROOT, STACKS, UNBUNDLED, Synthesized, Template, refers_to, run_app, synthesize

BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "own-service.md").read_text(), re.DOTALL)
NEW_LINE, OLD_LINE, INSTANCES, TASKS = BLOCKS


@pytest.fixture(scope="module", params=[INSTANCES, TASKS], ids=["EC2", "ECS"])
def changed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """The stage dev from a copy of the app that was changed as the page says."""
    root = tmp_path_factory.mktemp("changed")
    shutil.copytree(ROOT / "stacks", root / "stacks")
    shutil.copy(ROOT / "app.py", root)
    (root / "lambda").symlink_to(ROOT / "lambda")
    (root / "stacks" / "own_service.py").write_text(request.param)
    web = root / "stacks" / "web.py"
    imported = "from stacks.network import NetworkStack\n"
    text = web.read_text().replace(imported, f"{imported}from stacks.own_service import OwnService\n")
    assert text.count(OLD_LINE) == 1
    web.write_text(text.replace(OLD_LINE, NEW_LINE))
    out = tmp_path_factory.mktemp("out")
    done = run_app(out, UNBUNDLED | {"stage": "dev"}, root=root)
    assert done.returncode == 0, done.stderr
    return Synthesized(out)


def own(template: Template) -> dict[str, Any]:
    """The resources that the page adds."""
    return {
        name: resource
        for name, resource in template.resources.items()
        if name not in synthesize("dev").template("Web").resources
    }


def test_the_load_balancer_serves_the_service(changed: Synthesized) -> None:
    web = changed.template("Web")
    (action,) = web.one("ElasticLoadBalancingV2::Listener")["DefaultActions"]
    assert refers_to(action["TargetGroupArn"]) == {
        web.named("OwnServiceTargets", "ElasticLoadBalancingV2::TargetGroup")
    }


def test_the_service_is_in_the_networks_vpc_and_checked(changed: Synthesized) -> None:
    web = changed.template("Web")
    target_group = web.all("ElasticLoadBalancingV2::TargetGroup")[
        web.named("OwnServiceTargets", "ElasticLoadBalancingV2::TargetGroup")
    ]
    (vpc,) = changed.template("Network").all("EC2::VPC")
    assert changed.origins("Web", target_group["VpcId"]) == {f"Network/{vpc}"}
    assert (target_group["Protocol"], target_group["Port"]) == ("HTTP", 8080)
    assert target_group["HealthCheckPath"] == "/health"
    assert target_group["TargetType"] in {"instance", "ip"}


def test_the_load_balancer_reaches_the_service_on_its_port_and_nothing_else(changed: Synthesized) -> None:
    web = changed.template("Web")
    balancer = refers_to(web.one("ElasticLoadBalancingV2::LoadBalancer")["SecurityGroups"])
    (let_in,) = (rule for name, rule in web.all("EC2::SecurityGroupIngress").items() if name in own(web))
    assert (let_in["GroupId"], let_in["FromPort"], let_in["ToPort"]) == ("sg-0123456789abcdef0", 8080, 8080)
    assert refers_to(let_in["SourceSecurityGroupId"]) == balancer
    (let_out,) = (
        rule for rule in web.all("EC2::SecurityGroupEgress").values() if refers_to(rule["GroupId"]) == balancer
    )
    assert (let_out["DestinationSecurityGroupId"], let_out["FromPort"], let_out["ToPort"]) == (
        "sg-0123456789abcdef0",
        8080,
        8080,
    )


def test_nothing_is_added_but_the_target_group_and_two_rules(changed: Synthesized) -> None:
    kinds = sorted(resource["Type"] for resource in own(changed.template("Web")).values())
    assert kinds == [
        "AWS::EC2::SecurityGroupEgress",
        "AWS::EC2::SecurityGroupIngress",
        "AWS::ElasticLoadBalancingV2::TargetGroup",
    ]


def test_nothing_else_changes(changed: Synthesized) -> None:
    before, after = synthesize("dev").template("Web").resources, changed.template("Web").resources
    assert {before[name]["Type"] for name in before if before[name] != after[name]} == {
        "AWS::CloudWatch::Alarm",  # on the health of what is served
        "AWS::EC2::SecurityGroup",  # the load balancer's, which may now reach something
        "AWS::ElasticLoadBalancingV2::Listener",
    }
    assert sum(before[name] != after[name] for name in before) == 3
    for stack in {*STACKS} - {"Web"}:
        assert changed.template(stack).text == synthesize("dev").template(stack).text
