"""`make ttl-check`: whether the policies of the working tree would do worse on a log sample than those agreed on.

The policies are those of the synthesized template, the sample is docs/ttl-check/sample.parquet, which
operate/ttl_sample.py makes, and docs/ttl-check/figures.json is what has been agreed on. It ends with 1, and says why,
where the predicted hit ratio is more than MOST_LOST percentage points lower (0.5), or answers are more than MOST_STALER
percent longer out of date (10).
ACCEPT=yes writes the figures anew, to be reviewed and committed with the change.
"""

import os

import msgspec

from operate.command import InputError, run, say
from operate.synthesized import deployed
from operate.ttl_figures import Figures, Prediction, line, predict, problems
from operate.ttl_sample import FILE

FIGURES = FILE.with_name("figures.json")
MOST_LOST, MOST_STALER = 0.5, 10.0
"""Percentage points, percent."""


def main() -> int:
    """Compare, and tell by the exit code how it went."""
    bounds = {name: _bound(name, usual) for name, usual in (("MOST_LOST", MOST_LOST), ("MOST_STALER", MOST_STALER))}
    now = predict(deployed().policies, FILE)
    if os.environ.get("ACCEPT"):
        FIGURES.write_text(msgspec.json.format(msgspec.json.encode(now), indent=2).decode() + "\n", encoding="utf-8")
        say("written", f"{FIGURES}; commit it with the change that it goes with")
        return 0
    agreed = agreed_on()
    for pattern, figures in now.items():
        say(pattern, line(figures, agreed.get(pattern)))
    worse = list(problems(now, agreed, most_lost=bounds["MOST_LOST"], most_staler=bounds["MOST_STALER"]))
    for problem in worse:
        say("worse", problem)
    if worse:
        say("way out", "undo the change of stacks/ttl.py, or agree on it: make ttl-check ACCEPT=yes")
    return 1 if worse else 0


def agreed_on() -> Prediction:
    """Read what has been agreed on."""
    try:
        return msgspec.json.decode(FIGURES.read_bytes(), type=dict[str, Figures])
    except (FileNotFoundError, msgspec.MsgspecError) as error:
        raise InputError(f"'{FIGURES}' cannot be read ({error}); make it anew: make ttl-check ACCEPT=yes") from error


def _bound(name: str, usual: float) -> float:
    typed = os.environ.get(name, "")
    try:
        bound = float(typed or usual)
    except ValueError:
        bound = -1.0
    if not 0 <= bound <= 1000:  # noqa: PLR2004
        raise InputError(f"{name} '{typed}' is not a number from 0 to 1000")
    return bound


if __name__ == "__main__":
    run("ttl-check", main)
