"""The entities of the client API, field by field, in the notation of openapi_notation.py.

Owns: which fields an answer has. tests/client.py holds every answer of every test against them, so a field that is
added, renamed or of another type fails there. Never: makes an entity; the `…_json.py` modules do.
Spec: https://docs.joinmastodon.org/entities/
"""

from __future__ import annotations

WORDS = {
    "visibility": "(public|unlisted|private|direct)",
    "quoters": "(public|followers|nobody)",
    "context": "[(home|notifications|public|thread|account)]",
    "verdict": "(accept|filter|drop)",
}
PEOPLE = {
    "CustomEmoji": "shortcode:text url:url static_url:url visible_in_picker:flag category~:text",
    "Field": "name:text value:text verified_at:date?",
    "FeatureApproval": "automatic:[text] manual:[text] current_user:(automatic|manual|denied|missing|unknown)",
    "ShownRole": "id:id name:text color:text",
    "Role": "id:id name:text permissions:id color:text highlighted:flag collection_limit:count",
    "Account": "id:id username:text acct:text display_name:text locked:flag bot:flag discoverable:flag? indexable:flag"
    " group:flag created_at:date note:text url:url uri:url avatar:url avatar_static:url avatar_description:text"
    " header:url header_static:url header_description:text followers_count:count following_count:count"
    " statuses_count:count last_status_at:day? hide_collections:flag noindex:flag show_media:flag"
    " show_media_replies:flag show_featured:flag emojis:[CustomEmoji]"
    " feature_approval:FeatureApproval roles:[ShownRole] fields:[Field] suspended~:flag limited~:flag"
    " moved~:Account",
    "Source": f"privacy:{WORDS['visibility']} sensitive:flag language:text? note:text fields:[Field]"
    " follow_requests_count:count hide_collections:flag discoverable:flag? indexable:flag attribution_domains:[text]"
    f" quote_policy:{WORDS['quoters']}",
    "CredentialAccount": "Account + source:Source role:Role",
    "MutedAccount": "Account + mute_expires_at~:date?",
    "Relationship": "id:id following:flag showing_reblogs:flag notifying:flag languages:[text]? followed_by:flag"
    " blocking:flag blocked_by:flag muting:flag muting_notifications:flag muting_expires_at:date? requested:flag"
    " requested_by:flag domain_blocking:flag endorsed:flag note:text",
    "FamiliarFollowers": "id:id accounts:[Account]",
    "Suggestion": "source:text sources:[text] account:Account",
    "FeaturedTag": "id:id name:text url:url statuses_count:id last_status_at:day?",
    "Profile": "id:id display_name:text note:text fields:[Field] avatar:url? avatar_static:url? avatar_description:text"
    " header:url? header_static:url? header_description:text locked:flag bot:flag hide_collections:flag"
    " discoverable:flag? indexable:flag show_media:flag show_media_replies:flag show_featured:flag"
    " attribution_domains:[text] featured_tags:[FeaturedTag]",
    "Preferences": f"posting:default:visibility={WORDS['visibility']} posting:default:sensitive=flag"
    f" posting:default:language=text? posting:default:quote_policy={WORDS['quoters']}"
    " reading:expand:media=(default|show_all|hide_all) reading:expand:spoilers=flag reading:autoplay:gifs=flag",
    "List": "id:id title:text replies_policy:(followed|list|none) exclusive:flag",
    "DomainBlockPreview": "following_count:count followers_count:count",
    "AnnualReports": "annual_reports:[object] accounts:[Account] statuses:[Status]",
    "AnnualReportState": "state:(available|generating|eligible|ineligible)",
    "CollectionTag": "name:text url:url",
    "CollectionItem": "id:id account_id~:id? state:(pending|accepted|rejected|revoked) created_at:date",
    "Collection": "id:id account_id:id uri:url url:url name:text description:text language:text? local:flag"
    " sensitive:flag discoverable:flag tag:CollectionTag? item_count:count items:[CollectionItem] created_at:date"
    " updated_at:date",
    "WrappedCollection": "collection:Collection",
    "CollectionWithAccounts": "collection:Collection accounts:[Account]",
    "WrappedCollectionItem": "collection_item:CollectionItem",
    "Collections": "collections:[Collection] partial_accounts:[Account]",
}
POSTS = {
    "PictureSize": "width:count height:count size:text aspect:number",
    "PlayingSize": "width~:count height~:count frame_rate~:text duration~:number bitrate~:count size~:text"
    " aspect~:number",
    "Focus": "x:number y:number",
    "MediaMeta": "length~:text duration~:number fps~:count width~:count height~:count size~:text aspect~:number"
    " audio_encode~:text audio_bitrate~:text audio_channels~:text original~:PlayingSize small~:PictureSize"
    " focus~:Focus",
    "MediaAttachment": "id:id type:(image|gifv|video|audio|unknown) url:url? preview_url:url? remote_url:url?"
    " preview_remote_url:url? text_url:url? meta:MediaMeta description:text? blurhash:text?",
    "PollOption": "title:text votes_count:count?",
    "Poll": "id:id expires_at:date? expired:flag multiple:flag votes_count:count voters_count:count?"
    " options:[PollOption] emojis:[CustomEmoji] voted~:flag own_votes~:[count]",
    "Mention": "id:id username:text url:url acct:text",
    "StatusTag": "name:text url:url",
    "CardAuthor": "name:text url:text account:Account?",
    "PreviewCard": "url:url title:text description:text language:text? type:(link|photo|video|rich) author_name:text"
    " author_url:text provider_name:text provider_url:text html:text width:count height:count image:url?"
    " image_description:text embed_url:text blurhash:text? published_at:date? authors:[CardAuthor]",
    "StatusApplication": "name:text website:text?",
    "QuoteApproval": "automatic:[text] manual:[text] current_user:(automatic|manual|denied|unknown)",
    "Quote": "state:text quoted_status~:Status? quoted_status_id~:id?",
    "FilterResult": "filter:FilterRule keyword_matches:[text]? status_matches:[id]?",
    "Status": "id:id created_at:date in_reply_to_id:id? in_reply_to_account_id:id? sensitive:flag spoiler_text:text"
    f" visibility:{WORDS['visibility']} language:text? uri:url url:url? replies_count:count reblogs_count:count"
    " favourites_count:count quotes_count:count edited_at:date? content:text account:Account"
    " media_attachments:[MediaAttachment] mentions:[Mention] tags:[StatusTag] emojis:[CustomEmoji] card:PreviewCard?"
    " application~:StatusApplication? poll:Poll? reblog:Status? quote:Quote? quote_approval:QuoteApproval"
    " tagged_collections:[Collection]"
    " favourited~:flag reblogged~:flag muted~:flag bookmarked~:flag pinned~:flag filtered~:[FilterResult]",
    "DeletedStatus": "Status + content~:text text:text",
    "StatusSource": "id:id text:text spoiler_text:text",
    "EditedOption": "title:text",
    "EditedPoll": "options:[EditedOption]",
    "StatusEdit": "content:text spoiler_text:text sensitive:flag created_at:date account:Account"
    " media_attachments:[MediaAttachment] emojis:[CustomEmoji] poll~:EditedPoll",
    "Context": "ancestors:[Status] descendants:[Status]",
    "Conversation": "id:id unread:flag accounts:[Account] last_status:Status?",
    "ScheduledPoll": "options:[text] expires_in:count? multiple:flag hide_totals:flag",
    "ScheduledParams": "text:text poll:ScheduledPoll? media_ids:[id]? sensitive:flag? spoiler_text:text?"
    " visibility:text? language:text? in_reply_to_id:id? quoted_status_id:id? quote_approval_policy:text?"
    " application_id:count? allowed_mentions:[id]? scheduled_at:date? idempotency:text? with_rate_limit:flag",
    "ScheduledStatus": "id:id scheduled_at:date params:ScheduledParams media_attachments:[MediaAttachment]",
    "StatusOrScheduled": "Status | ScheduledStatus",
    "TranslatedPoll": "id:id options:[EditedOption]",
    "TranslatedMedia": "id:id description:text",
    "Translation": "content:text spoiler_text:text language:text detected_source_language:text provider:text"
    " poll:TranslatedPoll? media_attachments:[TranslatedMedia]",
    "TagDay": "day:id accounts:id uses:id",
    "Tag": "id:text name:text url:url history:[TagDay] following~:flag featuring~:flag",
    "TrendLink": "PreviewCard + history:[TagDay]",
    "Search": "accounts:[Account] statuses:[Status] hashtags:[Tag]",
    "FilterRule": f"id:id title:text context:{WORDS['context']} expires_at:date? filter_action:(warn|hide|blur)",
    "FilterKeyword": "id:id keyword:text whole_word:flag",
    "FilterStatus": "id:id status_id:id",
    "Filter": "FilterRule + keywords:[FilterKeyword] statuses:[FilterStatus]",
    "V1Filter": f"id:id phrase:text context:{WORDS['context']} whole_word:flag expires_at:date? irreversible:flag",
    "OEmbed": "type:(rich) version:text author_name:text author_url:url provider_name:text provider_url:url"
    " cache_age:count html:text width:count height:count?",
}
NOTIFICATIONS = {
    "Report": "id:id action_taken:flag action_taken_at:date? category:(spam|legal|violation|other) comment:text"
    " forwarded:flag created_at:date status_ids:[id]? collection_ids:[id]? rule_ids:[id]?"
    " target_account:Account",
    "Notification": "id:id type:text created_at:date group_key:text account:Account status~:Status? report~:Report"
    " collection~:Collection fallback~:NotificationFallback",
    "NotificationFallback": "title:text summary:text? details:text?",
    "NotificationGroup": "group_key:text notifications_count:count type:text most_recent_notification_id:count"
    " page_min_id:id page_max_id:id latest_page_notification_at:date sample_account_ids:[id] status_id~:id"
    " report~:Report collection~:Collection fallback~:NotificationFallback",
    "PartialAccount": "id:id acct:text url:url avatar:url avatar_static:url locked:flag bot:flag",
    "GroupedNotifications": "accounts:[Account] partial_accounts~:[PartialAccount] statuses:[Status]"
    " notification_groups:[NotificationGroup]",
    "Count": "count:count",
    "HeldSummary": "pending_requests_count:count pending_notifications_count:count",
    "NotificationPolicy": f"for_not_following:{WORDS['verdict']} for_not_followers:{WORDS['verdict']}"
    f" for_new_accounts:{WORDS['verdict']} for_private_mentions:{WORDS['verdict']}"
    f" for_limited_accounts:{WORDS['verdict']} for_bots:{WORDS['verdict']} summary:HeldSummary",
    "V1NotificationPolicy": "filter_not_following:flag filter_not_followers:flag filter_new_accounts:flag"
    " filter_private_mentions:flag summary:HeldSummary",
    "NotificationRequest": "id:id created_at:date updated_at:date notifications_count:id account:Account"
    " last_status:Status?",
    "Merged": "merged:flag",
    "Reaction": "name:text count:count me~:flag url~:url static_url~:url",
    "AnnouncedStatus": "id:id url:url",
    "Announcement": "id:id content:text starts_at:date? ends_at:date? all_day:flag published:flag published_at:date?"
    " updated_at:date read~:flag mentions:[Mention] statuses:[AnnouncedStatus] tags:[StatusTag] emojis:[CustomEmoji]"
    " reactions:[Reaction]",
    "WebPushSubscription": "id:count endpoint:url standard:flag alerts:{flag} policy:(all|followed|follower|none)"
    " server_key:text",
    "Marker": "last_read_id:id version:count updated_at:date",
    "Markers": "home~:Marker notifications~:Marker",
}
