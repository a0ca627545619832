"""What SES answers when it takes no mail."""

import json

from local.emulator.ministack import Response


class SesError(Exception):
    """An error of the SES API v2: its code, message and HTTP status ("SendEmail", Amazon SES API v2 Reference)."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def response(self) -> Response:
        """Return the error as SES writes it."""
        headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-errortype": self.code}
        return self.status, headers, json.dumps({"message": self.message}).encode()


class AnswerLostError(Exception):
    """The mail is taken, but its sender shall not be told."""
