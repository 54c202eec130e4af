"""What these tests share: Node with Fedify, which scripts/install-optional brings."""

import shutil
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def node() -> str:
    found = shutil.which("node")
    if not found or not (HERE / "node_modules" / "@fedify" / "vocab").is_dir():
        pytest.skip("Node or Fedify was not found; run scripts/install-optional")
    return found
