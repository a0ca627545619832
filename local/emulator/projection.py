"""Projected partitions: which files of a table Athena sees, when it works the partitions out by itself.

"Use partition projection with Amazon Athena" and "Supported types for partition projection", Amazon Athena user guide.
"""

import re
from collections.abc import Mapping

from local.emulator.ministack import Json

VARIABLE = re.compile(r"\\\$\\\{(\w+)\\\}")
"""A partition's place in a template that is escaped already."""


def projected(table: Json, files: list[str]) -> list[str]:
    """Return the files that lie in a partition; without projection, all of them. A ValueError says what is wrong."""
    parameters: Mapping[str, str] = table.get("Parameters", {})
    if parameters.get("projection.enabled", "false").lower() != "true":
        return files
    keys = [key["Name"] for key in table["PartitionKeys"]]
    folder = _folder(table, parameters, keys)
    place = re.compile(".*/" + VARIABLE.sub(r"(?P<\1>[^/]+)", re.escape(folder)) + "/.+")
    kinds = {key: _Kind(table["Name"], key, parameters) for key in keys}
    found = ((file, place.fullmatch(file)) for file in files)
    return [
        file
        for file, match in found
        if match and all(kinds[key].has(value) for key, value in match.groupdict().items())
    ]


def _folder(table: Json, parameters: Mapping[str, str], keys: list[str]) -> str:
    """Return where partitions lie, below the table's own place."""
    location = table["StorageDescriptor"]["Location"].rstrip("/")
    usual = f"{location}/{'/'.join(f'{key}=${{{key}}}' for key in keys)}"
    template = parameters.get("storage.location.template", usual).rstrip("/")
    if not all(f"${{{key}}}" in template for key in keys):
        raise ValueError(
            "INVALID_TABLE_PROPERTY: The 'storage.location.template' table property must contain templates for all "
            "partition columns!"
        )
    if not template.startswith(f"{location}/"):
        raise ValueError(f"storage.location.template {template} is not below {location}, where alone files are found")
    return template.removeprefix(f"{location}/")


class _Kind:
    """What values a partition key has."""

    def __init__(self, table: str, key: str, parameters: Mapping[str, str]) -> None:
        own = {
            name.removeprefix(f"projection.{key}."): value
            for name, value in parameters.items()
            if name.startswith(f"projection.{key}.")
        }
        if "type" not in own:
            raise ValueError(
                f"INVALID_TABLE_PROPERTY: Table {table} is configured for partition projection, but the following "
                f"partition columns are missing projection configuration: [{key}]"
            )
        self._own = own
        if own["type"] not in {"enum", "integer"}:
            raise ValueError(f"projection.{key}.type {own['type']} is none that is known here: enum, integer")

    def has(self, value: str) -> bool:
        """Tell whether there is a partition with this value in the names of its folders."""
        if self._own["type"] == "enum":
            return value in [each.strip() for each in self._own["values"].split(",")]
        if not value.isdecimal():
            return False
        low, high = map(int, self._own["range"].split(","))
        interval = int(self._own.get("interval", "1"))
        written = f"{int(value):0{self._own.get('digits', '0')}}"
        return low <= int(value) <= high and (int(value) - low) % interval == 0 and value == written
