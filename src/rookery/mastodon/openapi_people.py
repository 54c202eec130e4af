"""What each route takes and answers: accounts, relationships, lists and notifications; see openapi_routes.py."""

from __future__ import annotations

PEOPLE = {
    "GET /api/v1/accounts": "[Account] id:[id]",
    "POST /api/v1/accounts": "Token username:text email:text password:text reason:text locale:text invite_code:text"
    " agreement:flag",
    "GET /api/v1/accounts/familiar_followers": "[FamiliarFollowers] id:[id]",
    "GET /api/v1/accounts/lookup": "Account acct!:text",
    "GET /api/v1/accounts/relationships": "[Relationship] id:[id]",
    "PATCH /api/v1/accounts/update_credentials": "CredentialAccount display_name:text note:text avatar:file"
    " header:file avatar_description:text header_description:text locked:flag bot:flag discoverable:flag"
    " indexable:flag hide_collections:flag attribution_domains:[text] fields_attributes:[FieldAttributes]"
    " source:SourceChange",
    "GET /api/v1/accounts/verify_credentials": "CredentialAccount",
    "GET /api/v1/accounts/{id}": "Account",
    "POST /api/v1/accounts/{id}/block": "Relationship",
    "GET /api/v1/accounts/{id}/collections": "Collections limit:count offset:count",
    "POST /api/v1/accounts/{id}/email_subscriptions": "404",
    "POST /api/v1/accounts/{id}/endorse": "Relationship",
    "GET /api/v1/accounts/{id}/endorsements": "[Account] @page",
    "POST /api/v1/accounts/{id}/follow": "Relationship languages:[text] reblogs:flag notify:flag",
    "GET /api/v1/accounts/{id}/followers": "[Account] @page",
    "GET /api/v1/accounts/{id}/following": "[Account] @page",
    "GET /api/v1/accounts/{id}/identity_proofs": "[object] deprecated",
    "GET /api/v1/accounts/{id}/in_collections": "Collections limit:count offset:count",
    "GET /api/v1/accounts/{id}/lists": "[List]",
    "POST /api/v1/accounts/{id}/mute": "Relationship notifications:flag duration:count",
    "POST /api/v1/accounts/{id}/note": "Relationship comment:text",
    "POST /api/v1/accounts/{id}/pin": "Relationship",
    "POST /api/v1/accounts/{id}/remove_from_followers": "Relationship",
    "GET /api/v1/accounts/{id}/statuses": "[Status] @page pinned:flag only_media:flag exclude_replies:flag"
    " exclude_reblogs:flag exclude_direct:flag tagged:text",
    "POST /api/v1/accounts/{id}/unblock": "Relationship",
    "POST /api/v1/accounts/{id}/unendorse": "Relationship",
    "POST /api/v1/accounts/{id}/unfollow": "Relationship",
    "POST /api/v1/accounts/{id}/unmute": "Relationship",
    "POST /api/v1/accounts/{id}/unpin": "Relationship",
    "GET /api/v1/announcements": "[Announcement] with_dismissed:flag",
    "POST /api/v1/announcements/{id}/dismiss": "Empty",
    "DELETE PATCH PUT /api/v1/announcements/{id}/reactions/{name}": "Empty",
    "GET /api/v1/annual_reports": "AnnualReports",
    "GET /api/v1/annual_reports/{year}": "404",
    "POST /api/v1/annual_reports/{year}/generate": "Empty",
    "POST /api/v1/annual_reports/{year}/read": "404",
    "GET /api/v1/annual_reports/{year}/state": "AnnualReportState",
    "GET /api/v1/blocks": "[Account] @page",
    "POST /api/v1/collections": "WrappedCollection name:text description:text language:text sensitive:flag"
    " discoverable:flag tag_name:text account_ids:[id]",
    "DELETE /api/v1/collections/{id}": "Empty",
    "GET /api/v1/collections/{id}": "CollectionWithAccounts",
    "PATCH PUT /api/v1/collections/{id}": "WrappedCollection name:text description:text language:text sensitive:flag"
    " discoverable:flag tag_name:text",
    "POST /api/v1/collections/{id}/items": "WrappedCollectionItem account_id:id",
    "DELETE /api/v1/collections/{id}/items/{item}": "Empty",
    "POST /api/v1/collections/{id}/items/{item}/revoke": "Empty",
    "GET /api/v1/conversations": "[Conversation] @page",
    "DELETE /api/v1/conversations/{id}": "Empty",
    "POST /api/v1/conversations/{id}/read": "Conversation",
    "POST /api/v1/conversations/{id}/unread": "Conversation",
    "GET /api/v1/directory": "[Account] order:(active|new) local:flag limit:count offset:count",
    "GET /api/v1/domain_blocks": "[text] @page",
    "DELETE POST /api/v1/domain_blocks": "Empty domain!:text",
    "GET /api/v1/emails/check_confirmation": "flag",
    "POST /api/v1/emails/confirmations": "Empty email:text",
    "GET /api/v1/endorsements": "[Account] @page",
    "GET /api/v1/follow_requests": "[Account] @page",
    "POST /api/v1/follow_requests/{id}/authorize": "Relationship",
    "POST /api/v1/follow_requests/{id}/reject": "Relationship",
    "GET /api/v1/lists": "[List]",
    "POST /api/v1/lists": "List title:text replies_policy:(none|list|followed) exclusive:flag",
    "DELETE /api/v1/lists/{id}": "Empty",
    "GET /api/v1/lists/{id}": "List",
    "PATCH PUT /api/v1/lists/{id}": "List title:text replies_policy:text exclusive:flag",
    "GET /api/v1/lists/{id}/accounts": "[Account] @page",
    "DELETE POST /api/v1/lists/{id}/accounts": "Empty account_ids:[id]",
    "GET /api/v1/markers": "Markers timeline:[text]",
    "POST /api/v1/markers": "Markers home:MarkerDraft notifications:MarkerDraft",
    "GET /api/v1/mutes": "[MutedAccount] @page",
    "GET /api/v1/notifications": "[Notification] @page types:[text] exclude_types:[text] account_id:id"
    " include_filtered:flag supported_types:[text]",
    "POST /api/v1/notifications/clear": "Empty",
    "POST /api/v1/notifications/dismiss": "Empty id:id",
    "GET /api/v1/notifications/policy": "V1NotificationPolicy",
    "PATCH PUT /api/v1/notifications/policy": "V1NotificationPolicy filter_not_following:flag"
    " filter_not_followers:flag filter_new_accounts:flag filter_private_mentions:flag",
    "GET /api/v1/notifications/requests": "[NotificationRequest] @page",
    "POST /api/v1/notifications/requests/accept": "Empty id:[id]",
    "POST /api/v1/notifications/requests/dismiss": "Empty id:[id]",
    "GET /api/v1/notifications/requests/merged": "Merged",
    "GET /api/v1/notifications/requests/{id}": "NotificationRequest",
    "POST /api/v1/notifications/requests/{id}/accept": "Empty",
    "POST /api/v1/notifications/requests/{id}/dismiss": "Empty",
    "GET /api/v1/notifications/unread_count": "Count limit:count types:[text] exclude_types:[text] account_id:id"
    " include_filtered:flag",
    "GET /api/v1/notifications/{id}": "Notification supported_types:[text]",
    "POST /api/v1/notifications/{id}/dismiss": "Empty",
    "GET /api/v1/preferences": "Preferences",
    "GET /api/v1/profile": "Profile",
    "PATCH PUT /api/v1/profile": "Profile display_name:text note:text avatar:file header:file avatar_description:text"
    " header_description:text locked:flag bot:flag discoverable:flag indexable:flag hide_collections:flag"
    " attribution_domains:[text] fields_attributes:[FieldAttributes] show_media:flag show_media_replies:flag"
    " show_featured:flag",
    "DELETE /api/v1/profile/avatar": "CredentialAccount",
    "DELETE /api/v1/profile/header": "CredentialAccount",
    "DELETE /api/v1/push/subscription": "Empty",
    "GET /api/v1/push/subscription": "WebPushSubscription",
    "POST /api/v1/push/subscription": "WebPushSubscription subscription!:PushDraft data:PushData",
    "PATCH PUT /api/v1/push/subscription": "WebPushSubscription data:PushData",
    "GET /api/v1/suggestions": "[Account] limit:count offset:count deprecated",
    "DELETE /api/v1/suggestions/{id}": "Empty",
    "GET /api/v1/timelines/list/{id}": "[Status] @page",
    "GET /api/v2/notifications": "GroupedNotifications @page expand_accounts:(full|partial_avatars)"
    " grouped_types:[text] types:[text] exclude_types:[text] account_id:id include_filtered:flag"
    " supported_types:[text]",
    "POST /api/v2/notifications/clear": "Empty",
    "GET /api/v2/notifications/policy": "NotificationPolicy",
    "PATCH PUT /api/v2/notifications/policy": "NotificationPolicy for_not_following:(accept|filter|drop)"
    " for_not_followers:(accept|filter|drop) for_new_accounts:(accept|filter|drop)"
    " for_private_mentions:(accept|filter|drop) for_limited_accounts:(accept|filter|drop)"
    " for_bots:(accept|filter|drop)",
    "GET /api/v2/notifications/unread_count": "Count limit:count grouped_types:[text] types:[text]"
    " exclude_types:[text] account_id:id include_filtered:flag",
    "GET /api/v2/notifications/{group_key}": "GroupedNotifications supported_types:[text]",
    "GET /api/v2/notifications/{group_key}/accounts": "[Account] @page",
    "POST /api/v2/notifications/{group_key}/dismiss": "Empty",
    "GET /api/v2/suggestions": "[Suggestion] limit:count offset:count",
}
# Collections under the name that they had before Mastodon 4.6 was out (collections_alpha.py).
PEOPLE |= {
    key.replace("/api/v1/", "/api/v1_alpha/"): f"{line} deprecated"
    for key, line in PEOPLE.items()
    if "/collections" in key or "/in_collections" in key
}
