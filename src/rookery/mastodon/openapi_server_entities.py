"""The entities of the client API that show the server itself, its apps and what staff sees; see openapi_entities.py.

Spec: https://docs.joinmastodon.org/entities/
"""

from __future__ import annotations

from rookery.mastodon.openapi_entities import NOTIFICATIONS, PEOPLE, POSTS

SERVER = {
    "Error": "error:text error_description~:text details~:object existing_domain_block~:AdminDomainBlock",
    "Empty": "",
    "Application": "id:id name:text website:text? scopes:[text] redirect_uris:[text] redirect_uri:text vapid_key:text",
    "CredentialApplication": "Application + client_id:text client_secret:text client_secret_expires_at:count",
    "Token": "access_token:text token_type:(Bearer) scope:text created_at:count",
    "UserInfo": "iss:url sub:url name:text preferred_username:text profile:url picture:url",
    "OAuthMetadata": "issuer:url service_documentation:url authorization_endpoint:url token_endpoint:url"
    " revocation_endpoint:url userinfo_endpoint:url app_registration_endpoint:url scopes_supported:[text]"
    " response_types_supported:[text] response_modes_supported:[text] grant_types_supported:[text]"
    " token_endpoint_auth_methods_supported:[text] code_challenge_methods_supported:[text]",
    "AsyncRefresh": "id:text status:(running|finished) result_count:count",
    "AsyncRefreshAnswer": "async_refresh:AsyncRefresh",
    "Rule": "id:id text:text hint:text translations:object",
    "Language": "code:text name:text",
    "ActivityWeek": "week:id statuses:id logins:id registrations:id",
    "BlockedServer": "domain:text digest:text severity:(silence|suspend) comment~:text?",
    "ExtendedDescription": "updated_at:date? content:text",
    "AccountLimits": "max_display_name_length:count max_note_length:count max_avatar_description_length:count"
    " max_header_description_length:count max_featured_tags:count max_pinned_statuses:count max_profile_fields:count"
    " profile_field_name_limit:count profile_field_value_limit:count",
    "StatusLimits": "max_characters:count max_media_attachments:count characters_reserved_per_url:count",
    "MediaLimits": "supported_mime_types:[text] description_limit:count image_size_limit:count image_matrix_limit:count"
    " video_size_limit:count video_frame_rate_limit:count video_matrix_limit:count",
    "PollLimits": "max_options:count max_characters_per_option:count min_expiration:count max_expiration:count",
    "Limits": "accounts:AccountLimits statuses:StatusLimits media_attachments:MediaLimits polls:PollLimits",
    "InstanceUrls": "streaming:url status:url? about:url privacy_policy:url? terms_of_service:url?",
    "Vapid": "public_key:text",
    "Enabled": "enabled:flag",
    "Access": "local:text remote:text",
    "Configuration": "Limits + urls:InstanceUrls vapid:Vapid translation:Enabled timelines_access:{Access}"
    " limited_federation:flag",
    "ActiveUsers": "active_month:count",
    "Usage": "users:ActiveUsers",
    "Thumbnail": "url:url blurhash:text? versions:{url} description:text",
    "Registrations": "enabled:flag approval_required:flag reason_required:flag message:text? min_age:count? url:url?",
    "Contact": "email:text account:Account?",
    "Instance": "domain:text title:text version:text source_url:url description:text usage:Usage thumbnail:Thumbnail"
    " icon:[object] languages:[text] configuration:Configuration registrations:Registrations api_versions:{count}"
    " contact:Contact rules:[Rule] wrapstodon:text?",
    "V1Urls": "streaming_api:url",
    "V1Stats": "user_count:count status_count:count domain_count:count",
    "V1Instance": "uri:text title:text short_description:text description:text email:text version:text urls:V1Urls"
    " stats:V1Stats thumbnail:url? languages:[text] registrations:flag approval_required:flag invites_enabled:flag"
    " configuration:Limits contact_account:Account? rules:[Rule]",
    "Invitation": "invite_code:text instance_api_url:url",
    "PasskeyPages": "enroll:url manage:url",
}
STAFF = {
    "AdminIp": "ip:text used_at:date",
    "AdminAccount": "id:id username:text domain:text? created_at:date email:text? ip:text? ips:[AdminIp] locale:text?"
    " invite_request:text? role:Role? confirmed:flag? approved:flag? disabled:flag? silenced:flag suspended:flag"
    " sensitized:flag invited_by_account_id:id? account:Account",
    "AdminReport": "id:id action_taken:flag action_taken_at:date? category:(spam|legal|violation|other) comment:text"
    " forwarded:flag created_at:date updated_at:date account:AdminAccount? target_account:AdminAccount?"
    " assigned_account:AdminAccount? action_taken_by_account:AdminAccount? statuses:[Status] rules:[Rule]",
    "AdminDomainBlock": "id:id domain:text digest:text created_at:date severity:(noop|silence|suspend)"
    " reject_media:flag reject_reports:flag private_comment:text? public_comment:text? obfuscate:flag",
    "AdminDomainAllow": "id:id domain:text created_at:date",
    "AdminEmailDomainBlock": "id:id domain:text created_at:date allow_with_approval:flag history:[TagDay]",
    "AdminIpBlock": "id:id ip:text severity:(sign_up_requires_approval|sign_up_block|no_access) comment:text"
    " created_at:date expires_at:date?",
    "AdminCanonicalEmailBlock": "id:id canonical_email_hash:text",
    "AdminMeasureDay": "date:date value:id",
    "AdminMeasure": "key:text unit:text? total:id previous_total:id? human_value~:text data:[AdminMeasureDay]",
    "AdminDimensionValue": "key:text human_key:text value:text unit~:text human_value~:text",
    "AdminDimension": "key:text data:[AdminDimensionValue]",
    "AdminCohortDay": "date:date rate:number value:id",
    "AdminCohort": "period:date frequency:(day|month) data:[AdminCohortDay]",
    "AdminTag": "Tag + trendable:flag usable:flag listable:flag requires_review:flag",
    "AdminStatus": "Status + trendable:flag requires_review:flag",
    "AdminTrendLink": "TrendLink + id:id trendable:flag requires_review:flag",
    "AdminPublisher": "id:id domain:text trendable:flag requires_review:flag",
}
ENTITIES = {**SERVER, **PEOPLE, **POSTS, **NOTIFICATIONS, **STAFF}
