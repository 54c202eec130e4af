"""Link cards on pages: shown by us alone, whatever the page behind the link wants."""

import re

from tests.actions.test_cards import open_cards
from tests.evilhost import page
from tests.media.drawn_pictures import photo

EVIL = (
    '<html lang="fr"><title>"&gt;&lt;script&gt;alert(1)&lt;/script&gt;</title>'
    '<meta property="og:image" content="/i.png">'
    '<meta name="twitter:player" content="https://v.example/1"><meta name="description" content="&lt;b&gt;bold">'
)


async def test_a_card_asks_nobody_but_us(pages, evil):
    evil.paths |= {"/evil": page(EVIL), "/i.png": page(photo(300, 300).pngsave_buffer(), "image/png")}
    ana = await pages.member("ana")
    await ana.sends("/home", text=f"look: {evil.url('/evil')}")
    async with open_cards(pages.world, evil) as cards:
        await cards.settle()
    await ana.opens("/@ana")
    card = re.search(r'<a class="link-card".*?</a>', ana.page, re.DOTALL)[0]
    assert "&lt;script&gt;alert(1)" in card
    assert "&lt;b&gt;bold" in card
    assert re.findall(r'src="([^"]*)"', card)[0].startswith("/media/")
    assert f'href="{evil.url("/evil")}" rel="nofollow noopener noreferrer"' in card
    assert "<iframe" not in ana.page
    assert "<script>alert" not in ana.page
