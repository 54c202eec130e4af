"""Two servers that never heard of each other: somebody of one finds somebody of the other, with a real app."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.journeys.server import RunningServer

from mastodon import Mastodon

SOON_S = 20


def at(server: RunningServer, name: str) -> Mastodon:
    token = server.person(name)
    return Mastodon(access_token=token, api_base_url=server.url, version_check_mode="none", ratelimit_method="throw")


def soon(question: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + SOON_S
    while not (answer := question()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)
    return answer


@pytest.fixture(scope="module")
def near_and_far(
    journey_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RunningServer, RunningServer]]:
    """One on PostgreSQL, one on SQLite."""
    folder = tmp_path_factory.mktemp("far")
    near, far = RunningServer(folder / "near", journey_database), RunningServer(folder / "far")
    yield near, far
    assert [near.stop(), far.stop()] == [0, 0]


def words(posts: Any) -> list[str]:
    return [post.content.removeprefix("<p>").removesuffix("</p>") for post in posts]


def test_somebody_is_found_followed_and_not_empty_and_their_thread_is_whole(near_and_far):
    near, far = near_and_far
    ana, bea, cem = at(near, "ana"), at(far, "bea"), at(far, "cem")
    root = bea.status_post("Where do the rooks sleep?")
    first = cem.status_post("In the elms.", in_reply_to_id=root.id)
    bea.status_post("All of them?", in_reply_to_id=first.id)
    other = bea.status_post("My favourite.")
    bea.status_pin(other.id)
    bea.status_post("For friends.", visibility="private")

    [found] = ana.search_v2(f"@bea@localhost:{far.port}", resolve=True).accounts
    assert found.acct == f"bea@localhost:{far.port}"
    relation = ana.account_follow(found.id)
    assert relation.following or relation.requested
    soon(lambda: len(ana.account_statuses(found.id)) == 3)
    assert words(ana.account_statuses(found.id, pinned=True)) == ["My favourite."]
    assert soon(lambda: ana.account(found.id).statuses_count) >= 3

    [answer] = ana.search_v2(first.uri, resolve=True).statuses
    whole = soon(lambda: (thread := ana.status_context(answer.id)).ancestors and thread.descendants and thread)
    assert words(whole.ancestors) == ["Where do the rooks sleep?"]
    assert words(whole.descendants) == ["All of them?"]
    status = ana.status_post(f"hello @cem@localhost:{far.port}")
    assert [one.acct for one in status.mentions] == [f"cem@localhost:{far.port}"]
