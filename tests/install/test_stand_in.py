"""Requests without what guesses encodings."""

from __future__ import annotations

import subprocess
import sys

import pytest

from install import stand_in
from install.stand_in import OTHER, USUAL, without_guessing
from simulators.rig import TREE

# A process of its own, since requests is loaded in this one.
CODE = """
import sys, warnings
from install.stand_in import without_guessing
warnings.simplefilter("error")
with without_guessing():
    import requests
assert "charset_normalizer" not in sys.modules
response = requests.Response()
response.status_code, response._content, response.encoding = 200, "gr\\u00fcn".encode(), "utf-8"
print(ascii(response.text))
response.encoding = None
print(ascii(response.text))
import charset_normalizer
print(hasattr(charset_normalizer, "from_bytes"))
"""


def test_requests_reads_as_ever_and_complains_about_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=TREE, capture_output=True, check=True, text=True
    )
    assert done.stdout.splitlines() == ["'gr\\xfcn'", "'gr\\xfcn'", "True"]
    assert done.stderr == ""


@pytest.mark.parametrize("there", ["requests", USUAL, OTHER])
def test_what_is_loaded_already_stays(monkeypatch: pytest.MonkeyPatch, there: str) -> None:
    modules: dict[str, object] = {there: object()}
    monkeypatch.setattr(stand_in, "sys", type("Sys", (), {"modules": modules}))
    with without_guessing():
        assert list(modules) == [there]
    assert list(modules) == [there]


def test_nothing_is_left_behind_if_loading_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    modules: dict[str, object] = {}
    monkeypatch.setattr(stand_in, "sys", type("Sys", (), {"modules": modules}))

    def fail() -> None:
        with without_guessing():
            assert set(modules) == {USUAL, OTHER}
            raise ImportError

    with pytest.raises(ImportError):
        fail()
    assert modules == {}
