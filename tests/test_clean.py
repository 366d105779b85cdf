"""What students bring is recorded without anything active, and honest work still shows."""

import base64
import html
import re
import struct

import pytest
from bs4 import BeautifulSoup
from nbconvert.filters import ansi2html, markdown2html
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell
from nbformat.validator import validate

from autograder.clean import (
    LONGEST_CODE,
    LONGEST_MARKDOWN,
    LONGEST_TEXT,
    MOST_OUTPUTS,
    TAGS,
    clean_cell,
    clean_markdown,
    clean_outputs,
    clean_text,
)


def png(width: int = 1, height: int = 1) -> str:
    data = (
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", width, height) + b"\x08\x06" + b"\0" * 20
    )
    return base64.b64encode(data).decode()


JPEG = base64.b64encode(b"\xff\xd8\xff\xe0" + b"\0" * 20).decode()


def shown(markdown: str) -> BeautifulSoup:
    """The page's part that nbconvert makes of recorded Markdown."""
    return BeautifulSoup(markdown2html(markdown), "html.parser")


# --- Markdown -----------------------------------------------------------------------------------------------

HONEST = {
    "text": "Some *words*, **more** and `code`.",
    "smaller than": "a < b, and b > c & d",
    "heading": "# Title\n\n## Part\n\ntext",
    "list": "- one\n- two\n    1. three\n    2. four",
    "loose list": "- one\n\n- two\n\n  more",
    "table": "|a|b|\n|-|:-:|\n|1|`x`|",
    "code": "```python\nfor i in x:\n\n    print('$a$', i < 3)\n```",
    "unknown code": "```nothing\n<b>\n```",
    "indented code": "    a = 1\n\n    b = 2",
    "break": "one<br>two  \nthree",
    "html": "<b>bold</b> H<sub>2</sub>O <u>x</u>",
    "rule": "a\n\n---\n\nb",
    "quote": "> one\n> two",
    "strike": "~~no~~",
    "link": "[name](https://docs.python.org/3/a_b.html) <https://a.b/*c*>",
    "reference": "[name]\n\n[name]: https://a.b",
    "formula": "We have $a<b$ and $c_1 > d_2$, $x*y*z$.",
    "display": "$$\n\\frac{a}{b} = \\sum_{i=1}^n x_i\n\n+ 1\n$$",
    "environment": "\\begin{align}\nh_t &= \\tanh(W h_{t-1}) \\\\\nz &< 1\n\\end{align}",
    "bracket formula": "\\\\(a<b\\\\) and \\\\[c\\\\]",
    "macro": "$\\newcommand{\\R}{\\mathbb{R}} x \\in \\R, \\text{style}, \\classical$",
    "escaped": "\\*not bold\\* \\_x\\_ &lt;b&gt; &amp;amp;",
    "letters": "Grüße, 数学, ∂L/∂W, 🙂",
    "price": "5 \\$ and 6 \\$",
    "definition": "term\n: what it is",
    "html table": "<table><tr><td colspan='2'>x</td></tr></table>",
}


@pytest.mark.parametrize("source", HONEST.values(), ids=HONEST.keys())
def test_honest_markdown_shows_the_same(source: str) -> None:
    """What a reader saw before the cleaning is what a reader sees after it."""
    before = BeautifulSoup(markdown2html(source), "html.parser")
    for anchor in before.select("a.anchor-link"):  # nbconvert's own marks beside headings
        anchor.decompose()
    after = shown(clean_markdown(source))
    assert after.get_text().split() == before.get_text(" " if before.find("h1") else "").split()
    assert [pre.get_text() for pre in after.find_all("pre")] == [
        pre.get_text() for pre in before.find_all("pre")
    ]
    assert _kinds(after) == ["div", *_kinds(before)]


def _kinds(page: BeautifulSoup) -> list[str]:
    return [tag.name for tag in page.find_all(True) if tag.name != "tbody"]  # which a browser adds by itself


@pytest.mark.parametrize("source", HONEST.values(), ids=HONEST.keys())
def test_clean_markdown_is_one_line_that_markdown_passes_through(source: str) -> None:
    """Nothing of it is parsed again, so nothing can become active then."""
    cleaned = clean_markdown(source)
    assert "\n" not in cleaned
    assert markdown2html(cleaned).strip() == cleaned


@pytest.mark.parametrize("source", HONEST.values(), ids=HONEST.keys())
def test_cleaning_twice_changes_nothing(source: str) -> None:
    """A notebook that is recorded again stays as it is."""
    once = clean_markdown(source)
    assert clean_markdown(once) == once


def test_a_task_list_keeps_its_boxes() -> None:
    """Boxes are shown as signs, since inputs are not kept."""
    text = shown(clean_markdown("- [ ] open\n- [x] done")).get_text()
    assert "☐ open" in text
    assert "☑ done" in text


SCRIPT = "javascript:alert(1)"
ACTIVE = {
    "script": "<script>alert(1)</script>",
    "script split": "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "broken script": "<script src=//evil.test/x",
    "script in a list": "- a\n\n  <script>alert(1)</script>",
    "script behind a blank line": "<div>\n\n<script>alert(1)\n\n</script></div>",
    "event": "<img src=x onerror=alert(1)>",
    "event with slash": "<img/src=x/onerror=alert(1)>",
    "event on any tag": "<b onmouseover=alert(1) onfocus=alert(1) tabindex=1>x</b>",
    "event in a code fence's language": "```<img src=x onerror=alert(1)>\nx\n```",
    "event in a title": "[x](http://a.b 'y\" onclick=\"alert(1)')",
    "event in an alternative text": '![x" onerror="alert(1)](attachment:x)',
    "link": f"[x]({SCRIPT})",
    "link in capitals": "[x](JaVaScRiPt:alert(1))",
    "link with entity": "[x](&#106;avascript:alert(1))",
    "link with named entities": "[x](javascript&colon;alert&lpar;1&rpar;)",
    "link with long entity": "[x](&#x00000006A;avascript:alert(1))",
    "link with tab": "<a href='java\tscript:alert(1)'>x</a>",
    "link with newline": "<a href='java\nscript:alert(1)'>x</a>",
    "link with entity newline": "<a href='java&NewLine;script&colon;alert(1)'>x</a>",
    "link with control": "<a href='\x01javascript:alert(1)'>x</a>",
    "link with space": "<a href=' javascript:alert(1)'>x</a>",
    "link with slash": "[x](<javascript://a.b/%0Aalert(1)>)",
    "percent link": "[x](javascript%3Aalert(1))",
    "reference": f"[x][y]\n\n[y]: {SCRIPT}",
    "reference in brackets": f"[x]\n\n[x]: <{SCRIPT}>",
    "autolink": f"<{SCRIPT}>",
    "vbscript": "[x](vbscript:msgbox(1))",
    "data link": "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "blob link": "[x](blob:http://a.b/c)",
    "relative link": "[x](/logout) <a href='//evil.test'>x</a> <a href='../api/contents'>y</a>",
    "markdown in entities": "&#91;x&#93;(javascript:alert(1))",
    "html in entities": "&lt;img src=x onerror=alert(1)&gt;",
    "html in entities twice": "&amp;lt;img src=x onerror=alert(1)&amp;gt;",
    "html in code": "`<img src=x onerror=alert(1)>`",
    "html in a formula": "$<img src=x onerror=alert(1)>$",
    "html in a display": "$$<img src=x onerror=alert(1)>$$",
    "html in an environment": "\\begin{x}<img src=x onerror=alert(1)>\\end{x}",
    "end of the block": "a\n\n</div></div><script>alert(1)</script>",
    "the block itself": '<div class="cleaned"><script>alert(1)</script></div>',
    "a block behind the block": '<div class="cleaned">x</div><img src=x onerror=alert(1)></div>',
    "svg": "<svg onload=alert(1)><script>alert(1)</script><a xlink:href='javascript:alert(1)'>x</a></svg>",
    "mathml": "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
    "mutation": "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></table></mtext>",
    "mutation in noscript": "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "comment": "<!--><img src=x onerror=alert(1)>--> <!-- --!><script>alert(1)</script> -->",
    "cdata": "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "iframe": f"<iframe src='{SCRIPT}' srcdoc='<script>alert(1)</script>'></iframe>",
    "object": f"<object data='{SCRIPT}'></object><embed src='{SCRIPT}'>",
    "form": f"<form action='{SCRIPT}'><button formaction='{SCRIPT}'>x</button><input onfocus=alert(1)>",
    "style": "<style>@import 'http://evil.test/x'; body {display: none}</style>",
    "style attribute": "<p style='background:url(http://evil.test/x);position:fixed'>x</p>",
    "style of a table": "<table><tr><td style='text-align:left;background:url(//a.b)'>x</td></tr></table>",
    "base": "<base href='http://evil.test/'>",
    "meta": "<meta http-equiv=refresh content='0;url=http://evil.test'>",
    "linked sheet": "<link rel=stylesheet href=http://evil.test/x>",
    "remote image": "![x](http://evil.test/x.png) <img src=//evil.test/x srcset='http://evil.test/y 2x'>",
    "local image": "![x](/logout) <img src='api/x'>",
    "image as data": "<img src='data:image/svg+xml;base64,PHN2Zz4='> <img src='data:text/html,x'>",
    "media": "<video src=http://evil.test poster=http://evil.test><audio src=http://evil.test>",
    "form grader's links": "<span data-link='x' data-toggle=tooltip data-html=true title='<b>'>x</span>",
    "names": "<b id=MathJax name=base_url class='modal fade in scoring-buttons'>x</b>",
    "mermaid": "```mermaid\nclick a call alert()\n```",
    "formula in a script": "<script type='math/tex'>\\href{javascript:alert(1)}{x}</script>",
}
HARMLESS = {"class", "href", "src", "alt", "title", "width", "height", "start", "colspan", "rowspan", "align"}
HARMLESS |= {"style", "target", "rel"}


@pytest.mark.parametrize("source", ACTIVE.values(), ids=ACTIVE.keys())
def test_nothing_active_is_left_in_markdown(source: str) -> None:
    """Only known tags and attributes are left, links lead to the web, and images are in the page."""
    for tag in shown(clean_markdown(source)).find_all(True):
        assert tag.name in TAGS
        assert set(tag.attrs) <= HARMLESS
        assert re.match(r"https?://|mailto:", tag.get("href", "http://"))
        assert re.match(r"data:image/(png|jpeg);base64,", tag.get("src", "data:image/png;base64,"))
        assert re.fullmatch(r"(text-align:\s*(left|right|center);?)?", tag.get("style", ""))
        assert set(tag.get("class", [])) <= {"cleaned", "highlight"}


@pytest.mark.parametrize("source", ACTIVE.values(), ids=ACTIVE.keys())
def test_cleaned_hostile_markdown_is_not_parsed_again(source: str) -> None:
    """The second rendering adds nothing to what was cleaned, and a second cleaning takes nothing away."""
    cleaned = clean_markdown(source)
    assert markdown2html(cleaned).strip() == cleaned
    assert clean_markdown(cleaned) == cleaned


FORMULAS = [
    r"$\href{javascript:alert(1)}{x}$",
    r"$$\require{html}\style{position:fixed}{x}$$",
    r"\begin{align}\class{modal}{x}\cssId{y}{z}\end{align}",
    r"\\(\unicode[url(x)]{65}\data{a=b}{c}\\)",
    r"$\bbox[background:url(//evil.test)]{x}$",
    r"$\mmlToken{mi}[href='javascript:alert(1)']{x}$",
    r"$\htmlData{x}\htmlId{x}\htmlClass{x}\htmlStyle{x}\url{javascript:alert(1)}\includegraphics{x}$",
    r"<div>$\hr<wbr>ef{javascript:alert(1)}{x}$</div>",
    r"<div>$\hr<x></x>ef{javascript:alert(1)}{x}$</div>",
    r"<div>$\hr<!-- -->ef{javascript:alert(1)}{x}$</div>",
    r"<div>$&#92;href{javascript:alert(1)}{x}$</div>",
    r"<div>$\hr<script></script>ef{javascript:alert(1)}{x}$</div>",
    r"<code>\hr</code>\href{javascript:alert(1)}{x}",
    r"&#36;\href{javascript:alert(1)}{x}&#36;",
    r"<p>\href{javascript:alert(1)}{x}</p>",
    r"$\let\x\href \x{javascript:alert(1)}{x}$",
    "$\\hr\x00ef{javascript:alert(1)}{x}$",
    "$\\href\n{javascript:alert(1)}{x}$",
]


@pytest.mark.parametrize("source", FORMULAS)
def test_macros_that_act_are_no_macros_any_more(source: str) -> None:
    """MathJax finds no macro that makes links or styles; a reader still sees which one stood there."""
    text = shown(clean_markdown(source)).get_text()
    assert not re.search(
        r"\\(href|require|style|class|cssId|unicode|data|bbox|mmlToken|html\w+|url|include)", text
    )
    assert "∖" in text


def test_an_attached_photo_is_kept() -> None:
    """A derivation on paper comes as an attached image."""
    attachments = {"my photo.png": {"image/png": png()}, "b.jpg": {"image/jpeg": JPEG}}
    cleaned = clean_markdown(
        "![one](<attachment:my photo.png>)\n\n<img src='attachment:b.jpg' width=300>", attachments
    )
    images = shown(cleaned).find_all("img")
    assert [image["src"] for image in images] == [
        f"data:image/png;base64,{png()}",
        f"data:image/jpeg;base64,{JPEG}",
    ]
    assert clean_markdown(cleaned) == cleaned


@pytest.mark.parametrize(
    "bundle",
    [
        {"image/svg+xml": base64.b64encode(b"<svg onload='alert(1)'/>").decode()},
        {"text/html": base64.b64encode(b"<script>alert(1)</script>").decode()},
        {"image/png": base64.b64encode(b"<svg onload='alert(1)'/>").decode()},
        {"image/png": '"><script>alert(1)</script>'},
        {"image/png": png(60_000, 60_000)},
        {"image/png": png() + "é"},
        {'image/png" onerror="alert(1)': png()},
        {"image/jpeg": png()},
        {"image/png": ["x"]},
        {},
    ],
)
def test_an_attachment_that_is_no_picture_is_dropped(bundle: dict[str, str]) -> None:
    """An attachment's type is checked against its bytes."""
    page = shown(clean_markdown("![a](attachment:x)", {"x": bundle}))
    assert not page.find("img").get("src")


def test_a_missing_attachment_is_no_error() -> None:
    """A notebook may name files that it did not bring."""
    assert "photo" in str(shown(clean_markdown("![photo](attachment:nothing.png)")))


def test_an_image_from_elsewhere_leaves_a_note() -> None:
    """A reader learns that there was an image."""
    assert "[image not recorded: my plot]" in shown(clean_markdown("![my plot](plot.png)")).get_text()


def test_markdown_without_end_is_shown_as_it_was_written() -> None:
    """A cell that would take long to render is not rendered."""
    source = "**a** <script> " * LONGEST_MARKDOWN
    page = shown(clean_markdown(source))
    assert page.pre.get_text().startswith("**a** <script> **a**")
    assert page.find("script") is None


@pytest.mark.parametrize(
    "piece", ["> ", "[", "<div>", "*a_", "- \n", "$", "\\begin{a}", "  - a\n", "<b><table>", "`"]
)
def test_markdown_made_to_hang_does_not(piece: str) -> None:
    """Nested and unfinished pieces end in a page."""
    assert clean_markdown((piece * LONGEST_MARKDOWN)[: LONGEST_MARKDOWN // 3]).startswith(
        '<div class="cleaned">'
    )


# --- Text and outputs ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\tb\nc", "a\tb\nc"),
        ("\x1b[31mred\x1b[0m \x1b[1;38;5;9mx", "\x1b[31mred\x1b[0m \x1b[1;38;5;9mx"),
        ("a\x1b[2J\x1b[1;1Hb\x1b[?25l", "ab"),
        ("\x1b]8;;http://evil.test\x07link\x1b]8;;\x07", "link"),
        ("\x1b]0;title\x1b\\x", "x"),
        ("\x1b]0;no end", ""),
        ("\x1bPq#0\x1b\\x\x1bcy\x1b(0z", "xyz"),
        ("\x1b\x1b[31m\x1b", "\x1b[31m"),
        ("\x1b[" + "1;" * 50 + "mx", "x"),
        ("a\x00b\x07c\x7fd\x9be", "abcde"),
        ("10%\r50%\r100%\ndone\r\n", "100%\ndone\n"),
        ("kept\r", "kept"),
        ("\ud800a\udfff", "a"),
        ("abc\u202ecba\u2066x", "abccbax"),
        ("🙂 é 数", "🙂 é 数"),
    ],
)
def test_text_keeps_what_is_shown(text: str, expected: str) -> None:
    """Newlines, tabs and colours stay; other commands to a terminal go."""
    assert clean_text(text) == expected


@pytest.mark.parametrize(
    "code", ["", ";", ";;", "38;5", "38;5;999", "38;2;1", "48;2;999;999;999", "9" * 40, "38;5;"]
)
def test_any_colour_that_is_kept_can_be_rendered(code: str) -> None:
    """The page that shows a colour does not fail on it."""
    assert "<script" not in ansi2html(clean_text(f"\x1b[{code}m<script>x\x1b[0m"))


def test_long_text_is_cut_and_says_so() -> None:
    """A flood of output does not fill the gradebook."""
    text = clean_text("x" * 10 * LONGEST_TEXT)
    assert len(text) < LONGEST_TEXT + 100
    assert text.endswith(f"[cut after {LONGEST_TEXT} characters]")


def test_text_pictures_and_errors_of_outputs_are_kept() -> None:
    """What an honest notebook shows is recorded."""
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": ["a\n", "b\n"]},
        {"output_type": "stream", "name": "stderr", "text": "c"},
        {"output_type": "execute_result", "execution_count": 3, "metadata": {}, "data": {"text/plain": "4"}},
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {"image/png": png() + "\n", "text/plain": "<Figure>"},
        },
        {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["\x1b[31mE\x1b[0m: v", "x"]},
    ]
    assert clean_outputs(outputs) == [
        {"output_type": "stream", "name": "stdout", "text": "a\nb\n"},
        {"output_type": "stream", "name": "stderr", "text": "c"},
        {"output_type": "execute_result", "execution_count": 3, "metadata": {}, "data": {"text/plain": "4"}},
        {
            "output_type": "display_data",
            "metadata": {"image/png": {"alt": "a figure that this cell drew"}},
            "data": {"image/png": png(), "text/plain": "<Figure>"},
        },
        {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["\x1b[31mE\x1b[0m: v", "x"]},
    ]


@pytest.mark.parametrize(
    "kind",
    [
        *(
            "text/html",
            "application/javascript",
            "image/svg+xml",
            "text/latex",
            "text/markdown",
            "image/jpeg",
        ),
        *("application/vnd.jupyter.widget-view+json", "application/pdf", "application/vnd.plotly.v1+json"),
    ],
)
def test_other_kinds_leave_a_note(kind: str) -> None:
    """HTML, scripts, drawings and widgets are not recorded, and a reader is told."""
    output = {
        "output_type": "display_data",
        "data": {kind: "<script>alert(1)</script>"},
        "metadata": {"a": 1},
    }
    assert clean_outputs([output]) == [
        {
            "output_type": "display_data",
            "data": {"text/plain": f"[{kind} output not recorded]"},
            "metadata": {},
        }
    ]


def test_html_beside_text_goes_without_a_note() -> None:
    """A table's text stands for its HTML."""
    output = {"output_type": "display_data", "data": {"text/html": "<b>", "text/plain": "b"}, "metadata": {}}
    assert clean_outputs([output])[0].data == {"text/plain": "b"}


@pytest.mark.parametrize("image", ["PHN2Zz4=", '"><script>', png(2**31, 2**31), png(0, 1), None, 3, {"a": 1}])
def test_a_picture_that_is_none_is_not_recorded(image: object) -> None:
    """Whatever its name says, an image has a PNG file's beginning and a size that can be shown."""
    output = {"output_type": "display_data", "data": {"image/png": image}, "metadata": {}}
    assert "image/png" not in clean_outputs([output])[0].data


def test_outputs_without_sense_are_dropped() -> None:
    """A notebook's file may hold anything."""
    odd = [{}, {"output_type": "update_display_data"}, {"output_type": ["stream"]}, {"output_type": None}]
    assert clean_outputs(odd) == []
    assert clean_outputs([{"output_type": "display_data", "data": [1]}])[0].data == {
        "text/plain": "[unknown output not recorded]"
    }


def test_many_outputs_are_cut() -> None:
    """A cell has room for so many."""
    assert len(clean_outputs([{"output_type": "stream", "text": "x"}] * 10_000)) == MOST_OUTPUTS


# --- Cells --------------------------------------------------------------------------------------------------


def test_a_code_cell_keeps_its_source_alone() -> None:
    """Code is text to whatever shows it."""
    cell = new_code_cell("x = '<script>'\r\ny = 1", id="mine", metadata={"tags": ["a"]}, execution_count=7)
    cell.outputs = [{"output_type": "stream", "name": "stdout", "text": "x"}]
    kept = clean_cell(cell)
    assert kept == new_code_cell("x = '<script>'\ny = 1", id="mine")


def test_a_raw_cell_becomes_text() -> None:
    """Raw cells go into the page as they are, so they are recorded as what a reader would see."""
    kept = clean_cell(new_raw_cell("<script>a</script>\n\n*b* `c`", metadata={"raw_mimetype": "text/html"}))
    assert kept.cell_type == "markdown"
    assert shown(kept.source).pre.get_text() == "<script>a</script>\n\n*b* `c`"


def test_a_markdown_cell_is_cleaned_with_its_attachments() -> None:
    """Images move from the attachments into the source."""
    cell = new_markdown_cell("![a](attachment:a.png)", attachments={"a.png": {"image/png": png()}})
    kept = clean_cell(cell)
    assert png() in html.unescape(kept.source)
    assert "attachments" not in kept


@pytest.mark.parametrize(
    "cell",
    [
        {},
        {"cell_type": "code"},
        {"cell_type": "markdown", "source": None, "attachments": 3},
        {"cell_type": "markdown", "source": ["# a\n", "b"], "attachments": {"a": 1}, "id": "<script>"},
        {"cell_type": "strange", "source": "x\ud800", "id": 5},
        {"cell_type": "code", "source": "x" * 10 * LONGEST_CODE},
    ],
)
def test_any_cell_becomes_a_valid_one(cell: dict[str, object]) -> None:
    """Whatever a notebook's file holds, what is recorded can be read by nbformat."""
    validate(new_notebook(cells=[clean_cell(cell)]))
    assert clean_cell(cell) == clean_cell(cell)
