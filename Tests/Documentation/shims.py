"""The programs that a page's shell lines find on their path."""

import sys

COMMON = f"""#!{sys.executable}
import fcntl, json, os, re, subprocess, sys, time, urllib.request

HUB, ADMIN, DRY = os.environ["HUB_ADDRESS"], os.environ["ADMIN_ADDRESS"], os.environ["DRY"]
USAGE = 64

def here(argument):
    # Addresses that a page has for a hub are those of the run's.
    machine = r"https?://(?:127\\.0\\.0\\.1|localhost|(?:[a-z]+\\.)?example(?:\\.com)?)(:\\d+)?(?=/|$)"
    return re.sub(machine, lambda match: "http://" + (ADMIN if match[1] == ":8081" else HUB), argument)

def noted(command, failure):
    with open(os.environ["CALLS"], "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(json.dumps({{"command": command, "failure": failure}}) + "\\n")

def run(command, seconds, **options):
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds, **options)
        return done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired as timeout:
        return None, timeout.stdout or b"", timeout.stderr or b""
"""

MARTLET = """
arguments = sys.argv[1:]
verb = next((a for a in arguments if not a.startswith("-")), "")
real = arguments if DRY else [a if a.startswith("https://app.") else here(a) for a in arguments]
# Flags that come last win: no port of this machine is taken, and nobody waits long.
real += {
    "serve": ["--address", "127.0.0.1:0", "--admin", "127.0.0.1:0"], "doctor": ["--listen", "1"],
    "bench": [] if DRY else ["--duration", "1", "http://" + HUB],
}.get(verb, [])
if verb == "publish" and HUB and not any(a.startswith("--hub") for a in arguments):
    real += ["--hub", "http://" + HUB]
code, output, errors = run([os.environ["MARTLET"], *real], 1 if DRY else 3 if verb in ("serve", "subscribe") else 30)
said = (output + errors).decode().strip()
if DRY:
    failure = said if code == USAGE else None
elif code is None:
    failure = None if verb == "subscribe" or verb == "serve" and "Hub on" in said else said or "it does not end"
else:
    failure = said if code else None
noted(["martlet", *arguments], failure)
sys.stdout.buffer.write(output)
sys.exit(0 if DRY else code or 0)
"""

CURL = """
arguments = sys.argv[1:]
if DRY:
    noted(["curl", *arguments], None)
    sys.exit(0)
command = ["/usr/bin/curl", "-sS", "--max-time", "3", "-w", "%{stderr}%{http_code}", *map(here, arguments)]
code, output, errors = run(command, 10, stdin=None)
status = errors.decode()[-3:]
failure = None if status.startswith("2") and code in (0, 28) else f"status {status}: {(output + errors).decode()}"
noted(["curl", *arguments], failure)
sys.stdout.buffer.write(output)
"""

MAKE = """
code, output, errors = run(["/usr/bin/make", "-n", "-C", os.environ["REPOSITORY"], *sys.argv[1:]], 20)
noted(["make", *sys.argv[1:]], errors.decode() if code else None)
"""

# Of what takes another user's rights only martlet's lines are looked at.
SUDO = """
words = sys.argv[1:]
while words and (words[0] == "env" or words[0].startswith("-") or re.match(r"\\w+=", words[0])):
    if words.pop(0) == "-u":
        words.pop(0)
if words[:1] == ["martlet"]:
    os.execvpe("martlet", words, {**os.environ, "DRY": "1"})
"""

# The hub of the run is the only one that a page can mean.
PIDOF = """
print(os.environ["HUB_PID"] or os.getpid())
"""

WAIT_FOR_STREAM = """
if DRY or not HUB:
    sys.exit(0)
deadline = time.monotonic() + 5
while time.monotonic() < deadline:
    with urllib.request.urlopen(f"http://{ADMIN}/status") as answer:
        if json.load(answer)["streams"] > 0:
            sys.exit(0)
    time.sleep(0.02)
noted(["a stream in the background"], "it did not begin")
"""

PROGRAMS = {"martlet": MARTLET, "curl": CURL, "make": MAKE, "pidof": PIDOF, "sudo": SUDO, "wait-for-stream": WAIT_FOR_STREAM}
SHIMS = {name: COMMON + text for name, text in PROGRAMS.items()}
