# Times a peer's steps as the benchmark times ours: warm, batches of calls, the fastest batch counts. The words are the
# row's name and the settings; the figures come out as one line of JSON.

import json
import math
import sys
import time

BATCH_MS = 2.0


def settings():
    return json.loads(sys.argv[2])


def elapsed(step, calls):
    start = time.perf_counter()
    for _ in range(calls):
        step()
    return (time.perf_counter() - start) * 1000


def best(step):
    given = settings()
    step()
    if given["quick"]:
        return elapsed(step, 1)
    calls = 1
    took = elapsed(step, calls)
    while took < BATCH_MS:
        calls = max(calls + 1, math.ceil(1.5 * calls * BATCH_MS / max(took, BATCH_MS / 50)))
        took = elapsed(step, calls)
    least = took / calls
    end = time.perf_counter() + given["seconds"]
    batches = 0
    while batches < 3 or time.perf_counter() < end:
        least = min(least, elapsed(step, calls) / calls)
        batches += 1
    return least


def answer(rows):
    """Prints the figures of the row that the command line names: its cases are makers of steps, or of times."""
    cases = rows[sys.argv[1]]
    figures = []
    for name, make in cases.items():
        step = make()
        value = best(step) if callable(step) else step
        figures.append({"case": name, "value": value})
    print(json.dumps(figures))
