"""Open what carries files: zip archives and e-mails (.eml, .msg). Every attachment becomes an entry of its own."""

from __future__ import annotations

import base64
import email
import email.policy
from collections.abc import Iterator
from typing import Any, NamedTuple

from cqdt_batch.definition.records import Limits
from cqdt_batch.findings import Finding, Where, error
from cqdt_batch.intake.container import MIB, FileKind, mib, over_limit, unpack
from cqdt_batch.intake.ole import outlook_attachments

CARRIERS = frozenset({FileKind.ZIP, FileKind.MAIL, FileKind.MSG})
"""The kinds of files that are opened for what is in them."""

DEEPEST = 3
"""A mail in an archive in a mail is opened; whatever lies deeper is not."""


class Attachment(NamedTuple):
    """A file inside another: its name there, and its bytes."""

    name: str
    data: bytes


def attachments(data: bytes, kind: FileKind, name: str, limits: Limits) -> tuple[Attachment, ...] | Finding:
    """List what a file carries, in its own order, or say why it cannot be opened."""
    if kind is FileKind.ZIP:
        parts = unpack(data, name, limits)
        return parts if isinstance(parts, Finding) else tuple(Attachment(n, part) for n, part in parts.items())
    read = _from_mail if kind is FileKind.MAIL else outlook_attachments
    try:
        found = tuple(Attachment(*one) for one in read(data))
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - a damaged mail makes its parser raise whatever it meets
        return error("file_damaged", Where(file=name))
    if len(found) > limits.parts:
        return over_limit(name, "parts", len(found), limits)
    size = sum(len(attachment.data) for attachment in found)
    return over_limit(name, "unpacked", mib(size), limits) if size > limits.unpacked * MIB else found


def _from_mail(data: bytes) -> Iterator[tuple[str, bytes]]:
    letter = email.message_from_bytes(data, policy=email.policy.default)
    for number, part in enumerate(letter.walk(), 1):
        if part.get_content_type() == "message/rfc822":
            if part.get("content-transfer-encoding", "").casefold() == "base64":
                yield f"{number}.eml", _decoded(part.get_payload(0))
            continue  # the attachments of a plain one follow in the walk
        named = part.get_filename()
        is_letter = part.get_content_maintype() == "text" and part.get_content_disposition() != "attachment"
        if not part.is_multipart() and (named or not is_letter):
            content = part.get_payload(decode=True)
            yield named or f"{number}", content if isinstance(content, bytes) else b""


def _decoded(letter: Any) -> bytes:
    """A letter that was attached in base64, against the rules; ValueError where nothing comes of it."""
    data = base64.b64decode(letter.get_payload())
    if not data:
        raise ValueError("an empty letter")
    return data
