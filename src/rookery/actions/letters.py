"""The words of our mails, in English and French: short, plain text, nothing that tracks.

Owns: texts and the choice of language. Never: sends (actions/mail.py). A letter says who it is from, why it came, and
what to do when one did not ask for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Letter(StrEnum):
    """Why we write."""

    CONFIRM = "confirm"
    RESET = "reset"
    APPROVED = "approved"
    REFUSED = "refused"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    EMAIL_CHANGED = "email_changed"
    STRIKE = "strike"
    APPEAL_GRANTED = "appeal_granted"
    APPEAL_DENIED = "appeal_denied"


@dataclass(frozen=True, slots=True)
class Words:
    """What is filled in. link: what to click, '' where there is nothing to click. reason: with an empty line below."""

    name: str
    title: str
    base_url: str
    link: str = ""
    email: str = ""
    reason: str = ""


# Language -> letter -> subject, body.
LETTERS: dict[str, dict[Letter, tuple[str, str]]] = {
    "en": {
        Letter.CONFIRM: (
            "Confirm your address for {title}",
            "Hello {name},\n\nplease confirm that this is your e-mail address for {title}:\n\n{link}\n\n"
            "The link works for two days. If you did not ask for it, you need not do anything.\n",
        ),
        Letter.RESET: (
            "Choose a new password for {title}",
            "Hello {name},\n\nwith this link you choose a new password for {title}:\n\n{link}\n\n"
            "It works once, for one hour. If you did not ask for it, your password stays as it is.\n",
        ),
        Letter.APPROVED: (
            "Welcome to {title}",
            "Hello {name},\n\nyour account on {title} is open. You can sign in here:\n\n{link}\n",
        ),
        Letter.REFUSED: (
            "Your request to join {title}",
            "Hello {name},\n\nyou asked to join {title}. The people who look after it have decided not to open the"
            " account.\n\n{reason}What you gave us, this address too, is deleted.\n",
        ),
        Letter.PASSWORD_CHANGED: (
            "Your password for {title} was changed",
            "Hello {name},\n\nyour password for {title} was changed just now, and other browsers and apps were signed"
            " out.\n\nIf that was not you, choose a new one at once:\n\n{link}\n",
        ),
        Letter.EMAIL_CHANGED: (
            "Your e-mail address for {title} was changed",
            "Hello {name},\n\nyour address for {title} is now {email}; we do not write to this one any more.\n\n"
            "If that was not you, write to the people who run the place:\n\n{base_url}\n",
        ),
        Letter.STRIKE: (
            "About your account on {title}",
            "Hello {name},\n\n{reason}Here you read which posts it is about, and how to object within twenty days:"
            "\n\n{link}\n",
        ),
        Letter.APPEAL_GRANTED: (
            "You were right: a decision on {title} is undone",
            "Hello {name},\n\nyou objected to a decision about your account on {title}. It was looked at again and does"
            " not hold any more:\n\n{link}\n",
        ),
        Letter.APPEAL_DENIED: (
            "A decision on {title} stays",
            "Hello {name},\n\nyou objected to a decision about your account on {title}. It was looked at again, and"
            " stays as it is.\n\n{link}\n",
        ),
    },
    "fr": {
        Letter.CONFIRM: (
            "Confirmez votre adresse pour {title}",
            "Bonjour {name},\n\nmerci de confirmer que ceci est votre adresse e-mail pour {title} :\n\n{link}\n\n"
            "Le lien fonctionne deux jours. Si vous n’avez rien demandé, vous n’avez rien à faire.\n",
        ),
        Letter.RESET: (
            "Choisissez un nouveau mot de passe pour {title}",
            "Bonjour {name},\n\nce lien permet de choisir un nouveau mot de passe pour {title} :\n\n{link}\n\n"
            "Il fonctionne une fois, pendant une heure. Si vous n’avez rien demandé, votre mot de passe reste le"
            " même.\n",
        ),
        Letter.APPROVED: (
            "Bienvenue sur {title}",
            "Bonjour {name},\n\nvotre compte sur {title} est ouvert. Connectez-vous ici :\n\n{link}\n",
        ),
        Letter.REFUSED: (
            "Votre demande d’inscription sur {title}",
            "Bonjour {name},\n\nvous avez demandé à rejoindre {title}. Les personnes qui s’en occupent ont choisi de ne"
            " pas ouvrir ce compte.\n\n{reason}Ce que vous nous aviez confié, cette adresse comprise, est effacé.\n",
        ),
        Letter.PASSWORD_CHANGED: (
            "Votre mot de passe pour {title} a changé",
            "Bonjour {name},\n\nvotre mot de passe pour {title} vient de changer, et les autres navigateurs et"
            " applications ont été déconnectés.\n\nSi ce n’était pas vous, choisissez-en un autre tout de suite :"
            "\n\n{link}\n",
        ),
        Letter.EMAIL_CHANGED: (
            "Votre adresse e-mail pour {title} a changé",
            "Bonjour {name},\n\nvotre adresse pour {title} est maintenant {email} ; nous n’écrivons plus à celle-ci."
            "\n\nSi ce n’était pas vous, écrivez aux personnes qui gèrent le serveur :\n\n{base_url}\n",
        ),
        Letter.STRIKE: (
            "À propos de votre compte sur {title}",
            "Bonjour {name},\n\n{reason}Ici vous lisez de quels messages il s’agit, et comment contester dans les vingt"
            " jours :\n\n{link}\n",
        ),
        Letter.APPEAL_GRANTED: (
            "Vous aviez raison : une décision de {title} est annulée",
            "Bonjour {name},\n\nvous avez contesté une décision sur votre compte de {title}. Elle a été réexaminée et"
            " ne tient plus :\n\n{link}\n",
        ),
        Letter.APPEAL_DENIED: (
            "Une décision de {title} est maintenue",
            "Bonjour {name},\n\nvous avez contesté une décision sur votre compte de {title}. Elle a été réexaminée et"
            " reste en place.\n\n{link}\n",
        ),
    },
}


# Language -> what was done to an account.
MEASURES = {
    "en": {
        "none": "the people who look after the server have sent you a warning.",
        "sensitive": "the people who look after the server have hidden all your pictures behind a click.",
        "disable": "the people who look after the server have locked you out of your account.",
        "silence": "the people who look after the server have limited your account: only those who follow you meet it.",
        "suspend": "the people who look after the server have suspended your account. After thirty days everything in"
        " it is deleted.",
    },
    "fr": {
        "none": "les personnes qui gèrent le serveur vous envoient un avertissement.",
        "sensitive": "les personnes qui gèrent le serveur ont masqué toutes vos images derrière un clic.",
        "disable": "les personnes qui gèrent le serveur ont bloqué l’accès à votre compte.",
        "silence": "les personnes qui gèrent le serveur ont limité votre compte : seuls vos abonnés le rencontrent.",
        "suspend": "les personnes qui gèrent le serveur ont suspendu votre compte. Après trente jours, tout son contenu"
        " est effacé.",
    },
}


def language_of(locale: str | None) -> str:
    """Return the language of a locale, English for one that we do not speak."""
    language = (locale or "en").replace("_", "-").partition("-")[0].lower()
    return language if language in LETTERS else "en"


def reason_for(locale: str | None, measure: str, text: str) -> str:
    """Return what was done and why, as a letter says it; nothing for letters without a measure."""
    if not measure:
        return ""
    said = MEASURES[language_of(locale)][measure]
    return f"{said}\n\n{text}\n\n" if text else f"{said}\n\n"


def render_letter(letter: Letter, locale: str | None, words: Words) -> tuple[str, str]:
    """Return subject and body in the language of the locale, English for one that we do not speak."""
    subject, body = LETTERS[language_of(locale)][letter]
    fields = {
        "name": words.name,
        "title": words.title,
        "base_url": words.base_url,
        "link": words.link,
        "email": words.email,
        "reason": words.reason,
    }
    return subject.format_map(fields), body.format_map(fields)
