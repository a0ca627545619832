"""`make down`: stop what `make up` has started, and nothing else."""

from local.cloud import STATE, running
from operate.command import fail, say


def main() -> None:
    """Stop the embedded cloud if it runs."""
    cloud = running(STATE)
    if cloud is None:
        print("Nothing to stop, the embedded cloud is not running.")
        return
    cloud.stop()
    if running(STATE):
        fail("down", f"the embedded cloud, process {cloud.pid}, does not end", code=1)
    say("stopped", f"the embedded cloud on {cloud.endpoint}")


if __name__ == "__main__":
    main()
