"""What is sealed at rest opens only beside its key, and only for its purpose."""

from rookery.storage.sealing import Sealer


def test_a_sealed_text_opens_for_its_purpose_alone(tmp_path):
    sealer = Sealer(tmp_path / "new" / "sealing.key")
    sealed = sealer.seal("a token", "push 1")
    assert "a token" not in bytes.fromhex(sealed).decode("latin-1")
    assert sealer.open(sealed, "push 1") == "a token"
    assert sealer.open(sealed, "push 2") is None
    assert sealer.seal("a token", "push 1") != sealed


def test_another_process_on_the_same_folder_opens_it_and_another_folder_does_not(tmp_path):
    sealed = Sealer(tmp_path / "a.key").seal("a token", "p")
    assert Sealer(tmp_path / "a.key").open(sealed, "p") == "a token"
    assert Sealer(tmp_path / "b.key").open(sealed, "p") is None
    Sealer(tmp_path / "b.key").seal("x", "p")
    assert Sealer(tmp_path / "b.key").open(sealed, "p") is None
    assert Sealer(tmp_path / "a.key").open("no hex", "p") is None


def test_the_key_is_for_its_owners_eyes_alone_and_nothing_else_is_left(tmp_path):
    Sealer(tmp_path / "sealing.key").seal("x", "p")
    [path] = tmp_path.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
