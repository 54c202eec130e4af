"""Any JSON that a stranger may send, with words of the vocabulary strewn in."""

from hypothesis import strategies as st

WORDS = st.sampled_from(
    [
        *(
            "Note",
            "Person",
            "Create",
            "Link",
            "Mention",
            "Emoji",
            "Hashtag",
            "Image",
            "id",
            "type",
            "href",
            "name",
            "url",
        ),
        *("https://far.example/1", "https://here.example/@ana", "as:Public", "acct:x", "😀", "", "#", ":a:"),
        *("javascript:alert(1)", "https://[", "https://a.example:99999/", "PT1S", "2026-11-01T10:00:00Z", "image/png"),
    ]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | WORDS
    | st.text(st.characters(codec="utf-8"), max_size=8)
)
NAMES = WORDS | st.sampled_from(["items", "value", "name", "totalItems", "content", "icon", "object", "actor", "tag"])
JSON = st.recursive(
    LEAVES,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(NAMES, below, max_size=5),
    max_leaves=12,
)
