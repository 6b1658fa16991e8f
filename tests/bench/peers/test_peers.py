"""The stopwatch of the cold starts, tried on functions of a few lines."""

import sys

import pytest

from tests.bench.peers import runtime_api

ASKS = """
import json, os, time, urllib.request
api = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation/"
asked = urllib.request.urlopen(api + "next")
id, event = asked.headers["Lambda-Runtime-Aws-Request-Id"], json.load(asked)
"""
WORKS_AND_ANSWERS = """
began = time.perf_counter()
sum(range(2_000_000))
answer = {"decision": event["wish"], "took_ms": (time.perf_counter() - began) * 1000}
urllib.request.urlopen(f"{api}{id}/response", json.dumps(answer).encode()).read()
urllib.request.urlopen(api + "next")
"""


def started(program: str) -> runtime_api.Start:
    return runtime_api.start([sys.executable, "-S", "-c", program], {}, {"wish": "run"})


def test_a_start_is_timed_until_it_asks_and_until_it_answers():
    start = started(ASKS + WORKS_AND_ANSWERS)
    assert start.answer["decision"] == "run"
    assert start.asked_ms > 0 and start.answered_ms - start.asked_ms >= start.answer["took_ms"] > 0
    assert start.peak_mb > 1


def test_a_function_that_dies_or_fails_gives_no_figure_and_says_why():
    with pytest.raises(runtime_api.Died, match="no such table"):
        started(ASKS + "raise SystemExit('no such table')")
    fails = 'urllib.request.urlopen(f"{api}{id}/error", b"no such key").read()'
    with pytest.raises(runtime_api.Died, match="no such key"):
        started(ASKS + fails)
