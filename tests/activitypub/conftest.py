"""Pages for these tests: the same world as in tests/web; inboxes of other servers."""

from tests.activitypub.inboxes import inboxes, post
from tests.web.conftest import pages

__all__ = ["inboxes", "pages", "post"]
