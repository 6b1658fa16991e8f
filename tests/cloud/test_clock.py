"""The memory of virtual clocks, which outlives a process that is killed."""

import os
import subprocess

from tests.cloud import clock


def test_a_clock_of_somebody_who_was_killed_is_in_nobodys_way(tmp_path):
    killed = subprocess.Popen(["true"])
    killed.wait()
    for pid in (killed.pid, os.getpid()):
        (tmp_path / f"faketime_shm_{pid}").touch()
        (tmp_path / f"sem.faketime_sem_{pid}").touch()
    clock.forget_ended_clocks(tmp_path)
    assert {memory.name.rsplit("_", 1)[1] for memory in tmp_path.iterdir()} == {str(os.getpid())}
    assert len(list(tmp_path.iterdir())) == 2
