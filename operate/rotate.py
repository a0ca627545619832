"""`make rotate`: a new origin secret, in the steps of docs/decisions/0014-numbered-origin-secrets.md.

It sets origin_secret one higher in stacks/config.py and deploys: home first, where the load balancer then takes both,
then the edge, which shows the new one. The old one opens until the next rotation; REASON=leaked makes two, so that it
does not. DRY=yes only tells. What is left to do by hand is to commit the change of stacks/config.py.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.client import HTTPException

from operate import deployed_stacks, secret_setting, site, stage
from operate.command import InputError, StageError, run, say
from operate.confirmation import confirm
from stacks.config import STAGES

SECRET = "AWS::SecretsManager::Secret"  # noqa: S105 (a type of resources)
NUMBER = re.compile(r"-origin-(\d+)$")
LEAKED = "leaked"
PROBE = "/write"
"""What the edge never keeps, so that the load balancer answers."""
FORBIDDEN, SERVER_ERROR = 403, 500


def main() -> int:
    """Rotate the stage's secret once, or twice if it has leaked."""
    name = stage.chosen()
    edge, reason = STAGES[name].edge, os.environ.get("REASON", "")
    if reason not in {"", LEAKED}:
        raise InputError(
            f"REASON '{reason}' is not {LEAKED}; leave it out, and the old secret opens until the next time"
        )
    if edge.origin != "public":
        raise StageError(f'stage {name} has no origin secret: origin is "{edge.origin}", which nobody else reaches')
    number = edge.origin_secret
    check(name, number)
    numbers = [number + step for step in range(1, 3 if reason == LEAKED else 2)]
    for word, text in steps(name, numbers):
        say(word, text)
    if os.environ.get("DRY"):
        return 0
    confirm(
        name, f"this changes stacks/config.py and deploys stage {name} {len(numbers)} time{'s' * (len(numbers) > 1)}"
    )
    where = site.find(name)
    answering(where)
    for each in numbers:
        rotate(name, each, deploy=deploy, where=where)
    say("commit", f"stacks/config.py, where origin_secret of {name} is {numbers[-1]} now")
    return 0


def check(name: str, number: int) -> None:
    """Refuse where what is deployed is not what the settings say: a rotation was not finished, or is not committed."""
    web = deployed_stacks.one(name, "web")
    found = [NUMBER.search(str(each.properties.get("Name", ""))) for each in web.of(SECRET)]
    deployed = max((int(each[1]) for each in found if each), default=0)
    if deployed != number:
        raise StageError(
            f"secret {deployed} is deployed and origin_secret is {number}; set it right and `make deploy STAGE={name}`"
        )


def steps(name: str, numbers: list[int]) -> Iterator[tuple[str, str]]:
    """Yield what will be done."""
    for number in numbers:
        yield "setting", f"origin_secret of {name} becomes {number} in {stage.relative(secret_setting.FILE)}"
        yield "deploy", f"the load balancer takes secrets {number - 1} and {number}, then CloudFront shows {number}"
        yield "look", f"{PROBE} through the edge, which the load balancer has to answer"


def rotate(name: str, number: int, *, deploy: Callable[[str], int], where: site.Site) -> None:
    """Do the steps of one rotation."""
    secret_setting.write(name, number)
    say("setting", f"origin_secret of {name} is {number}")
    if deploy(name):
        raise StageError(
            f"the deploy failed; origin_secret stays {number}, mend it and go on with `make deploy STAGE={name}`"
        )
    answering(where)
    say("rotated", f"CloudFront shows secret {number}, and the load balancer answers")


def deploy(name: str) -> int:
    """Deploy by `make deploy`, which reads the settings anew."""
    command = [sys.executable, "-m", "operate.cdk", "deploy"]
    return subprocess.run(command, cwd=stage.ROOT, env={**os.environ, "STAGE": name}, check=False).returncode  # noqa: S603


def answering(where: site.Site) -> None:
    """Refuse to go on where the load balancer does not answer what comes by the edge."""
    try:
        status = where.get(PROBE).status
    except (OSError, HTTPException) as error:
        raise StageError(f"{where.url} gives no answer: {error}") from error
    if status == FORBIDDEN or status >= SERVER_ERROR:
        raise StageError(f"{where.url}{PROBE} answers {status}; see whether both sides know the same secret")


if __name__ == "__main__":
    run("rotate", main)
