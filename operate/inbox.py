"""`make inbox`: list the mails that a stage has received, newest first, or show one by its ID."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from operate import stage
from operate.command import InputError, StageError, clock, printable, run

SHOWN = 20
Record = Mapping[str, Any]


def main() -> int:
    """List, or show the mail with ID."""
    name = stage.chosen()
    connect = stage.connect(name)
    table = stage.outputs(name, "mail", connect).get("ReceivedTable")
    if table is None:
        raise StageError(f'stage {name} receives no mail; set inbox in STAGES["{name}"]')
    dynamodb, wanted = connect("dynamodb"), os.environ.get("ID", "")
    if wanted:
        item = dynamodb.get_item(TableName=table, Key={"id": {"S": wanted}}).get("Item")
        if item is None:
            raise InputError(f"ID '{wanted}' is no received mail; `make inbox` lists them")
        lines = shown(_plain(item))
    else:
        pages = dynamodb.get_paginator("scan").paginate(TableName=table)
        lines = listed([_plain(item) for page in pages for item in page["Items"]])
    print("\n".join(map(printable, lines)))
    return 0


def listed(records: list[Record]) -> Iterator[str]:
    """Yield a line for each of the newest mails."""
    newest = sorted(records, key=lambda record: int(record.get("received_at", 0)), reverse=True)[:SHOWN]
    yield f"{len(newest)} of {len(records)} received mail{'' if len(records) == 1 else 's'}"
    for record in newest:
        when = clock(int(record.get("received_at", 0)) / 1000)
        way = f"{record.get('from')} → {', '.join(record.get('envelope', []))}"
        yield f"{record['id']}  {when}  {record.get('status')}  {way}  {record.get('subject', '')}"


def shown(record: Record) -> Iterator[str]:
    """Yield a line for each thing that is known of a mail."""
    width = max(map(len, record))
    for name, value in sorted(record.items()):
        text = clock(int(value) / 1000) if name == "received_at" else _text(value)
        yield f"{name:<{width}}  {text}"


def _text(value: object) -> str:
    match value:
        case Mapping():
            return ", ".join(f"{name}: {_text(each)}" for name, each in sorted(value.items()))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case list() | set():
            return "; ".join(map(_text, value))  # pyright: ignore[reportUnknownArgumentType]
        case _:
            return str(value)


def _plain(item: Mapping[str, Any]) -> Record:
    return {name: TypeDeserializer().deserialize(value) for name, value in item.items()}


if __name__ == "__main__":
    run("inbox", main)
