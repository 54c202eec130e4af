"""What one account weighs in a trend: the rules against crowds that are not what they seem.

Owns: the weight of an account, and how a crowd of one origin weighs less with each of its accounts. Pure.

    weight = age * face * crowd                          0 for bots and for who does not want to be found
    age    = from 0.1 to 1 over the first week           not asked while the server itself is younger than two weeks
    face   = 0.6 without a follower, times 0.8 without a picture
    crowd  = the smallest share over the account's origins; the n-th account of one origin in a day has the share
             1 up to 3, then 1 / (n - 2)                 of one invitation, one address, one hour of joining
             1 up to 10, then 1 / sqrt(n - 9)            of one far server
"""

from __future__ import annotations

import zlib

from rookery.model.trends import Voice

HOUR_US = 3600 * 1_000_000
DAY_US = 24 * HOUR_US
GROWN_UP_US = 7 * DAY_US
NEW_AGE_WEIGHT = 0.1
NO_FOLLOWER, NO_PICTURE = 0.6, 0.8
OWN_FREE, FAR_FREE = 3, 10
MOST_ORIGINS = 64  # origins remembered per trend; of more, the smallest are forgotten
JOINED_TOGETHER_US = 30 * DAY_US


def weight_of(voice: Voice, now_us: int, server_age_us: int) -> float:
    """Return what an account weighs before its crowd is looked at."""
    if not voice.is_counted or voice.is_bot or not voice.is_discoverable:
        return 0.0
    is_young = server_age_us < 2 * GROWN_UP_US
    age = 1.0 if is_young else max(0.0, min(1.0, (now_us - voice.created_at_us) / GROWN_UP_US))
    face = (1.0 if voice.follower_count > 0 else NO_FOLLOWER) * (1.0 if voice.has_picture else NO_PICTURE)
    return (NEW_AGE_WEIGHT + (1 - NEW_AGE_WEIGHT) * age) * face


def origins_of(voice: Voice, now_us: int) -> tuple[int, ...]:
    """Return short marks of where an account came from; far ones are odd, ours even (see share_of)."""
    if voice.domain:
        return (mark_of(f"d:{voice.domain}") | 1,)
    origins = []
    if voice.invited_by_id is not None:
        origins.append(f"i:{voice.invited_by_id}")
    if voice.address:
        origins.append(f"a:{voice.address}")
    if now_us - voice.created_at_us < JOINED_TOGETHER_US:
        origins.append(f"h:{voice.created_at_us // HOUR_US}")
    return tuple(mark_of(origin) & ~1 for origin in origins)


def mark_of(origin: str) -> int:
    """Return 32 bits that stand for an origin; a rare collision makes a crowd of two strangers."""
    return zlib.crc32(origin.encode())


def share_of(mark: int, count: int) -> float:
    """Return what the count-th account of an origin weighs."""
    if mark & 1:
        return 1.0 if count <= FAR_FREE else float((count - FAR_FREE + 1) ** -0.5)
    return 1.0 if count <= OWN_FREE else 1 / (count - OWN_FREE + 1)


def crowd_share(counts: dict[int, int], origins: tuple[int, ...], step: int = 1) -> float:
    """Count an account under its origins and return its share. step: for how many accounts it stands."""
    share = 1.0
    for mark in origins:
        counts[mark] = counts.get(mark, 0) + step
        share = min(share, share_of(mark, counts[mark]))
    while len(counts) > MOST_ORIGINS:
        del counts[min(counts, key=counts.__getitem__)]
    return share
