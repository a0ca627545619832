"""`make resume`: let the consumer take messages again, whoever has stopped it."""

from operate import stage
from operate.command import run
from operate.pause import switch


def main() -> int:
    """Start the consumer of a stage."""
    resume(stage.find(stage.chosen()))
    return 0


def resume(target: stage.Stage) -> None:
    """Forget every pause, then enable every mapping."""
    # In this order: what the consumer marks once it runs again, it marks with reason.
    target.sending.resume()
    target.sending.forget_disabled(target.mappings)
    switch(target, enabled=True)
    print("The consumer takes requests again.")


if __name__ == "__main__":
    run("resume", main)
