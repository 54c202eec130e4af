"""Documents shaped as other servers shape them, from their documentation and what they are known to send.

Facts only: names of fields, kinds of values. Words, people and hosts are invented.
"""

from typing import Any

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
CONTEXT = "https://www.w3.org/ns/activitystreams"

MASTODON_HTML = (
    '<p><span class="h-card" translate="no"><a href="https://here.example/@ana" class="u-url mention">@<span>ana</span>'
    '</a></span> look <a href="https://masto.example/tags/Soup" class="mention hashtag" rel="tag">#<span>Soup</span>'
    "</a> :blobcat:</p>"
)
WORDPRESS_HTML = (
    "<h2>One</h2><p>First &#8211; a rook.</p><figure><img src='https://blog.example/r.png' alt='Rook'></figure>"
)
MASTODON: dict[str, Any] = {
    "@context": [CONTEXT, {"toot": "http://joinmastodon.org/ns#", "sensitive": "as:sensitive"}],
    "id": "https://masto.example/users/bo/statuses/113",
    "type": "Note",
    "summary": "food &amp; drink",
    "inReplyTo": "https://here.example/@ana/3mabcdefghijk",
    "published": "2026-11-01T10:00:00Z",
    "updated": "2026-11-01T11:00:00Z",
    "url": "https://masto.example/@bo/113",
    "attributedTo": "https://masto.example/users/bo",
    "to": [PUBLIC],
    "cc": ["https://masto.example/users/bo/followers", "https://here.example/@ana"],
    "sensitive": True,
    "content": MASTODON_HTML,
    "contentMap": {"en": MASTODON_HTML},
    "attachment": [
        {
            "type": "Document",
            "mediaType": "image/jpeg",
            "url": "https://files.masto.example/1.jpeg",
            "name": "A bowl",
            "blurhash": "UBL_:rOpGG-;~qRjWBay",
            "focalPoint": [0.5, -0.25],
            "width": 1200,
            "height": 800,
        }
    ],
    "tag": [
        {"type": "Mention", "href": "https://here.example/@ana", "name": "@ana@here.example"},
        {"type": "Hashtag", "href": "https://masto.example/tags/soup", "name": "#Soup"},
        {
            "id": "https://masto.example/emojis/9",
            "type": "Emoji",
            "name": ":blobcat:",
            "updated": "2024-01-01T00:00:00Z",
            "icon": {"type": "Image", "mediaType": "image/png", "url": "https://files.masto.example/e/9.png"},
        },
    ],
    "replies": {"id": "https://masto.example/users/bo/statuses/113/replies", "type": "Collection"},
    "likes": {"id": "https://masto.example/users/bo/statuses/113/likes", "type": "Collection", "totalItems": 7},
    "shares": {"id": "https://masto.example/users/bo/statuses/113/shares", "type": "Collection", "totalItems": 2},
    "interactionPolicy": {"canQuote": {"automaticApproval": [PUBLIC]}},
}
MASTODON_POLL = {
    "id": "https://masto.example/users/bo/statuses/114",
    "type": "Question",
    "attributedTo": "https://masto.example/users/bo",
    "to": ["https://masto.example/users/bo/followers"],
    "cc": [],
    "content": "<p>tea?</p>",
    "published": "2026-11-01T10:00:00Z",
    "endTime": "2026-11-30T10:00:00Z",
    "votersCount": 3,
    "oneOf": [
        {"type": "Note", "name": "yes", "replies": {"type": "Collection", "totalItems": 2}},
        {"type": "Note", "name": "no", "replies": {"type": "Collection", "totalItems": 1}},
    ],
}
MISSKEY = {
    "@context": [CONTEXT, {"misskey": "https://misskey-hub.net/ns#", "_misskey_quote": "misskey:_misskey_quote"}],
    "id": "https://mk.example/notes/9abc",
    "type": "Note",
    "attributedTo": "https://mk.example/users/8xyz",
    "summary": None,
    "content": '<p><span>$[tada nice]<br>see<br><br></span><span class="quote-inline">RE: </span>'
    '<a href="https://masto.example/users/bo/statuses/113">https://masto.example/users/bo/statuses/113</a></p>',
    "_misskey_content": "$[tada nice]\nsee",
    "source": {"content": "$[tada nice]\nsee", "mediaType": "text/x.misskeymarkdown"},
    "_misskey_quote": "https://masto.example/users/bo/statuses/113",
    "quoteUrl": "https://masto.example/users/bo/statuses/113",
    "published": "2026-11-01T10:00:00.123Z",
    "to": ["https://mk.example/users/8xyz/followers"],
    "cc": [PUBLIC],
    "inReplyTo": None,
    "attachment": [],
    "sensitive": False,
    "tag": [],
}
AKKOMA = {
    "@context": [CONTEXT, "https://akk.example/schemas/litepub-0.1.jsonld", {"@language": "und"}],
    "actor": "https://akk.example/users/cy",
    "id": "https://akk.example/objects/5c0d",
    "type": "Note",
    "attributedTo": "https://akk.example/users/cy",
    "content": 'hi <span class="h-card"><a class="u-url mention" data-user="A1" href="https://here.example/@ana" '
    'rel="ugc">@<span>ana</span></a></span><br/><span class="mfm-spin">whee</span>',
    "source": {"content": "hi @ana@here.example", "mediaType": "text/x.misskeymarkdown"},
    "context": "https://akk.example/contexts/77",
    "conversation": "https://akk.example/contexts/77",
    "published": "2026-11-01T10:00:00.000000Z",
    "sensitive": None,
    "summary": "",
    "tag": [{"type": "Mention", "href": "https://here.example/@ana", "name": "@ana@here.example"}],
    "to": ["https://here.example/@ana"],
    "cc": [],
    "attachment": [
        {
            "type": "Document",
            "mediaType": "image/png",
            "name": "a cat",
            "url": [{"type": "Link", "href": "https://akk.example/media/c.png", "mediaType": "image/png", "width": 0}],
            "blurhash": None,
        }
    ],
}
LEMMY = {
    "type": "Page",
    "id": "https://lemmy.example/post/42",
    "attributedTo": "https://lemmy.example/u/dee",
    "to": ["https://lemmy.example/c/birds", PUBLIC],
    "cc": [],
    "audience": "https://lemmy.example/c/birds",
    "name": "A rook at my window",
    "content": "<p>It <em>knocks</em>.</p>\n",
    "mediaType": "text/html",
    "source": {"content": "It *knocks*.", "mediaType": "text/markdown"},
    "attachment": [{"type": "Link", "href": "https://news.example/rooks"}],
    "image": {"type": "Image", "url": "https://lemmy.example/pictrs/r.webp"},
    "sensitive": False,
    "published": "2026-11-01T10:00:00.123456Z",
    "language": {"identifier": "en", "name": "English"},
    "tag": [{"type": "Hashtag", "href": "https://lemmy.example/post/42", "name": "#birds"}],
}
LEMMY_ANNOUNCE = {
    "id": "https://lemmy.example/activities/announce/1",
    "type": "Announce",
    "actor": "https://lemmy.example/c/birds",
    "to": [PUBLIC],
    "cc": ["https://lemmy.example/c/birds/followers"],
    "object": {
        "id": "https://far.example/activities/create/9",
        "type": "Create",
        "actor": "https://far.example/u/eli",
        "to": [PUBLIC],
        "object": {**LEMMY, "id": "https://far.example/post/7", "attributedTo": "https://far.example/u/eli"},
    },
}
PEERTUBE = {
    "type": "Video",
    "id": "https://tube.example/videos/watch/u1",
    "name": "Feeding rooks",
    "duration": "PT95S",
    "views": 12,
    "sensitive": False,
    "published": "2026-11-01T10:00:00.000Z",
    "updated": "2026-11-02T10:00:00.000Z",
    "mediaType": "text/markdown",
    "content": "They like **nuts** & seeds",
    "language": {"identifier": "fr", "name": "French"},
    "tag": [{"type": "Hashtag", "name": "rooks"}],
    "icon": [{"type": "Image", "url": "https://tube.example/t.jpg", "mediaType": "image/jpeg", "width": 280}],
    "url": [
        {"type": "Link", "mediaType": "text/html", "href": "https://tube.example/w/u1"},
        {
            "type": "Link",
            "mediaType": "application/x-mpegURL",
            "href": "https://tube.example/u1/master.m3u8",
            "tag": [{"type": "Link", "mediaType": "video/mp4", "href": "https://tube.example/u1-720.mp4"}],
        },
    ],
    "to": [PUBLIC],
    "cc": ["https://tube.example/accounts/fay/followers"],
    "attributedTo": [
        {"type": "Person", "id": "https://tube.example/accounts/fay"},
        {"type": "Group", "id": "https://tube.example/video-channels/rooks"},
    ],
    "likes": "https://tube.example/videos/watch/u1/likes",
}
GOTOSOCIAL = {
    "@context": ["https://gotosocial.org/ns", CONTEXT, {"sensitive": "as:sensitive"}],
    "id": "https://gts.example/users/gil/statuses/01J",
    "type": "Note",
    "attributedTo": "https://gts.example/users/gil",
    "to": "https://www.w3.org/ns/activitystreams#Public",
    "cc": "https://gts.example/users/gil/followers",
    "content": "<p>one image</p>",
    "contentMap": {"en": "<p>one image</p>"},
    "attachment": {
        "type": "Image",
        "mediaType": "image/webp",
        "url": "https://gts.example/fileserver/1.webp",
        "summary": "described here",
        "focalPoint": [0, 0],
    },
    "published": "2026-11-01T12:00:00+02:00",
    "interactionPolicy": {"canReply": {"always": [PUBLIC]}, "canLike": {"always": [PUBLIC]}},
    "tag": {"type": "Hashtag", "href": "https://gts.example/tags/one", "name": "#one"},
}
PIXELFED = {
    "id": "https://pix.example/p/hal/55",
    "type": "Note",
    "summary": None,
    "content": 'sea <a href="https://pix.example/discover/tags/sea?src=hash" class="u-url hashtag">#sea</a>',
    "attributedTo": "https://pix.example/users/hal",
    "to": [PUBLIC],
    "cc": ["https://pix.example/users/hal/followers"],
    "published": "2026-11-01T10:00:00+00:00",
    "sensitive": False,
    "attachment": [
        {"type": "Image", "mediaType": "image/jpeg", "url": f"https://pix.example/{number}.jpg", "name": None}
        for number in range(20)
    ],
    "tag": [{"type": "Hashtag", "href": "https://pix.example/discover/tags/sea", "name": "#sea"}],
    "commentsEnabled": True,
    "location": None,
}
MOBILIZON = {
    "id": "https://mob.example/events/e1",
    "type": "Event",
    "name": "Rook watching",
    "content": "<p>Bring boots.</p>",
    "mediaType": "text/html",
    "startTime": "2026-12-01T09:00:00+01:00",
    "endTime": "2026-12-01T11:00:00+01:00",
    "location": {"type": "Place", "name": "The old mill", "latitude": 1.0},
    "attachment": [
        {"type": "Document", "mediaType": "image/jpeg", "url": "https://mob.example/b.jpg", "name": "Banner"},
        {"type": "PropertyValue", "name": "mz:x", "value": "1"},
        {"type": "Link", "href": "https://mill.example/", "mediaType": "text/html", "name": "Website"},
    ],
    "attributedTo": "https://mob.example/@mill",
    "actor": "https://mob.example/@ivy",
    "to": [PUBLIC],
    "cc": [],
    "url": "https://mob.example/events/e1",
    "published": "2026-11-01T10:00:00Z",
}
WORDPRESS = {
    "id": "https://blog.example/?p=12",
    "type": "Article",
    "attributedTo": "https://blog.example/?author=1",
    "name": "Ten rooks",
    "summary": "A short count.",
    "content": WORDPRESS_HTML,
    "contentMap": {"en": WORDPRESS_HTML},
    "url": "https://blog.example/ten-rooks/",
    "to": [PUBLIC, "https://blog.example/followers"],
    "cc": [],
    "published": "2026-11-01T10:00:00Z",
    "updated": "2026-11-01T10:00:00Z",
    "attachment": [],
    "tag": [],
}
EVERY_NOTE = {
    "mastodon": MASTODON,
    "mastodon poll": MASTODON_POLL,
    "misskey": MISSKEY,
    "akkoma": AKKOMA,
    "lemmy": LEMMY,
    "peertube": PEERTUBE,
    "gotosocial": GOTOSOCIAL,
    "pixelfed": PIXELFED,
    "mobilizon": MOBILIZON,
    "wordpress": WORDPRESS,
}
MASTODON_ACTOR = {
    "@context": [CONTEXT, "https://w3id.org/security/v1"],
    "id": "https://masto.example/users/bo",
    "type": "Person",
    "following": "https://masto.example/users/bo/following",
    "followers": "https://masto.example/users/bo/followers",
    "inbox": "https://masto.example/users/bo/inbox",
    "outbox": "https://masto.example/users/bo/outbox",
    "featured": "https://masto.example/users/bo/collections/featured",
    "preferredUsername": "bo",
    "name": "Bo :blobcat:",
    "summary": '<p>I like <a href="https://masto.example/tags/soup" class="mention hashtag" rel="tag">#soup</a></p>',
    "url": "https://masto.example/@bo",
    "webfinger": "bo@masto.example",
    "manuallyApprovesFollowers": True,
    "discoverable": True,
    "indexable": False,
    "published": "2020-01-01T00:00:00Z",
    "memorial": False,
    "suspended": False,
    "devices": "https://masto.example/users/bo/collections/devices",
    "alsoKnownAs": ["https://old.example/users/bo"],
    "movedTo": "https://new.example/users/bo",
    "publicKey": {"id": "https://masto.example/users/bo#main-key", "owner": "https://masto.example/users/bo"},
    "tag": [
        {
            "id": "https://masto.example/emojis/9",
            "type": "Emoji",
            "name": ":blobcat:",
            "icon": {"type": "Image", "url": "https://files.masto.example/e/9.png"},
        }
    ],
    "attachment": [
        {
            "type": "PropertyValue",
            "name": "Web",
            "value": '<a href="https://bo.example/" rel="me"><span class="invisible">https://</span>bo.example</a>',
        }
    ],
    "endpoints": {"sharedInbox": "https://masto.example/inbox"},
    "icon": {"type": "Image", "mediaType": "image/png", "url": "https://files.masto.example/a.png", "summary": "Bo"},
    "image": {"type": "Image", "url": "https://files.masto.example/h.png"},
}
LEMMY_GROUP = {
    "type": "Group",
    "id": "https://lemmy.example/c/birds",
    "preferredUsername": "birds",
    "name": "Birds",
    "summary": "<p>All birds</p>",
    "source": {"content": "All birds", "mediaType": "text/markdown"},
    "inbox": "https://lemmy.example/c/birds/inbox",
    "outbox": "https://lemmy.example/c/birds/outbox",
    "followers": "https://lemmy.example/c/birds/followers",
    "featured": "https://lemmy.example/c/birds/featured",
    "endpoints": {"sharedInbox": "https://lemmy.example/inbox"},
    "published": "2021-01-01T00:00:00Z",
}
MISSKEY_BOT = {
    "type": "Service",
    "id": "https://mk.example/users/8xyz",
    "inbox": "https://mk.example/users/8xyz/inbox",
    "outbox": "https://mk.example/users/8xyz/outbox",
    "followers": "https://mk.example/users/8xyz/followers",
    "following": "https://mk.example/users/8xyz/following",
    "sharedInbox": "https://mk.example/inbox",
    "endpoints": {"sharedInbox": "https://mk.example/inbox"},
    "url": "https://mk.example/@Jo",
    "preferredUsername": "Jo",
    "name": None,
    "summary": None,
    "_misskey_summary": None,
    "icon": None,
    "image": None,
    "tag": [],
    "manuallyApprovesFollowers": False,
    "discoverable": True,
    "isCat": True,
    "vcard:bday": "2000-01-01",
    "attachment": [],
}
EVERY_ACTOR = {"mastodon": MASTODON_ACTOR, "lemmy": LEMMY_GROUP, "misskey": MISSKEY_BOT}
