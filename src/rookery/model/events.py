"""Events: what has happened, in the past tense, as the event log keeps it.

Owns: the shapes and their names in the log. Never: changes a field's meaning; a new meaning is a new event.
Readers get each event at least once and in order; an event names ids, so a reader sees the newest state of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.model.ids import AccountId, ListId, NotificationId, PostId


@dataclass(frozen=True, slots=True)
class PostPublished:
    """A post or repost is stored. audience: Audience as a number. Everything a reader needs to place it."""

    post_id: PostId
    author_id: AccountId
    audience: int
    repost_of_id: PostId | None = None
    reply_to_id: PostId | None = None
    reply_to_author_id: AccountId | None = None
    mentioned_ids: tuple[AccountId, ...] = ()
    tags: tuple[str, ...] = ()
    has_media: bool = False
    is_local: bool = True
    quote_of_id: PostId | None = None


@dataclass(frozen=True, slots=True)
class PostEdited:
    """The author changed text, pictures or poll. added_tags: hashtags that are new, of a public post alone."""

    post_id: PostId
    author_id: AccountId
    added_mention_ids: tuple[AccountId, ...] = ()
    added_tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PostRefreshed:
    """A far post looks different without being edited: counts as told, what it answers or quotes. Nobody is told."""

    post_id: PostId
    author_id: AccountId


@dataclass(frozen=True, slots=True)
class PostDeleted:
    """A post or repost is gone. audience and mentions as they were: nobody else may learn that it existed.

    known_to_ids: far people who had it, beside followers and mentioned ones: they answered, liked, repeated, quoted it.
    """

    post_id: PostId
    author_id: AccountId
    audience: int
    repost_of_id: PostId | None = None
    reply_to_id: PostId | None = None
    tags: tuple[str, ...] = ()
    mentioned_ids: tuple[AccountId, ...] = ()
    quote_of_id: PostId | None = None
    known_to_ids: tuple[AccountId, ...] = ()


@dataclass(frozen=True, slots=True)
class QuoteRevoked:
    """The quoted author, or a block, took their post out of a quote. post_id: the quoting post."""

    post_id: PostId
    author_id: AccountId
    quoted_id: PostId
    quoted_author_id: AccountId


@dataclass(frozen=True, slots=True)
class QuoteAnswered:
    """A quote that waited for consent has an answer. state: accepted or rejected."""

    post_id: PostId
    author_id: AccountId
    quoted_id: PostId
    quoted_author_id: AccountId
    state: str


@dataclass(frozen=True, slots=True)
class QuoteAsked:
    """A far author asked to quote a post of ours, and this is the answer. state: accepted or rejected.

    request_uri: what they called the wish; quoting_id: their post, None when it is not here. Only its wire listens.
    """

    quoted_id: PostId
    quoted_author_id: AccountId
    asker_id: AccountId
    request_uri: str
    quoting_uri: str
    quoting_id: PostId | None
    state: str


@dataclass(frozen=True, slots=True)
class QuotePolicyChanged:
    """The author said anew who may quote a post."""

    post_id: PostId
    author_id: AccountId


@dataclass(frozen=True, slots=True)
class PostMarked:
    """Somebody liked, bookmarked, pinned or muted a post. mark: see storage.marks.Mark, as a number.

    mark_id: of this doing alone, so that its end can name it; 0 when it is not known.
    """

    post_id: PostId
    account_id: AccountId
    author_id: AccountId
    mark: int
    mark_id: int = 0


@dataclass(frozen=True, slots=True)
class PostUnmarked:
    """A mark was taken back. mark_id: as it was made."""

    post_id: PostId
    account_id: AccountId
    author_id: AccountId
    mark: int
    mark_id: int = 0


@dataclass(frozen=True, slots=True)
class PollVoted:
    """Somebody voted."""

    post_id: PostId
    account_id: AccountId


@dataclass(frozen=True, slots=True)
class PollClosed:
    """A poll's time is over."""

    post_id: PostId
    author_id: AccountId


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """Profile, counts or state of an account changed."""

    account_id: AccountId


@dataclass(frozen=True, slots=True)
class AccountStandingChanged:
    """An account was suspended or let back: all it wrote is gone from every page, or there again."""

    account_id: AccountId
    is_suspended: bool


@dataclass(frozen=True, slots=True)
class AccountMoved:
    """One of our people lives elsewhere from now on and takes the followers along. move_id: of this move alone.

    Both accounts name each other already. AccountChanged comes before it; coming back is an AccountChanged alone.
    """

    account_id: AccountId
    target_id: AccountId
    move_id: int


@dataclass(frozen=True, slots=True)
class KeysRotated:
    """An account of ours, or the server itself (None), signs with new keys from now on.

    A wire tells those who remember the old ones: by an Update of the account, signed with the new keys, to all who
    follow it. Of the server nothing is sent: who meets a signature of its that does not fit looks at its keys again.
    """

    account_id: AccountId | None


@dataclass(frozen=True, slots=True)
class MemberWaits:
    """Somebody asks to join, and waits for staff to decide; staff is told."""

    account_id: AccountId


@dataclass(frozen=True, slots=True)
class MemberJoined:
    """Somebody's sign-up is complete."""

    account_id: AccountId


@dataclass(frozen=True, slots=True)
class MemberChanged:
    """Role, state, e-mail address or preferences of a member changed; whoever keeps them in memory forgets them."""

    account_id: AccountId


@dataclass(frozen=True, slots=True)
class AccountReported:
    """Somebody reported an account; staff is told."""

    report_id: int
    account_id: AccountId


@dataclass(frozen=True, slots=True)
class PicturesHidden:
    """All pictures of an account became sensitive, or what their author says counts again."""

    account_id: AccountId
    is_on: bool


@dataclass(frozen=True, slots=True)
class DomainStandingChanged:
    """Another server was blocked, limited or let back: its accounts look different, and may be gone or here again."""

    domain: str


@dataclass(frozen=True, slots=True)
class RelayChanged:
    """A relay is asked, left, or followed us back. act: follow, undo or accept: what the server says to it.

    inbox_url: where; target_uri: the account of the relay, '' where its inbox stands for everything public. follow_uri:
    the id of our follow, with accept of theirs.
    """

    relay_id: int
    act: str
    inbox_url: str
    target_uri: str
    follow_uri: str


@dataclass(frozen=True, slots=True)
class NetworkBarred:
    """A network lost all access, until a moment or for good, or has it again."""

    network: str
    is_on: bool
    expires_at_us: int | None = None


@dataclass(frozen=True, slots=True)
class FollowChanged:
    """A follow was asked for, accepted, changed or ended. state: requested, active or gone.

    by_id: who did it; None means the follower. follow_id: of the follow, so that its end can name it. uri: what a far
    follower called it, '' for ours and when it is not known.
    """

    follower_id: AccountId
    followed_id: AccountId
    state: str
    is_new: bool = False
    by_id: AccountId | None = None
    follow_id: int = 0
    uri: str = ""


@dataclass(frozen=True, slots=True)
class RelationChanged:
    """A block, mute or domain block came or went. kind: block, mute, domain_block; is_on: whether it now holds.

    relation_id: of a block, so that its end can name it.
    """

    account_id: AccountId
    other_id: AccountId | None
    kind: str
    is_on: bool
    domain: str = ""
    relation_id: int = 0


@dataclass(frozen=True, slots=True)
class ListChanged:
    """A list's members or settings changed."""

    list_id: ListId
    owner_id: AccountId


@dataclass(frozen=True, slots=True)
class FiltersChanged:
    """An account's filters or followed hashtags changed."""

    account_id: AccountId


@dataclass(frozen=True, slots=True)
class CollectionGrew:
    """Somebody was put into a collection."""

    collection_id: int
    owner_id: AccountId
    account_ids: tuple[AccountId, ...]


@dataclass(frozen=True, slots=True)
class CollectionReworded:
    """A collection has another name or description."""

    collection_id: int
    owner_id: AccountId


@dataclass(frozen=True, slots=True)
class EmojiChanged:
    """A custom emoji of this server came, changed or went."""

    shortcode: str


@dataclass(frozen=True, slots=True)
class CardChanged:
    """The card of a link came, changed or lost its picture; these posts show it. Many posts are many events.

    is_news: there is a card to look at that was not there, or not like this.
    """

    card_id: int
    post_ids: tuple[PostId, ...]
    is_news: bool = False


@dataclass(frozen=True, slots=True)
class NotificationAdded:
    """A notification row exists; streams may show it."""

    notification_id: NotificationId
    account_id: AccountId


@dataclass(frozen=True, slots=True)
class NotificationsChanged:
    """Notifications went, or were held back or let through: pages in memory are read again. Nobody is told."""

    account_id: AccountId


@dataclass(frozen=True, slots=True)
class ConversationChanged:
    """A conversation of somebody's has a new post, lost its newest one, or was marked read or unread."""

    conversation_id: int
    account_id: AccountId


@dataclass(frozen=True, slots=True)
class AnnouncementMade:
    """All members shall read something."""

    announcement_id: int


@dataclass(frozen=True, slots=True)
class AnnouncementReacted:
    """A reaction came or went. count: how many of this name there are now."""

    announcement_id: int
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class AnnouncementRemoved:
    """An announcement was taken back."""

    announcement_id: int


@dataclass(frozen=True, slots=True)
class AccessRevoked:
    """Tokens or sessions ended (K7): streams that they opened close. Empty ids mean all of the account's."""

    account_id: AccountId | None
    token_ids: tuple[int, ...] = ()
    session_ids: tuple[int, ...] = ()


Event = (
    PostPublished
    | PostEdited
    | PostRefreshed
    | PostDeleted
    | QuoteRevoked
    | QuoteAnswered
    | QuoteAsked
    | QuotePolicyChanged
    | PostMarked
    | PostUnmarked
    | PollVoted
    | PollClosed
    | AccountChanged
    | AccountStandingChanged
    | AccountMoved
    | KeysRotated
    | MemberWaits
    | MemberJoined
    | MemberChanged
    | AccountReported
    | PicturesHidden
    | DomainStandingChanged
    | RelayChanged
    | NetworkBarred
    | FollowChanged
    | RelationChanged
    | ListChanged
    | FiltersChanged
    | CollectionGrew
    | CollectionReworded
    | EmojiChanged
    | CardChanged
    | NotificationAdded
    | NotificationsChanged
    | ConversationChanged
    | AnnouncementMade
    | AnnouncementReacted
    | AnnouncementRemoved
    | AccessRevoked
)
EVENT_KINDS: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        PostPublished,
        PostEdited,
        PostRefreshed,
        PostDeleted,
        QuoteRevoked,
        QuoteAnswered,
        QuoteAsked,
        QuotePolicyChanged,
        PostMarked,
        PostUnmarked,
        PollVoted,
        PollClosed,
        AccountChanged,
        AccountStandingChanged,
        AccountMoved,
        KeysRotated,
        MemberWaits,
        MemberJoined,
        MemberChanged,
        AccountReported,
        PicturesHidden,
        DomainStandingChanged,
        RelayChanged,
        NetworkBarred,
        FollowChanged,
        RelationChanged,
        ListChanged,
        FiltersChanged,
        CollectionGrew,
        CollectionReworded,
        EmojiChanged,
        CardChanged,
        NotificationAdded,
        NotificationsChanged,
        ConversationChanged,
        AnnouncementMade,
        AnnouncementReacted,
        AnnouncementRemoved,
        AccessRevoked,
    )
}
