from tests.stacks.snapshots import FOLDER, SNAPSHOTS
from tests.stacks.synthesis import synthesize


def test_templates_are_those_that_were_reviewed() -> None:
    changed = [
        file.name
        for (stage, stack), file in SNAPSHOTS.items()
        if file.read_text() != synthesize(stage).template(stack).normalised
    ]
    assert not changed, "run `make snapshots`, and review and commit what it changes"


def test_every_snapshot_is_of_a_stack() -> None:
    assert set(FOLDER.iterdir()) == set(SNAPSHOTS.values())
