"""What an operator decides: the settings of a server, each with its meaning, unit and default.

Owns: names, types, defaults and the bounds of single values. Never: reads a file or the environment (ops does). The
docs are generated from here: each field's metadata says what it is for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rookery.model.blocks import FederationMode
from rookery.model.members import RegistrationMode
from rookery.model.posts import PostLimits
from rookery.model.trends import TrendMode

MAIL_SECURITY = ("starttls", "tls", "none")
STORAGE_KINDS = ("disk", "s3")


def setting(
    default: Any, meaning: str, *, least: int | None = None, most: int | None = None, choices: tuple[str, ...] = ()
) -> Any:
    """Declare a setting with its default and one sentence for the documentation.

    least, most: bounds of a number, both allowed. choices: the only texts that are allowed, when there are any.
    """
    metadata = {"meaning": meaning, "least": least, "most": most, "choices": choices}
    if isinstance(default, list | tuple):
        return field(default_factory=lambda: tuple(default), metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where the server listens and how the world calls it."""

    domain: str = setting("localhost", "the name in handles: @ana@DOMAIN; cannot be changed later without losing them")
    host: str = setting("127.0.0.1", "the address to listen on; 0.0.0.0 or :: for every interface")
    port: int = setting(3000, "the port to listen on; 0 takes a free one", least=0, most=65535)
    base_url: str = setting(
        "", "what browsers see, without a slash at the end; empty: https://DOMAIN, or http on localhost"
    )
    trusted_proxies: tuple[str, ...] = setting((), "networks of reverse proxies whose X-Forwarded-For is believed")
    data: str = setting("rookery-data", "the folder of database, media and mails")
    media: str = setting(
        "", "the folder of media, which servers on one database share; empty: `media` in the data folder"
    )
    database: str = setting("", "postgresql://… to use PostgreSQL; empty: SQLite in the data folder")


@dataclass(frozen=True, slots=True)
class NestSettings:
    """What people read about the server."""

    title: str = setting("Rookery", "the name of the server")
    description: str = setting("A nest on the open networks.", "one or two sentences for visitors and apps")
    contact_email: str = setting("", "where people reach the operator")
    languages: tuple[str, ...] = setting(("en",), "the main languages of the place, as codes")
    rules: tuple[str, ...] = setting((), "the rules, one sentence each")
    registrations: RegistrationMode = setting(  # noqa: RUF009 - a field, see setting
        RegistrationMode.CLOSED,
        "who may sign up: open, approval, invitation or closed; what is chosen on the page /admin or with `rookery"
        " registrations` wins",
    )
    members_invite: bool = setting(True, "whether every member may invite; false: only moderators and admins")
    confirms_email: bool = setting(True, "whether a new e-mail address must be confirmed before the first post")


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """How much one person may ask of the server."""

    post_characters: int = setting(5000, "characters in a post; a link counts 23", least=1, most=100_000)
    pictures: int = setting(4, "pictures in a post", least=0, most=32)
    poll_options: int = setting(4, "choices in a poll", least=2, most=32)
    poll_option_characters: int = setting(50, "characters in a choice of a poll", least=1, most=500)
    upload_bytes: int = setting(
        16 * 1024 * 1024, "bytes of one uploaded picture", least=64 * 1024, most=256 * 1024 * 1024
    )
    rate_limits: bool = setting(True, "whether requests are counted and refused when they are too many")
    connections: int = setting(
        256, "connections that one address may have open at once, while `rate_limits` is on", least=8, most=100_000
    )


@dataclass(frozen=True, slots=True)
class MailSettings:
    """How mails leave. Without a host they are written into the folder `mail` of the data."""

    host: str = setting("", "the SMTP server; empty: mails go into the folder `mail` of the data")
    port: int = setting(587, "the SMTP port", least=1, most=65535)
    username: str = setting("", "the SMTP account, when the server asks for one")
    password: str = setting("", "the SMTP password")
    security: str = setting("starttls", "how the mail server is spoken to", choices=MAIL_SECURITY)
    sender: str = setting("", "the From address; empty: rookery@DOMAIN")
    per_minute: int = setting(120, "mails that leave in a minute; more wait", least=1, most=100_000)
    most_waiting: int = setting(
        10_000, "mails of sign-ups and passwords that may wait; past that, people are asked to come back", least=10
    )


@dataclass(frozen=True, slots=True)
class CacheSettings:
    """How much memory the server may spend to be fast."""

    posts: int = setting(20_000, "rendered posts kept in memory, about 3 kB each and face", least=100)
    homes: int = setting(2_000, "home timelines kept in memory, about 8 kB each", least=10)


@dataclass(frozen=True, slots=True)
class CardSettings:
    """Cards under posts, from the pages that they link to."""

    fetches: bool = setting(True, "whether pages that public posts link to are fetched, to show a card of them")
    picture_days: int = setting(30, "days after the last post with a link until its picture is dropped", least=1)
    picture_bytes: int = setting(
        1024 * 1024 * 1024, "bytes that pictures of cards may take; the longest unwanted go first", least=0
    )


@dataclass(frozen=True, slots=True)
class FarMediaSettings:
    """Copies of pictures, videos and sounds of other servers, so that nobody's browser has to ask those."""

    budget_bytes: int = setting(
        5 * 1024 * 1024 * 1024,
        "bytes that all copies may take; what nobody has looked at for longest goes first, and is fetched again when"
        " somebody does",
        least=64 * 1024 * 1024,
    )
    days: int = setting(14, "days that a copy stays after somebody last looked at it", least=1, most=3650)
    face_days: int = setting(90, "the same for avatars, headers and emoji, which many posts show", least=1, most=3650)
    picture_bytes: int = setting(16 * 1024 * 1024, "bytes of one picture that is fetched", least=64 * 1024)
    recording_bytes: int = setting(
        40 * 1024 * 1024, "bytes of one video or sound that is fetched; 0: none, people follow its link", least=0
    )
    ahead: bool = setting(
        True, "whether what posts show is fetched when they come into somebody's home; false: when somebody looks"
    )


@dataclass(frozen=True, slots=True)
class SigningSettings:
    """How people sign up, and how they leave."""

    asks_for_work: bool = setting(
        True, "whether a browser works a second or so for a sign-up; who cannot waits for approval instead"
    )
    work_bits: int = setting(
        18,
        "how much work that is in calm times: each step doubles it; 18 is about a second on a telephone",
        least=1,
        most=24,
    )
    calm_per_hour: int = setting(
        20, "sign-ups in an hour until work grows, and until those that did none wait for approval", least=1
    )
    leave_days: int = setting(
        30, "days for which a deleted account is only hidden and can be taken back; 0: gone at once", least=0, most=365
    )


@dataclass(frozen=True, slots=True)
class TrendSettings:
    """What is shown as trending: hashtags, links and posts. docs/trends.md has the formula."""

    mode: TrendMode = setting(  # noqa: RUF009 - a field, see setting
        TrendMode.MEMBERS,
        "what trends before staff looked at it: members (what a member of this server took part in),"
        " reviewed (nothing), automatic (everything), or off (no trends at all)",
    )
    half_life_hours: int = setting(6, "hours after which what an account did counts half", least=1, most=168)
    kept: int = setting(
        5000, "hashtags, links, posts and sites counted at once, each; the weakest go first", least=100, most=1_000_000
    )


@dataclass(frozen=True, slots=True)
class RecordingSettings:
    """Videos and sounds."""

    allowed: bool = setting(True, "whether videos and sounds may be uploaded")
    upload_bytes: int = setting(
        99 * 1024 * 1024, "bytes of one uploaded video or sound", least=1024 * 1024, most=99 * 1024 * 1024
    )
    length_s: int = setting(600, "seconds that a video or sound may play", least=1, most=4 * 3600)
    pixels: int = setting(8_294_400, "width x height of an uploaded video", least=64 * 64, most=33_177_600)
    at_once: int = setting(0, "videos prepared at the same time; 0: one for each processor", least=0, most=64)
    queue: int = setting(200, "videos that may wait to be prepared; more are refused for the moment", least=1)
    gifs_as_video: bool = setting(True, "whether moving GIFs become videos, which are smaller and can be paused")


@dataclass(frozen=True, slots=True)
class StorageSettings:
    """Where pictures and videos are kept: in the data folder, or in an object store that speaks S3."""

    kind: str = setting("disk", "where uploads are kept", choices=STORAGE_KINDS)
    endpoint: str = setting("", "the object store: https://s3.example.org")
    bucket: str = setting("", "the bucket, which must exist")
    region: str = setting("us-east-1", "the region, when the object store asks for one")
    access_key: str = setting("", "the name of the key to the bucket")
    secret_key: str = setting("", "its secret; better given as ROOKERY_STORAGE_SECRET_KEY")
    prefix: str = setting("", "what stands before every name in the bucket, such as media/")
    path_style: bool = setting(True, "whether the bucket stands in the path of addresses; false: in the host name")
    public_url: str = setting(
        "", "where browsers read the bucket, https://media.example.org; empty: this server hands files on"
    )
    signed_links: bool = setting(False, "send browsers to signed addresses of the object store")
    timeout_s: int = setting(20, "seconds that one request to the object store may take", least=1, most=600)


@dataclass(frozen=True, slots=True)
class TranslationSettings:
    """A server that translates public posts for those who ask for it, speaking as LibreTranslate does."""

    url: str = setting("", "the translator: https://translate.example.org; it may be private; empty: no translations")
    key: str = setting("", "its API key, when it asks for one; better given as ROOKERY_TRANSLATION_KEY")
    provider: str = setting("LibreTranslate", "the name that readers see under a translation")
    timeout_s: int = setting(20, "seconds that one translation may take", least=1, most=120)
    characters: int = setting(
        20_000, "characters of one post that are sent; longer ones are refused", least=100, most=1_000_000
    )


@dataclass(frozen=True, slots=True)
class FederationSettings:
    """How this server meets other servers of the fediverse."""

    mode: FederationMode = setting(  # noqa: RUF009 - a field, see setting
        FederationMode.OPEN,
        "with whom: open (all servers that are not blocked), allowlist (only those that are named with `rookery allow`"
        " or on the page /moderation/allowed), or closed (none)",
    )
    authorized_fetch: bool = setting(
        False,
        "in the mode open: whether posts, profiles and lists are given only to servers that sign their requests and"
        " are not blocked; a profile without signature shows no more than its keys; pages for people stay as they are",
    )

    @property
    def asks_for_signatures(self) -> bool:
        """True when documents are given only to those who sign."""
        return self.authorized_fetch or self.mode is not FederationMode.OPEN


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, one table of the TOML file each."""

    server: ServerSettings = field(default_factory=ServerSettings)
    nest: NestSettings = field(default_factory=NestSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    mail: MailSettings = field(default_factory=MailSettings)
    cache: CacheSettings = field(default_factory=CacheSettings)
    cards: CardSettings = field(default_factory=CardSettings)
    far_media: FarMediaSettings = field(default_factory=FarMediaSettings)
    signing: SigningSettings = field(default_factory=SigningSettings)
    recordings: RecordingSettings = field(default_factory=RecordingSettings)
    storage: StorageSettings = field(default_factory=StorageSettings)
    trends: TrendSettings = field(default_factory=TrendSettings)
    translation: TranslationSettings = field(default_factory=TranslationSettings)
    federation: FederationSettings = field(default_factory=FederationSettings)
    is_test: bool = False

    @property
    def base_url(self) -> str:
        """What browsers see: `https://here.example`, no slash at the end."""
        if self.server.base_url:
            return self.server.base_url.rstrip("/")
        if is_local_domain(self.server.domain):
            return f"http://{self.server.domain.partition(':')[0]}:{self.server.port}"
        return f"https://{self.server.domain}"

    @property
    def post_limits(self) -> PostLimits:
        """The limits of a post as rules use them."""
        limits = self.limits
        return PostLimits(limits.post_characters, limits.pictures, limits.poll_options, limits.poll_option_characters)


def is_local_domain(domain: str) -> bool:
    """True for names that only this machine or a test knows."""
    name = domain.partition(":")[0].casefold()
    return name in ("localhost", "127.0.0.1") or name.endswith((".localhost", ".test"))
