"""What every peer measures, and how: the shapes, and best-of-many timing for those that are called from Python."""

import json
import sys
import time

# m, n, k. M = 1 decodes, M = 512 reads a prompt; layers of SmolLM2-135M and of a 7B model.
MATRICES = ((576, 1536), (4096, 4096), (4096, 11008))
ROWS = (1, 512)
# Copies of the weights take turns over this many bytes, so that each comes from memory.
COLD_BYTES = 256 << 20


def all_cases():
    """(m, n, k, copies); one copy: warm. Cold ones are for decoding with the large matrices."""
    for n, k in MATRICES:
        for m in ROWS:
            yield m, n, k, 1
            if m == 1 and n * k >= 1 << 24:
                yield m, n, k, -(-COLD_BYTES // (n * k))


def name(m, n, k, copies):
    return f"{m}x{n}x{k} {'warm' if copies == 1 else 'cold'}"


def best_ns(call, seconds):
    """The fastest sample, in nanoseconds a call; a sample is a millisecond of calls, or one."""
    turns, taken = 1, 0.0
    best, deadline = None, None
    while deadline is None or time.perf_counter() < deadline or taken < 3:
        start = time.perf_counter_ns()
        for _ in range(turns):
            call()
        ns = time.perf_counter_ns() - start
        if deadline is None:
            if ns < 1e6:
                turns *= 2
            else:
                deadline = time.perf_counter() + seconds
            continue
        taken += 1
        best = min(best or ns / turns, ns / turns)
    return best


def taking_turns(calls):
    """One callable that does the next of `calls` each time."""
    state = iter(())

    def call():
        nonlocal state
        step = next(state, None)
        if step is None:
            state = iter(calls)
            step = next(state)
        step()

    return call if len(calls) > 1 else calls[0]


def report(peer, m, n, k, copies, ns):
    print(json.dumps({"peer": peer, "case": name(m, n, k, copies), "ns": ns}), flush=True)


def seconds_argument():
    return float(sys.argv[1]) if len(sys.argv) > 1 else 0.5
