"""What trends: hashtags with their week, posts, links; and the page on which staff decide.

Owns: `/trending`, `/admin/trends`, the few hashtags that home, front and search show. Never: decides what trends
(timelines/trends.py). A viewer's blocks and mutes hold here as everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rookery.actions.trends import decide_trend
from rookery.model.cards import Card
from rookery.model.errors import NotAllowed, NotFound
from rookery.model.ids import now_us
from rookery.model.tags import HISTORY_DAYS, TagDay
from rookery.model.trends import Trend, TrendKind, Verdict
from rookery.network.limits import API
from rookery.network.responses import Answer, Response
from rookery.storage.cards import list_ready_cards
from rookery.timelines.trends import TrendChoice, least_here, list_trends, tags_of
from rookery.web.fields import Fields
from rookery.web.lists import view_of
from rookery.web.owner import governor_of, owner_page
from rookery.web.routing import PageTable
from rookery.web.visits import Visit

routes = PageTable()
DAY_US = 86_400 * 1_000_000
SHOWN_TAGS, SHOWN_LINKS, SHOWN_POSTS = 10, 10, 20
SHOWN_IN_LINE = 5
WIDTH, HEIGHT = 70, 24  # of a line of seven days, in pixels
DECIDED_ON = {"tag": TrendKind.TAG, "post": TrendKind.POST, "link": TrendKind.LINK, "site": TrendKind.PUBLISHER}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list. count: accounts of the busier of today and yesterday; usual: on a usual day before.

    points: of a line through the week, oldest day first. id: what a verdict is about.
    """

    name: str
    url: str
    count: int
    usual: int
    points: str
    id: int = 0
    verdict: str = ""
    is_shown: bool = False


def points_of(days: Sequence[TagDay]) -> str:
    """Return the points of a line through a week's accounts, from the left, highest day at the top."""
    today = now_us() // DAY_US
    counts = {day.day: day.account_count for day in days}
    week = [counts.get(today - back, 0) for back in range(HISTORY_DAYS - 1, -1, -1)]
    most = max(*week, 1)
    step = (WIDTH - 4) / (HISTORY_DAYS - 1)
    places = ((2 + at * step, HEIGHT - 3 - (HEIGHT - 6) * count / most) for at, count in enumerate(week))
    return " ".join(f"{x:.0f},{y:.0f}" for x, y in places)


def choice_for(visit: Visit, limit: int, *, for_staff: bool = False) -> TrendChoice:
    """Return whose trends these are: in the language of the page and the one that a member writes in."""
    spoken = (visit.words.language, visit.preferences.default_language)
    return TrendChoice(visit.viewer_or_nobody, tuple(code for code in spoken if code), limit=limit, for_staff=for_staff)


async def find_trends(visit: Visit, kind: TrendKind, limit: int) -> list[Trend]:
    """Return what trends for the visitor."""
    app = visit.face.app
    return await list_trends(app.db.long_reader, kind, app.settings, choice_for(visit, limit))


async def trending_tags(visit: Visit, limit: int = SHOWN_TAGS) -> list[Row]:
    """Return the hashtags that trend, as people write them."""
    named = await tags_of(visit.face.app.db.reader, await find_trends(visit, TrendKind.TAG, limit))
    return [row_from(trend, tag.shown, f"/tags/{tag.shown}") for trend, tag in named]


def row_from(trend: Trend, name: str, url: str) -> Row:
    """Build a line."""
    verdict = trend.verdict.value if trend.verdict else ""
    return Row(name, url, trend.account_count, round(trend.usual), points_of(trend.days), trend.id, verdict)


def name_of(link: Trend, card: Card | None) -> str:
    """Return what a link is called: the title of its page with its host, or its address."""
    return f"{card.title} · {link.host}" if card and card.title else link.name.partition("://")[2].rstrip("/")


@routes.page("/trending")
async def show_trending(visit: Visit) -> Answer:
    """Hashtags, links and posts that many people meet now."""
    await visit.face.live.catch_up()
    posts = await find_trends(visit, TrendKind.POST, SHOWN_POSTS)
    links = await find_trends(visit, TrendKind.LINK, SHOWN_LINKS)
    cards = await list_ready_cards(visit.face.app.db.reader, [link.name for link in links])
    answer = visit.page(
        "trending.html",
        is_public=True,
        trends=await trending_tags(visit),
        links=[row_from(link, name_of(link, cards.get(link.name)), link.name) for link in links],
        posts=await visit.face.renders.posts([post.id for post in posts], view_of(visit)),
    )
    answer.headers.append((b"x-robots-tag", b"noindex"))
    return answer


async def staff_lists(visit: Visit) -> dict[str, object]:
    """Return what is counted of each kind, with its verdicts, and the articles of the posts."""
    app, choice = visit.face.app, choice_for(visit, SHOWN_POSTS, for_staff=True)
    reader, mode, lists = app.db.long_reader, app.settings.trends.mode, {}
    least = await least_here(reader, app.settings)
    for word, kind in DECIDED_ON.items():
        found = await list_trends(reader, kind, app.settings, choice)
        tags = {trend.name: tag for trend, tag in await tags_of(reader, found)} if kind is TrendKind.TAG else {}
        rows = []
        for trend in found:
            tag = tags.get(trend.name)
            row = row_from(trend, tag.shown if tag else trend.name, f"/tags/{tag.shown}" if tag else trend.name)
            rows.append(replace(row, id=(tag.id or 0) if tag else trend.id, is_shown=trend.may_show(mode, least)))
        lists[word] = rows
    articles = await visit.face.renders.by_id([row.id for row in lists["post"]], view_of(visit))
    return {"lists": lists, "articles": articles, "mode": mode.value}


@routes.page("/admin/trends", who="admin")
async def show_trends_for_staff(visit: Visit) -> Answer:
    """What is on its way, and what was decided."""
    return await answer_staff(visit)


async def answer_staff(visit: Visit, error: str = "") -> Response:
    """Render the lists on which staff decide."""
    return await owner_page(visit, "owner_trends.html", "trends", error=error, **await staff_lists(visit))


@routes.form("/admin/trends", who="admin", limit=API)
async def decide(visit: Visit, fields: Fields) -> Answer:
    """Approve or reject one thing."""
    kind, verdict = DECIDED_ON.get(fields.text("kind")), fields.text("verdict")
    if kind is None or verdict not in list(Verdict):
        raise NotFound("no such trend")
    try:
        await decide_trend(visit.face.app, kind, fields.number("id", 0), Verdict(verdict), by=governor_of(visit))
    except (NotAllowed, NotFound) as refusal:
        return await answer_staff(visit, visit.say(str(refusal)))
    return visit.go("/admin/trends")
