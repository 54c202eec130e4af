"""The ids of what is ours on this wire: the addresses of our pages, so that one string names and shows a thing.

Owns: which id a thing has. Never: decides whose an id is (see origin.py).
base_url: `https://here.example`, no slash. Whatever is far carries its own uri, as its server wrote it.
"""

from __future__ import annotations

from rookery.model.accounts import Account
from rookery.model.ids import short_id
from rookery.model.posts import Post

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
# Public as peers write it: RFC 3986 says no more than that all three mean the same. Spec: ActivityPub §5.6
PUBLIC_NAMES = frozenset((PUBLIC, "as:Public", "Public"))


def actor_uri(account: Account, base_url: str) -> str:
    """Return the id of an account, ours or far."""
    return account.uri or f"{base_url}/@{account.username}"


def server_uri(base_url: str) -> str:
    """Return the id of the actor that speaks for this server."""
    return f"{base_url}/actor"


def profile_url(account: Account, base_url: str) -> str:
    """Return the page of an account, for people."""
    return account.url or actor_uri(account, base_url)


def inbox_url(actor: str) -> str:
    """Return where one of our actors receives. actor: its id."""
    return f"{actor}/inbox"


def shared_inbox_url(base_url: str) -> str:
    """Return where all of our actors receive."""
    return f"{base_url}/inbox"


def followers_uri(actor: str) -> str:
    """Return the collection of who follows one of our actors."""
    return f"{actor}/followers"


def following_uri(actor: str) -> str:
    """Return the collection of whom one of our actors follows."""
    return f"{actor}/following"


def featured_uri(actor: str) -> str:
    """Return the collection of what one of our actors has pinned."""
    return f"{actor}/featured"


def post_uri(post: Post, author: Account, base_url: str) -> str:
    """Return the id of a post, ours or far."""
    return post.uri or f"{base_url}/@{author.username}/{short_id(post.id)}"


def activity_uri(post: Post, author: Account, base_url: str) -> str:
    """Return the id of the Create or Announce that brought one of our posts into the world."""
    return f"{post_uri(post, author, base_url)}/activity"


def context_uri(root: str) -> str:
    """Return the collection of a thread that one of our posts began. root: its id."""
    return f"{root}/context"


def replies_uri(post: str) -> str:
    """Return the collection of the replies to one of our posts. post: its id."""
    return f"{post}/replies"


def media_url(key: str, base_url: str) -> str:
    """Return where a stored picture, video or sound is fetched."""
    return f"{base_url}/media/{key}"


def tag_url(key: str, base_url: str) -> str:
    """Return the page of a hashtag. key: as tags are compared."""
    return f"{base_url}/tags/{key}"
