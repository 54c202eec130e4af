"""A browser without script, in this process: keeps cookies, reads forms, follows what a form answers.

Owns: Browser. It sends what a real one sends with a form: Origin and Sec-Fetch-Site.
"""

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

from tests.client import Client, Reply

ORIGIN = "http://localhost:3000"
SAME = {"origin": ORIGIN, "sec-fetch-site": "same-origin"}


class Browser:
    def __init__(self, server: Any, *, language: str = "en", address: str = "127.0.0.1") -> None:
        self.client = Client(server, address=address)
        self.cookies: dict[str, str] = {}
        self.language = language
        self.page = ""
        self.reply: Reply | None = None

    async def call(self, method: str, path: str, *, headers: dict[str, str] | None = None, **more: Any) -> Reply:
        sent = {"accept-language": self.language, **(headers or {})}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.reply = await self.client.call(method, path, headers=sent, **more)
        self.keep_cookies()
        self.page = self.reply.body.decode("utf-8", "replace")
        return self.reply

    def keep_cookies(self) -> None:
        for key, value in self.reply.all_headers:
            if key == b"set-cookie":
                name, _, rest = value.decode().partition("=")
                content, _, flags = rest.partition(";")
                if "Max-Age=0" in flags:
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = content

    async def opens(self, path: str, code: int = 200, **more: Any) -> Reply:
        """Open a page; follow redirects."""
        reply = await self.call("GET", path.partition("#")[0], **more)
        while reply.code == 303 and reply.headers["location"].startswith("/"):
            reply = await self.call("GET", reply.headers["location"].partition("#")[0])
        assert reply.code == code, reply
        return reply

    async def sends(
        self, path: str, code: int = 303, /, *, files: Any = None, follows: bool = True, **form: Any
    ) -> Reply:
        """Send a form with the token of the page that is open."""
        form = {"token": self.token(), **form}
        more = {"form": form, "files": files} if files else {"form": form}
        reply = await self.call("POST", path, headers=SAME, **more)
        assert reply.code == code, (reply, self.text())
        if code == 303 and follows and reply.headers["location"].startswith("/"):
            await self.opens(reply.headers["location"])
        return reply

    def token(self) -> str:
        found = re.search(r'name="token" value="([0-9a-f]+)"', self.page)
        return found[1] if found else ""

    def text(self) -> str:
        """What a person reads."""
        return " ".join(unescape(re.sub(r"<(style|head).*?</\1>|<[^>]+>", " ", self.page, flags=re.S)).split())

    async def joins(self, name: str) -> None:
        await self.opens("/join")
        await self.sends("/join", name=name, email=f"{name}@mail.test", password="correct horse battery", agreement="1")

    async def signs_in(self, name: str, password: str = "correct horse battery", code: int = 303) -> None:
        await self.opens("/login")
        await self.sends("/login", code, name=name, password=password)

    async def posts(self, text: str, **form: Any) -> str:
        """Publish; return the path of the post."""
        await self.opens("/home")
        key = re.search(r'name="key" value="([^"]+)"', self.page)[1]
        reply = await self.sends("/home", follows=False, text=text, key=key, **form)
        short = reply.headers["location"].partition("#p-")[2]
        await self.opens("/home")
        return next(path for path in re.findall(r'href="(/@[^"/]+/[^"/#]+)"', self.page) if path.endswith(short))


class Inventory(HTMLParser):
    """Every element of a page with its attributes, as a parser sees them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
