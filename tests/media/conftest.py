"""A box, an upload, and a folder for what comes out; pictures are drawn in drawn_pictures.py."""

import pytest

from rookery.media.box import MediaBox
from rookery.media.pictures import PictureLimits


@pytest.fixture(params=["asyncio"])
def anyio_backend(request):
    return request.param


@pytest.fixture
async def box():
    async with MediaBox(PictureLimits(seconds=20)) as open_box:
        yield open_box


@pytest.fixture
def upload(tmp_path):
    def write(content, name="upload.bin"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    return folder
