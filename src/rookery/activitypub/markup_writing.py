"""What is read out of foreign HTML, written twice at once: as words with facets, and as markup of our own making.

Owns: Writer: which elements are kept, how they nest, where lines begin. Never: writes a character of markup that it was
given: tags and classes are literals of this file, texts and addresses are escaped.
Elements nest in one order only: containers (quotes, lists), in them at most one paragraph or preformatted block, in
that what is inline. Nothing is written before something stands in it, so nothing is empty and nothing stays open.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from rookery.model.incoming import MAX_HTML_CHARACTERS, MAX_TEXT_CHARACTERS
from rookery.model.text import MAX_FACET_COUNT, Facet

CONTAINERS = frozenset(("blockquote", "ul", "ol", "li"))
LISTS = frozenset(("ul", "ol"))
BLOCKS = CONTAINERS | {"p", "pre"}
MOST_CONTAINERS, MOST_INLINE, MOST_BLANK = 12, 8, 2
# What is written around an element besides its own tag, as (markup, words); readers without ruby see the brackets.
BEFORE = {"rt": ("<rp>(</rp>", "(")}
AFTER = {"rt": ("<rp>)</rp>", ")")}


@dataclass(eq=False, slots=True)
class Element:
    """One open element. number: of the next item, in a list."""

    name: str
    number: int = 1
    is_begun: bool = False


@dataclass(slots=True)
class Writer:
    """Takes elements and texts in order. open: as they were opened; written: what of them the markup has.

    find: the facets of plain words; show: the markup of such words. waiting: words that may go on, not yet written.
    lines: how many lines must end before the next text, because a block ended; breaks: because the author said so.
    is_rich: the markup says more than words and facets do.
    """

    find: Callable[[str], tuple[Facet, ...]]
    show: Callable[[str, tuple[Facet, ...]], str]
    words: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    markup: list[str] = field(default_factory=list)
    facets: list[Facet] = field(default_factory=list)
    open: list[Element] = field(default_factory=list)
    written: list[Element] = field(default_factory=list)
    word_count: int = 0
    waiting_count: int = 0
    markup_count: int = 0
    lines: int = 0
    breaks: int = 0
    has_space: bool = False
    is_rich: bool = False

    @property
    def is_full(self) -> bool:
        """True when no more is taken."""
        return (
            self.word_count + self.waiting_count >= MAX_TEXT_CHARACTERS or self.markup_count >= 4 * MAX_HTML_CHARACTERS
        )

    def container_count(self) -> int:
        """Return how many of the open elements are containers; they come first."""
        return next((place for place, one in enumerate(self.open) if one.name not in CONTAINERS), len(self.open))

    def innermost(self) -> str:
        """Return the name of the innermost container, '' without."""
        count = self.container_count()
        return self.open[count - 1].name if count else ""

    def has(self, name: str) -> bool:
        """True when such an element is open."""
        return any(one.name == name for one in self.open)

    def end_block(self, lines: int) -> None:
        """End a paragraph and what is inline in it; the next text begins so many lines further down."""
        is_code = self.has("pre")
        del self.open[self.container_count() :]
        self.lines = max(self.lines, 2 if is_code else lines)
        self.breaks = 0
        self.has_space = False

    def open_container(self, name: str) -> None:
        """Begin a quote, a list or an item; too deep ones are not kept."""
        is_listed = self.innermost() in (*LISTS, "li")
        self.end_block(1 if is_listed and name != "blockquote" else 2)
        if name == "li":
            self.end_item()
        elif self.innermost() in LISTS:  # a list right in a list: its items belong to an item of its own
            self.open.append(Element("li"))
        if len(self.open) < MOST_CONTAINERS:
            self.open.append(Element(name))

    def end_item(self) -> None:
        """Leave the item before this one; an item without a list gets one."""
        places = [place for place, one in enumerate(self.open) if one.name in LISTS]
        if places:
            del self.open[places[-1] + 1 :]
            self.lines = max(self.lines, 1)
        else:
            self.open.append(Element("ul"))

    def close_container(self, name: str) -> None:
        """End the innermost container of this name and all in it."""
        places = [place for place, one in enumerate(self.open) if one.name == name]
        if places:
            is_inside = any(one.name == "li" for one in self.open[: places[-1]])
            has_quote = any(one.name == "blockquote" for one in self.open[places[-1] :])
            self.end_block(1 if (name == "li" or is_inside) and not has_quote else 2)
            del self.open[places[-1] :]

    def open_leaf(self, name: str) -> None:
        """Begin a paragraph or preformatted lines. In an item a paragraph is no more than a line."""
        if self.innermost() in LISTS:
            del self.open[self.container_count() :]
            self.open.append(Element("li"))
        if name == "p" and self.innermost() == "li" and not self.has("pre"):
            del self.open[self.container_count() :]
            self.break_line()
            return
        self.end_block(2)
        if name != "p" or self.innermost() != "li":
            self.open.append(Element(name))

    def open_inline(self, name: str) -> None:
        """Begin something inline, in a paragraph; too deep ones are not kept."""
        self.need_leaf()
        if len(self.open) - self.container_count() <= MOST_INLINE and not self.has(name):
            self.open.append(Element(name))

    def close_inline(self, name: str) -> None:
        """End the innermost of this name and what is in it."""
        places = [place for place, one in enumerate(self.open) if one.name == name]
        if places:
            del self.open[places[-1] :]

    def need_leaf(self) -> None:
        """See that inline things stand where they may: in a paragraph, preformatted lines or an item."""
        if self.innermost() in LISTS:
            self.open.append(Element("li"))
        count = self.container_count()
        if self.innermost() != "li" and len(self.open) == count:
            self.open.append(Element("p"))

    def break_line(self) -> None:
        """End the line, if something stands in it already."""
        if not self.lines:
            self.breaks = min(self.breaks + 1, MOST_BLANK)
        self.has_space = False

    def put_text(self, text: str) -> None:
        """Write plain words; what follows right behind them is found together with them. text: not empty."""
        self.need_leaf()
        if self.words_go_on():
            self.waiting += [" ", text] if self.has_space else [text]
        else:
            self.begin()
            self.waiting.append(text)
        self.waiting_count += len(text) + 1
        self.has_space = False

    def put(self, words: str, markup: str, facet: Facet) -> None:
        """Write one piece that is one facet. words: not empty. facet: counted from its beginning."""
        self.need_leaf()
        self.begin()
        self.note(self.word_count, (facet,))
        self.write(words, markup)
        self.has_space = False

    def begin(self) -> None:
        """Make ready for a piece: end what has ended, space and lines, begin what has begun."""
        self.write_waiting()
        if not (self.close_written() or self.opens_block()) and self.lines and self.words:
            self.lines, self.breaks = 0, 1  # what should part the two was empty; the item goes on in a new line
        if self.has_space and self.words and not self.lines and not self.breaks:
            self.write(" ", " ")
        self.begin_line()
        self.open_written()

    def words_go_on(self) -> bool:
        """True when the next text stands right behind the words that wait, in the same elements."""
        return bool(self.waiting) and not self.lines and not self.breaks and self.open == self.written

    def write_waiting(self) -> None:
        """Write the words that waited, with what stands out in them."""
        if not self.waiting:
            return
        text = "".join(self.waiting)
        self.waiting.clear()
        self.waiting_count = 0
        is_code = any(one.name in ("code", "pre") for one in self.written)
        facets = () if is_code else self.find(text)
        self.note(self.word_count, facets)
        self.write(text, self.show(text, facets))

    def note(self, start: int, facets: tuple[Facet, ...]) -> None:
        """Keep facets, counted from `start`, as long as there is room."""
        room = MAX_FACET_COUNT - len(self.facets)
        self.facets += [Facet(start + one.start, start + one.end, one.kind, one.value) for one in facets[:room]]

    def opens_block(self) -> bool:
        """True when a block begins with the next text."""
        return any(one.name in BLOCKS for one in self.open[len(self.written) :])

    def close_written(self) -> bool:
        """Close in the markup what is no longer open; return whether a block was among it."""
        same, ends_block = 0, False
        for one, other in zip(self.open, self.written, strict=False):
            if one is not other:
                break
            same += 1
        while len(self.written) > same:
            name = self.written.pop().name
            ends_block = ends_block or name in BLOCKS
            markup, words = AFTER.get(name, ("", ""))
            self.write(words, f"</{name}>{markup}")
        return ends_block

    def open_written(self) -> None:
        """Open in the markup what is open by now."""
        for one in self.open[len(self.written) :]:
            markup, words = BEFORE.get(one.name, ("", ""))
            self.write(words, f"{markup}<{one.name}>")
            self.written.append(one)
            self.is_rich = self.is_rich or one.name != "p"

    def begin_line(self) -> None:
        """End the lines that must end, and begin the next as its containers ask: `> ` in a quote, `- ` for an item."""
        is_first = not self.words
        count = 0 if is_first else min(max(self.lines, self.breaks), MOST_BLANK)
        if not is_first and not self.lines:
            self.write("", ("\n" if self.has("pre") else "<br />") * self.breaks)
        self.lines = self.breaks = 0
        if is_first or count:
            self.write("\n" * count + self.line_start(), "")

    def line_start(self) -> str:
        """Return what a line begins with."""
        depth, marks = 0, ""
        for place, one in enumerate(self.open[: self.container_count()]):
            if one.name == "blockquote":
                marks += "> "
            elif one.name == "li":
                depth += 1
                if not one.is_begun:
                    marks += "  " * (depth - 1) * (not marks.endswith("- ")) + self.bullet(place)
                    one.is_begun = True
        return marks

    def bullet(self, place: int) -> str:
        """Return what the item at this place begins with."""
        around = self.open[place - 1] if place else None
        if around is None or around.name != "ol":
            return "- "
        number, around.number = around.number, around.number + 1
        return f"{number}. "

    def write(self, words: str, markup: str) -> None:
        """Append to both."""
        if words:
            self.words.append(words)
            self.word_count += len(words)
        if markup:
            self.markup.append(markup)
            self.markup_count += len(markup)

    def finish(self) -> tuple[str, str]:
        """Close everything; return (words, markup)."""
        self.write_waiting()
        self.open.clear()
        self.close_written()
        return "".join(self.words), "".join(self.markup)
