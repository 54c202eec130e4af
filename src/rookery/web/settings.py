"""Settings: profile, account, appearance. Sessions and apps have modules of their own.

Owns: `/settings`, `/settings/{profile,account,appearance}`. Each is a plain form that says when it is saved.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from rookery.actions.accounts import change_profile
from rookery.actions.credentials import change_email, change_password, delete_own_account
from rookery.actions.members import change_preferences
from rookery.actions.pictures import make_profile_picture
from rookery.model.accounts import MAX_FIELD_COUNT, Account, ProfileChange
from rookery.model.errors import Conflict, Invalid, NotAllowed, TooMany, Unavailable
from rookery.model.posts import LANGUAGE_SHAPE
from rookery.network.limits import API, SIGN_IN, UPLOADING
from rookery.network.requests import Upload
from rookery.network.responses import Answer
from rookery.storage.accounts import get_account
from rookery.web.face import SESSION
from rookery.web.fields import Fields
from rookery.web.guards import set_cookie
from rookery.web.looks import THEMES, Look
from rookery.web.profiles import profile_of
from rookery.web.proving import detour
from rookery.web.routing import PageTable
from rookery.web.visits import Visit
from rookery.web.words import LANGUAGES
from rookery.web.writing import AUDIENCE_WORDS, QUOTE_POLICY_WORDS, UPLOAD_BYTES

routes = PageTable()
ACCOUNT = "/settings/account"


@routes.page("/settings", who="member")
async def show_settings(visit: Visit) -> Answer:
    """The first of the settings."""
    return visit.go("/settings/profile")


@routes.page("/settings/profile", who="member")
async def show_profile_form(visit: Visit) -> Answer:
    """Name, words, pictures, fields, and who may find them."""
    account = await get_account(visit.face.app.db.reader, visit.account_id)
    return answer_profile(visit, account, "")


def answer_profile(visit: Visit, account: Account, error: str) -> Answer:
    """Render the form with an account as it is, or as somebody would have it."""
    pairs = [(field.name, field.value) for field in account.fields]
    pairs += [("", "")] * (MAX_FIELD_COUNT - len(pairs))
    return visit.page(
        "settings_profile.html",
        422 if error else 200,
        section="profile",
        account=account,
        profile=profile_of(account, visit),
        pairs=pairs,
        error=error,
        saved=visit.query.get("saved", ""),
    )


@routes.form("/settings/profile", limit=UPLOADING, body_limit=UPLOAD_BYTES)
async def save_profile(visit: Visit, fields: Fields) -> Answer:
    """Store the profile; new pictures are made safe first."""
    change = ProfileChange(
        display_name=fields.line("display_name"),
        bio=fields.text("bio"),
        fields=tuple(zip(fields.texts("field_name"), fields.texts("field_value"), strict=False)),
        is_locked=fields.is_on("is_locked"),
        is_bot=fields.is_on("is_bot"),
        is_discoverable=fields.is_on("is_discoverable"),
        is_indexable=fields.is_on("is_indexable"),
        hides_network=fields.is_on("hides_network"),
        avatar_alt=fields.line("avatar_alt"),
        header_alt=fields.line("header_alt"),
        removes=frozenset(name for name in ("avatar", "header") if fields.is_on(f"remove_{name}")),
    )
    try:
        for upload in [one for one in visit.request.uploads if one.size_bytes]:
            change = await with_picture(visit, change, upload)
        await change_profile(visit.face.app, visit.account_id, change)
    except (Invalid, Unavailable) as refusal:
        account = await get_account(visit.face.app.db.reader, visit.account_id)
        return answer_profile(visit, as_typed(account, change), visit.say(str(refusal)))
    return visit.go("/settings/profile?saved=1")


def as_typed(account: Account, change: ProfileChange) -> Account:
    """Return the account with the words of a refused change, so that nobody types twice."""
    return replace(
        account, display_name=change.display_name or "", bio=change.bio or "", is_locked=bool(change.is_locked)
    )


async def with_picture(visit: Visit, change: ProfileChange, upload: Upload) -> ProfileChange:
    """Return the change with a new avatar or header. Raises MediaRefused."""
    purpose: Literal["avatar", "header"] = "header" if upload.field_name == "header" else "avatar"
    keys = await make_profile_picture(visit.face.media, upload.path, purpose)
    return replace(change, avatar=keys) if purpose == "avatar" else replace(change, header=keys)


@routes.page("/settings/account", who="member")
async def show_account_form(visit: Visit) -> Answer:
    """Address, password, leaving."""
    return await detour(visit, ACCOUNT) or answer_account(visit, {})


def answer_account(visit: Visit, problems: dict[str, str], code: int = 200) -> Answer:
    """Render the forms with what went wrong in one of them."""
    email = visit.member.email if visit.member else ""
    saved = visit.query.get("saved", "")
    days = visit.face.app.settings.signing.leave_days
    return visit.page(
        "settings_account.html",
        code,
        section="account",
        email=email,
        problems=problems,
        saved=saved,
        leave_days=days,
    )


@routes.form("/settings/account/password", limit=SIGN_IN)
async def save_password(visit: Visit, fields: Fields) -> Answer:
    """Change the password: every other browser and app is signed out."""
    if away := await detour(visit, ACCOUNT):
        return away
    try:
        await change_password(
            visit.face.app,
            visit.face.passwords,
            visit.account_id,
            new=fields.text("new"),
            keep_session=visit.request.caller.session_id,
        )
    except (Invalid, Conflict) as refusal:
        return answer_account(visit, {"password": visit.say(str(refusal))}, 422)
    return visit.go("/settings/account?saved=password")


@routes.form("/settings/account/email", limit=SIGN_IN)
async def save_email(visit: Visit, fields: Fields) -> Answer:
    """Begin a change of address: the new one gets a link."""
    if away := await detour(visit, ACCOUNT):
        return away
    try:
        await change_email(
            visit.face.app,
            visit.face.passwords,
            visit.account_id,
            email=fields.line("email"),
            session_id=visit.request.caller.session_id,
        )
    except (Invalid, TooMany) as refusal:
        return answer_account(visit, {"email": visit.say(str(refusal))}, 422)
    return visit.go("/settings/account?saved=email")


@routes.form("/settings/account/leave", limit=SIGN_IN)
async def leave(visit: Visit, fields: Fields) -> Answer:
    """Leave; the page says until when one may come back."""
    if away := await detour(visit, ACCOUNT):
        return away
    session_id = visit.request.caller.session_id
    try:
        departure = await delete_own_account(
            visit.face.app, visit.face.passwords, visit.account_id, session_id=session_id
        )
    except NotAllowed as refusal:
        return answer_account(visit, {"leave": visit.say(str(refusal))}, 422)
    gone = set_cookie(visit.face.base_url, SESSION, "", 0)
    if departure is None:
        visit.cookies = [gone]
        return visit.go("/")
    visit.member = visit.person = None
    visit.cookies = [gone]
    return visit.page("left.html", purge_at_us=departure.purge_at_us)


@routes.page("/settings/appearance", who="member")
async def show_appearance_form(visit: Visit) -> Answer:
    """Theme, language, and how posts begin."""
    return visit.page(
        "settings_appearance.html",
        section="appearance",
        themes=THEMES,
        audiences=AUDIENCE_WORDS,
        quote_policies=QUOTE_POLICY_WORDS,
        written_languages=visit.words.written_languages(),
        saved=visit.query.get("saved", ""),
    )


@routes.form("/settings/appearance", limit=API)
async def save_appearance(visit: Visit, fields: Fields) -> Answer:
    """Store the choices; an unknown one stays as it was."""
    before = visit.preferences
    theme, locale, written = fields.text("theme"), fields.text("locale"), fields.text("default_language")
    after = replace(
        before,
        theme=theme if theme in THEMES else before.theme,
        locale=locale if locale in LANGUAGES else None,
        default_language=written if LANGUAGE_SHAPE.fullmatch(written) else None,
        default_audience=int(AUDIENCE_WORDS.get(fields.text("default_audience"), before.default_audience)),
        default_sensitive=fields.is_on("default_sensitive"),
        default_quote_policy=int(
            QUOTE_POLICY_WORDS.get(fields.text("default_quote_policy"), before.default_quote_policy)
        ),
        expands_media="show_all" if fields.text("expands_media") == "show_all" else "default",
        expands_warnings=fields.is_on("expands_warnings"),
    )
    await change_preferences(visit.face.app, visit.account_id, after)
    visit.keep_look(Look(after.locale, after.theme))
    return visit.go("/settings/appearance?saved=1")
