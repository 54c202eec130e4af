"""What each role may do for the server, as single permissions.

Owns: the permissions with the numbers by which apps know them, and which role has which. Never: whom somebody may
govern (model/members.py: outranks). Spec: https://docs.joinmastodon.org/entities/Role/#permission-flags
"""

from __future__ import annotations

from enum import IntFlag

from rookery.model.errors import NotAllowed
from rookery.model.members import Role


class PermissionMissing(NotAllowed):
    """The person's role does not allow this."""

    def __init__(self) -> None:
        super().__init__("This action is not allowed")


class Permission(IntFlag):
    """One bit each, in the order of the specification."""

    ADMINISTRATOR = 1 << 0
    DEVOPS = 1 << 1
    VIEW_AUDIT_LOG = 1 << 2
    VIEW_DASHBOARD = 1 << 3
    MANAGE_REPORTS = 1 << 4
    MANAGE_FEDERATION = 1 << 5
    MANAGE_SETTINGS = 1 << 6
    MANAGE_BLOCKS = 1 << 7
    MANAGE_TAXONOMIES = 1 << 8
    MANAGE_APPEALS = 1 << 9
    MANAGE_USERS = 1 << 10
    MANAGE_INVITES = 1 << 11
    MANAGE_RULES = 1 << 12
    MANAGE_ANNOUNCEMENTS = 1 << 13
    MANAGE_CUSTOM_EMOJIS = 1 << 14
    MANAGE_WEBHOOKS = 1 << 15
    INVITE_USERS = 1 << 16
    MANAGE_ROLES = 1 << 17
    MANAGE_USER_ACCESS = 1 << 18
    DELETE_USER_DATA = 1 << 19


MODERATION = (
    Permission.VIEW_DASHBOARD
    | Permission.VIEW_AUDIT_LOG
    | Permission.MANAGE_USERS
    | Permission.MANAGE_REPORTS
    | Permission.MANAGE_TAXONOMIES
)
# What everybody has anyway (inviting) is not an admin's.
ADMINISTRATION = Permission((1 << 20) - 1) & ~(Permission.ADMINISTRATOR | Permission.DEVOPS | Permission.INVITE_USERS)
PERMISSIONS = {
    Role.MEMBER: Permission(0),
    Role.MODERATOR: MODERATION,
    Role.ADMIN: ADMINISTRATION,
    Role.OWNER: Permission.ADMINISTRATOR,
}


def may(role: Role, permission: Permission) -> bool:
    """True when the role has the permission; an administrator has all of them."""
    granted = PERMISSIONS[role]
    return bool(granted & (permission | Permission.ADMINISTRATOR))


def check_permission(role: Role, permission: Permission) -> None:
    """Raises PermissionMissing."""
    if not may(role, permission):
        raise PermissionMissing
