"""Signed requests in both dialects: whole ones are believed, and nothing may be missing, late or changed."""

import base64
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st
from tests.activitypub.far import BOBS, EVES, NOW, ORIGIN, changed, signed

from rookery.activitypub.cavage import parse_date, read_cavage, signed_text
from rookery.activitypub.digests import check_content_digest, check_digest, content_digest_of, digest_of
from rookery.activitypub.message_signatures import read_message_signature, signature_base
from rookery.activitypub.multikeys import is_signed_by
from rookery.activitypub.signatures import (
    PAST_S,
    SKEW_S,
    DigestMismatch,
    SignatureExpired,
    SignatureMalformed,
    SignatureRefused,
    SignedRequest,
    kind_of,
)
from rookery.activitypub.structured import (
    FieldMalformed,
    InnerList,
    Item,
    parse_dictionary,
    write_bare,
    write_inner_list,
)

BODY = b'{"type":"Follow"}'
KEY_ID = "https://far.example/users/bob#main-key"
DIALECTS = {"cavage": read_cavage, "standard": read_message_signature}
ED25519 = Ed25519PrivateKey.generate()


def made(dialect: str, method: str = "POST", target: str = "/inbox", **more) -> SignedRequest:
    return signed(method, target, BODY if method == "POST" else b"", more.pop("key", BOBS), KEY_ID, dialect, **more)


def is_believed(request: SignedRequest, dialect: str, key=None, now: int = NOW) -> bool:
    """True when the request is accepted as one that this key signed."""
    key = (key or BOBS).public_key()
    claim = DIALECTS[dialect](request, now)
    fits = claim.kind in (None, kind_of(key))
    return fits and any(is_signed_by(key, claim.signature, text) for text in claim.texts)


def is_refused(request: SignedRequest, dialect: str, **more) -> bool:
    try:
        return not is_believed(request, dialect, **more)
    except SignatureRefused:
        return True


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("method", "target"), [("POST", "/inbox"), ("GET", "/@ana"), ("GET", "/@ana/outbox?page=1")])
def test_what_one_server_signs_another_believes(dialect, method, target):
    request = made(dialect, method, target)
    assert is_believed(request, dialect)
    assert not is_believed(request, dialect, key=EVES)


def test_an_ed25519_key_signs_in_the_standard_dialect():
    assert is_believed(made("standard", key=ED25519), "standard", key=ED25519)


def cavage_by_hand(
    names, *, algorithm="rsa-sha256", key=BOBS, request=None, target=None, **parameters
) -> SignedRequest:
    """A request whose signer chose what to sign."""
    request = request or made("cavage")
    wanted = [name for name in names.split(" ") if name]
    text = signed_text(request, wanted, {k: str(v) for k, v in parameters.items()}, target or request.target)
    raw = key.sign(text, PKCS1v15(), SHA256()) if key is not ED25519 else key.sign(text)
    more = "".join(f",{name}={value}" for name, value in parameters.items())
    head = f'keyId="{KEY_ID}",algorithm="{algorithm}",headers="{names}"{more}'
    return changed(request, signature=f'{head},signature="{base64.b64encode(raw).decode()}"')


ALL = "(request-target) host date digest"


@pytest.mark.parametrize("left_out", ALL.split(" "))
def test_each_component_must_be_signed_in_the_old_dialect(left_out):
    assert is_believed(cavage_by_hand(ALL), "cavage")
    names = " ".join(name for name in ALL.split(" ") if name != left_out)
    with pytest.raises(SignatureRefused):
        is_believed(cavage_by_hand(names), "cavage")


@pytest.mark.parametrize("header", ["host", "date", "digest", "signature"])
def test_each_header_must_be_there_in_the_old_dialect(header):
    with pytest.raises(SignatureRefused):
        is_believed(changed(made("cavage"), **{header: None}), "cavage")


def standard_by_hand(names, *, key=BOBS, request=None, label="sig1", **parameters) -> SignedRequest:
    request = request or made("standard")
    given = {"created": NOW, "keyid": KEY_ID} | parameters
    inner = InnerList(tuple(map(Item, names)), {name: value for name, value in given.items() if value is not None})
    base = signature_base(request, inner)
    raw = key.sign(base, PKCS1v15(), SHA256()) if key is not ED25519 else key.sign(base)
    return changed(
        request, signature_input=f"{label}={write_inner_list(inner)}", signature=f"{label}={write_bare(raw)}"
    )


EVERY = ["@method", "@target-uri", "content-digest"]


@pytest.mark.parametrize("left_out", EVERY)
def test_each_component_must_be_signed_in_the_standard_dialect(left_out):
    assert is_believed(standard_by_hand(EVERY), "standard")
    with pytest.raises(SignatureRefused):
        is_believed(standard_by_hand([name for name in EVERY if name != left_out]), "standard")


def test_host_path_and_query_together_are_as_good_as_the_whole_address():
    whole = ["@method", "@authority", "@path", "@query", "content-digest"]
    assert is_believed(standard_by_hand(whole), "standard")
    for left_out in whole:
        assert is_refused(standard_by_hand([name for name in whole if name != left_out]), "standard")


@pytest.mark.parametrize("header", ["host", "content-digest", "signature", "signature-input"])
def test_each_header_must_be_there_in_the_standard_dialect(header):
    with pytest.raises(SignatureRefused):
        is_believed(changed(made("standard"), **{header: None}), "standard")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("late_s", "is_in_time"),
    [(0, True), (PAST_S, True), (PAST_S + 1, False), (-SKEW_S, True), (-SKEW_S - 1, False), (10**9, False)],
)
def test_a_signature_is_good_for_two_hours_and_for_clocks_an_hour_ahead(dialect, late_s, is_in_time):
    request = made(dialect)
    if is_in_time:
        assert is_believed(request, dialect, now=NOW + late_s)
        return
    with pytest.raises(SignatureExpired):
        is_believed(request, dialect, now=NOW + late_s)


HS = "(request-target) host digest (created)"


@pytest.mark.parametrize(
    ("names", "parameters", "error"),
    [
        (HS, {"created": NOW}, None),
        (HS + " (expires)", {"created": NOW, "expires": NOW + 10}, None),
        (HS, {}, SignatureMalformed),
        (HS, {"created": NOW - PAST_S - 1}, SignatureExpired),
        (HS, {"created": NOW + SKEW_S + 1}, SignatureExpired),
        (HS + " (expires)", {"created": NOW, "expires": NOW}, SignatureExpired),
        (HS, {"created": NOW, "expires": NOW - 1}, SignatureExpired),
        (HS, {"created": '"soon"'}, SignatureMalformed),
        (HS, {"created": '"1.5"'}, SignatureMalformed),
        (HS, {"created": '"-1"'}, SignatureMalformed),
        (HS, {"created": "9" * 16}, SignatureMalformed),
        (HS + " (expires)", {"created": NOW}, SignatureMalformed),
        (HS + " date", {"created": NOW - PAST_S - 1}, SignatureExpired),
    ],
)
def test_the_times_of_hs2019_are_looked_at(names, parameters, error):
    def attempt():
        return is_believed(cavage_by_hand(names, algorithm="hs2019", **parameters), "cavage")

    if error is None:
        assert attempt()
        return
    with pytest.raises(error):
        attempt()


def test_created_does_not_go_with_the_old_algorithm():
    with pytest.raises(SignatureMalformed):
        is_believed(cavage_by_hand(HS, created=NOW), "cavage")


@pytest.mark.parametrize("parameters", [{"created": None}, {"created": "1"}, {"created": -1}, {"expires": NOW}])
def test_the_times_of_the_standard_dialect_are_looked_at(parameters):
    with pytest.raises(SignatureRefused):
        is_believed(standard_by_hand(EVERY, **parameters), "standard")


@pytest.mark.parametrize(
    ("dialect", "algorithm", "key"),
    [
        ("cavage", "rsa-sha256", ED25519),
        ("cavage", "ed25519", BOBS),
        ("cavage", "hmac-sha256", BOBS),
        ("cavage", "rsa-sha1", BOBS),
        ("cavage", "none", BOBS),
        ("standard", "rsa-v1_5-sha256", ED25519),
        ("standard", "ed25519", BOBS),
        ("standard", "hmac-sha256", BOBS),
        ("standard", "rsa-pss-sha512", BOBS),
        ("standard", 1, BOBS),
    ],
)
def test_the_key_decides_about_the_algorithm(dialect, algorithm, key):
    if dialect == "cavage":
        request = cavage_by_hand(ALL, algorithm=algorithm, key=key)
    else:
        request = standard_by_hand(EVERY, alg=algorithm, key=key)
    assert is_refused(request, dialect, key=key)


def test_hs2019_is_what_the_key_is():
    assert is_believed(cavage_by_hand(ALL, algorithm="hs2019"), "cavage")
    assert is_believed(cavage_by_hand(ALL, algorithm="hs2019", key=ED25519), "cavage", key=ED25519)


def test_a_query_may_be_signed_or_not_in_the_old_dialect_and_must_be_in_the_standard_one():
    request = made("cavage", "GET", "/@ana/outbox?page=2")
    for target in ("/@ana/outbox?page=2", "/@ana/outbox"):
        assert is_believed(cavage_by_hand("(request-target) host date", request=request, target=target), "cavage")
    assert not is_believed(cavage_by_hand("(request-target) host date", request=request, target="/@ana"), "cavage")
    assert is_refused(replace(made("standard", "GET", "/@ana?page=2"), target="/@ana?page=3"), "standard")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("host", ["evil.example", "nest.example.evil.example", "nest.example:8443", "", "nest"])
def test_a_request_for_another_host_is_not_ours(dialect, host):
    with pytest.raises(SignatureMalformed):
        is_believed(changed(made(dialect), host=host), dialect)


def test_our_host_may_carry_the_usual_port():
    request = changed(made("standard"), host="Nest.Example:443")
    assert is_believed(request, "standard")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "x",
        'keyId="a",keyId="b"',
        'keyId="a" signature="b"',
        "keyId='a'",
        'keyId="a",',
        'keyId="a\\"b"',
        'keyId="' + "a" * 9000 + '"',
        'keyId="é"',
    ],
)
def test_a_header_that_can_be_read_in_two_ways_is_not_read(header):
    with pytest.raises(SignatureMalformed):
        read_cavage(changed(made("cavage"), signature=header), NOW)


@pytest.mark.parametrize("names", ["date date", "Date", "", " ", "(unknown)", "date  host", "x" * 50 + " é"])
def test_names_that_can_be_read_in_two_ways_are_not_read(names):
    header = f'keyId="{KEY_ID}",algorithm="rsa-sha256",headers="{names}",signature="YWJj"'
    with pytest.raises(SignatureRefused):
        read_cavage(changed(made("cavage"), signature=header), NOW)


@pytest.mark.parametrize("key_id", ["", "a b", "é", "a" * 3000, "a\tb"])
def test_a_key_id_is_a_plain_uri(key_id):
    header = f'keyId="{key_id}",algorithm="rsa-sha256",headers="{ALL}",signature="YWJj"'
    with pytest.raises(SignatureMalformed):
        read_cavage(changed(made("cavage"), signature=header), NOW)


STANDARD = f'("@method" "@target-uri" "content-digest");created={NOW};keyid="{KEY_ID}"'


@pytest.mark.parametrize(
    ("inputs", "signature"),
    [
        (f"sig1={STANDARD}, sig2={STANDARD}", "sig1=:YWJj:, sig2=:YWJj:"),
        (f"sig1={STANDARD}, sig1={STANDARD}", "sig1=:YWJj:"),
        (f"sig1={STANDARD}", "sig2=:YWJj:"),
        (f"sig1={STANDARD}", 'sig1="YWJj"'),
        (f"sig1={STANDARD}", "sig1=:YWJ:"),
        (f"sig1={STANDARD}", "sig1=:YWJj:;x=1"),
        (f"sig1={STANDARD}", "sig1=::"),
        (f"sig1={STANDARD};unknown=1", "sig1=:YWJj:"),
        (f"sig1={STANDARD};keyid=2", "sig1=:YWJj:"),
        (
            f"sig1={STANDARD.replace(chr(34) + '@method' + chr(34), chr(34) + '@method' + chr(34) + ';req')}",
            "sig1=:YWJj:",
        ),
        (f'sig1=("@query-param";name="a" {STANDARD[1:]}', "sig1=:YWJj:"),
        (f'sig1=("@status" {STANDARD[1:]}', "sig1=:YWJj:"),
        (f'sig1=("@method" {STANDARD[1:]}', "sig1=:YWJj:"),
        (f"sig1=(date {STANDARD[1:]}", "sig1=:YWJj:"),
        ("sig1=1", "sig1=:YWJj:"),
        ("sig1", "sig1=:YWJj:"),
        (f"sig1={STANDARD},", "sig1=:YWJj:"),
        (f"sig1={STANDARD}", "sig1=:YWJj:, "),
        ("", ""),
    ],
)
def test_fields_that_are_not_exactly_one_signature_are_not_read(inputs, signature):
    with pytest.raises(SignatureRefused):
        read_message_signature(changed(made("standard"), signature_input=inputs, signature=signature), NOW)


@given(st.text(max_size=60))
def test_no_text_breaks_the_readers(text):
    for dialect, read in DIALECTS.items():
        for header in ("signature", "signature-input", "digest", "content-digest", "date"):
            request = changed(made_once(dialect), **{header.replace("-", "_"): text})
            try:
                read(request, NOW)
            except SignatureRefused:
                continue
            assert header not in request.headers or header in ("digest", "content-digest", "date", "signature-input")


MADE: dict[str, SignedRequest] = {}


def made_once(dialect: str) -> SignedRequest:
    if dialect not in MADE:
        MADE[dialect] = made(dialect, target="/inbox?x=1")
    return MADE[dialect]


def flip(text: str, place: int, bit: int) -> str:
    """Change one bit of one character."""
    place %= max(len(text), 1)
    return text[:place] + chr(ord(text[place]) ^ (1 << bit)) + text[place + 1 :]


COVERED = {
    "cavage": ("method", "target", "body", "host", "date", "digest"),
    "standard": ("method", "target", "body", "host", "content-digest", "signature-input", "signature"),
}


@pytest.mark.parametrize("dialect", DIALECTS)
@given(data=st.data(), place=st.integers(0, 2000), bit=st.integers(0, 6))
def test_any_changed_bit_is_refused(dialect, data, place, bit):
    request = made_once(dialect)
    assert is_believed(request, dialect)
    part = data.draw(st.sampled_from(COVERED[dialect]))
    if part == "body":
        raw = bytearray(request.body)
        raw[place % len(raw)] ^= 1 << bit
        changed_request = replace(request, body=bytes(raw))
    elif part in ("method", "target"):
        changed_request = replace(request, **{part: flip(getattr(request, part), place, bit)})
    else:
        changed_request = changed(request, **{part: flip(request.headers[part], place, bit)})
    if part == "host" and changed_request.headers["host"].lower() == "nest.example":
        return  # another spelling of the same host
    if part == "method" and changed_request.method.lower() == "post":
        return  # the old dialect signs the method in lower case
    assert is_refused(changed_request, dialect)


@given(place=st.integers(0, 2000), bit=st.integers(0, 7))
def test_any_changed_bit_of_a_signature_is_refused(place, bit):
    request = made_once("cavage")
    head, _, text = request.headers["signature"].rpartition('signature="')
    raw = bytearray(base64.b64decode(text.rstrip('"')))
    raw[place % len(raw)] ^= 1 << bit
    other = f'{head}signature="{base64.b64encode(raw).decode()}"'
    assert is_refused(changed(request, signature=other), "cavage")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "SHA-256=",
        "SHA-256=YWJj",
        "sha-256",
        "MD5=" + base64.b64encode(b"x" * 16).decode(),
        digest_of(b"another body"),
        f"{digest_of(BODY)},{digest_of(BODY)}",
        f"{digest_of(BODY)},SHA-512={base64.b64encode(b'x' * 64).decode()}",
        f"{digest_of(BODY)},SHA-512=!",
        digest_of(BODY) + "=",
        digest_of(BODY).rstrip("="),
        digest_of(b""),
        "x" * 2000,
    ],
)
def test_a_digest_is_sha256_of_this_body_and_nothing_beside_it_is_wrong(value):
    with pytest.raises(DigestMismatch):
        check_digest(value, BODY)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "sha-256=YWJj",
        "sha-256=:YWJj:",
        "sha-512=:" + base64.b64encode(b"x" * 64).decode() + ":",
        f"{content_digest_of(BODY)}, {content_digest_of(BODY)}",
        f"{content_digest_of(BODY)}, sha-512=:YWJj:",
        f"{content_digest_of(BODY)}, sha-512=1",
        content_digest_of(b""),
        content_digest_of(BODY) + ",",
    ],
)
def test_a_content_digest_is_held_to_the_same(value):
    with pytest.raises(DigestMismatch):
        check_content_digest(value, BODY)


def test_a_digest_may_stand_among_others():
    check_digest(digest_of(BODY).replace("SHA-256", "sha-256") + ",unixsum=30637", BODY)
    check_content_digest(content_digest_of(BODY) + ", crc32c=:YWJj:", BODY)
    check_digest(digest_of(b""), b"")


@pytest.mark.parametrize(
    "raw", ["", "now", "Fri, 15 Jan 2027 08:00:00 +0000", "Thu, 15 Jan 2027 08:00:00 GMT", "9" * 99]
)
def test_a_date_has_one_form(raw):
    assert parse_date("Fri, 15 Jan 2027 08:00:00 GMT") == NOW
    with pytest.raises(SignatureMalformed):
        parse_date(raw)


@pytest.mark.parametrize(
    "text",
    ["A=1", "a=", "a=1,", "a=(1", "a=(1 2", "a=(1)2", "a=1.5", "a=?2", 'a="é"', "a=:YWJ:", "a=1;", "a==1", "a b"],
)
def test_a_field_that_is_not_exactly_the_grammar_is_refused(text):
    with pytest.raises(FieldMalformed):
        parse_dictionary(text)


BARE = st.integers(-(10**15) + 1, 10**15 - 1) | st.binary(max_size=20) | st.booleans()
BARE |= st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
NAMES = st.from_regex(r"[a-z*][a-z0-9_.*-]{0,8}", fullmatch=True)


@given(st.lists(st.builds(Item, BARE, st.dictionaries(NAMES, BARE))), st.dictionaries(NAMES, BARE))
def test_an_inner_list_is_read_back_as_it_was_written(items, parameters):
    inner = InnerList(tuple(items), parameters)
    assert parse_dictionary(f"a={write_inner_list(inner)}") == {"a": inner}


def test_the_origin_is_never_taken_from_the_request():
    request = replace(made("standard"), origin="https://other.example")
    with pytest.raises(SignatureMalformed):
        is_believed(request, "standard")
    assert made("standard").origin == ORIGIN
