"""A small project as a review sees one: stages, stacks and a history."""

import subprocess
import sys
from pathlib import Path

from review.synthesis import Checkout

STAGES = """
STAGES = {name: name for name in ("local", "dev", "prod")}
"""
APP = """
from aws_cdk import App, CfnOutput, Environment, RemovalPolicy, Stack, Tags
from aws_cdk import aws_sqs as sqs
from constructs import Construct


def build(app: App, stage: str) -> None:
    for name in ("Mail", "Web"):
        stack = Stack(app, name, stack_name=f"tiny-{stage}-{name.lower()}", env=Environment(region="eu-west-1"),
                      termination_protection=stage == "prod")
        queue = sqs.Queue(stack, "Queue", fifo=FIFO, removal_policy=RemovalPolicy.DESTROY)
        if name == "Mail":
            mail = queue
            # Less than there can be: cfn-lint finds it.
            sqs.CfnQueue(stack, "Short", message_retention_period=5)
        else:
            CfnOutput(stack, "Mail", value=mail.queue_arn, description="</script>|`@all` *x*")
"""
AUTHOR = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "core.hooksPath=/dev/null")


def git(root: Path, *arguments: str) -> str:
    """Run git, which has to work."""
    done = subprocess.run(["git", *AUTHOR, *arguments], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(root: Path, **files: str) -> None:
    """Write files and commit everything."""
    for name, text in files.items():
        (root / name).write_text(text)
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "a change")


def tiny(root: Path) -> Path:
    """Make the project, with one commit on main."""
    (root / "stacks").mkdir(parents=True)
    (root / "stacks" / "__init__.py").touch()
    (root / "stacks" / "config.py").write_text(STAGES)
    (root / "cdk.json").write_text('{"context": {"@aws-cdk/core:defaultCrossStackReferences": "strong"}}')
    (root / "requirements.lock").touch()
    (root / "app.py").write_text(app())
    (root / ".gitignore").write_text(".local/\n__pycache__/\n")
    git(root, "init", "--quiet", "--initial-branch=main")
    commit(root)
    return root


def app(*, fifo: bool | None = None, more: str = "") -> str:
    """Return the app, with other queues or more lines."""
    return APP.replace("FIFO", str(fifo)) + more


def checkout(root: Path) -> Checkout:
    """Return the project as a checkout."""
    return Checkout("tiny", root, Path(sys.executable))
