"""What each route takes and answers: the server itself, apps and the ways to sign in; see openapi_routes.py."""

from __future__ import annotations

SERVER = {
    "GET /.well-known/change-password": "302",
    "GET /.well-known/oauth-authorization-server": "OAuthMetadata",
    "GET /.well-known/passkey-endpoints": "PasskeyPages",
    "GET /.well-known/security.txt": "text/plain",
    "GET /api/openapi.json": "object",
    "POST /api/v1/apps": "CredentialApplication client_name!:text redirect_uris!:[text] scopes:text website:text",
    "GET /api/v1/apps/verify_credentials": "Application",
    "GET /api/v1/custom_emojis": "[CustomEmoji]",
    "GET /api/v1/domain_blocks/preview": "DomainBlockPreview domain!:text",
    "GET /api/v1/instance": "V1Instance deprecated",
    "GET /api/v1/instance/activity": "[ActivityWeek]",
    "GET /api/v1/instance/domain_blocks": "[BlockedServer]",
    "GET /api/v1/instance/extended_description": "ExtendedDescription",
    "GET /api/v1/instance/languages": "[Language]",
    "GET /api/v1/instance/peers": "[text]",
    "GET /api/v1/instance/privacy_policy": "ExtendedDescription",
    "GET /api/v1/instance/rules": "[Rule]",
    "GET /api/v1/instance/terms_of_service": "404",
    "GET /api/v1/instance/terms_of_service/{date}": "404",
    "GET /api/v1/peers/search": "[text] q:text",
    "POST /api/v1/reports": "Report account_id!:id status_ids:[id] collection_ids:[id] comment:text"
    " category:(spam|legal|violation|other)"
    " rule_ids:[text] forward:flag",
    "GET /api/v1_alpha/async_refreshes/{id}": "AsyncRefreshAnswer",
    "GET /api/v2/instance": "Instance",
    "GET /invite/{code}": "Invitation",
    "POST /oauth/revoke": "Empty client_id:text client_secret:text token:text",
    "POST /oauth/token": "Token grant_type!:text client_id:text client_secret:text redirect_uri:text scope:text"
    " code:text code_verifier:text username:text password:text otp_attempt:text",
    "GET POST /oauth/userinfo": "UserInfo",
}
