"""Quotes: a post that shows another one, with the consent of who wrote that.

Owns: who may quote (the policy of a post), the states of a quote and their steps. Never: decides who may read the
quoted post; storage/visibility.py does (K5), for each reader anew.

A quote is the quoting post's: `quote_of_id` and `quote_state`. Consent given by the policy makes it ACCEPTED at once;
a wire that has to ask first begins with PENDING. Four more states are never stored: they say why this reader, at this
moment, does not simply meet the quoted post.
Spec: https://w3id.org/fep/044f, https://docs.joinmastodon.org/entities/Quote/
"""

from __future__ import annotations

from enum import IntEnum, StrEnum

from rookery.model.errors import Conflict, NotAllowed, NotFound


class QuotePolicy(IntEnum):
    """Who may quote a post, widest first; stored as its number. Authors may quote themselves, except under NEVER."""

    PUBLIC = 0
    FOLLOWERS = 1
    NOBODY = 2
    NEVER = 3


class QuoteState(StrEnum):
    """What became of a quote."""

    ACCEPTED = "accepted"
    PENDING = "pending"
    REJECTED = "rejected"
    REVOKED = "revoked"
    # As a reader meets it; not stored.
    DELETED = "deleted"
    UNAUTHORIZED = "unauthorized"
    BLOCKED_ACCOUNT = "blocked_account"
    BLOCKED_DOMAIN = "blocked_domain"
    MUTED_ACCOUNT = "muted_account"


# Under these a reader is given the quoted post; under the last three only to open it after a warning.
READABLE = frozenset(
    (QuoteState.ACCEPTED, QuoteState.BLOCKED_ACCOUNT, QuoteState.BLOCKED_DOMAIN, QuoteState.MUTED_ACCOUNT)
)
# What the quoted author's answer makes of a quote. A pair missing here raises IllegalQuoteStep.
QUOTE_STEPS = {
    (QuoteState.PENDING, "accept"): QuoteState.ACCEPTED,
    (QuoteState.PENDING, "reject"): QuoteState.REJECTED,
    (QuoteState.PENDING, "revoke"): QuoteState.REVOKED,
    (QuoteState.ACCEPTED, "accept"): QuoteState.ACCEPTED,  # answers come at least once
    (QuoteState.ACCEPTED, "revoke"): QuoteState.REVOKED,
    (QuoteState.REJECTED, "reject"): QuoteState.REJECTED,
    (QuoteState.REJECTED, "revoke"): QuoteState.REJECTED,
    (QuoteState.REVOKED, "revoke"): QuoteState.REVOKED,
}


class QuoteRefused(NotAllowed):
    """The policy of the post, or a block, does not allow this account to quote it."""

    def __init__(self) -> None:
        super().__init__("the author of this post does not let you quote it")


class QuoteNotFound(NotFound):
    """No such quote, or not for this viewer."""

    def __init__(self) -> None:
        super().__init__("no such quote here")


class IllegalQuoteStep(Conflict):
    """The quote's state does not allow this step."""

    def __init__(self, state: str, step: str) -> None:
        super().__init__(f"a quote that is {state} cannot take the step {step!r}")
        self.state, self.step = state, step


def next_quote_state(state: QuoteState, step: str) -> QuoteState:
    """Return what the state becomes. step: accept, reject or revoke. Raises IllegalQuoteStep."""
    try:
        return QUOTE_STEPS[state, step]
    except KeyError:
        raise IllegalQuoteStep(state, step) from None


def policy_within(audience: int, chosen: QuotePolicy) -> QuotePolicy:
    """Return the policy that holds for an audience (as a number): what few may read, others may not quote.

    Posts for followers only their author quotes; posts for mentioned people nobody does.
    Spec: https://docs.joinmastodon.org/methods/statuses/#create, quote_approval_policy
    """
    if audience >= 3:
        return QuotePolicy.NEVER
    return max(chosen, QuotePolicy.NOBODY) if audience == 2 else chosen


def may_quote(policy: QuotePolicy, *, is_author: bool, is_follower: bool) -> bool:
    """True when the policy lets somebody quote who can read the post and whom no block keeps away."""
    if is_author:
        return policy is not QuotePolicy.NEVER
    return policy is QuotePolicy.PUBLIC or (policy is QuotePolicy.FOLLOWERS and is_follower)


def shown_state(stored: QuoteState, met: QuoteState | None) -> QuoteState:
    """Return the state as a reader meets it. met: what stands between them and the quoted post; None: it is gone."""
    if stored is not QuoteState.ACCEPTED:
        return stored
    return QuoteState.DELETED if met is None else met
