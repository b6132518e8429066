"""The upload form: multipart/form-data with the file in the field `image`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_multipart import FormParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from reference_service.handlers.body import media_type, raw_body
from reference_service.handlers.problem import Problem

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
    from python_multipart.multipart import Field, File

# A Lambda event holds 6 MB at most, in which an image takes a third more as base64.
MAX_IMAGE_BYTES = 4 * 1024 * 1024
_FORM_OVERHEAD = 64 * 1024


def uploaded_image(event: APIGatewayProxyEvent) -> bytes:
    """The bytes of the field `image`; Problem 413, 415, or 400 for a form without it."""
    if media_type(event) != "multipart/form-data":
        raise Problem(415, "The upload has to be multipart/form-data.")
    boundary = parse_options_header(event.headers.get("content-type"))[1].get(b"boundary")
    if not boundary:
        raise Problem(400, "The upload names no boundary.")
    data = raw_body(event, limit=MAX_IMAGE_BYTES + _FORM_OVERHEAD)
    files: list[tuple[bytes | None, bytes]] = []

    def keep(part: File) -> None:
        part.file_object.seek(0)
        files.append((part.field_name, part.file_object.read()))
        part.close()

    def pass_over(_: Field) -> None:
        """Other fields of the form mean nothing here."""

    parser = FormParser(
        "multipart/form-data",
        on_field=pass_over,
        on_file=keep,
        boundary=boundary,
        config={"MAX_MEMORY_FILE_SIZE": len(data) + 1},
    )
    try:
        parser.write(data)
        parser.finalize()
    except FormParserError as error:
        raise Problem(400, "The upload is no well-formed form.") from error
    if len(files) != 1 or files[0][0] != b"image":
        raise Problem(400, "The upload needs one file, in the field image.")
    image = files[0][1]
    if len(image) > MAX_IMAGE_BYTES:
        raise Problem(413, f"The image is larger than {MAX_IMAGE_BYTES} bytes.")
    return image
