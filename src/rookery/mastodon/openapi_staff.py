"""What each route takes and answers: what staff does; see openapi_routes.py."""

from __future__ import annotations

STAFF = {
    "GET /api/v1/admin/accounts": "[AdminAccount] @page remote:flag local:flag active:flag pending:flag disabled:flag"
    " silenced:flag suspended:flag sensitized:flag staff:flag by_domain:text username:text display_name:text"
    " email:text ip:text",
    "DELETE GET /api/v1/admin/accounts/{id}": "AdminAccount",
    "POST /api/v1/admin/accounts/{id}/action": "Empty type!:text text:text report_id:id send_email_notification:flag",
    "POST /api/v1/admin/accounts/{id}/approve": "AdminAccount",
    "POST /api/v1/admin/accounts/{id}/enable": "AdminAccount",
    "POST /api/v1/admin/accounts/{id}/reject": "AdminAccount",
    "POST /api/v1/admin/accounts/{id}/unsensitive": "AdminAccount",
    "POST /api/v1/admin/accounts/{id}/unsilence": "AdminAccount",
    "POST /api/v1/admin/accounts/{id}/unsuspend": "AdminAccount",
    "GET /api/v1/admin/canonical_email_blocks": "[AdminCanonicalEmailBlock] @page",
    "POST /api/v1/admin/canonical_email_blocks": "AdminCanonicalEmailBlock email:text canonical_email_hash:text",
    "POST /api/v1/admin/canonical_email_blocks/test": "[AdminCanonicalEmailBlock] email!:text",
    "DELETE /api/v1/admin/canonical_email_blocks/{id}": "Empty",
    "GET /api/v1/admin/canonical_email_blocks/{id}": "AdminCanonicalEmailBlock",
    "POST /api/v1/admin/dimensions": "[AdminDimension] keys:[text] start_at!:date end_at!:date limit:count"
    " tag_servers:FigureScope tag_languages:FigureScope instance_languages:FigureScope",
    "GET /api/v1/admin/domain_allows": "[AdminDomainAllow] @page",
    "POST /api/v1/admin/domain_allows": "AdminDomainAllow domain!:text",
    "DELETE /api/v1/admin/domain_allows/{id}": "Empty",
    "GET /api/v1/admin/domain_allows/{id}": "AdminDomainAllow",
    "GET /api/v1/admin/domain_blocks": "[AdminDomainBlock] @page",
    "POST /api/v1/admin/domain_blocks": "AdminDomainBlock domain!:text severity:(noop|silence|suspend)"
    " reject_media:flag reject_reports:flag private_comment:text public_comment:text obfuscate:flag",
    "DELETE /api/v1/admin/domain_blocks/{id}": "Empty",
    "GET /api/v1/admin/domain_blocks/{id}": "AdminDomainBlock",
    "PATCH PUT /api/v1/admin/domain_blocks/{id}": "AdminDomainBlock severity:(noop|silence|suspend) reject_media:flag"
    " reject_reports:flag private_comment:text public_comment:text obfuscate:flag",
    "GET /api/v1/admin/email_domain_blocks": "[AdminEmailDomainBlock] @page",
    "POST /api/v1/admin/email_domain_blocks": "AdminEmailDomainBlock allow_with_approval:flag domain!:text",
    "DELETE /api/v1/admin/email_domain_blocks/{id}": "Empty",
    "GET /api/v1/admin/email_domain_blocks/{id}": "AdminEmailDomainBlock",
    "GET /api/v1/admin/ip_blocks": "[AdminIpBlock] @page",
    "POST /api/v1/admin/ip_blocks": "AdminIpBlock severity!:(sign_up_requires_approval|sign_up_block|no_access)"
    " ip!:text comment:text expires_in:count",
    "DELETE /api/v1/admin/ip_blocks/{id}": "Empty",
    "GET /api/v1/admin/ip_blocks/{id}": "AdminIpBlock",
    "PATCH PUT /api/v1/admin/ip_blocks/{id}": "AdminIpBlock ip:text"
    " severity:(sign_up_requires_approval|sign_up_block|no_access) comment:text expires_in:count",
    "POST /api/v1/admin/measures": "[AdminMeasure] keys:[text] start_at!:date end_at!:date"
    " tag_accounts:FigureScope tag_uses:FigureScope tag_servers:FigureScope instance_accounts:FigureScope"
    " instance_media_attachments:FigureScope instance_reports:FigureScope instance_statuses:FigureScope"
    " instance_follows:FigureScope instance_followers:FigureScope",
    "GET /api/v1/admin/reports": "[AdminReport] @page resolved:flag account_id:id target_account_id:id"
    " by_target_domain:text unresolved:flag",
    "GET /api/v1/admin/reports/{id}": "AdminReport",
    "PATCH PUT /api/v1/admin/reports/{id}": "AdminReport category:text rule_ids:[text]",
    "POST /api/v1/admin/reports/{id}/assign_to_self": "AdminReport",
    "POST /api/v1/admin/reports/{id}/reopen": "AdminReport",
    "POST /api/v1/admin/reports/{id}/resolve": "AdminReport",
    "POST /api/v1/admin/reports/{id}/unassign": "AdminReport",
    "POST /api/v1/admin/retention": "[AdminCohort] start_at!:date end_at!:date frequency:(day|month)",
    "GET /api/v1/admin/tags": "[AdminTag] @page",
    "GET /api/v1/admin/tags/{id}": "AdminTag",
    "PATCH PUT /api/v1/admin/tags/{id}": "AdminTag display_name:text usable:flag trendable:flag listable:flag",
    "GET /api/v1/admin/trends/links": "[AdminTrendLink] limit:count offset:count",
    "GET /api/v1/admin/trends/links/publishers": "[AdminPublisher] limit:count offset:count",
    "POST /api/v1/admin/trends/links/publishers/{id}/approve": "AdminPublisher",
    "POST /api/v1/admin/trends/links/publishers/{id}/reject": "AdminPublisher",
    "POST /api/v1/admin/trends/links/{id}/approve": "AdminTrendLink",
    "POST /api/v1/admin/trends/links/{id}/reject": "AdminTrendLink",
    "GET /api/v1/admin/trends/statuses": "[AdminStatus] limit:count offset:count",
    "POST /api/v1/admin/trends/statuses/{id}/approve": "AdminStatus",
    "POST /api/v1/admin/trends/statuses/{id}/reject": "AdminStatus",
    "GET /api/v1/admin/trends/tags": "[AdminTag] limit:count offset:count",
    "POST /api/v1/admin/trends/tags/{id}/approve": "AdminTag",
    "POST /api/v1/admin/trends/tags/{id}/reject": "AdminTag",
    "GET /api/v2/admin/accounts": "[AdminAccount] @page permissions:text role_ids:[text] origin:(local|remote)"
    " status:(active|pending|disabled|silenced|suspended|sensitized) invited_by:id by_domain:text username:text"
    " display_name:text email:text ip:text",
}
