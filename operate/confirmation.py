"""Asking before anything goes, or is away for a while, that others use."""

from operate.command import InputError, printable


def confirm(name: str, what: str) -> None:
    """Go on only if the stage's name is typed; the local stage is nobody else's, and is not asked about."""
    if name == "local":
        return
    print(f"{printable(what)}; type {name} to go on: ", end="", flush=True)
    try:
        typed = input().strip()
    except EOFError:
        typed = ""
    if typed != name:
        raise InputError(f"'{typed}' is not '{name}'; nothing was done")
