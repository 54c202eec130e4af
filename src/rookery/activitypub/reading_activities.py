"""Activities of other servers: who does what to what, and what of it their server may say.

Owns: read_activity, the types that mean something here, what is done with an object that came along (K2, K4): it is
read when it is the actor's own, named when it is of the same server or another one, and never believed for somebody
else. Never: fetches, checks signatures, changes anything: `actor_uri` is proved by the verifier (K3).
Spec: https://www.w3.org/TR/activitystreams-vocabulary/#activity-types, https://docs.joinmastodon.org/spec/activitypub/
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from rookery.activitypub.documents import id_in, ids_in, line_in, listed, text_in, type_in
from rookery.activitypub.markup import read_markup
from rookery.activitypub.origin import ForeignObject, check_foreign, is_ours, same_origin
from rookery.activitypub.reading_actors import ACTOR_TYPES, read_actor
from rookery.activitypub.reading_notes import NOTE_TYPES, Vote, find_vote, read_note
from rookery.activitypub.reading_parts import audience_in, moment_in
from rookery.activitypub.vocabulary import Json
from rookery.model.incoming import (
    MAX_REPORT_CHARACTERS,
    MAX_REPORTED_POSTS,
    IncomingAccount,
    IncomingPost,
    IncomingRefused,
    IncomingReport,
    IncomingRepost,
    NotTheirs,
)

MAX_REACTION_CHARACTERS = 64


class Doing(StrEnum):
    """What an activity does, by its name on the wire."""

    CREATE = "Create"
    UPDATE = "Update"
    DELETE = "Delete"
    ANNOUNCE = "Announce"
    LIKE = "Like"
    REACT = "EmojiReact"
    DISLIKE = "Dislike"
    FOLLOW = "Follow"
    ACCEPT = "Accept"
    REJECT = "Reject"
    UNDO = "Undo"
    BLOCK = "Block"
    FLAG = "Flag"
    MOVE = "Move"
    ADD = "Add"
    REMOVE = "Remove"
    ASK_QUOTE = "QuoteRequest"


DOINGS = frozenset(one.value for one in Doing)
# Peers say the same in other words; what is left of the table means what the right side says.
OTHER_NAMES = {"TentativeAccept": Doing.ACCEPT, "TentativeReject": Doing.REJECT}
KNOWN = DOINGS | frozenset(OTHER_NAMES)
ANSWERS = frozenset((Doing.UNDO, Doing.ACCEPT, Doing.REJECT))


@dataclass(frozen=True, slots=True)
class Activity:
    """One activity. uri: '' where its server gives none. object_uri: what it is about; target_uri: where to or from.

    object_type: '' for an object that came as an id. post, account, vote, repost, report: the object, read, where it is
    the actor's own to tell; None means that it must be fetched from its own server. inner: the activity that is undone,
    answered or repeated, as this one describes it: it proves no more than that `actor_uri` said so.
    result_uri, instrument_uri: of quotes. reaction: the emoji of a reaction, '' for a plain like.
    """

    uri: str
    doing: Doing
    actor_uri: str
    object_uri: str = ""
    object_type: str = ""
    target_uri: str = ""
    published_at_us: int = 0
    post: IncomingPost | None = None
    account: IncomingAccount | None = None
    vote: Vote | None = None
    repost: IncomingRepost | None = None
    report: IncomingReport | None = None
    inner: Activity | None = None
    reaction: str = ""
    result_uri: str = ""
    instrument_uri: str = ""


def read_activity(document: Json, *, base_url: str, now_us: int, followers_uri: str = "") -> Activity:
    """Return what an activity says. document: from parse_document. followers_uri: of its actor, when known.

    Raises IncomingRefused for a type that means nothing here and for what has no actor or object; ForeignObject for an
    id of another server than the actor's; NotTheirs when somebody brings what another account wrote.
    """
    shallow = read_shallow(document, base_url=base_url, now_us=now_us)
    thing = embedded(document)
    if shallow.doing in (Doing.CREATE, Doing.UPDATE):
        return with_object(shallow, thing, base_url=base_url, now_us=now_us, followers_uri=followers_uri)
    if shallow.doing is Doing.ANNOUNCE:
        return with_repost(shallow, document, thing, base_url=base_url, now_us=now_us, followers_uri=followers_uri)
    if shallow.doing is Doing.FLAG:
        return with_report(shallow, document, base_url)
    if shallow.doing in ANSWERS and shallow.object_type in KNOWN:
        shallow = replace(shallow, inner=read_inner(thing, base_url=base_url, now_us=now_us))
    check_owner(shallow)
    return shallow


def check_owner(activity: Activity) -> None:
    """See that nobody takes back, answers, moves, deletes or pins for somebody else. Raises NotTheirs, ForeignObject.

    What is named by its id alone is looked up by whoever receives it, among the actor's own.
    """
    actor, inner = activity.actor_uri, activity.inner
    match activity.doing:
        case Doing.UNDO if inner is not None and inner.actor_uri != actor:
            raise NotTheirs(inner.uri or inner.object_uri)
        case Doing.ACCEPT | Doing.REJECT if inner is not None and not answers_own(inner, actor):
            raise NotTheirs(inner.object_uri)
        case Doing.MOVE if activity.object_uri != actor:
            raise NotTheirs(activity.object_uri)
        case Doing.DELETE | Doing.UNDO if activity.object_uri and not same_origin(activity.object_uri, actor):
            raise ForeignObject(activity.object_uri, actor)
        case Doing.ADD | Doing.REMOVE if not same_origin(activity.target_uri, actor):
            raise ForeignObject(activity.target_uri, actor)


def answers_own(inner: Activity, actor: str) -> bool:
    """True when what is answered was asked of the actor: to follow it, or to quote a post of its server."""
    if inner.doing is Doing.ASK_QUOTE:
        return same_origin(inner.object_uri, actor)
    return inner.object_uri in ("", actor)


def read_shallow(document: Json, *, base_url: str, now_us: int) -> Activity:
    """Return an activity without its object. Raises IncomingRefused, ForeignObject."""
    kind = type_in(document, KNOWN)
    if kind not in KNOWN:
        raise IncomingRefused(f"this server knows no activity of the type {kind[:50]!r}")
    actor = id_in(document.get("actor"))
    check_foreign(actor, actor, base_url)
    raw_uri = document.get("id")
    uri = id_in(raw_uri)
    # Another server's id would keep that server's own activity of this id out as a repetition.
    if raw_uri is not None:
        check_foreign(uri, actor, base_url)
    thing = embedded(document)
    about = id_in(document.get("object"))
    doing = OTHER_NAMES.get(kind) or Doing(kind)
    if not about and not (thing and doing in ANSWERS):
        raise IncomingRefused("an activity is about something that has an id")
    return Activity(
        uri=uri,
        doing=doing,
        actor_uri=actor,
        object_uri=about,
        object_type=type_in(thing, KNOWN | NOTE_TYPES | ACTOR_TYPES),
        target_uri=id_in(document.get("target")),
        published_at_us=moment_in(document.get("published"), now_us),
        reaction=reaction_in(document),
        result_uri=id_in(document.get("result")),
        instrument_uri=id_in(document.get("instrument")),
    )


def embedded(document: Json) -> Json:
    """Return the object where it came along whole, else an empty one."""
    first = next(iter(listed(document.get("object"))), None)
    return first if isinstance(first, dict) else {}


def reaction_in(document: Json) -> str:
    """Return the emoji of a reaction: content of Pleroma's EmojiReact and of a Like (FEP-c0e0), or Misskey's own."""
    limit = MAX_REACTION_CHARACTERS
    return line_in(document.get("content"), limit) or line_in(document.get("_misskey_reaction"), limit)


def with_object(shallow: Activity, thing: Json, *, base_url: str, now_us: int, followers_uri: str) -> Activity:
    """Return a Create or Update with what it brings. What the actor's server may not tell is left to be fetched.

    Raises NotTheirs when the object names another author or, being an account, is another one than the actor.
    """
    if is_ours(shallow.object_uri, base_url):
        raise NotTheirs(shallow.object_uri)
    if not shallow.object_type or not same_origin(shallow.object_uri, shallow.actor_uri):
        return replace(shallow, object_type="")
    if shallow.object_type in ACTOR_TYPES:
        if shallow.object_uri != shallow.actor_uri:
            raise NotTheirs(shallow.object_uri)
        return replace(shallow, account=read_actor(thing, base_url=base_url, now_us=now_us))
    if shallow.object_type in NOTE_TYPES and (vote := find_vote(thing)):
        if vote.voter_uri != shallow.actor_uri:
            raise NotTheirs(shallow.object_uri)
        return replace(shallow, vote=vote)
    post = read_note(thing, base_url=base_url, now_us=now_us, followers_uri=followers_uri)
    if post.author_uri != shallow.actor_uri:
        raise NotTheirs(shallow.object_uri)
    return replace(shallow, post=post)


def with_repost(
    shallow: Activity, document: Json, thing: Json, *, base_url: str, now_us: int, followers_uri: str
) -> Activity:
    """Return an Announce. A group repeats its members' activities whole: the post that they created is what it repeats.

    What came along of somebody else is not read: it is fetched from its own server. Spec: FEP-1b12
    """
    inner = None
    post_uri = shallow.object_uri
    if shallow.object_type in KNOWN:
        inner = read_inner(thing, base_url=base_url, now_us=now_us)
        if inner.doing not in (Doing.CREATE, Doing.ANNOUNCE):
            return replace(shallow, inner=inner)
        post_uri = inner.object_uri
    audience = audience_in(document, shallow.actor_uri, followers_uri)
    if not shallow.uri:
        raise IncomingRefused("a repost has an id, by which it can be taken back")
    repost = IncomingRepost(shallow.uri, shallow.actor_uri, post_uri, audience, shallow.published_at_us)
    return replace(shallow, inner=inner, repost=repost)


def read_inner(thing: Json, *, base_url: str, now_us: int) -> Activity:
    """Return an activity inside another one, without its object: ours may be answered, others' only named.

    Raises IncomingRefused for what names no actor.
    """
    kind = type_in(thing, KNOWN)
    actor = id_in(thing.get("actor"))
    if not actor:
        raise IncomingRefused("an activity inside another one names its actor")
    below = embedded(thing)
    return Activity(
        uri=id_in(thing.get("id")),
        doing=OTHER_NAMES.get(kind) or Doing(kind),
        actor_uri=actor,
        object_uri=id_in(thing.get("object")),
        object_type=type_in(below, KNOWN | NOTE_TYPES | ACTOR_TYPES),
        target_uri=id_in(thing.get("target")),
        published_at_us=moment_in(thing.get("published"), now_us),
        reaction=reaction_in(thing),
        instrument_uri=id_in(thing.get("instrument")),
    )


def with_report(shallow: Activity, document: Json, base_url: str) -> Activity:
    """Return a Flag: about one account of ours, and posts. Raises IncomingRefused when it is about nobody here.

    Some peers put posts and accounts into one list, some wrap them into objects, some send one id.
    """
    about = [one for one in ids_in(document.get("object"), MAX_REPORTED_POSTS + 1) if is_ours(one, base_url)]
    if not about:
        raise IncomingRefused("a report is about somebody or something here")
    people = [
        one for one in about if one.partition(f"{base_url}/@")[2] and "/" not in one.partition(f"{base_url}/@")[2]
    ]
    target = people[0] if people else about[0].rpartition("/")[0]
    comment = read_markup(text_in(document.get("content"), 4 * MAX_REPORT_CHARACTERS)).text[:MAX_REPORT_CHARACTERS]
    posts = tuple(one for one in about if one not in people)
    report = IncomingReport(shallow.uri, shallow.actor_uri, target, posts, comment)
    return replace(shallow, object_uri=target, report=report)
