"""Bad values in every field that changes something: a clear 4xx or a sane reading, never a 500."""

BAD = ["", "0", "-1", "true", "null", "NaN", "\x00", "a\x00b", "9" * 15, "9" * 19, str(2**63), "9" * 30, "1e309"]
STRANGE = [[], {}, None, 1e308, -1, 2**63, [[1]], {"a": {"b": 1}}, ["\x00"], True, "x" * 6000, "\u202e", 10**15 - 1]


async def test_no_value_of_any_field_breaks_the_server(world):
    ana, bea = await world.people("ana", "bea")
    post = await ana.publishes("x", poll={"options": ["a", "b"], "expires_in": 600})
    account, status = f"/api/v1/accounts/{bea.id}", f"/api/v1/statuses/{post['id']}"
    new_post = "status visibility in_reply_to_id media_ids poll spoiler_text language sensitive allowed_mentions"
    profile = "display_name note fields_attributes source source[privacy] source[language] locked bot avatar"
    fields = {
        ("POST", "/api/v1/statuses"): f"{new_post} poll[options] poll[expires_in] scheduled_at",
        ("PUT", status): "status media_attributes poll language media_ids sensitive",
        ("POST", f"{status}/reblog"): "visibility",
        ("POST", f"{account}/mute"): "duration notifications",
        ("POST", f"{account}/follow"): "reblogs languages notify",
        ("POST", f"{account}/note"): "comment",
        ("POST", "/api/v1/domain_blocks"): "domain",
        ("POST", f"/api/v1/polls/{post['id']}/votes"): "choices",
        ("POST", "/api/v1/lists"): "title replies_policy exclusive",
        ("POST", "/api/v2/filters"): "title context expires_in filter_action keywords_attributes",
        ("POST", "/api/v1/markers"): "home notifications home[last_read_id]",
        ("POST", "/api/v1/apps"): "client_name redirect_uris scopes website",
        ("POST", "/oauth/token"): "grant_type client_id client_secret code scope redirect_uri",
        ("PATCH", "/api/v1/accounts/update_credentials"): f"{profile} fields_attributes[0][name] discoverable",
    }
    filled = {"/api/v1/statuses": {"status": "hello", "poll[options][]": ["a", "b"]}, status: {"status": "x"}}
    filled["/api/v2/filters"] = {"title": "t", "context": ["home"]}
    broken = []
    for (method, path), names in fields.items():
        for name in names.split():
            for value in [*BAD, *STRANGE]:
                body = {**filled.get(path, {}), name: value}
                reply = await ana.client.call(method, path, json_body=body)
                if reply.code >= 500:
                    broken.append((method, path, name, str(value)[:40], reply))
    assert broken == []
