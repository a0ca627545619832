"""The event source mappings that feed the consumer, off and on."""

import logging
from collections.abc import Collection
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from mail_common.errors import code_of
from mail_consumer.sending import Sending

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

logger = logging.getLogger(__name__)


class Mappings:
    """Disables and enables mappings, and notes in the sending table which ones the consumer has disabled itself."""

    def __init__(self, *, client: "LambdaClient", sending: Sending) -> None:
        self._client = client
        self._sending = sending

    def disable(self, *, function: str) -> None:
        """Disable the function's enabled mappings: noted first, so that a crash leaves none disabled for ever."""
        pages = self._client.get_paginator("list_event_source_mappings").paginate(FunctionName=function)
        listed = [mapping for page in pages for mapping in page["EventSourceMappings"]]
        enabled = [mapping.get("UUID", "") for mapping in listed if mapping.get("State") in {"Enabled", "Enabling"}]
        if not enabled:
            return
        self._sending.remember_disabled(enabled)
        for mapping in enabled:
            self._set(mapping, enabled=False)

    def enable(self, mappings: Collection[str]) -> None:
        """Enable the mappings and strike them off; one that is just changing is left to the next check."""
        for mapping in mappings:
            if self._set(mapping, enabled=True):
                self._sending.forget_disabled([mapping])

    def _set(self, mapping: str, *, enabled: bool) -> bool:
        try:
            self._client.update_event_source_mapping(UUID=mapping, Enabled=enabled)
        except ClientError as error:
            # "Updating": the next invocation or check comes back to it.
            if code_of(error) != "ResourceInUseException":
                raise
            logger.warning("mapping is being changed", extra={"event": "mapping_in_use", "mapping": mapping})
            return False
        return True
