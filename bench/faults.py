"""Seeded faults for `bench.diagnosis`: really run where a machine can break, else recorded.

The recorded texts are as Kubernetes, Kubeflow Pipelines and S3 stores write them. Before the fault
each log holds lines that look like other faults and are none.
"""

from dataclasses import dataclass

from kfp import dsl

REAL = {
    "a column that pandas does not find": ("column", "missing-column"),
    "columns that a reader was told to read": ("usecols", "missing-column"),
    "a file of the writer's machine": ("file", "missing-file"),
    "a word among numbers": ("word", "wrong-type"),
    "a parameter that is no number": ("number", "wrong-type"),
    "an argument that nobody gave": ("argument", "missing-parameter"),
    "a package that is not installed": ("import", "import-error"),
    "a full device": ("full", "out-of-disk"),
    "a file that grows beyond its limit": ("limit", "out-of-disk"),
    "more memory than allowed": ("memory", "out-of-memory"),
    "a task that is killed": ("kill-task", "killed-worker"),
    "a worker that is killed": ("kill-worker", "killed-worker"),
    "a program that takes too long": ("slow", "time-out"),
    "a service that is not up": ("service", "service-unreachable"),
    "a person who stops the run": ("sleep", "canceled"),
}
"""What goes wrong, by its words: the argument of `faulty`, and the right cause."""


@dsl.component(base_image="python:3.11", packages_to_install=[], install_kfp_package=False)
def break_off(how: str) -> None:  # noqa: C901 (a component is one function, and each fault a line)
    """Print what looks like faults, then break in one way."""
    import io
    import os
    import resource
    import signal
    import subprocess
    import sys
    import time
    import urllib.request

    import pandas as pd

    print("WARNING: sending usage statistics timed out, going on without")
    print("INFO: no cached result was found, optional column 'note' is missing: ignored")
    print("INFO: cleaning /tmp: permission denied for 2 files of other users, skipped")
    sys.stdout.flush()
    table = pd.DataFrame({"phase": [1, 2], "planned": ["12", "abc"]})
    if how == "column":
        print(table["planned_duration_days"].mean())
    if how == "usecols":
        pd.read_csv(io.StringIO(table.to_csv()), usecols=["phase", "borough"])
    if how == "file":
        pd.read_csv("C_data/schedule_management.csv")
    if how == "word":
        print(table["planned"].astype(float).mean())
    if how == "number":
        print(int("ten"))
    if how == "argument":
        pd.merge(table)
    if how == "import":
        import catboost_of_nobody  # noqa: F401
    if how == "full":
        with open("/dev/full", "w") as full:
            full.write("x" * 100_000)
    if how == "limit":
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        with open("large.bin", "wb") as large:
            large.write(b"x" * 1_000_000)
    if how == "memory":
        with open("/proc/self/statm") as sizes:
            limit = int(sizes.read().split()[0]) * resource.getpagesize() + 50_000_000
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        print(len(bytearray(2_000_000_000)))
    if how == "kill-task":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "kill-worker":
        os.killpg(os.getpgrp(), signal.SIGKILL)
    if how == "slow":
        subprocess.run(["sleep", "30"], timeout=0.2, check=True)
    if how == "service":
        urllib.request.urlopen("http://127.0.0.1:9/model", timeout=5)
    if how == "sleep":
        time.sleep(60)


@dsl.pipeline(name="faulty")
def faulty(how: str) -> None:
    """Break in one of many ways."""
    break_off(how=how)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A fault that needs a cluster or a store, as its log tells it."""

    words: str
    cause: str
    reason: str
    lines: tuple[str, ...] = ()
    after_cached: bool = False
    """Whether a task before it was taken from the cache."""


_NOISE = (
    "2026-05-13T02:00:01.482Z INFO  connecting to the metadata store (timeout 10 s)",
    "2026-05-13T02:00:02.103Z WARN  retrying: connection reset by peer (attempt 1 of 3)",
    "2026-05-13T02:00:02.611Z INFO  connected; optional file .env was not found, using defaults",
)

RECORDED = (
    Recorded(
        words="a bucket that is not there",
        cause="no-such-bucket",
        reason="exit status 1",
        lines=(
            *_NOISE,
            "Traceback (most recent call last):",
            '  File "/app/load.py", line 14, in <module>',
            '    data = client.get_object("recent-schedules", "may.csv").read()',
            "minio.error.S3Error: S3 operation failed; code: NoSuchBucket, message: The specified"
            " bucket does not exist, resource: /recent-schedules/may.csv",
        ),
    ),
    Recorded(
        words="credentials that may not read",
        cause="access-denied",
        reason="exit status 1",
        lines=(
            *_NOISE,
            "Traceback (most recent call last):",
            '  File "/app/load.py", line 14, in <module>',
            "minio.error.S3Error: S3 operation failed; code: AccessDenied, message: Access Denied.,"
            " resource: /datasets/schedule_management.csv",
        ),
    ),
    Recorded(
        words="a service account without the right",
        cause="access-denied",
        reason='workflowtaskresults.argoproj.io is forbidden: User "system:serviceaccount:team-a:'
        'default-editor" cannot create resource "workflowtaskresults" in API group'
        ' "argoproj.io" in the namespace "team-a"',
        lines=_NOISE,
    ),
    Recorded(
        words="a pod beyond its memory",
        cause="out-of-memory",
        reason="OOMKilled (exit code 137): main",
        lines=(*_NOISE, "fitting RandomForest with 2000 trees", "Killed"),
    ),
    Recorded(
        words="an image that nobody pushed",
        cause="image-pull",
        reason='Back-off pulling image "team-a/trainer:0.4.2": ErrImagePull: rpc error: code ='
        " NotFound desc = failed to pull and unpack image: not found",
    ),
    Recorded(
        words="a node without memory",
        cause="pod-evicted",
        reason="The node was low on resource: memory. Threshold quantity: 100Mi, available: 63Mi."
        " Container main was using 5938816Ki, request is 0, has larger consumption of memory.",
        lines=(*_NOISE, "fold 3 of 5"),
    ),
    Recorded(
        words="a namespace at its quota",
        cause="quota",
        reason='pods "delay-prediction-x7k2p-1234" is forbidden: exceeded quota: team-a-compute,'
        " requested: limits.memory=16Gi, used: limits.memory=56Gi, limited: limits.memory=64Gi",
    ),
    Recorded(
        words="a pod beyond its deadline",
        cause="time-out",
        reason="DeadlineExceeded: Pod was active on the node longer than the specified deadline",
        lines=(*_NOISE, "fold 2 of 5"),
    ),
    Recorded(
        words="a cached result that was deleted",
        cause="stale-cache",
        reason="exit status 1",
        lines=(
            *_NOISE,
            "Traceback (most recent call last):",
            '  File "/app/evaluate.py", line 31, in evaluate',
            "FileNotFoundError: [Errno 2] No such file or directory:"
            " '/minio/artifacts/delay-prediction/7f3a1c52/tune-model/model.skops'",
        ),
        after_cached=True,
    ),
)
