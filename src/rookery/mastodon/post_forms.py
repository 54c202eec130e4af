"""From parameters to drafts.

Owns: the spelling of a new or edited post in every form that apps send.
Spec: https://docs.joinmastodon.org/methods/statuses/#create
"""

from __future__ import annotations

from rookery.actions.edits import EditDraft
from rookery.actions.scheduled_posts import check_future
from rookery.mastodon.accounts_json import AUDIENCES
from rookery.mastodon.dates import parse_date
from rookery.mastodon.forms import Form
from rookery.model.callers import Caller
from rookery.model.errors import Invalid, NotSignedIn
from rookery.model.ids import AccountId, MediaId, PostId
from rookery.model.media import parse_focus
from rookery.model.members import Preferences
from rookery.model.posts import Audience, Draft, PollDraft, Post, PostNotFound
from rookery.model.quotes import QuotePolicy

DEFAULT_POLL_S = 86_400
POLICY = "quote_approval_policy"
POLICIES = {"public": QuotePolicy.PUBLIC, "followers": QuotePolicy.FOLLOWERS, "nobody": QuotePolicy.NOBODY}


def draft_from_form(form: Form, caller: Caller, preferences: Preferences | None) -> Draft:
    """Read a new post; what is absent comes from the author's preferences. Raises Invalid, PostNotFound."""
    if caller.account_id is None:
        raise NotSignedIn("the access token is invalid")
    chosen = preferences or Preferences()
    reply_to_id, quote_of_id = post_id_from_form(form, "in_reply_to_id"), post_id_from_form(form, "quoted_status_id")
    warning = form.text("spoiler_text")
    text = form.text("status")
    if warning and not text and not form.texts("media_ids"):
        text, warning = warning, ""
    return Draft(
        author_id=caller.account_id,
        text=text,
        audience=audience_from_form(form, Audience(chosen.default_audience)),
        content_warning=warning,
        is_sensitive=form.flag("sensitive", chosen.default_sensitive),
        language=language_from_form(form) or chosen.default_language,
        reply_to_id=reply_to_id,
        media_ids=tuple(MediaId(media_id) for media_id in form.ids("media_ids")),
        poll=poll_from_form(form),
        app_id=caller.app_id,
        allowed_mentions=tuple(AccountId(i) for i in form.ids("allowed_mentions"))
        if form.texts("allowed_mentions") or form.has("allowed_mentions[]")
        else None,
        quote_of_id=quote_of_id,
        quote_policy=policy_from_form(form, POLICY, QuotePolicy(chosen.default_quote_policy)),
    )


def time_from_form(form: Form, now_us: int) -> int | None:
    """Read `scheduled_at`; None for now, which a time in the past means too, as apps expect. Raises TimeRefused."""
    raw = form.text("scheduled_at").strip()
    if not raw:
        return None
    publish_at_us = check_future(parse_date(raw))
    return publish_at_us if publish_at_us > now_us else None


def post_id_from_form(form: Form, name: str) -> PostId | None:
    """Read the id of another post. Raises PostNotFound for what cannot be one."""
    found = form.find_id(name)
    if found is None and form.text(name).strip():
        raise PostNotFound
    return PostId(found) if found is not None else None


def policy_from_form(form: Form, name: str, default: QuotePolicy) -> QuotePolicy:
    """Read who may quote. Raises Invalid for an unknown word."""
    word = form.text(name).strip()
    if word and word not in POLICIES:
        raise Invalid("Validation failed: Quote approval policy is not included in the list")
    return POLICIES[word] if word else default


def audience_from_form(form: Form, default: Audience) -> Audience:
    """Read `visibility`. Raises Invalid for an unknown word."""
    word = form.text("visibility")
    if not word:
        return default
    if word not in AUDIENCES:
        raise Invalid("Validation failed: Visibility is not included in the list")
    return AUDIENCES[word]


def language_from_form(form: Form) -> str | None:
    """Read `language`; clients send `en`, `en-GB`, `zh_CN`, or nothing."""
    raw = form.text("language").strip().replace("_", "-")
    if not raw or raw == "null":
        return None
    head, dash, tail = raw.partition("-")
    return head.lower() + dash + tail


def poll_from_form(form: Form) -> PollDraft | None:
    """Read `poll[…]`; None without choices."""
    poll = form.under("poll")
    options = tuple(poll.texts("options"))
    if not options:
        return None
    return PollDraft(
        options,
        poll.number("expires_in", DEFAULT_POLL_S),
        poll.flag("multiple"),
        poll.flag("hide_totals"),
    )


def edit_from_form(form: Form, before: Post) -> EditDraft:
    """Read an edit; what is absent stays as it was, pictures and poll included only when named.

    Raises Invalid, AltTextRefused.
    """
    attributes = [record for record in form.records("media_attributes") if record.find_id("id") is not None]
    media_ids = tuple(MediaId(media_id) for media_id in form.ids("media_ids"))
    if not form.texts("media_ids") and not form.has("media_ids[]") and not form.has("media_ids"):
        media_ids = tuple(picture.id for picture in before.media)
    alt_texts = tuple(
        (MediaId(record.find_id("id") or 0), record.text("description")[:10_000])
        for record in attributes
        if record.has("description")
    )
    focus = tuple(
        (MediaId(record.find_id("id") or 0), *parse_focus(record.text("focus")))
        for record in attributes
        if record.text("focus")
    )
    return EditDraft(
        text=form.text("status", before.text),
        content_warning=form.text("spoiler_text", before.content_warning),
        is_sensitive=form.flag("sensitive", before.is_sensitive),
        language=language_from_form(form) or before.language,
        media_ids=media_ids,
        poll=poll_from_form(form),
        alt_texts=alt_texts,
        focus=focus,
        quote_policy=policy_from_form(form, POLICY, before.quote_policy),
    )
