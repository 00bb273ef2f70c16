"""A lake of a few photographs, made once."""

import pytest

from everyday.terminal import MakePhotos


@pytest.fixture(scope="session")
def photos(tmp_path_factory):
    return MakePhotos(tmp_path_factory.mktemp("everyday") / "photos")


@pytest.fixture(scope="session")
def lake(pixlake, photos):
    """Shared: do not change it."""
    folder = photos.parent / "lake"
    pixlake("ingest", photos, "--lake", folder, "--label-from-folder", status=3)
    return folder
