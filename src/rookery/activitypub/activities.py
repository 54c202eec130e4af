"""What we tell other servers: the activities around posts, follows, marks, reports and moves.

Owns: their shapes and ids. Never: decides whom they go to (delivery does), signs. Everything is made of ids and values,
so that an activity can be written from a stored row long after what it speaks of is gone.
An id is unique for each doing, not for each pair: peers remember ids, and a second Like after an Undo must count.
`number` is such a thing's own number, an id of ours or the moment in microseconds.
Spec: https://www.w3.org/TR/activitypub/#server-to-server-interactions, https://docs.joinmastodon.org/spec/activitypub/
"""

from __future__ import annotations

from collections.abc import Sequence

from rookery.activitypub.addresses import actor_uri, followers_uri, post_uri
from rookery.activitypub.notes import addressees
from rookery.activitypub.vocabulary import ACTIVITY_CONTEXT, NOTE_CONTEXT, Json, document, iso
from rookery.model.accounts import Account
from rookery.model.incoming import MAX_REPORT_CHARACTERS
from rookery.model.posts import Audience, Post


def activity(kind: str, uri: str, actor: str, thing: Json | str, **parts: object) -> Json:
    """Return one activity with its context. actor: its id; thing: the object, whole or by id; parts: the rest."""
    shape = {"id": uri, "type": kind, "actor": actor, "object": thing, **parts}
    return document(ACTIVITY_CONTEXT, shape)


def about_note(kind: str, uri: str, note: Json, published_at_us: int) -> Json:
    """Return an activity around a whole note, for the same readers."""
    shape: Json = {"id": uri, "type": kind, "actor": note["attributedTo"], "published": iso(published_at_us)}
    bare = {name: value for name, value in note.items() if name != "@context"}
    return document(NOTE_CONTEXT, {**shape, "to": note["to"], "cc": note["cc"], "object": bare})


def create(note: Json, published_at_us: int) -> Json:
    """Return the Create of a note. Its id is the post's with `/activity` behind it."""
    return about_note("Create", f"{note['id']}/activity", note, published_at_us)


def update(note: Json, at_us: int) -> Json:
    """Return the Update of a note: an edit, or a poll's new counts. at_us: of the change."""
    return about_note("Update", f"{note['id']}#updates/{at_us}", note, at_us)


def update_actor(actor: Json, at_us: int) -> Json:
    """Return the Update of a profile, for everybody. actor: from actor_from_account."""
    parts = {name: value for name, value in actor.items() if name != "@context"}
    to, cc = addressees(Audience.PUBLIC, followers_uri(actor["id"]), [])
    shape: Json = {"id": f"{actor['id']}#updates/{at_us}", "type": "Update", "actor": actor["id"]}
    return document(actor["@context"], {**shape, "to": to, "cc": cc, "object": parts})


def delete_post(post: str, actor: str, *, at_us: int) -> Json:
    """Return the Delete of a post, with its Tombstone. post, actor: ids. It is for everybody who may have seen it."""
    tombstone = {"id": post, "type": "Tombstone", "atomUri": post, "deleted": iso(at_us)}
    to, cc = addressees(Audience.PUBLIC, followers_uri(actor), [])
    return activity("Delete", f"{post}#delete", actor, tombstone, to=to, cc=cc)


def delete_actor(actor: str) -> Json:
    """Return the Delete of an account by itself."""
    to, cc = addressees(Audience.PUBLIC, followers_uri(actor), [])
    return activity("Delete", f"{actor}#delete", actor, actor, to=to, cc=cc)


def announce(repost: Post, author: Account, base_url: str, *, of_uri: str, of_author_uri: str) -> Json:
    """Return the Announce that a repost is. of_uri, of_author_uri: of what is repeated; its author is told."""
    actor = actor_uri(author, base_url)
    to, cc = addressees(repost.audience, followers_uri(actor), [of_author_uri] if of_author_uri else [])
    uri = f"{post_uri(repost, author, base_url)}/activity"
    return activity("Announce", uri, actor, of_uri, published=iso(repost.published_at_us), to=to, cc=cc)


def like(actor: str, post: str, author: str, number: int) -> Json:
    """Return the Like of a post. author: of the post, the only one who is told."""
    return activity("Like", f"{actor}#likes/{number}", actor, post, to=[author])


def follow(actor: str, target: str, number: int) -> Json:
    """Return the Follow of an account, as a request: the answer decides."""
    return activity("Follow", f"{actor}#follows/{number}", actor, target, to=[target])


def answer(kind: str, actor: str, follow_uri: str, follower: str, number: int) -> Json:
    """Return Accept or Reject of a Follow. It is repeated in whole: some peers know it by its parts, not by its id."""
    parts = {"id": follow_uri, "type": "Follow", "actor": follower, "object": actor}
    if not follow_uri:
        del parts["id"]  # its server never said what it is called
    name = "accepts" if kind == "Accept" else "rejects"
    return activity(kind, f"{actor}#{name}/{number}", actor, parts, to=[follower])


def undo(done: Json, number: int) -> Json:
    """Return the Undo of an activity of ours, for the same readers."""
    parts = {name: value for name, value in done.items() if name != "@context"}
    readers = {name: done[name] for name in ("to", "cc") if name in done}
    return activity("Undo", f"{done['actor']}#undos/{number}", done["actor"], parts, **readers)


def block(actor: str, target: str, number: int) -> Json:
    """Return the Block of an account. It is told so that its server stops showing what it should not."""
    return activity("Block", f"{actor}#blocks/{number}", actor, target, to=[target])


def flag(server: str, target: str, posts: Sequence[str], comment: str, number: int) -> Json:
    """Return a report. server: the actor of this server: who reported stays here. target, posts: ids."""
    words = comment[:MAX_REPORT_CHARACTERS]
    shape: Json = {"id": f"{server}#flags/{number}", "type": "Flag", "actor": server, "to": [target]}
    return document(ACTIVITY_CONTEXT, {**shape, "object": [target, *posts], "content": words})


def move(actor: str, target: str, number: int) -> Json:
    """Return the Move of an account to another one, for its followers. Spec: FEP-7628"""
    return activity("Move", f"{actor}#moves/{number}", actor, actor, target=target, to=[followers_uri(actor)])


def pin(kind: str, actor: str, post: str, collection: str, number: int) -> Json:
    """Return Add or Remove of a post to or from what an account has pinned. collection: its id."""
    to, cc = addressees(Audience.PUBLIC, followers_uri(actor), [])
    name = "adds" if kind == "Add" else "removes"
    return activity(kind, f"{actor}#{name}/{number}", actor, post, target=collection, to=to, cc=cc)


def quote_request(actor: str, quoting: Json, quoted: str, author: str, number: int) -> Json:
    """Return the request to quote a post. quoting: the note that does, whole or with its id alone. Spec: FEP-044f"""
    bare = {name: value for name, value in quoting.items() if name != "@context"}
    shape: Json = {"id": f"{actor}#quote-requests/{number}", "type": "QuoteRequest", "actor": actor}
    return document(NOTE_CONTEXT, {**shape, "object": quoted, "instrument": bare, "to": [author]})


def answer_quote(kind: str, actor: str, request: Json, number: int, *, stamp: str = "") -> Json:
    """Return Accept, with the stamp's id as result, or Reject of a QuoteRequest. Spec: FEP-044f

    request: its id, actor, object and instrument.
    """
    name = "accepts" if kind == "Accept" else "rejects"
    shape: Json = {"id": f"{actor}#{name}/{number}", "type": kind, "actor": actor, "to": [request["actor"]]}
    result = {"result": stamp} if stamp else {}
    return document(NOTE_CONTEXT, {**shape, "object": {"type": "QuoteRequest", **request}, **result})


def quote_stamp(uri: str, author: str, quoting: str, quoted: str) -> Json:
    """Return the document that proves an author's consent to be quoted. Spec: FEP-044f, QuoteAuthorization"""
    shape: Json = {"id": uri, "type": "QuoteAuthorization", "attributedTo": author}
    return document(NOTE_CONTEXT, {**shape, "interactingObject": quoting, "interactionTarget": quoted})


def withdraw_stamp(stamp: str, actor: str, asker: str) -> Json:
    """Return the Delete of a stamp, which takes a post out of somebody's quote. All are ids. Spec: FEP-044f"""
    thing = {"id": stamp, "type": "QuoteAuthorization"}
    return activity("Delete", f"{stamp}#delete", actor, thing, to=[asker])


def tombstone_of(post: str, deleted_at_us: int) -> Json:
    """Return what stands where a post was. post: its id."""
    return document(ACTIVITY_CONTEXT, {"id": post, "type": "Tombstone", "deleted": iso(deleted_at_us)})
