"""A hostile notebook, recorded clean, does nothing in a real browser; as it was handed in, it does."""

import base64
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from nbconvert.exporters import HTMLExporter
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell
from playwright.sync_api import Browser, Page, Route, sync_playwright
from traitlets.config import Config

from autograder.clean import clean_cell, clean_outputs

ORIGIN = "http://grader.test"
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium package")


def data(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


# One grey pixel.
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
SVG = "<svg xmlns='http://www.w3.org/2000/svg' onload=\"{}\"/>"

# Each piece calls ran() with its own name, on loading or when its link is followed.
MARKDOWN = {
    "script": "<script>ran('script')</script>",
    "script behind a list": "- a\n\n<script>ran('script behind a list')</script>",
    "event": "<img src=/no/event onerror=\"ran('event')\">",
    "slash": "<div><img/src='/no/slash'/onerror=ran('slash')></div>",
    "toggle": "<details open ontoggle=\"ran('toggle')\"><summary>x</summary></details>",
    "focus": "<input autofocus onfocus=\"ran('focus')\">",
    "svg": SVG.format("ran('svg')"),
    "svg script": "<svg><script>ran('svg script')</script></svg>",
    "mutation": (
        "<math><mtext><table><mglyph><style><!--</style>"
        "<img title='--&gt;&lt;img src=1 onerror=ran(&quot;mutation&quot;)&gt;'>"
    ),
    "iframe": "<iframe srcdoc=\"<script>parent.ran('iframe')</script>\"></iframe>",
    "iframe link": "<iframe src=\"javascript:parent.ran('iframe link')\"></iframe>",
    "embed": "<embed src=\"javascript:parent.ran('embed')\">",
    "style": "<style>body {background: url(/no/style)}</style>",
    "remote image": "![x](http://evil.test/image.png)",
    "local image": "![x](/api/local.png)",
    "sheet": "<link rel=stylesheet href=/no/link>",
    "link": "[x](javascript:ran('link'))",
    "link in capitals": "[x](JaVaScRiPt:ran('link%20in%20capitals'))",
    "link with entity": "[x](&#106;avascript:ran('link%20with%20entity'))",
    "link with names": "[x](javascript&colon;ran&lpar;'link%20with%20names'&rpar;)",
    "link with tab": "<a href=\"java\tscript:ran('link with tab')\">x</a>",
    "link with newline": "<a href=\"java&NewLine;script&colon;ran('link with newline')\">x</a>",
    "link with control": "<a href=\"&#1;javascript:ran('link with control')\">x</a>",
    "reference": "[x][y]\n\n[y]: javascript:ran('reference')",
    "autolink": "<javascript:ran('autolink')>",
    "form": "<form action=\"javascript:ran('form')\"><button><a>x</a></button></form>",
    "data link": f"[x](data:text/html;base64,{data('<script>alert(1)</script>')})",
    "entities": "&#91;x&#93;(javascript:ran('entities')) &lt;img src=/no onerror=ran('entities')&gt;",
    "fence": "```<img src=/no/fence onerror=ran('fence')>\nx\n```",
    "display": "$$\n<img src=/no/display onerror=\"ran('display')\">\n$$",
    "formula": "$\\href{javascript:ran('formula')}{x}$ <script type='math/tex'>\\href{x}{y}</script>",
    "end of the block": "</div></div>\n\n<script>ran('end of the block')</script>",
    "block": "<div class=\"cleaned\"><script>ran('block')</script></div>",
    "mermaid": "```mermaid\ngraph TD\nclick a href \"javascript:ran('mermaid')\"\n```",
}
PHOTO = {"image/svg+xml": data(SVG.format("ran('attachment')")), "image/png\" onerror=\"ran('mime')": "x"}
WIDGET = "application/vnd.jupyter.widget-view+json"
OUTPUTS = {
    "html output": {"text/html": "<script>ran('html output')</script><img src=/no/output>"},
    "script output": {"application/javascript": "ran('script output')"},
    "drawing": {"image/svg+xml": SVG.format("ran('drawing')")},
    "markdown output": {"text/markdown": "<script>ran('markdown output')</script>"},
    "latex": {"text/latex": "$\\href{javascript:ran('latex')}{x}$ <script>ran('latex')</script>"},
    "image output": {"image/png": "x\" onerror=\"ran('image output')"},
    "text output": {"text/plain": "<script>ran('text output')</script>"},
    "widget": {WIDGET: {"model_id": "x", "a": "</script><script>ran('widget')</script>"}},
}
CODE = "# </pre></div><script>ran('code')</script>\n'''<img src=/no/code onerror=ran('code')>'''"
TERMINAL = (
    "\x1b[31m<script>ran('terminal')</script>\x1b[0m\x1b]8;;javascript:ran('terminal')\x07x\x1b]8;;\x07"
)

# What runs or calls out in the pages that nbgrader makes of the notebook as it was handed in; the rest of the
# pieces would need a renderer or a library that is not there, and stay for the day when it is.
KNOWN_TO_RUN = {
    *(
        "script",
        "script behind a list",
        "event",
        "slash",
        "toggle",
        "svg",
        "svg script",
        "iframe",
        "iframe link",
    ),
    *(
        "link",
        "link in capitals",
        "link with entity",
        "link with names",
        "link with tab",
        "link with newline",
    ),
    *("link with control", "reference", "autolink", "form", "end of the block", "block"),
    *("html output", "script output", "markdown output"),
}
KNOWN_REQUESTS = {"/no/event", "/no/output", "/no/link", "/image.png", "/api/local.png"}


def handed_in() -> NotebookNode:
    """The hostile notebook: each piece in a cell of its own, and one in a cell that is graded by hand."""
    cells = [new_markdown_cell(source) for source in MARKDOWN.values()]
    cells.append(new_markdown_cell("![x](attachment:a)", attachments={"a": PHOTO}))
    cells.append(new_markdown_cell(MARKDOWN["link"] + "\n\n" + MARKDOWN["event"], metadata=_graded("answer")))
    cells.append(new_raw_cell("<script>ran('raw')</script>", metadata={"raw_mimetype": "text/html"}))
    outputs = [new_output("display_data", data=bundle) for bundle in OUTPUTS.values()]
    outputs.append(new_output("stream", text=TERMINAL))
    outputs.append(new_output("error", ename=TERMINAL, evalue=TERMINAL, traceback=[TERMINAL]))
    cells.append(new_code_cell(CODE, outputs=outputs, metadata=_graded("code")))
    return new_notebook(cells=cells)


def _graded(name: str) -> dict[str, object]:
    facts = {"grade_id": name, "grade": True, "solution": True, "locked": False, "points": 1, "score": 0}
    return {"nbgrader": {**facts, "schema_version": 3, "comment": ""}}


def recorded(notebook: NotebookNode) -> NotebookNode:
    """The notebook as the gradebook gets it: each cell clean, the release's metadata, clean outputs."""
    cells = []
    for cell in notebook.cells:
        kept = clean_cell(cell)
        kept.metadata = {key: value for key, value in cell.metadata.items() if key == "nbgrader"}
        if kept.cell_type == "code":
            kept.outputs = clean_outputs(cell.outputs)
        cells.append(kept)
    return new_notebook(cells=cells)


def feedback(notebook: NotebookNode) -> str:
    """The page that `nbgrader generate_feedback` writes."""
    from nbgrader.converters import GenerateFeedback
    from nbgrader.coursedir import CourseDirectory

    converter = GenerateFeedback(coursedir=CourseDirectory())
    exporter = HTMLExporter(config=converter.config)
    styles = converter.preprocessors[1]  # the other one reads the database
    exporter.register_preprocessor(styles, enabled=True)
    facts = {"notebook": "hw", "score": 0, "max_score": 2, "late_penalty": 0}
    return exporter.from_notebook_node(notebook, resources={"nbgrader": facts})[0]


def form_grader(notebook: NotebookNode) -> str:
    """The page that the form grader shows."""
    from nbgrader.server_extensions.formgrader import handlers

    config = Config()
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    resources = dict.fromkeys(("assignment_id", "notebook_id", "submission_id", "student", "last_name"), "x")
    resources |= {"first_name": "x", "base_url": "", "notebook_path": "x", "index": 0, "total": 1}
    return HTMLExporter(config=config).from_notebook_node(notebook, resources=resources)[0]


def plain(notebook: NotebookNode) -> str:
    """The page that nbconvert makes by itself."""
    return HTMLExporter().from_notebook_node(notebook)[0]


PAGES = {"feedback": feedback, "form grader": form_grader, "plain": plain}


# Templates expect jQuery, which is not fetched; pieces inside of frames call the page's own ran().
RECORDER = """
    window.$ = window.jQuery = () => ({ready() {}, tooltip() {}, each() {}});
    window.pieces = [];
    window.ran = piece => { pieces.push(piece); };
"""


@dataclass
class Seen:
    """What a page did: the pieces that ran, dialogs, and the addresses it asked for."""

    ran: set[str] = field(default_factory=set)
    dialogs: list[str] = field(default_factory=list)
    requests: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a network of its own."""
    quiet = [
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", *quiet]
        )
        yield browser
        browser.close()


def visit(browser: Browser, content: str) -> Seen:
    """Open a page, wait until it has loaded, follow every link."""
    seen = Seen()
    context = browser.new_context()
    context.add_init_script(RECORDER)
    page = context.new_page()

    def answer(route: Route) -> None:
        if route.request.url == f"{ORIGIN}/page":
            route.fulfill(body=content, content_type="text/html; charset=utf-8")
        else:
            seen.requests.add(route.request.url)
            route.abort()

    def dismiss(dialog: object) -> None:
        seen.dialogs.append(dialog.message)
        dialog.dismiss()

    context.route("**/*", answer)
    page.on("dialog", dismiss)
    page.goto(f"{ORIGIN}/page", wait_until="load")
    _settle(page)
    requests = set(seen.requests)
    _follow_links(page)
    seen.ran = set(page.evaluate("pieces"))
    seen.requests = requests  # following an honest link is a request
    context.close()
    return seen


def _settle(page: Page) -> None:
    """Let everything that is waiting in the page run."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 100)))")


def _follow_links(page: Page) -> None:
    page.evaluate(
        """() => {
            for (const link of document.querySelectorAll("a, area, button, summary, [href]")) {
                if (/^(https?|mailto):/.test(link.protocol || "")) continue;  // would leave the page
                link.setAttribute("target", "_self");
                if (link.click) link.click();
            }
        }"""
    )
    _settle(page)


@pytest.mark.filterwarnings("ignore:Your element with mimetype")  # nbconvert, of the widget
@pytest.mark.parametrize("kind", PAGES)
def test_the_notebook_as_it_was_handed_in_runs_in_the_page(browser: Browser, kind: str) -> None:
    """Without the cleaning the pieces do run, so that the next test proves something."""
    seen = visit(browser, PAGES[kind](handed_in()))
    assert seen.ran >= KNOWN_TO_RUN
    assert {url for url in KNOWN_REQUESTS if not any(url in request for request in seen.requests)} == set()


@pytest.mark.parametrize("kind", PAGES)
def test_the_recorded_notebook_does_nothing(browser: Browser, kind: str) -> None:
    """Nothing runs, no dialog opens, and nothing is asked for but what an empty notebook's page asks for."""
    empty = visit(browser, PAGES[kind](new_notebook()))
    seen = visit(browser, PAGES[kind](recorded(handed_in())))
    assert (seen.ran, seen.dialogs) == (set(), [])
    assert seen.requests <= empty.requests


@pytest.mark.parametrize("kind", PAGES)
def test_honest_work_is_shown(browser: Browser, kind: str) -> None:
    """Formulas, tables and pictures reach the reader."""
    photo = DOT
    source = "# Derivation\n\n$a<b$ and **bold**\n\n|x|\n|-|\n|1|\n\n![photo](attachment:p.png)"
    notebook = new_notebook(cells=[new_markdown_cell(source, attachments={"p.png": {"image/png": photo}})])
    page = browser.new_page()
    page.route("**/*", lambda route: route.abort())
    page.set_content(PAGES[kind](recorded(notebook)))
    text = page.locator(".cleaned")
    assert "$a<b$ and bold" in text.inner_text()
    assert text.locator("table td").inner_text() == "1"
    assert text.locator("img").evaluate("image => image.naturalWidth") > 0
    page.close()
