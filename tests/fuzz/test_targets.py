"""The targets of `make fuzz` with what Hypothesis thinks of: nothing that strangers send makes a reader stumble."""

import json

import pytest
from fuzz.targets import TARGETS
from hypothesis import given, settings
from hypothesis import strategies as st

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(
        [
            "https://far.example/1",
            "https://here.example/@ana",
            "Note",
            "Create",
            "Person",
            "as:Public",
            "2026-01-01T00:00:00Z",
        ]
    )
)
NAMES = st.sampled_from(
    [
        *(
            "id",
            "type",
            "actor",
            "object",
            "attributedTo",
            "to",
            "cc",
            "content",
            "contentMap",
            "summary",
            "tag",
            "name",
        ),
        *("attachment", "url", "href", "inReplyTo", "oneOf", "anyOf", "replies", "proof", "publicKey", "published"),
        *("updated", "endTime", "closed", "icon", "image", "endpoints", "inbox", "followers", "quote", "instrument"),
        *("interactionPolicy", "mediaType", "duration", "preferredUsername", "alsoKnownAs", "source", "@id", "as:type"),
    ]
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6), max_leaves=25
)


@pytest.mark.parametrize("name", TARGETS)
def test_what_makes_sense_is_read(name):
    for seed in TARGETS[name].seeds:
        TARGETS[name].run(seed)


@pytest.mark.parametrize("name", TARGETS)
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_no_bytes_make_a_reader_stumble(name, data):
    seed = data.draw(st.sampled_from(TARGETS[name].seeds))
    start = data.draw(st.integers(0, len(seed)))
    end = data.draw(st.integers(start, min(len(seed), start + 40)))
    TARGETS[name].run(seed[:start] + data.draw(st.binary(max_size=30)) + seed[end:])


@given(document=st.dictionaries(NAMES, VALUES, max_size=10))
@settings(max_examples=400, deadline=None)
def test_no_document_makes_a_reader_stumble(document):
    TARGETS["documents"].run(json.dumps(document).encode())


@pytest.mark.parametrize("name", ["documents"])
@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_no_value_of_a_real_document_makes_a_reader_stumble(name, data):
    document = json.loads(data.draw(st.sampled_from(TARGETS[name].seeds)))
    changed = data.draw(st.dictionaries(st.sampled_from(sorted(document)), VALUES, min_size=1, max_size=3))
    TARGETS[name].run(json.dumps(document | changed).encode())
