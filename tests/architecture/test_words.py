"""The core speaks neutral words; each wire and face speaks its own. And no name says nothing.

Looked at: names of files, functions, classes, variables, attributes and arguments, strings that are names, and the
tables and columns in SQL. Not looked at: prose in docstrings and comments.
"""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from tests.architecture.source import Function, Module, build_tree, read_tree

CORE = {"model", "storage", "network", "media", "actions", "timelines"}
WIRE_WORDS = {
    **dict.fromkeys(("actor", "actors", "acct", "accts"), "account or handle"),
    **dict.fromkeys(("announce", "announces", "announced"), "repost"),
    **dict.fromkeys(("reblog", "reblogs", "reblogged", "reblogging", "reblogger"), "repost"),
    **dict.fromkeys(("favourite", "favourites", "favourited", "favourited"), "like"),
    **dict.fromkeys(("favorite", "favorites", "favorited"), "like"),
    **dict.fromkeys(("spoiler", "spoilers"), "content_warning"),
    **dict.fromkeys(("toot", "toots", "statuses", "status_id", "status_ids", "status_from"), "post"),
    **dict.fromkeys(("repo", "repos", "lexicon", "lexicons", "skeleton", "skeletons"), "account, record or feed"),
}
EMPTY_WORDS = {
    *("util", "utils", "helper", "helpers", "common", "core", "misc"),
    *("manager", "processor", "service", "info"),
}
# Names of things in the world that contain such a word; a wire that knows a `service` of its own may name it.
REAL_NAMES = {("node", "info"), ("terms", "of", "service")}
WIRE_NAMES = {"service": {"activitypub", "atproto", "xrpc"}}

# The scopes of OAuth are words that apps store and send; the core compares them and gives them no meaning (ADR 0004).
SCOPE_TEXTS = "callers"

SQL = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE|ALTER TABLE|DROP|REFERENCES|ORDER BY|WHERE)\b")
SQL_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
NAME = re.compile(r"[A-Za-z_]\w*")


def words_of(name: str) -> list[str]:
    """StatusFromPost, status_from_post -> status, from, post."""
    parted = re.sub(r"([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])", r"\1\3_\2\4", name)
    return [word for word in parted.lower().split("_") if word]


def wire_word(name: str) -> str | None:
    words = words_of(name)
    pairs = (f"{first}_{second}" for first, second in pairwise(words))
    return next((word for word in [*words, *pairs] if word in WIRE_WORDS), None)


def names_in(module: Module) -> Iterator[tuple[str, int]]:
    """Yield every name the module gives or uses, with its line."""
    yield module.path.stem, 1
    prose = {id(n.value) for n in module.walk() if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)}
    for node in module.walk():
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose
        if is_text and module.path.stem != SCOPE_TEXTS:
            yield from ((name, node.lineno) for name in names_in_text(node.value))
        yield from ((name, getattr(node, "lineno", 1)) for name in names_at(node))


def names_at(node: ast.AST) -> list[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
            return [name]
        case ast.keyword(arg=str(name)) | ast.alias(asname=str(name)) | ast.alias(name=name):
            return name.split(".")
    return []


def names_in_text(text: str) -> list[str]:
    """Return the names in a string: the whole of it when it is one, else those of its SQL."""
    if NAME.fullmatch(text):
        return [text]
    return NAME.findall(SQL_COMMENT.sub("", text)) if SQL.search(text) else []


def wire_word_complaints(modules: list[Module]) -> list[str]:
    return sorted(
        {
            f"{module.at(line)}: {name}: the core says {WIRE_WORDS[word]}, not {word}"
            for module in modules
            if module.room in CORE
            for name, line in names_in(module)
            if (word := wire_word(name))
        }
    )


def sql_file_complaints(modules: list[Module]) -> list[str]:
    folders = {module.path.parent for module in modules if module.room in CORE}
    return [
        f"{path.name}: {name}: the core says {WIRE_WORDS[word]}"
        for folder in sorted(folders)
        for path in sorted(folder.glob("*.sql"))
        for name in NAME.findall(SQL_COMMENT.sub("", path.read_text()))
        if (word := wire_word(name))
    ]


def empty_word(name: str, room: str) -> str | None:
    words = words_of(name)
    for real in REAL_NAMES:
        for start in range(len(words)):
            if tuple(words[start : start + len(real)]) == real:
                words[start : start + len(real)] = []
    return next((word for word in words if word in EMPTY_WORDS and room not in WIRE_NAMES.get(word, ())), None)


def empty_name_complaints(modules: list[Module]) -> list[str]:
    return [complaint for module in modules for complaint in empty_names_of(module)]


def empty_names_of(module: Module) -> Iterator[str]:
    own = module.path.parent.name if module.path.name == "__init__.py" else module.path.stem
    defined = [(own, 1)] + [(n.name, n.lineno) for n in module.walk() if isinstance(n, Function | ast.ClassDef)]
    functions = {function.name for function in module.functions()}
    for name, line in defined:
        if word := empty_word(name, module.room):
            yield f"{module.at(line)}: {name}: {word} says nothing; name what it is for"
        if name in functions and name.lstrip("_").startswith("do_"):
            yield f"{module.at(line)}: {name}: name the deed without do_"
        if name not in functions and name.lower() == "data":
            yield f"{module.at(line)}: {name}: name what the data is"


def test_wire_words_stay_out_of_the_core():
    assert wire_word_complaints(read_tree()) == []
    assert sql_file_complaints(read_tree()) == []


def test_no_name_says_nothing():
    assert empty_name_complaints(read_tree()) == []


@pytest.mark.parametrize(
    "text",
    [
        "def reblog(): ...",
        "class Actor: ...",
        "spoiler_text = 1",
        "def f(acct): ...",
        "def f(status_id): ...",
        "def status_from_post(): ...",
        "class StatusFromPost: ...",
        "x = f(repo=1)",
        "x = post.reblogs_count",
        "KIND = 'announce'",
        "PAGE = 'SELECT id FROM statuses WHERE id = :id'",
        "def f(table):\n    return f'SELECT favourites_count FROM {table}'",
        "from x import y as lexicon",
    ],
)
def test_a_wire_word_in_the_core_is_seen(tmp_path, text):
    complaints = wire_word_complaints(build_tree(tmp_path, {"storage/posts.py": text}))
    assert len(complaints) == 1
    assert wire_word_complaints(build_tree(tmp_path / "face", {"mastodon/posts.py": text})) == []


def test_a_file_named_in_a_wire_word_is_seen(tmp_path):
    assert wire_word_complaints(build_tree(tmp_path, {"model/statuses.py": ""}))
    (tmp_path / "rookery" / "model" / "1.sql").write_text("-- statuses\nCREATE TABLE reblogs (id INTEGER)")
    assert len(sql_file_complaints(read_tree(tmp_path))) == 1


def test_neutral_words_and_prose_are_welcome(tmp_path):
    text = '''
"""What a wire calls an actor or a reblog comes in here as an Account or a Repost. SELECT statuses."""
STATUS = "delivered"
PAGE = """
    -- Served to faces as statuses. Index: posts_author
    SELECT id, status FROM announcements WHERE author_id = :author_id  /* reblog */
"""
def open_firehose(repository, factor): raise ValueError("a toot is called a post here")
'''
    assert wire_word_complaints(build_tree(tmp_path, {"storage/posts.py": text})) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("web/utils.py", ""),
        ("web/post_helpers.py", ""),
        ("web/common/__init__.py", ""),
        ("web/data.py", ""),
        ("web/posts.py", "class PostManager: ..."),
        ("web/posts.py", "class Data: ..."),
        ("web/posts.py", "class MailService: ..."),
        ("web/posts.py", "def do_publish(): ..."),
        ("web/posts.py", "def get_post_info(): ..."),
    ],
)
def test_a_name_that_says_nothing_is_seen(tmp_path, path, text):
    assert len(empty_name_complaints(build_tree(tmp_path, {path: text}))) == 1


def test_names_of_real_things_are_welcome(tmp_path):
    text = (
        "class NodeInfo: ...\ndef terms_of_service(): ...\ndef score(): ...\ndef f(data): ...\ndef undo_follow(): ..."
    )
    files = {"web/nodeinfo.py": text, "atproto/service_auth.py": ""}
    assert empty_name_complaints(build_tree(tmp_path, files)) == []
