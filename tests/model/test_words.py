"""Words as search knows them."""

import pytest

from rookery.model.words import asked_words, split_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("L'été à Besançon", "l ete a besancon"),
        ("cœur Straße naïve İstanbul Łódź", "coeur strasse naive istanbul lodz"),
        ("日本語", "日本 本語 語"),
        ("a語b", "a 語 b"),
        ("ｆｕｌｌ ｗｉｄｔｈ ｶﾀｶﾅ", "full width カタ タカ カナ ナ"),
        ("हिन्दी में", "हिन्दी में"),
        ("см. Ёлка и ёж", "см ёлка и ёж"),
        ("see https://www.Example.org/a-b?c=1", "see example org a b c 1"),
        ("@ana@far.example #Tag_Two :blob:", "ana far example tag two blob"),
        ("— … 🎉 §", ""),
        ("\x00\ud800x", "x"),
    ],
)
def test_a_text_is_split_as_people_search_it(text, words):
    assert " ".join(split_words(text)) == words


def test_one_character_asks_for_a_beginning_and_a_run_for_its_pairs():
    assert asked_words("語") == (("語",), True)
    assert asked_words("日本語") == (("日本", "本語"), False)
    assert asked_words("日本語a") == (("日本", "本語", "語", "a"), False)
    assert asked_words("日 語") == (("日", "語"), True)


def test_a_word_without_end_is_cut():
    assert [len(word) for word in split_words("x" * 5000)] == [64]
