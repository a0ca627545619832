"""How Lambda's Python runtime logs where the format is JSON: a line an entry, with whatever `extra` gives it.

Its text runs in each function's own process, so it stands alone. Source: "Log and monitor Python Lambda functions".
"""

import json
import logging
import sys
import time

OWN = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime"})


class JsonFormatter(logging.Formatter):
    """Formats an entry as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        extra = {name: value for name, value in vars(record).items() if name not in OWN}
        entry: dict[str, object] = {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
        }
        if record.exc_info:
            entry["stackTrace"] = self.formatException(record.exc_info).splitlines()
        return json.dumps({**entry, **extra}, ensure_ascii=False, default=str)


def install() -> None:
    """Let the root logger write so to stderr, which MiniStack takes for a function's log."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
