"""Reports of a year in the client API, which this server does not make.

Owns: those routes, answered as the documentation says of a server where the operator left the feature off: no report
is there, nobody is eligible for one, and asking for one makes none. `wrapstodon` of the instance is null to match.
Spec: https://docs.joinmastodon.org/methods/annual_reports/
"""

from __future__ import annotations

from rookery.mastodon.face import MastodonFace
from rookery.model.errors import NotFound
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_response
from rookery.network.routes import RouteTable

routes: RouteTable[MastodonFace] = RouteTable()
READ, WRITE = "read:accounts read", "write:accounts write"


class AnnualReportNotFound(NotFound):
    """No year has a report here."""

    def __init__(self) -> None:
        super().__init__("no such report of a year")


@routes.route("GET", "/api/v1/annual_reports", who="user", scope=READ)
async def list_annual_reports(face: MastodonFace, request: Request) -> Answer:
    """No year has one. Spec: https://docs.joinmastodon.org/methods/annual_reports/#index"""
    return json_response({"annual_reports": [], "accounts": [], "statuses": []})


@routes.route("GET", "/api/v1/annual_reports/{year}", who="user", scope=READ)
async def show_annual_report(face: MastodonFace, request: Request) -> Answer:
    """No year has one. Spec: https://docs.joinmastodon.org/methods/annual_reports/#get"""
    raise AnnualReportNotFound


@routes.route("GET", "/api/v1/annual_reports/{year}/state", who="user", scope=READ)
async def show_annual_report_state(face: MastodonFace, request: Request) -> Answer:
    """Nobody is eligible. Spec: https://docs.joinmastodon.org/methods/annual_reports/#get-state"""
    return json_response({"state": "ineligible"})


@routes.route("POST", "/api/v1/annual_reports/{year}/read", who="user", scope=WRITE)
async def read_annual_report(face: MastodonFace, request: Request) -> Answer:
    """There is none to read. Spec: https://docs.joinmastodon.org/methods/annual_reports/#read"""
    raise AnnualReportNotFound


@routes.route("POST", "/api/v1/annual_reports/{year}/generate", who="user", scope=WRITE)
async def generate_annual_report(face: MastodonFace, request: Request) -> Answer:
    """Who is not eligible gets none, which is no error.

    Spec: https://docs.joinmastodon.org/methods/annual_reports/#generate
    """
    return json_response({})
