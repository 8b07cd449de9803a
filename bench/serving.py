"""Measures the service of a real-time deployment: time to answer, throughput, promotion, faults.

Run `python -m bench.serving [--seconds 10] [--malformed 5000]`. The load is in processes of its
own: clients that send the next request when the last is answered, over kept connections. The
reference is a service on the same machine, under the same load, that does nothing but answer.
"""

import argparse
import http.client
import json
import multiprocessing
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from bench.trained import register
from core.settings import read_settings
from models.serving.app import KEY_HEADER
from surfaces.assembly import Assistant, assemble

P99_MS = 10.0
RATE = 500.0
PHASE = {"phase": "Design", "borough": "Queens", "work_category": "roof_envelope"}
PACED = 500 / 4
"""Requests a second of each of four clients, for the time to answer."""
EMPTY = """
import sys, uvicorn
from fastapi import FastAPI, Request
app = FastAPI()
@app.post("/predict")
async def predict(request: Request):
    await request.json()
    return {}
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error", access_log=False)
"""

Seen = list[tuple[float, int, int]]
"""For each request: seconds, status, version."""


def ask(address: str, key: str, seconds: float, pace: float, body: bytes) -> Seen:
    """Ask again and again; with a pace, so many times a second."""
    host = urlsplit(address).netloc
    connection = http.client.HTTPConnection(host, timeout=30)
    headers = {KEY_HEADER: key, "Content-Type": "application/json"}
    seen: Seen = []
    begun = time.perf_counter()
    due = begun
    while (now := time.perf_counter()) - begun < seconds:
        if pace and now < due:
            time.sleep(due - now)
        due += 1 / pace if pace else 0
        started = time.perf_counter()
        try:
            connection.request("POST", "/predict", body, headers)
            answer = connection.getresponse()
            content = answer.read()
            version = json.loads(content).get("version", 0) if answer.status == 200 else 0
            seen.append((time.perf_counter() - started, answer.status, version))
        except (OSError, http.client.HTTPException):
            seen.append((time.perf_counter() - started, 0, 0))
            connection.close()
    return seen


def load(
    address: str, key: str, *, clients: int, seconds: float, pace: float = 0, phases: int = 1
) -> Seen:
    """Ask from several processes at once."""
    body = json.dumps({"phases": [PHASE] * phases}).encode()
    with multiprocessing.get_context("spawn").Pool(min(clients, 2)) as pool:
        # Warm processes: their start is no part of the measurement.
        pool.starmap(ask, [(address, key, 0.2, 0, body)] * 2)
        found = pool.starmap(ask, [(address, key, seconds, pace, body)] * min(clients, 2))
    return [one for part in found for one in part]


def told(name: str, seen: Seen, seconds: float, phases: int = 1) -> tuple[float, float]:
    """Print one measurement; return its 99th percentile in ms and its rate."""
    times = sorted(one[0] * 1000 for one in seen)
    p99 = times[int(len(times) * 0.99)]
    good = sum(status == 200 for _, status, _ in seen)
    rate = good * phases / seconds
    print(
        f"{name:<34} median {statistics.median(times):6.2f} ms, p99 {p99:6.2f} ms,"
        f" {rate:7.0f} predictions/s, {len(seen) - good} failed of {len(seen)}"
    )
    return p99, rate


def with_empty(seconds: float) -> None:
    """Measure a service that only answers."""
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-c", EMPTY, str(port)])
    try:
        address = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if any(status == 200 for _, status, _ in ask(address, "", 0.1, 0, b"{}")):
                break
        paced = load(address, "", clients=2, seconds=seconds, pace=PACED)
        told("empty service, 250 requests/s", paced, seconds)
        told("empty service, two clients", load(address, "", clients=2, seconds=seconds), seconds)
    finally:
        process.terminate()
        process.wait()


def promotion(assistant: Assistant, address: str, key: str, seconds: float) -> Seen:
    """Promote and roll back while two clients ask."""
    context = multiprocessing.get_context("spawn")
    body = json.dumps({"phases": [PHASE]}).encode()
    with context.Pool(2) as pool:
        asking = pool.starmap_async(ask, [(address, key, seconds, 0, body)] * 2)
        time.sleep(seconds / 3)
        assistant.registry.promote("delay", "2")
        time.sleep(seconds / 3)
        assistant.registry.rollback("delay")
        return [one for part in asking.get() for one in part]


def malformed(address: str, key: str, examples: int) -> tuple[int, dict[int, int]]:
    """Send requests that schemathesis makes up from the service's own description."""
    import httpx
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, settings
    from schemathesis.generation import GenerationMode

    schema = schemathesis.openapi.from_url(f"{address}/openapi.json")
    schema.config.generation.update(modes=[GenerationMode.NEGATIVE])
    statuses: dict[int, int] = {}
    strategy = schema["/predict"]["POST"].as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @given(case=strategy)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def send(case: schemathesis.Case) -> None:
        answer = case.call(headers={KEY_HEADER: key})
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1

    send()
    assert httpx.get(f"{address}/health").json()["status"] == "ok"
    return sum(statuses.values()), statuses


def main() -> int:
    """Print everything; 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--malformed", type=int, default=5000)
    parser.add_argument("--algorithm", default="AdaBoost")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        assistant = assemble(read_settings(home=Path(home)))
        register(assistant.registry, assistant.store, given.algorithm, "aaaaaaaa")
        register(assistant.registry, assistant.store, "GradientBoosting", "bbbbbbbb")
        deployed = assistant.deployments.serve(
            "bench", assistant.registry.find("delay"), "champion"
        )
        address, key = deployed.address, Path(deployed.key_file).read_text("ascii")
        try:
            with_empty(given.seconds)
            paced = load(address, key, clients=2, seconds=given.seconds, pace=PACED)
            p99, _ = told(f"{given.algorithm}, 250 requests/s", paced, given.seconds)
            full = load(address, key, clients=2, seconds=given.seconds)
            _, rate = told(f"{given.algorithm}, two clients", full, given.seconds)
            batch = load(address, key, clients=2, seconds=given.seconds, phases=20)
            told(f"{given.algorithm}, 20 phases a request", batch, given.seconds, 20)
            seen = promotion(assistant, address, key, given.seconds)
            told("during two changes of champion", seen, given.seconds)
            print(f"versions that answered: {sorted({version for _, _, version in seen})}")
            failed = sum(status != 200 for _, status, _ in seen)
            sent, statuses = malformed(address, key, given.malformed)
            print(f"{sent} malformed requests: {dict(sorted(statuses.items()))}")
        finally:
            assistant.deployments.stop("bench")
    print(f"targets: p99 at most {P99_MS:g} ms, {RATE:g} predictions/s, 0 failed, no 500")
    broken = sum(count for status, count in statuses.items() if status >= 500)
    return 0 if p99 <= P99_MS and rate >= RATE and not failed and not broken else 1


if __name__ == "__main__":
    raise SystemExit(main())
