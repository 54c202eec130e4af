"""An object store that speaks S3, in a process of its own: moto's server, with one bucket named `nest`."""

import contextlib
import os
import subprocess
import sys
import time
import urllib.request
from urllib.error import URLError

import pytest
from tests.journeys.server import free_port

from rookery.storage.object_blobs import Bucket


@pytest.fixture(scope="session")
def s3_url():
    """A server that speaks S3, with one bucket."""
    port = free_port()
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(URLError, ConnectionError):
            asked = urllib.request.Request(f"{url}/nest", method="PUT")
            with urllib.request.urlopen(asked, timeout=5):
                break
        time.sleep(0.05)
    yield url
    process.terminate()
    process.wait(10)


def bucket_at(url, **more):
    return Bucket(
        **{"endpoint": url, "name": "nest", "region": "us-east-1", "access_key": "a", "secret_key": "b", **more}
    )
