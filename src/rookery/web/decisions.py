"""Decisions about oneself: what was done, why, about which posts, and how to object.

Owns: `/decisions`. Who was locked out or suspended reads them with the mail's link. Never: names staff or reporters.
"""

from __future__ import annotations

from rookery.actions.secrets import hash_secret
from rookery.actions.strikes import appeal_strike
from rookery.model.errors import Invalid, NotAllowed, NotSignedIn
from rookery.model.ids import AccountId, now_us
from rookery.network.limits import MAILING
from rookery.network.responses import Answer, Response
from rookery.storage.mailtokens import find_mail_token
from rookery.storage.posts import list_posts
from rookery.storage.strikes import list_strikes
from rookery.web.fields import Fields
from rookery.web.routing import PageTable
from rookery.web.visits import Visit

routes = PageTable()


async def whose(visit: Visit, secret: str) -> AccountId:
    """Return whose decisions these are: the link's, else the visitor's own. Raises NotSignedIn."""
    if secret:
        token = await find_mail_token(visit.face.app.db.reader, hash_secret(secret), "strike", now_us())
        if token is not None:
            return AccountId(token.account_id)
    return visit.account_id


@routes.page("/decisions")
async def show_decisions(visit: Visit) -> Answer:
    """All of them, newest first."""
    secret = visit.query.get("token", "")[:200]
    try:
        account_id = await whose(visit, secret)
    except NotSignedIn:
        return visit.go("/login?next=/decisions")
    return await answer_decisions(visit, account_id, secret)


async def answer_decisions(visit: Visit, account_id: AccountId, secret: str, error: str = "") -> Response:
    """Render the list; the posts are the reader's own."""
    reader = visit.face.app.db.reader
    strikes = await list_strikes(reader, account_id)
    posts = await list_posts(reader, [post_id for strike in strikes for post_id in strike.post_ids])
    own = {post_id: post for post_id, post in posts.items() if post.author_id == account_id}
    now, code = now_us(), 422 if error else 200
    open_ids = {strike.id for strike in strikes if strike.may_be_appealed(now)}
    return visit.page("decisions.html", code, strikes=strikes, posts=own, open_ids=open_ids, secret=secret, error=error)


@routes.form("/decisions", who="anyone", limit=MAILING)
async def appeal(visit: Visit, fields: Fields) -> Answer:
    """Object to one."""
    secret = fields.text("secret")[:200]
    account_id = await whose(visit, secret)
    try:
        await appeal_strike(visit.face.app, account_id, fields.number("strike", 0), fields.text("text"))
    except (Invalid, NotAllowed) as refusal:
        return await answer_decisions(visit, account_id, secret, visit.say(str(refusal)))
    return await answer_decisions(visit, account_id, secret)
