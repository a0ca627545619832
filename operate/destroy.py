"""`make destroy`: delete the stacks of a stage, the last deployed first, after saying what goes and what stays.

What is in buckets and zones that go is deleted right before their stack, as CloudFormation deletes none that has
something in it. DRY=yes only tells. A protected stage is refused.
"""

import os
from collections.abc import Iterator, Sequence

from operate import cdk, contents, deployed_stacks, stage
from operate.command import StageError, run, say
from operate.confirmation import confirm
from operate.deployed_stacks import DeployedStack
from stacks.config import STAGES
from stacks.config_edge import EDGE_REGION

DATA = {
    "AWS::DynamoDB::Table": "its items, and its backups by time",
    "AWS::ElastiCache::ReplicationGroup": "its keys; no snapshot is made",
    "AWS::Logs::LogGroup": "its log",
    "AWS::RDS::DBCluster": "its data and automated backups; no snapshot is made",
    "AWS::Route53::HostedZone": "its records; a zone made later has other name servers",
    "AWS::SES::EmailIdentity": "its DKIM keys; mail can be sent again once a later one is verified",
    "AWS::SQS::Queue": "its messages, dead letters too",
    "AWS::SecretsManager::Secret": "its value",
}
"""What goes with resources of these kinds."""
KEY, KEY_DAYS = "AWS::KMS::Key", 30
"""Days that a deleted key waits where its template says nothing ("AWS::KMS::Key PendingWindowInDays")."""


def main() -> int:
    """Tell, ask, and delete."""
    name = stage.chosen()
    stacks = [*deployed_stacks.find(name)][::-1]
    if not stacks:
        say("nothing", f"of stage {name} is deployed")
        return 0
    for word, text in told(name, stacks):
        say(word, text)
    if os.environ.get("DRY"):
        return 0
    if protected := [stack.name for stack in stacks if stack.is_protected]:
        first = f'set protected=False in STAGES["{name}"] and `make deploy STAGE={name}` first, and all of it will go'
        raise StageError(f"{', '.join(protected)} cannot be deleted: termination protection is on; {first}")
    confirm(name, f"this deletes {len(stacks)} stacks and what is listed above")
    return destroy(name, stacks)


def told(name: str, stacks: Sequence[DeployedStack]) -> Iterator[tuple[str, str]]:
    """Yield a word and a line for each thing that goes, or stays and why."""
    for stack in stacks:
        yield "stack", f"{stack.name}, {len(stack.resources)} resources"
    for stack in stacks:
        yield from (("goes", line) for line in _going(stack))
    for stack in stacks:
        yield from (("stays", line) for line in _staying(stack))
    yield from (("stays", line) for line in _outside(name))


def _going(stack: DeployedStack) -> Iterator[str]:
    for bucket, count in contents.buckets(stack).items():
        yield f"AWS::S3::Bucket {bucket}: {count} objects"
    for zone, records in contents.strange_records(stack).items():
        for record in records:
            yield f"{record['Type']} record {record['Name']} of zone {zone}, which no stack has made"
    for each in stack.resources:
        if each.policy == "Delete" and each.kind in DATA:
            yield f"{each.kind} {each.id}: {DATA[each.kind]}"


def _staying(stack: DeployedStack) -> Iterator[str]:
    for each in stack.resources:
        if each.policy != "Delete":
            yield f"{each.kind} {each.id}: the stage is protected, so that nothing with data is deleted"
        elif each.kind == KEY:
            days = each.properties.get("PendingWindowInDays", KEY_DAYS)
            yield f"{KEY} {each.id}: for {days} days, in which it can be had back; it costs nothing then"


def _outside(name: str) -> Iterator[str]:
    """Yield what is of no stack of the stage."""
    regions = " and ".join(dict.fromkeys((STAGES[name].region, EDGE_REGION)))
    yield f"stack CDKToolkit in {regions}, with the code of all deploys: other stages use it too"
    yield "the account's own: SES production access, its suppression list, metrics until they expire"
    if not STAGES[name].domain.hosted_zone_id:
        yield f"the name servers of {STAGES[name].domain.zone} at its registrar, which lead to nothing then"


def destroy(name: str, stacks: Sequence[DeployedStack]) -> int:
    """Delete stack by stack; a failure ends it, and another run goes on from there."""
    environment = cdk.environment_of("destroy", name)
    code = cdk.cdk("synth", "--quiet", *cdk.synthesis(name), environment=environment)
    for stack in stacks:
        if code:
            break
        contents.empty(stack)
        contents.remove_strange_records(stack)
        only = ("--exclusively", "--force", "--app", str(cdk.OUTPUT))
        code = cdk.cdk("destroy", stack.part.capitalize(), *only, environment=environment)
        if code == 0:
            say("deleted", stack.name)
    return code


if __name__ == "__main__":
    run("destroy", main)
