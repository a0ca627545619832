"""What the commands have in common: how they fail, and how they print."""

import sys
import time
from collections.abc import Callable
from typing import NoReturn

from botocore.exceptions import BotoCoreError, ClientError

BAD_INPUT = 2
"""Exit code: nothing was done, because of what was typed or because the stage cannot be used."""
INTERRUPTED = 130
"""Exit code after Ctrl-C: 128 and the number of SIGINT, as shells give it."""


class StageError(Exception):
    """A stage cannot be used, with the way out."""


class InputError(Exception):
    """A value that was typed is wrong, with what is expected."""


def run(name: str, command: Callable[[], int]) -> NoReturn:
    """Run a command and exit with its code; what goes wrong becomes one line on stderr."""
    try:
        sys.exit(command())
    except (InputError, StageError) as error:
        fail(name, error, code=BAD_INPUT)
    except (ClientError, BotoCoreError) as error:
        fail(name, error, code=BAD_INPUT)
    except KeyboardInterrupt:
        fail(name, "interrupted", code=INTERRUPTED)


def fail(name: str, reason: object, *, code: int) -> NoReturn:
    """Exit with one line on stderr."""
    print(f"{name}: {' '.join(str(reason).split())}", file=sys.stderr)
    sys.exit(code)


def say(word: str, text: str) -> None:
    """Print one line of a report: a word, then what it is about, in columns."""
    print(f"{word:<10} {printable(text)}", flush=True)


def printable(text: str) -> str:
    """Return text with everything that could drive a terminal made visible."""
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)


def clock(epoch_seconds: float) -> str:
    """Return a moment in this machine's time zone."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(epoch_seconds))
