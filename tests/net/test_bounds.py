"""An answer without end is not taken into memory."""

from __future__ import annotations

import pytest

from net import session as session_module
from net.bounds import AnswerTooLarge
from net.session import CarefulSession, cause
from simulators.http import Request, Response, SimulatorServer


class _Talker(SimulatorServer):
    def handle(self, request: Request) -> Response:
        return Response(200, b"x" * 300_000, "text/plain")


def test_a_large_answer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with _Talker() as server, CarefulSession(read_timeout_s=10.0) as session:
        assert len(session.get(server.url).content) == 300_000
        monkeypatch.setattr(session_module, "MAX_ANSWER_BYTES", 100_000)
        with pytest.raises(AnswerTooLarge) as caught:
            session.get(server.url)
    assert cause(caught.value) == "the answer is larger than 100000 bytes"
