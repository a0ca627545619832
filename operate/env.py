"""`make env`: what points the AWS tools and SDKs, and a plain `cdk`, at the embedded cloud, for `eval` in a shell."""

import os
import shlex

from operate import stage
from operate.command import run


def main() -> int:
    """Print the variables that the embedded cloud needs and that are not set so already."""
    for name, value in stage.running_cloud().environment().items():
        if os.environ.get(name) != value:
            print(f"export {name}={shlex.quote(value)}")
    return 0


if __name__ == "__main__":
    run("env", main)
