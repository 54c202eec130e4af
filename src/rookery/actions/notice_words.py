"""The sentences of notices and of the weekly letter, in English and French.

Owns: the texts, singular and plural. French spacing stands in the texts. Never: composes a mail (actions/notices.py,
actions/digests.py).
"""

from __future__ import annotations

from collections.abc import Mapping

Texts = Mapping[str, str]
# A text with a plural has two keys: `x` for one, `xs` for {count}.
TEXTS: dict[str, Texts] = {
    "en": {
        "hello": "Hello {name},",
        "notice_subject": "{subject} – {title}",
        "several": "{count} new notifications",
        "meanwhile": "this happened on {title} while you were away:",
        "just_now": "this is new on {title}:",
        "mention": "{name} mentioned you",
        "repost": "{name} reposted your post",
        "like": "{name} liked your post",
        "follow": "{name} followed you",
        "follow_request": "{name} asks to follow you",
        "filtered": "(hidden by your filter “{name}”)",
        "more": "And 1 more.",
        "mores": "And {count} more.",
        "open_notifications": "See all notifications",
        "pending": "{name} asks to join",
        "sign_up": "{name} has joined",
        "report": "{name} reported somebody",
        "why_notices": "You get this mail because you asked {title} to write to you when something concerns you.",
        "why_digest": "You get this letter once a week because you asked {title} for it.",
        "settings": "Choose what you get by mail",
        "stop_notices": "No more notices by mail",
        "stop_digest": "No more weekly letters",
        "digest_subject": "Your week on {title}",
        "digest_intro": "this is what you may have missed on {title} this week.",
        "best": "Posts by people you follow",
        "warning": "Content warning: {name}",
        "pictures": "(a picture)",
        "followers": "New followers",
        "follower": "1 person began to follow you.",
        "followers_count": "{count} people began to follow you.",
        "missed": "Waiting for you",
        "unread": "1 notification that you have not read",
        "unreads": "{count} notifications that you have not read",
        "nothing": "Nothing happened this week that you would have missed. No letter is sent for such a week.",
    },
    "fr": {
        "hello": "Bonjour {name},",
        "notice_subject": "{subject} – {title}",
        "several": "{count} nouvelles notifications",
        "meanwhile": "voici ce qui s’est passé sur {title} en votre absence\u00a0:",
        "just_now": "voici du nouveau sur {title}\u00a0:",
        "mention": "{name} vous a mentionné·e",
        "repost": "{name} a repartagé votre message",
        "like": "{name} a aimé votre message",
        "follow": "{name} vous suit",
        "follow_request": "{name} demande à vous suivre",
        "filtered": "(masqué par votre filtre «\u00a0{name}\u00a0»)",
        "more": "Et 1 de plus.",
        "mores": "Et {count} de plus.",
        "open_notifications": "Voir toutes les notifications",
        "pending": "{name} demande à s’inscrire",
        "sign_up": "{name} s’est inscrit·e",
        "report": "{name} a signalé quelqu’un",
        "why_notices": "Vous recevez ce mail parce que vous avez demandé à {title} de vous écrire quand quelque chose"
        " vous concerne.",
        "why_digest": "Vous recevez cette lettre une fois par semaine parce que vous l’avez demandée à {title}.",
        "settings": "Choisir ce que vous recevez par mail",
        "stop_notices": "Ne plus recevoir de notifications par mail",
        "stop_digest": "Ne plus recevoir de lettre hebdomadaire",
        "digest_subject": "Votre semaine sur {title}",
        "digest_intro": "voici ce que vous avez peut-être manqué sur {title} cette semaine.",
        "best": "Messages des personnes que vous suivez",
        "warning": "Avertissement\u00a0: {name}",
        "pictures": "(une image)",
        "followers": "Nouveaux abonnés",
        "follower": "1 personne vous suit désormais.",
        "followers_count": "{count} personnes vous suivent désormais.",
        "missed": "Ce qui vous attend",
        "unread": "1 notification que vous n’avez pas lue",
        "unreads": "{count} notifications que vous n’avez pas lues",
        "nothing": "Cette semaine, vous n’avez rien manqué. Une telle semaine n’amène pas de lettre.",
    },
}


def language_of(locale: str | None) -> str:
    """Return the language of a member's mails."""
    head = (locale or "en").replace("_", "-").partition("-")[0].lower()
    return head if head in TEXTS else "en"
