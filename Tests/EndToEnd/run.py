#!/usr/bin/env python3
"""Runs the hub as its users do, with real faults: run.py BINARY [-k SUBSTRING] [--quick] [-v]"""

import argparse
import importlib
import os
import pathlib
import random
import resource
import signal
import sys
import time
import traceback

from harness.context import Context
from harness.http1 import NotAnswered
from harness.outcome import Failure, Skipped
from harness.scenario import SCENARIOS

MODULES = ["commands", "bench", "doctor", "doctor_strangers", "resume", "limits", "mercure", "private", "private_ways", "tls", "http2", "clients", "client_memory", "hostile", "sources"]
MODULES += ["access_limits", "access_rates", "keys", "keys_unusable", "key_sets", "browser", "browser_foreign", "browser_client", "example_notices"]
MODULES += ["pages", "operators", "metrics", "metrics_streams", "disk", "shutdown", "outbox", "sources_examples", "file_source", "kill", "crowd_join", "stall", "templates_scale", "topics_scale", "compression"]
MODULES += ["deploy_proxies", "deploy_restart", "deploy_unit", "deploy_log", "deploy_page", "deploy_image"]
MODULES += ["redis_sources", "redis_asking", "redis_kill", "php", "sql_servers", "sql_many", "sql_injection", "from_php"]


def run(sentence, body, options, seed):
    """One scenario; "passed", "failed" or "skipped"."""
    context = Context(options.binary, options.quick, options.verbose, random.Random(f"{seed} {sentence}"))
    start = time.monotonic()
    try:
        figures = body(context)
        context.check_servers()
        taken = f"{time.monotonic() - start:.1f} s"
        print(f"ok   {sentence}  ({taken}{'; ' + figures if figures else ''})", flush=True)
        return "passed"
    except Skipped as reason:
        print(f"skip {sentence}: {reason}", flush=True)
        return "skipped"
    except (Failure, NotAnswered, OSError) as failure:
        frame = next(
            (f for f in reversed(traceback.extract_tb(failure.__traceback__)) if "scenarios" in f.filename),
            traceback.extract_tb(failure.__traceback__)[-1],
        )
        place = f"{os.path.basename(frame.filename)}:{frame.lineno}"
        kind = "" if isinstance(failure, (Failure, NotAnswered)) else f"{type(failure).__name__}: "
        print(f"FAIL {sentence}: {kind}{failure}, at {place}", flush=True)
    except Exception:
        print(f"FAIL {sentence}: the test itself broke\n{traceback.format_exc()}", flush=True)
    finally:
        tails = context.stderr_tails()
        context.close()
    print("".join(f"     | {line}\n" for line in tails.splitlines()), end="", flush=True)
    return "failed"


def main():
    parser = argparse.ArgumentParser(description="Runs the hub as its users do, with real faults.")
    parser.add_argument("binary", help="the martlet program, as released")
    parser.add_argument("-k", metavar="SUBSTRING", default="", help="only scenarios whose sentence contains this")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and shorter stalls")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("-v", "--verbose", action="store_true", help="tell all progress")
    options = parser.parse_args()
    options.binary = str(pathlib.Path(options.binary).resolve())
    if not os.access(options.binary, os.X_OK):
        parser.error(f"{options.binary} is no program")

    # 10,000 connections in one process.
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    signal.signal(signal.SIGTERM, signal.default_int_handler)

    for module in MODULES:
        importlib.import_module(f"scenarios.{module}")
    chosen = [(sentence, body) for sentence, body in SCENARIOS if options.k.lower() in sentence.lower()]
    start = time.monotonic()
    print(f"{len(chosen)} scenarios, seed {options.seed}", flush=True)
    try:
        outcomes = [run(sentence, body, options, options.seed) for sentence, body in chosen]
    except KeyboardInterrupt:
        print("interrupted")
        return 130
    # Once more, since they are far up by now, or in the part of a long output that was cut away.
    print("".join(f"FAILED: {sentence}\n" for (sentence, _), outcome in zip(chosen, outcomes) if outcome == "failed"), end="")
    print(f"in {time.monotonic() - start:.0f} s" + f", {outcomes.count('skipped')} skipped" * ("skipped" in outcomes))
    print(f"{outcomes.count('passed')} passed, {outcomes.count('failed')} failed")
    return 1 if "failed" in outcomes else 0


if __name__ == "__main__":
    sys.exit(main())
