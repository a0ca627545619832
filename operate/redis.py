"""`make redis CMD="get key"`: run one command on the deployed Redis, by the console function inside the VPC."""

import os
import shlex
from typing import Any, cast

from operate import stage, web
from operate.command import InputError, printable, run


def main() -> int:
    """Run what CMD says and print the answer as redis-cli does."""
    question = {"command": words(os.environ.get("CMD", ""))}
    answer = web.find(stage.chosen()).ask("RedisConsoleFunction", question)
    print("\n".join(lines(answer["answer"])))
    return 0


def words(command: str) -> list[str]:
    """Split a command as a shell does, so that a value in quotes may hold spaces."""
    try:
        found = shlex.split(command)
    except ValueError as error:
        raise InputError(f"CMD {command!r} cannot be read: {str(error).lower()}") from error
    if not found:
        raise InputError("CMD is empty; set it as in: make redis CMD='get key'")
    return found


def lines(answer: Any) -> list[str]:  # noqa: ANN401 (whatever Redis answers)
    """Return the lines that show an answer."""
    match answer:
        case None:
            return ["(nil)"]
        case int():
            return [f"(integer) {answer}"]
        case []:
            return ["(empty array)"]
        case list():
            items = enumerate(cast("list[Any]", answer), start=1)
            return [f"{number}) {line}" for number, item in items for line in lines(item)]
        case _:
            return [printable(line) for line in str(answer).split("\n")]


if __name__ == "__main__":
    run("redis", main)
