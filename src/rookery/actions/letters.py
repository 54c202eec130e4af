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
    SECOND_STEP_ON = "second_step_on"
    SECOND_STEP_OFF = "second_step_off"
    PASSKEY_ADDED = "passkey_added"
    LEAVING = "leaving"
    ARCHIVE_READY = "archive_ready"
    STRIKE = "strike"
    LIFTED = "lifted"
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
        Letter.SECOND_STEP_ON: (
            "Two steps to sign in to {title}",
            "Hello {name},\n\nfrom now on, signing in to {title} asks for a code after your password. Keep your"
            " recovery codes in a safe place.\n\nIf that was not you, choose a new password at once:\n\n{link}\n",
        ),
        Letter.SECOND_STEP_OFF: (
            "One step to sign in to {title}",
            "Hello {name},\n\nsigning in to {title} asks for your password alone again.\n\nIf that was not you, choose"
            " a new password at once:\n\n{link}\n",
        ),
        Letter.PASSKEY_ADDED: (
            "A new passkey for {title}",
            "Hello {name},\n\na passkey called “{email}” can now sign in to your account on {title}.\n\nIf that was not"
            " you, choose a new password at once and remove the passkey in your settings:\n\n{link}\n",
        ),
        Letter.LEAVING: (
            "Your account on {title} is being deleted",
            "Hello {name},\n\nyour account on {title} is hidden now and will be deleted for good on {email}. Until"
            " then, signing in brings it back:\n\n{link}\n",
        ),
        Letter.ARCHIVE_READY: (
            "Your archive of {title} is ready",
            "Hello {name},\n\neverything that is yours on {title} is packed into one file. You can fetch it for"
            " seven days here:\n\n{link}\n\nIf you did not ask for it, choose a new password.\n",
        ),
        Letter.STRIKE: (
            "About your account on {title}",
            "Hello {name},\n\n{reason}Here you read which posts it is about, and how to object within twenty days:"
            "\n\n{link}\n",
        ),
        Letter.LIFTED: (
            "A decision about your account on {title} is undone",
            "Hello {name},\n\n{reason}The decisions about your account are here:\n\n{link}\n",
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
        Letter.SECOND_STEP_ON: (
            "Deux étapes pour se connecter à {title}",
            "Bonjour {name},\n\ndésormais, la connexion à {title} demande un code après votre mot de passe. Gardez vos"
            " codes de secours en lieu sûr.\n\nSi ce n’était pas vous, choisissez tout de suite un autre mot de passe :"
            "\n\n{link}\n",
        ),
        Letter.SECOND_STEP_OFF: (
            "Une étape pour se connecter à {title}",
            "Bonjour {name},\n\nla connexion à {title} ne demande plus que votre mot de passe.\n\nSi ce n’était pas"
            " vous, choisissez-en un autre tout de suite :\n\n{link}\n",
        ),
        Letter.PASSKEY_ADDED: (
            "Une nouvelle clé d’accès pour {title}",
            "Bonjour {name},\n\nune clé d’accès nommée « {email} » permet maintenant de se connecter à votre compte sur"
            " {title}.\n\nSi ce n’était pas vous, choisissez tout de suite un autre mot de passe et supprimez la clé"
            " dans vos paramètres :\n\n{link}\n",
        ),
        Letter.LEAVING: (
            "Votre compte sur {title} va être supprimé",
            "Bonjour {name},\n\nvotre compte sur {title} est caché et sera supprimé pour de bon le {email}. D’ici là,"
            " il suffit de vous connecter pour le retrouver :\n\n{link}\n",
        ),
        Letter.ARCHIVE_READY: (
            "Votre archive de {title} est prête",
            "Bonjour {name},\n\ntout ce qui est à vous sur {title} est réuni dans un fichier. Vous pouvez le"
            " télécharger ici pendant sept jours :\n\n{link}\n\nSi vous n’avez rien demandé, choisissez un autre mot de"
            " passe.\n",
        ),
        Letter.STRIKE: (
            "À propos de votre compte sur {title}",
            "Bonjour {name},\n\n{reason}Ici vous lisez de quels messages il s’agit, et comment contester dans les vingt"
            " jours :\n\n{link}\n",
        ),
        Letter.LIFTED: (
            "Une décision sur votre compte de {title} est levée",
            "Bonjour {name},\n\n{reason}Les décisions sur votre compte se trouvent ici :\n\n{link}\n",
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

# Language -> what holds no more.
UNDONE = {
    "en": {
        "sensitive": "your pictures are shown again without a click.",
        "disable": "you can sign in to your account again.",
        "silence": "your account is not limited any more.",
        "suspend": "your account is not suspended any more: you can sign in again, and everything is still there.",
    },
    "fr": {
        "sensitive": "vos images s’affichent de nouveau sans clic.",
        "disable": "vous pouvez de nouveau vous connecter à votre compte.",
        "silence": "votre compte n’est plus limité.",
        "suspend": "votre compte n’est plus suspendu : vous pouvez vous connecter, et tout est encore là.",
    },
}


def language_of(locale: str | None) -> str:
    """Return the language of a locale, English for one that we do not speak."""
    language = (locale or "en").replace("_", "-").partition("-")[0].lower()
    return language if language in LETTERS else "en"


def reason_for(letter: Letter, locale: str | None, measure: str, text: str) -> str:
    """Return what was done or undone and why, as a letter says it; nothing for letters without a measure."""
    if not measure:
        return ""
    said = (UNDONE if letter is Letter.LIFTED else MEASURES)[language_of(locale)][measure]
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
