"""What a page behind a link may make us show: words and a picture, and an author only with the author's leave."""

import json

import pytest
from tests.actions.test_cards import open_cards
from tests.evilhost import page

SNIPPETS = [
    "<script>alert(1)</script>",
    "<iframe src='javascript:alert(1)' width=640 height=360></iframe>",
    "<iframe src='data:text/html,<script>alert(1)</script>' width=640 height=360></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>' width=640 height=360></iframe>",
    "<img src=x onerror=alert(1)>",
]


@pytest.mark.parametrize("kind", ["video", "rich"])
@pytest.mark.parametrize("row", [pytest.param(0, id="CVE-2023-36459 / GHSA-ccm4-vgcc-73hp")])
async def test_html_of_oembed_never_reaches_an_app(world, evil, kind, row):
    ana = await world.person("ana")
    async with open_cards(world, evil) as cards:
        for number, snippet in enumerate(SNIPPETS):
            link = f'<title>t</title><link rel="alternate" type="application/json+oembed" href="/o{number}">'
            answer = {"type": kind, "html": snippet, "width": 640, "height": 360, "author_url": "javascript:alert(1)"}
            evil.paths |= {f"/{number}": page(link), f"/o{number}": page(json.dumps(answer), "application/json")}
            card = await cards.card(ana, evil.url(f"/{number}"))
            assert (card["type"], card["html"], card["author_url"]) == ("link", "", "")
            assert evil.asked(f"/o{number}") == 1


@pytest.mark.parametrize(
    "domain",
    [
        pytest.param("https://evil.example/", id="GHSA-rwcw-vq68-g34p"),
        "evil.example/../one.test",
        "//one.test",
        "one test",
        "*.test",
        "a" * 300,
    ],
)
async def test_only_names_of_sites_may_name_an_author(world, domain):
    ana = await world.person("ana")
    path = "/api/v1/accounts/update_credentials"
    await ana.calls("PATCH", path, json_body={"attribution_domains": [domain]}, code=422)
    await ana.calls("PATCH", path, json_body={"attribution_domains": [{"id": domain}]})
    assert (await ana.calls("GET", "/api/v1/accounts/verify_credentials"))["source"]["attribution_domains"] == []
