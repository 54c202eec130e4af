"""Mails: what they say, and how they leave."""

import email
import email.policy
import re
import socket
import threading
from dataclasses import replace

import pytest
from tests.nest import settings_for

from rookery.actions.letters import LETTERS, Letter, Words, render_letter
from rookery.actions.mail import Mail, Mailer
from rookery.model.settings import MailSettings
from rookery.network.mailing import MailNotSent

MAIL = Mail("ana@mail.example", "Héllo\r\nBcc: eve@evil.example", "Bonjour « Ana »,\n\n.\nhttps://nest.example/x\n")


def one_smtp_session(listener: socket.socket, heard: list[str]) -> None:
    """Speak just enough SMTP for one mail."""
    connection, _ = listener.accept()
    with connection, connection.makefile("rwb") as file:

        def say(text: str) -> None:
            file.write(text.encode() + b"\r\n")
            file.flush()

        say("220 here")
        is_data = False
        for raw in file:
            line = raw.decode().rstrip("\r\n")
            heard.append(line)
            if is_data:
                is_data = line != "."
                if not is_data:
                    say("250 taken")
            elif line.upper() == "DATA":
                is_data = True
                say("354 go on")
            elif line.upper() == "QUIT":
                say("221 bye")
                return
            else:
                say("250 fine")


@pytest.mark.parametrize("locale", LETTERS)
@pytest.mark.parametrize("letter", Letter)
def test_every_letter_is_whole_in_every_language(letter, locale):
    words = Words(
        "ana", "The {Nest}", "https://nest.example", "https://nest.example/confirm?token=x", "new@mail.example"
    )
    subject, body = render_letter(letter, locale, words)
    assert "ana" in body
    assert "The {Nest}" in subject
    assert not re.findall(r"\{(name|title|link|email|base_url)\}", subject + body)
    assert set(re.findall(r"https?://[^/\s]+", body)) <= {"https://nest.example"}
    assert body != render_letter(letter, "fr" if locale == "en" else "en", words)[1]


@pytest.mark.parametrize(
    ("locale", "greeting"), [(None, "Hello"), ("de", "Hello"), ("fr_CA", "Bonjour"), ("FR", "Bonjour")]
)
def test_a_letter_speaks_the_members_language(locale, greeting):
    body = render_letter(Letter.RESET, locale, Words("ana", "Nest", "https://nest.example"))[1]
    assert body.startswith(greeting)


async def test_without_a_server_mails_lie_in_a_folder_for_their_owner_alone(tmp_path):
    await Mailer(settings_for(tmp_path)).send(MAIL)
    [file] = (tmp_path / "mail").iterdir()
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert message["to"] == "ana@mail.example"
    assert message["from"] == "rookery@nest.example"
    assert message["subject"] == "Héllo Bcc: eve@evil.example"
    assert message["bcc"] is None
    assert message.get_content().startswith("Bonjour « Ana »")
    assert message.get_content_type() == "text/plain"
    assert file.stat().st_mode & 0o777 == 0o600


async def test_a_link_in_a_mail_of_the_folder_can_be_copied_from_the_file(tmp_path):
    settings = settings_for(tmp_path)
    link = f"http://localhost:3000/password/reset?token={'x' * 80}"
    await Mailer(settings).send(Mail("ana@mail.test", "Réinitialiser", f"Bonjour,\n\n{link}\n\nDemandé à l’instant\n"))
    [path] = (tmp_path / "mail").iterdir()
    assert {link, "Demandé à l’instant"} <= set(path.read_text(encoding="utf-8").splitlines())


async def test_a_mail_leaves_by_smtp(tmp_path):
    heard: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=one_smtp_session, args=(listener, heard))
        thread.start()
        mail = MailSettings(
            host="127.0.0.1", port=listener.getsockname()[1], security="none", sender="nest@nest.example"
        )
        await Mailer(replace(settings_for(tmp_path), mail=mail)).send(MAIL)
        thread.join(10)
    assert "mail FROM:<nest@nest.example>" in [line.partition(" size=")[0] for line in heard]
    assert "rcpt TO:<ana@mail.example>" in heard
    assert [line for line in heard if line.startswith("..")] == ["..", ".."][:1]


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
async def test_a_server_that_does_not_answer_is_tried_later(tmp_path, security):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    mail = MailSettings(host="127.0.0.1", port=port, security=security)
    with pytest.raises(MailNotSent):
        await Mailer(replace(settings_for(tmp_path), mail=mail)).send(MAIL)


async def test_a_server_without_starttls_gets_no_mail_in_clear(tmp_path):
    heard: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=one_smtp_session, args=(listener, heard))
        thread.start()
        mail = MailSettings(host="127.0.0.1", port=listener.getsockname()[1], security="starttls")
        with pytest.raises(MailNotSent):
            await Mailer(replace(settings_for(tmp_path), mail=mail)).send(MAIL)
        thread.join(10)
    assert not [line for line in heard if line.lower().startswith(("mail", "data"))]
