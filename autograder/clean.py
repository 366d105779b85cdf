"""What a student's notebook brings, made safe to show.

The form grader shows it in the origin of the instructor's server, and the feedback to students. Everything
goes by allow-list. Markdown is rendered once here, cleaned as HTML and stored as one HTML block that Markdown
passes through, so that nothing in it is parsed a second time. Outputs keep text and PNG images.
"""

import base64
import binascii
import hashlib
import html
import re
import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import nh3
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from pygments.token import STANDARD_TYPES  # type: ignore[import-untyped]  # no types installed

__all__ = ["clean_cell", "clean_markdown", "clean_outputs", "clean_text"]

LONGEST_TEXT = 100_000  # characters of one output
LONGEST_NAME = 200  # characters of an exception's name
LONGEST_MARKDOWN = 30_000  # characters of a cell; a longer one is shown unrendered
LONGEST_CODE = 500_000  # characters of a cell
MOST_OUTPUTS = 200  # of a cell
LARGEST_IMAGE = 12 * 2**20  # bytes: a photo of a derivation
MOST_PIXELS = 50_000_000  # a small PNG file may unpack to gigabytes
MOST_IMAGE_BYTES = 24 * 2**20  # of a cell

TAGS = {
    *(
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "caption",
        "center",
        "code",
        "dd",
        "del",
        "div",
        "dl",
        "dt",
        "em",
    ),
    *(
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "mark",
    ),
    *(
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
    ),
    *("th", "thead", "tr", "tt", "u", "ul", "var"),
}
NOT_EVEN_THEIR_TEXT = {
    *("iframe", "math", "noscript", "object", "script", "style", "svg", "template", "textarea", "title"),
}
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan", "align", "style"},
    "th": {"colspan", "rowspan", "align", "style"},
}
CLASSES = {"div": {"highlight"}, "span": set(STANDARD_TYPES.values()) - {""}}  # highlighted code
# Macros of MathJax and KaTeX that make links, attributes or styles, or load more macros.
MACROS = (
    *("href", "url", "class", "cssId", "style", "data", "require", "unicode", "bbox", "mmlToken", "enclose"),
    *("includegraphics", "csname", "catcode", "htmlClass", "htmlId", "htmlStyle", "htmlData"),
    *("texttip", "mathtip", "toggle", "action"),
)

_ACTIVE_MACRO = re.compile(rf"\\(?=(?:{'|'.join(MACROS)})(?![A-Za-z]))")
_WRAPPED = re.compile(r'<div class="cleaned">(.*)</div>')
_DATA_URL = re.compile(r"data:(image/[a-z]+);base64,(.*)", re.DOTALL)
_MIME = re.compile(r"[a-z]+/[\w.+-]{1,60}")
_CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
# Terminal commands, but for colours: CSI; OSC and the like with their text; the rest.
_ESCAPE = re.compile(
    r"(?!\x1b\[[0-9;]{0,40}m)"
    r"(?:\x1b\[[0-?]*[ -/]*[@-~]|\x1b[]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)|\x1b(?!\[)[ -/]*[0-~]?|\x1b\[?)"
)
# Control characters, lone surrogates, and marks that turn the direction of reading.
_UNSHOWN = re.compile(
    "[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


# --- Text ---------------------------------------------------------------------------------------------------


def clean_text(text: str) -> str:
    """Text without control characters, but for newlines, tabs and colours; bounded."""
    text = text[: 2 * LONGEST_TEXT].replace("\r\n", "\n")
    text = "\n".join(_after_returns(line) for line in text.split("\n"))
    return _bounded(_shown(_ESCAPE.sub("", text)), LONGEST_TEXT)


def _after_returns(line: str) -> str:
    """What a terminal shows of a line that a progress bar wrote over and over."""
    return line.rstrip("\r").rpartition("\r")[2]


def _shown(text: str) -> str:
    return _UNSHOWN.sub("", text)


def _bounded(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}\n[cut after {most} characters]"


def _plain(text: str) -> str:
    """Source text: no colours either."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _shown(text).replace("\x1b", "")


# --- Images -------------------------------------------------------------------------------------------------


def _image(mime: str, encoded: object) -> str | None:
    """The image in canonical base64, or None if it is not what its type says, or too large."""
    if not isinstance(encoded, str) or len(encoded) > 2 * LARGEST_IMAGE:
        return None
    try:
        data = base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    known = _is_png(data) if mime == "image/png" else mime == "image/jpeg" and _is_jpeg(data)
    return base64.b64encode(data).decode("ascii") if known and len(data) <= LARGEST_IMAGE else None


def _is_jpeg(data: bytes) -> bool:
    return data.startswith(b"\xff\xd8\xff")


def _is_png(data: bytes) -> bool:
    if not data.startswith(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR") or len(data) < 24:
        return False
    width, height = struct.unpack(">II", data[16:24])
    return 0 < int(width) * int(height) <= MOST_PIXELS


def _data_url(mime: str, encoded: object) -> str | None:
    image = _image(mime, encoded)
    return f"data:{mime};base64,{image}" if image else None


# --- Markdown -----------------------------------------------------------------------------------------------


class _Renderer(IPythonRenderer):  # type: ignore[misc]  # nbconvert has no types
    """nbconvert's own, except that it leaves the attachments to the cleaning."""

    def image(self, text: str, url: str, title: str | None = None) -> str:
        if not url.startswith(("attachment:", "data:image/")):
            return f"[image not recorded: {html.escape(text)}]"
        return f'<img src="{html.escape(url)}" alt="{html.escape(text)}">'


def clean_markdown(source: str, attachments: Mapping[str, Mapping[str, str]] | None = None) -> str:
    """Markdown that renders like the source, with nothing active left; its images are PNG and JPEG only.

    The result is one line, an HTML block. Cleaning it again changes nothing.
    """
    source = _plain(source)
    images = _Images(attachments or {})
    wrapped = _WRAPPED.fullmatch(source)
    return _wrap(_clean_html(wrapped[1] if wrapped else _render(source), images))


def _render(source: str) -> str:
    if len(source) > LONGEST_MARKDOWN:
        return _preformatted(source)
    try:
        rendered: str = MarkdownWithMath(_Renderer(escape=False, exclude_anchor_links=True)).render(source)
    except RecursionError:
        return _preformatted(source)
    for box, sign in (("disabled checked/>", "☑ "), ("disabled/>", "☐ ")):
        rendered = rendered.replace(f'<input class="task-list-item-checkbox" type="checkbox" {box}', sign)
    return rendered


def _preformatted(text: str) -> str:
    return f"<pre>{html.escape(_bounded(text, LONGEST_TEXT), quote=False)}</pre>"


class _Images:
    """Looks up and counts a cell's images."""

    def __init__(self, attachments: Mapping[str, Mapping[str, str]]) -> None:
        self.attachments = attachments
        self.bytes_left = MOST_IMAGE_BYTES

    def source(self, url: str) -> str | None:
        """The `src` to keep for one that the student wrote."""
        if match := _DATA_URL.fullmatch(url):
            return self._counted(_data_url(match[1], match[2]))
        name = url.removeprefix("attachment:")
        bundle = self.attachments.get(name) or self.attachments.get(unquote(name)) or {}
        found = (_data_url(mime, bundle[mime]) for mime in ("image/png", "image/jpeg") if mime in bundle)
        return self._counted(next(filter(None, found), None))

    def _counted(self, url: str | None) -> str | None:
        self.bytes_left -= len(url or "")
        return url if self.bytes_left >= 0 else None


def _clean_html(page: str, images: _Images) -> str:
    def keep(tag: str, attribute: str, value: str) -> str | None:
        if attribute == "src":
            return images.source(value)
        if attribute == "href":  # a relative link would lead to the server that shows the page
            return value if re.match(r"(?:https?://|mailto:)\S+$", value) else None
        return value

    cleaned = nh3.clean(
        page,
        tags=TAGS,
        clean_content_tags=NOT_EVEN_THEIR_TEXT,
        attributes=ATTRIBUTES,
        attribute_filter=keep,
        url_schemes={"http", "https", "mailto", "data", "attachment"},
        allowed_classes=CLASSES,
        filter_style_properties={"text-align"},
    )
    return _ACTIVE_MACRO.sub(
        "∖", cleaned
    )  # a sign that looks like a backslash, so the formula can still be read


def _wrap(cleaned: str) -> str:
    """One line, an HTML block; signs that Markdown or a search for formulas could see are spelt out."""
    spelt = re.sub(r"[\n$\\`*_~@|\[\]]", lambda sign: f"&#{ord(sign[0])};", cleaned.strip())
    return f'<div class="cleaned">{spelt}</div>'


# --- Outputs ------------------------------------------------------------------------------------------------


def clean_outputs(outputs: Sequence[Mapping[str, Any]]) -> list[NotebookNode]:
    """The text, PNG images and errors of a cell's outputs; of other kinds a note that they were there."""
    cleaned = (_clean_output(output) for output in outputs[:MOST_OUTPUTS])
    return [output for output in cleaned if output is not None]


def _clean_output(output: Mapping[str, Any]) -> NotebookNode | None:
    match output.get("output_type"):
        case "stream":
            name = "stderr" if output.get("name") == "stderr" else "stdout"
            return new_output("stream", name=name, text=_joined(output.get("text")))
        case "error":
            return new_output(
                "error",
                ename=_joined(output.get("ename"))[:LONGEST_NAME],
                evalue=_joined(output.get("evalue")),
                traceback=_joined("\n".join(_strings(output.get("traceback")))).split("\n"),
            )
        case "display_data":
            return new_output("display_data", **_clean_display(output))
        case "execute_result":
            count = output.get("execution_count")
            number = count if type(count) is int else None
            return new_output("execute_result", **_clean_display(output), execution_count=number)
        case _:
            return None


def _clean_display(output: Mapping[str, Any]) -> dict[str, Any]:
    data = _clean_data(output.get("data"))
    if "image/png" not in data:
        return {"data": data}
    return {"data": data, "metadata": {"image/png": {"alt": "a figure that this cell drew"}}}


def _clean_data(data: object) -> dict[str, str]:
    bundle = data if isinstance(data, Mapping) else {}
    kept: dict[str, str] = {}
    if "text/plain" in bundle:
        kept["text/plain"] = _joined(bundle["text/plain"])
    if image := _image("image/png", "".join(_strings(bundle.get("image/png")))):
        kept["image/png"] = image
    return kept or {"text/plain": f"[{_kinds(bundle)} output not recorded]"}


def _kinds(bundle: Iterable[object]) -> str:
    kinds = sorted(kind for kind in bundle if isinstance(kind, str) and _MIME.fullmatch(kind))
    return ", ".join(kinds[:4]) or "unknown"


def _strings(value: object) -> list[str]:
    """A notebook's file may hold a text as a list of its lines."""
    parts = value if isinstance(value, list) else [value]
    return [part for part in parts if isinstance(part, str)]


def _joined(value: object) -> str:
    return clean_text("".join(_strings(value)))


# --- Cells --------------------------------------------------------------------------------------------------


def clean_cell(cell: Mapping[str, Any]) -> NotebookNode:
    """A student's own cell, of which only the source is kept: code stays code, the rest is Markdown."""
    source = "".join(_strings(cell.get("source")))
    kind = cell.get("cell_type")
    if kind == "code":
        return new_code_cell(_bounded(_plain(source), LONGEST_CODE), id=_cell_id(cell, source))
    if kind == "markdown":
        text = clean_markdown(source, _attachments(cell.get("attachments")))
    else:
        text = _wrap(_clean_html(_preformatted(_plain(source)), _Images({})))
    return new_markdown_cell(text, id=_cell_id(cell, source))


def _attachments(value: object) -> dict[str, dict[str, str]]:
    files = value if isinstance(value, Mapping) else {}
    return {str(name): dict(bundle) for name, bundle in files.items() if isinstance(bundle, Mapping)}


def _cell_id(cell: Mapping[str, Any], source: str) -> str:
    own = cell.get("id")
    if isinstance(own, str) and _CELL_ID.fullmatch(own):
        return own
    return hashlib.sha256(source.encode("utf-8", "replace")).hexdigest()[:8]
