"""What the Python scripts share: features are printed as `feature: outcome`."""
import hashlib
import os
import time
import urllib.error
import urllib.request

BOOTSTRAP = os.environ["BOOTSTRAP"]
SEAL_URL = os.environ.get("SEAL_URL", "")
PARTITIONS = 3
BASE_TIME = 1_700_000_000_000
BUSY = 429


def feature(name, outcome):
    try:
        said = outcome()
    except Exception as e:  # whatever goes wrong is the outcome
        said = "failed: " + cause(e)
    print(f"{name}: {said}".replace("\n", " "), flush=True)


def cause(e):
    code = getattr(e.args[0], "name", None) if e.args else None
    return code() if callable(code) else type(e).__name__


def error(action):
    try:
        action()
        return "none"
    except Exception as e:
        return cause(e)


def seal():
    """Annals moves what is hot into its archive; Kafka has nothing of the kind here."""
    while SEAL_URL:
        try:
            urllib.request.urlopen(urllib.request.Request(SEAL_URL, data=b"", method="POST")).read()
            return
        except urllib.error.HTTPError as e:
            if e.code != BUSY:
                raise
            time.sleep(0.2)  # another client seals


def digest(records):
    """Count and a digest of (partition, offset, timestamp, key, value) of each record."""
    sha = hashlib.sha256()
    for record in sorted(records):
        sha.update(repr(record).encode())
    return f"{len(records)} records, digest {sha.hexdigest()[:8]}"


def until(done, step, seconds=20):
    deadline = time.monotonic() + seconds
    while not done() and time.monotonic() < deadline:
        step()
    return done()
