"""How much of an answer is taken into memory."""

from __future__ import annotations

import requests

# A thousand scenes or items with everything take a few MB.
MAX_ANSWER_BYTES = 64 * 1024 * 1024
_CHUNK = 256 * 1024


class AnswerTooLarge(requests.RequestException):
    """A server, or what answers in its place, sends more than anything we ask for can be."""


def read_within(response: requests.Response, most_bytes: int) -> None:
    """Read the answer's body, once unpacked, as requests does by itself; of a larger one nothing
    more is read. Raises AnswerTooLarge."""
    content = bytearray()
    try:
        for chunk in response.iter_content(_CHUNK):
            content += chunk
            if len(content) > most_bytes:
                raise AnswerTooLarge(f"the answer is larger than {most_bytes} bytes")
    except BaseException:
        response.close()
        raise
    # Where requests keeps what it has read: `content`, `text` and `json` go by it.
    response._content = bytes(content)
