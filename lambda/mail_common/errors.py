"""What AWS has answered instead of what was asked for."""

from typing import Any

from botocore.exceptions import ClientError


def item_against(error: ClientError) -> dict[str, Any]:
    """The item that a conditional write has met, empty if none or not asked for; any other error is raised again."""
    if code_of(error) != "ConditionalCheckFailedException":
        raise error
    return error.response.get("Item", {})


def code_of(error: BaseException) -> str:
    """The short name of an error, as records and logs give it."""
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code", "ClientError")
    return type(error).__name__
