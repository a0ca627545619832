"""Text of strangers, as sentences hold it: addresses and names in a log are whatever somebody has asked for."""

LONGEST = 120


def shown(text: str) -> str:
    """Return a text on one line, without what is not printed, and no longer than a reader looks at."""
    printed = "".join(character if character.isprintable() else "?" for character in text[: LONGEST + 1])
    return printed if len(printed) <= LONGEST else printed[: LONGEST - 1] + "…"
