"""Letters that look alike: a disguise is seen through, and an honest text in another alphabet stays what it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rookery.model.filters import FilterWord, Search
from rookery.model.lookalikes import LOOKALIKES, as_seen

DISGUISES = [
    ("spider", "a sріder"),  # Cyrillic er and Ukrainian i
    ("spider", "ｓｐｉｄｅｒ"),
    ("spider", "𝓼𝓹𝓲𝓭𝓮𝓻"),
    ("spider", "ⓢⓟⓘⓓⓔⓡ"),
    ("spider", "spi\u200bder"),
    ("spider", "spi\u00adder"),
    ("spider", "s\u0336p\u0336i\u0336d\u0336e\u0336r\u0336"),
    ("COVID", "СОVID"),  # two Cyrillic capitals
    ("nazi", "ΝAZI"),  # a Greek capital that looks like N, though its small form does not
    ("scope", "ѕсоре"),  # every letter is Cyrillic, and none is anything but a look-alike
    ("two words", "twо wоrds"),
    ("Москва", "Москвa"),  # the other way round: a Latin a in a Russian word
    ("file", "ﬁle"),
    ("кот", "КОТ"),
]
HONEST = [
    ("pot", "у него рот до ушей"),  # Russian; рот means mouth
    ("рот", "a pot of tea"),
    ("kil", "uzun kıl"),  # Turkish: ı is another letter than i
    ("ano", "un año"),
    ("bop", "вор украл шляпу"),
    ("vα", "βαν"),
    ("10", "lo"),
    ("\u200b", "anything at all"),
]


@pytest.mark.parametrize("is_whole", [True, False])
@pytest.mark.parametrize(("keyword", "text"), DISGUISES)
def test_a_keyword_meets_its_word_in_disguise(keyword, text, is_whole):
    assert Search([FilterWord(1, keyword, is_whole)]).finds(as_seen(text))


@pytest.mark.parametrize(("keyword", "text"), HONEST)
def test_another_word_that_only_looks_similar_is_left_alone(keyword, text):
    assert not Search([FilterWord(1, keyword)]).finds(as_seen(text))


@given(st.lists(st.sampled_from("abcdehijkmnopqrstuvwxyz"), min_size=4, max_size=12).map("".join), st.data())
def test_no_choice_of_look_alikes_hides_a_word(word, data):
    ways = {letter: [chr(one) for one, like in LOOKALIKES.items() if chr(like) == letter] for letter in word}
    letters = [data.draw(st.sampled_from([letter, *ways[letter]])) for letter in word]
    assert Search([FilterWord(1, word)]).finds(as_seen("".join(letters)))


@given(st.text(max_size=60), st.text(min_size=1, max_size=12))
def test_a_word_that_stands_in_a_text_is_found_there(text, keyword):
    is_seen = bool(as_seen(keyword).plain.strip())
    found = Search([FilterWord(1, keyword, is_whole_word=False)]).finds(as_seen(f"{text} {keyword} {text}"))
    assert found or not is_seen
