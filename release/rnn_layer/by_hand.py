"""Finds ready-made layers in code that was to be written by hand, without running any of it.

A notebook's cells are read into one namespace. From every definition of the question's function the search
follows the names that it uses, through imports, aliases and the student's own helpers. What no path leads to,
such as a cell that only compares with torch, doesn't count. Names looked up at run time are found where they
can be read off the source; the rest is left to the traps that a grader sets while the function runs.
"""

import ast
import builtins
import re
import warnings
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

__all__ = ["FORBIDDEN_LAYERS", "Hit", "layers_used"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FORBIDDEN_LAYERS: frozenset[str] = _words("""
    RNN GRU LSTM RNNBase RNNCell GRUCell LSTMCell RNNCellBase
    QuantizedRNNBase QuantizedGRU QuantizedLSTM
    QuantizedRNNCell QuantizedGRUCell QuantizedLSTMCell QuantizedRNNCellBase
    MultiheadAttention Transformer
    TransformerEncoder TransformerDecoder TransformerEncoderLayer TransformerDecoderLayer

    rnn_tanh rnn_relu gru lstm rnn_cell rnn_tanh_cell rnn_relu_cell gru_cell lstm_cell
    quantized_rnn_tanh_cell quantized_rnn_relu_cell
    quantized_gru quantized_gru_cell quantized_lstm quantized_lstm_cell
    quantized_rnn_tanh_cell_dynamic quantized_rnn_relu_cell_dynamic
    quantized_gru_cell_dynamic quantized_lstm_cell_dynamic
    _cudnn_rnn miopen_rnn mkldnn_rnn_layer mkldnn_one_layer_lstm _lstm_mps
    _thnn_fused_gru_cell _thnn_fused_lstm_cell one_layer_rnn one_layer_lstm gru_impl lstm_impl

    scaled_dot_product_attention multi_head_attention_forward flex_attention math_attention sdpa_dense
    _native_multi_head_attention _triton_multi_head_attention _triton_scaled_dot_attention
    _transformer_encoder_layer_fwd jagged_scaled_dot_product_attention
    _scaled_dot_product_attention _scaled_dot_product_attention_math
    _scaled_dot_product_attention_math_for_mps _scaled_dot_product_flash_attention
    _scaled_dot_product_flash_attention_for_cpu scaled_dot_product_flash_attention_for_cpu
    _scaled_dot_product_efficient_attention _scaled_dot_product_cudnn_attention
    _scaled_dot_product_fused_attention_overrideable _cudnn_attention_forward
    _flash_attention_forward _flash_attention_forward_no_dropout_inplace _efficient_attention_forward
""")

# Parts of torch that hold layers: if one is passed about as a value, whatever is asked of it counts.
LAYER_MODULES = _words(
    "torch nn modules rnn activation transformer functional _VF _C _nn ops aten quantized dynamic"
)
RUN_CODE = _words("eval exec compile")
LOOK_UP = _words("getattr hasattr setattr vars __import__ import_module")
# Each of these makes names out of strings in ways that can't all be followed.
REFLECTION = RUN_CODE | _words("__import__ globals locals attrgetter methodcaller import_module")
# What these are given is read by people or kept as data; it names no layer.
MESSAGES = _words("""
    print warn title set_title suptitle label set_label xlabel ylabel set_xlabel set_ylabel legend text
    annotate plot scatter hist bar debug info warning error critical exception log write writelines format
    startswith endswith TypeVar NewType
""")
MESSAGE_MODULES = _words("""
    matplotlib numpy scipy pandas seaborn collections dataclasses typing enum logging warnings tqdm time
    IPython json re string textwrap
""")
BUILTINS = frozenset(dir(builtins))

LONGEST_CELL = 500_000  # characters; a longer one is not read
LONGEST_TEXT = 2_000  # of a string put together from constants
DEEPEST = 100  # aliases of aliases; beyond, they are not resolved
DEEPEST_TEXT = 12  # sums of strings; each level may double the work
MOST_SUMS = 200_000  # parts of strings looked at in all
MOST_REPAIRS = 50  # lines looked at one by one before all that look like magics are replaced


@dataclass(frozen=True)
class Hit:
    """A ready-made layer: its name, its cell (an index into the sources), line (from 1) and that line."""

    name: str
    cell: int
    line: int
    text: str


def layers_used(
    function_name: str, sources: Sequence[str], forbidden: Collection[str] = FORBIDDEN_LAYERS
) -> list[Hit]:
    """The forbidden names that a function can reach in the notebook's code cells, in their order.

    `function_name` may be a class, which reaches all of its methods, or one method of a class: `RNN.forward`
    reaches the class's constructor and special methods, and of the others those that are asked for by name.
    """
    notebook = _Notebook()
    for cell, source in enumerate(sources):
        notebook.read(source, cell)
    found = _Search(notebook, frozenset(forbidden)).run(function_name)
    lines = {cell: _lines(sources[cell]) for _, cell, _ in found}
    return [
        _hit(lines[cell], name, cell, line) for cell, line, name in sorted((c, n, t) for t, c, n in found)
    ]


def _hit(lines: list[str], name: str, cell: int, line: int) -> Hit:
    return Hit(name, cell, line, lines[line - 1].strip()[:200] if line <= len(lines) else "")


# --- From a cell to a syntax tree ---------------------------------------------------------------------------

_PROMPT = re.compile(r"^\s*(?:>>> ?|\.\.\. ?|In \[\d+\]: ?|\.\.\.: ?)")
_RUNS_A_STATEMENT = re.compile(
    r"^(\s*(?:[^=%!'\"#]+=\s*)?)%(?:time|timeit|prun|memit)\b(?:\s+-\w+(?:\s+\d+)?)*\s+(?=\S)"
)
_GIVES_A_VALUE = re.compile(r"^(\s*[^=%!'\"#]+=)\s*[%!].*")
_IS_A_COMMAND = re.compile(r"^(\s*)(?:[%!?/,;].*|[\w.%*]+\?\??\s*;?\s*)$")


def _lines(source: str) -> list[str]:
    """The lines as Python counts them; str.splitlines would also split at form feeds and the like."""
    return re.split(r"\r\n|\r|\n", source)


def _parse(source: str) -> ast.Module | None:
    """The tree of a cell without its magics, or None where it is no Python."""
    if len(source) > LONGEST_CELL:
        return None
    lines = _lines(source)
    for attempt in range(MOST_REPAIRS + 2):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse("\n".join(lines))
        except SyntaxError as error:
            if not (_repair_all(lines) if attempt >= MOST_REPAIRS else _repair(lines, error)):
                return None
        except (ValueError, RecursionError, MemoryError):
            return None
    return None


def _repair(lines: list[str], error: SyntaxError) -> bool:
    """Rewrite the faulty line if it is IPython's and not Python's; say whether anything changed."""
    index = (error.lineno or 0) - 1
    if not 0 <= index < len(lines):
        return False
    if _PROMPT.match(lines[index]):
        lines[:] = [_PROMPT.sub("", line) for line in lines]
        return True
    if isinstance(error, IndentationError) and not "".join(lines[:index]).strip():
        margin = lines[index][: -len(lines[index].lstrip())]
        lines[:] = [line.removeprefix(margin) for line in lines]
        return bool(margin)
    return _repair_line(lines, index)


def _repair_line(lines: list[str], index: int) -> bool:
    line = lines[index]
    if _RUNS_A_STATEMENT.match(line):
        lines[index] = _RUNS_A_STATEMENT.sub(r"\1", line)
    elif _GIVES_A_VALUE.match(line):
        lines[index] = _GIVES_A_VALUE.sub(r"\1 None", line)
    elif _IS_A_COMMAND.match(line):
        lines[index] = _IS_A_COMMAND.sub(r"\1pass", line)
        while line.endswith("\\") and index + 1 < len(lines):  # a command's continuation belongs to it
            index += 1
            line, lines[index] = lines[index], ""
    else:
        return False
    return True


def _repair_all(lines: list[str]) -> bool:
    return sum(_repair_line(lines, index) for index in range(len(lines))) > 0


# --- From trees to scopes and bindings ----------------------------------------------------------------------


class _Way(Enum):
    """How a bound name stands to its expression."""

    IS = "the name is the value"
    FROM = "the name is taken out of the value, as by a loop"
    ONTO = "the value is put into what the name holds already"


@dataclass(eq=False)
class _Binding:
    node: ast.AST | None  # a definition, or an expression; None for a parameter
    way: _Way = _Way.IS
    path: str | None = None  # of an import
    place: tuple[int, int] = (0, 0)  # cell and line

    @property
    def is_definition(self) -> bool:
        return isinstance(self.node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


@dataclass(eq=False)
class _Scope:
    parent: "_Scope | None" = None
    kind: str = "function"
    bound: dict[str, list[_Binding]] = field(default_factory=dict)
    elsewhere: dict[str, "_Scope"] = field(default_factory=dict)  # of names declared global or nonlocal
    stars: list[_Binding] = field(default_factory=list)
    current: dict[str, list[_Binding]] = field(default_factory=dict)  # what lookup() found

    def bind(self, name: str, binding: _Binding) -> None:
        scope = self.elsewhere.get(name, self)
        scope.bound.setdefault(name, []).append(binding)
        scope.current.pop(name, None)

    def lookup(self, name: str) -> list[_Binding]:
        """Every binding that the name may have here, but no import that an own definition replaces."""
        scope: _Scope | None = self
        while scope and (name not in scope.bound or (scope.kind == "class" and scope is not self)):
            scope = scope.elsewhere.get(name, scope.parent)
        return scope._bindings(name) if scope else []

    def _bindings(self, name: str) -> list[_Binding]:
        if name not in self.current:
            found = self.bound[name]
            own = max((binding.place for binding in found if binding.is_definition), default=(-1, 0))
            self.current[name] = [each for each in found if not (each.path and each.place < own)]
        return self.current[name]


class _Notebook:
    """All cells in one namespace: who binds which name to what; the scope and the cell of each node."""

    def __init__(self) -> None:
        self.module = _Scope(kind="module")
        self.scope: dict[ast.AST, _Scope] = {}
        self.cell: dict[ast.AST, int] = {}
        self.sums = 0
        self.to_run: list[tuple[str, int]] = []  # strings run at the top level, each with its line
        self.run: set[str] = set()

    def read(self, source: str, cell: int) -> None:
        """Add a cell, and the strings that it runs as code."""
        self._read(source, cell, None)
        while self.to_run:
            text, line = self.to_run.pop()
            if text not in self.run:
                self.run.add(text)
                self._read(text, cell, line)

    def _read(self, source: str, cell: int, line: int | None) -> None:
        tree = _parse(source)
        stack: list[tuple[ast.AST, _Scope]] = [(tree, self.module)] if tree else []
        while stack:  # no recursion: a tree may be deeper than Python's own stack
            node, scope = stack.pop()
            if line is not None and hasattr(node, "lineno"):
                node.lineno = line
            self.scope[node], self.cell[node] = scope, cell
            self._bind(node, scope)
            stack.extend(reversed(list(_scoped_children(node, scope))))

    def _bind(self, node: ast.AST, scope: _Scope) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                scope.bind(node.name, _Binding(node, place=(self.cell[node], node.lineno)))
            case ast.Import() | ast.ImportFrom():
                self._bind_imports(node, scope)
            case ast.Assign():
                for target in node.targets:
                    self._bind_target(target, node.value, scope)
            case ast.NamedExpr():
                while scope.kind == "comprehension" and scope.parent:
                    scope = scope.parent
                self._bind_target(node.target, node.value, scope)
            case ast.AnnAssign(value=ast.expr() as value):
                self._bind_target(node.target, value, scope)
            case ast.AugAssign():
                self._bind_target(node.target, node.value, scope, _Way.FROM)
            case ast.For() | ast.AsyncFor() | ast.comprehension():
                self._bind_target(node.target, node.iter, scope, _Way.FROM)
            case ast.withitem(optional_vars=ast.expr() as target):
                self._bind_target(target, node.context_expr, scope, _Way.FROM)
            case ast.ExceptHandler() | ast.MatchAs() | ast.MatchStar() if node.name:
                scope.bind(node.name, _Binding(None))
            case ast.Global():
                scope.elsewhere.update(dict.fromkeys(node.names, self.module))
            case ast.Nonlocal() if scope.parent:
                scope.elsewhere.update(dict.fromkeys(node.names, scope.parent))
            case ast.Expr(value=ast.Call() as call) if scope is self.module:
                self._bind_statement(call)
            case _:
                pass

    def _bind_imports(self, node: ast.Import | ast.ImportFrom, scope: _Scope) -> None:
        module = f"{node.module or ''}." if isinstance(node, ast.ImportFrom) else ""
        for alias in node.names:
            path = module + alias.name
            if not (module or alias.asname):  # `import a.b` binds `a`
                path = path.partition(".")[0]
            binding = _Binding(node, path=path, place=(self.cell[node], node.lineno))
            if alias.name == "*":
                self.module.stars.append(binding)
            else:
                scope.bind(alias.asname or (alias.name if module else path), binding)

    def _bind_target(self, target: ast.expr, value: ast.expr, scope: _Scope, way: _Way = _Way.IS) -> None:
        match target:
            case ast.Name():
                scope.bind(target.id, _Binding(value, way))
            case ast.Starred():
                self._bind_target(target.value, value, scope, _Way.FROM)
            case ast.Tuple() | ast.List():
                parts, values = _elements(target), _elements(value)
                if way is _Way.IS and parts and len(parts) == len(values):
                    for part, its_value in zip(parts, values, strict=True):
                        self._bind_target(part, its_value, scope)
                else:
                    for part in target.elts:
                        self._bind_target(part, value, scope, _Way.FROM)
            case ast.Attribute() | ast.Subscript() if scope is self.module:
                scope.bind(_root(target), _Binding(value, _Way.ONTO))
            case _:
                pass

    def _bind_statement(self, call: ast.Call) -> None:
        """At the top level a call may run a string as code, or fill a variable: `layers.append(...)`."""
        runs = _last(call.func) in {"exec", "eval", "run_cell"} and call.args
        if runs and (text := self.text(call.args[0])):
            self.to_run.append((text, call.lineno))
        elif isinstance(call.func, ast.Attribute):
            self.module.bind(_root(call.func), _Binding(call, _Way.ONTO))

    def text(self, node: ast.AST | None, depth: int = 0) -> str | None:
        """What constants put together come to: "G" + "RU", f"G{'RU'}", "".join(["G", "RU"])."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        self.sums += 1
        if depth > DEEPEST_TEXT or self.sums > MOST_SUMS:
            return None
        glue, parts = self._parts(node)
        texts: list[str] = []
        for part in parts[:LONGEST_TEXT]:
            text = self.text(part, depth + 1)
            if text is None or len(text) > LONGEST_TEXT:
                return None
            texts.append(text)
        return glue.join(texts) if texts and sum(map(len, texts)) <= LONGEST_TEXT else None

    def _parts(self, node: ast.AST | None) -> tuple[str, Sequence[ast.AST | None]]:
        match node:
            case ast.Name():
                values = [binding.node for binding in self.scope.get(node, self.module).lookup(node.id)]
                return "", values if len(values) == 1 else []
            case ast.BinOp(op=ast.Add()):
                return "", [node.left, node.right]
            case ast.JoinedStr(values=values):
                return "", values
            case ast.FormattedValue(conversion=-1, format_spec=None):
                return "", [node.value]
            case ast.Call(
                func=ast.Attribute(value=ast.Constant(value=str(glue)), attr="join"), args=[joined]
            ):
                return glue, _elements(joined)
            case _:
                return "", []


def _scoped_children(node: ast.AST, scope: _Scope) -> Iterator[tuple[ast.AST, _Scope]]:
    """A node's children, each with its scope: a default value stands outside of its function."""
    inner, inside = scope, set[ast.AST]()
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        inner = _Scope(scope)
        _bind_parameters(node.args, inner)
        inside.update([node.body] if isinstance(node, ast.Lambda) else node.body)
    elif isinstance(node, ast.ClassDef):
        inner, inside = _Scope(scope, "class"), set(node.body)
    elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        inner, inside = _Scope(scope, "comprehension"), set(ast.iter_child_nodes(node))
    for child in ast.iter_child_nodes(node):
        yield child, inner if child in inside else scope


def _bind_parameters(args: ast.arguments, scope: _Scope) -> None:
    plain = args.posonlyargs + args.args
    defaults = [None] * (len(plain) - len(args.defaults)) + args.defaults + args.kw_defaults
    for arg, default in zip(plain + args.kwonlyargs, defaults, strict=True):
        scope.bind(arg.arg, _Binding(default))
    for rest in filter(None, (args.vararg, args.kwarg)):
        scope.bind(rest.arg, _Binding(None))


def _elements(node: ast.AST) -> list[ast.expr]:
    """What a list or tuple is written with; nothing for other nodes, or where one element is starred."""
    elements = node.elts if isinstance(node, ast.List | ast.Tuple) else []
    return [] if any(isinstance(element, ast.Starred) for element in elements) else elements


def _root(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _last(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


# --- From the question's function to what it reaches --------------------------------------------------------


class _Role(Enum):
    """What becomes of a string that stands somewhere."""

    PLAIN = "kept: counts only where names are made of strings"
    MESSAGE = "read by people: never counts"
    GIVEN = "given to code of the student's: counts as a dotted path"
    NAME = "given to code of others: counts as a name or dotted path"
    CODE = "run: every name in it counts"


class _Search:
    """Walks from a definition over everything that it names, and notes forbidden names."""

    def __init__(self, notebook: _Notebook, forbidden: frozenset[str]) -> None:
        self.notebook = notebook
        self.forbidden = forbidden
        self.found: set[tuple[str, int, int]] = set()
        self.seen: set[ast.AST] = set()
        self.imports: dict[int, list[_Binding]] = {}  # of a list of bindings, by identity
        self.paths: dict[int, str | None] = {}
        self.resolved: set[ast.AST] = set()  # modules whose use at this place is fully understood
        self.todo: list[tuple[ast.AST, _Role]] = []
        self.loose_module = ""  # a module with layers that is passed about as a value
        self.loose_names = False  # whether strings may become names
        self.possible_names: list[tuple[ast.AST, str]] = []
        self.possible_attributes: list[ast.Attribute] = []
        self.asked: set[str] = set()  # names of attributes; the methods of these names are looked at
        self.waiting: dict[str, list[ast.AST]] | None = None  # methods that nobody has asked for

    def run(self, function_name: str) -> set[tuple[str, int, int]]:
        """All forbidden names, each with its cell and line."""
        owner, _, method = function_name.partition(".")
        if method:
            self.waiting = {}
            self.asked.add(method)
        self._follow(owner, self.notebook.module, None)
        while self.todo:
            node, role = self.todo.pop()
            if node not in self.seen:
                self.seen.add(node)
                self._look(node, role)
                self.todo.extend(self._children(node, role))
        for attribute in self.possible_attributes if self.loose_module else []:
            self._check(f"{self.loose_module}.{attribute.attr}", attribute)
        for node, name in self.possible_names if self.loose_module or self.loose_names else []:
            self._note(name, node)
        return self.found

    def _ask(self, name: str) -> None:
        """Look at the methods of that name."""
        self.asked.add(name)
        self.todo.extend((method, _Role.PLAIN) for method in (self.waiting or {}).pop(name, ()))

    def _note(self, name: str, node: ast.AST) -> None:
        self.found.add((name, self.notebook.cell[node], getattr(node, "lineno", 1)))

    def _check(self, path: str, node: ast.AST) -> bool:
        parts = path.split(".")
        for index, part in enumerate(parts):
            if part in self.forbidden:
                self._note(".".join(parts[: index + 1]).lstrip("?"), node)
                return True
        return False

    def _follow(self, name: str, scope: _Scope, node: ast.AST | None) -> None:
        """Go on with whatever a name is bound to; a name from an import is itself checked."""
        bindings = scope.lookup(name)
        if not bindings or id(bindings) not in self.imports:
            self.imports[id(bindings)] = self._imports(name, bindings)
            self._follow_bindings(bindings, bool(self.imports[id(bindings)]))
        for binding in self.imports[id(bindings)]:
            self._check(_path_of_import(binding, name), node or binding.node or ast.Pass())

    def _follow_bindings(self, bindings: list[_Binding], imported: bool) -> None:
        for binding in bindings:
            if binding.node and not binding.path and not (imported and binding.way is _Way.ONTO):
                self.todo.append((binding.node, _Role.PLAIN))
                if binding.way is _Way.IS:
                    self.resolved.add(binding.node)

    def _imports(self, name: str, bindings: list[_Binding]) -> list[_Binding]:
        """The imports that may give a name; a star import of torch's does if it comes last."""
        stars = self.notebook.module.stars
        if not bindings:
            return stars[-1:] if name in self.forbidden else []
        last = max(binding.place for binding in bindings)
        if bindings is not self.notebook.module.current.get(name):
            stars = []
        late = [star for star in stars if star.place > last and _exports(star.path or "", name)]
        return [binding for binding in bindings if binding.path] + late[-1:]

    # What an expression is, as a dotted path from an import.

    def _path(self, node: ast.AST, depth: int = 0) -> str | None:
        names: list[str] = []
        while not isinstance(node, ast.Name) and len(names) < DEEPEST:
            match node:
                case ast.Attribute(value=inner, attr=name):
                    names += [name] if name != "__dict__" else []  # as good as the module itself
                case ast.Subscript(value=inner, slice=key):
                    names += filter(None, [self.notebook.text(key)])
                case ast.Call(func=ast.Name(id="getattr"), args=[inner, key, *_]):
                    if (text := self.notebook.text(key)) is None:
                        return None
                    names.append(text)
                case ast.Call(func=ast.Name(id="vars"), args=[inner]) | ast.NamedExpr(value=inner):
                    pass
                case _:
                    break
            node = inner
        base = self._base(node, depth)
        return ".".join([base, *reversed(names)]) if base else None

    def _base(self, node: ast.AST, depth: int) -> str | None:
        if depth > DEEPEST:
            return None
        match node:
            case ast.Name(id=name):
                return self._path_of_name(name, self.notebook.scope[node], depth)
            case ast.IfExp(body=one, orelse=other):
                return self._path(one, depth + 1) or self._path(other, depth + 1)
            case ast.BoolOp(values=values):
                return next(filter(None, (self._path(value, depth + 1) for value in values)), None)
            case ast.Call(func=func, args=[module, *_]):
                name = (self._path(func, depth + 1) or _last(func)).rpartition(".")[2]
                return self.notebook.text(module) if name in {"import_module", "__import__"} else None
            case _:
                return None

    def _path_of_name(self, name: str, scope: _Scope, depth: int) -> str | None:
        bindings = scope.lookup(name)
        if all(binding.way is _Way.ONTO for binding in bindings):
            star = self.notebook.module.stars[-1:]
            return None if name in BUILTINS else _path_of_import(star[0], name) if star else f"?{name}"
        if id(bindings) not in self.paths:
            self.paths[id(bindings)] = None  # a name that is bound to itself has no path of its own
            found = (self._path_of_binding(binding, depth) for binding in bindings)
            self.paths[id(bindings)] = next(filter(None, found), None)
        return self.paths[id(bindings)]

    def _path_of_binding(self, binding: _Binding, depth: int) -> str | None:
        if binding.path or binding.way is not _Way.IS or binding.node is None:
            return binding.path
        return self._path(binding.node, depth + 1)

    # What one node shows.

    def _look(self, node: ast.AST, role: _Role) -> None:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            self._follow(node.id, self.notebook.scope[node], node)
        if isinstance(node, ast.Attribute):
            self._ask(node.attr)
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Call | ast.NamedExpr):
            self._look_at_path(node)
        elif (text := self.notebook.text(node)) is not None:
            self._look_at_text(node, text, role)

    def _look_at_path(self, node: ast.AST) -> None:
        path = self._path(node)
        if self._builtin(node, path) in REFLECTION:
            self.loose_names = True
        if path is None:
            if isinstance(node, ast.Attribute) and node.attr in self.forbidden:
                self.possible_attributes.append(node)
        elif not isinstance(node, ast.Name) and self._check(path, node):
            return
        elif _holds_layers(path) and node not in self.resolved and not _is_target(node):
            self.loose_module = path.lstrip("?")

    def _look_at_text(self, node: ast.AST, text: str, role: _Role) -> None:
        if role is not _Role.MESSAGE and text in (self.waiting or {}):
            self._ask(text)
        if role is _Role.CODE:
            for dot, name in re.findall(r"(\.?)\s*\b([A-Za-z_]\w*)", text[:LONGEST_CELL]):
                if name in self.forbidden and (dot or not self.notebook.scope[node].lookup(name)):
                    self._note(name, node)
        elif role is not _Role.MESSAGE and re.fullmatch(r"[A-Za-z_]\w*([.:][A-Za-z_]\w*)*", text):
            path = text.replace(":", ".")
            if path.rpartition(".")[2] not in self.forbidden:
                return
            if role is _Role.NAME or (role is _Role.GIVEN and "." in path):
                self._note(path, node)
            else:
                self.possible_names.append((node, path))

    def _builtin(self, node: ast.AST, path: str | None) -> str:
        """The name of a built-in function, or of one that finds things by name; else nothing."""
        if isinstance(node, ast.Name) and not self.notebook.scope[node].lookup(node.id):
            return node.id
        root, _, name = (path or "").rpartition(".")
        return name if root in {"builtins", "importlib", "operator"} else ""

    # Where to go from one node.

    def _children(self, node: ast.AST, role: _Role) -> Iterator[tuple[ast.AST, _Role]]:
        match node:
            case ast.Call():
                yield from self._call(node, role)
                return
            case ast.Expr(value=ast.Constant()):  # a docstring
                return
            case ast.ClassDef() if self.waiting is not None:
                yield from self._parts_of_class(node, self.waiting)
                return
            case ast.Raise(exc=ast.Call(func=func, args=args, keywords=keywords)):
                yield func, _Role.PLAIN
                yield from ((part, _Role.MESSAGE) for part in (*args, *keywords))
                return
            case ast.Assert(test=test, msg=message):
                yield test, _Role.PLAIN
                yield from [(message, _Role.MESSAGE)] if message else []
                return
        self._resolve_inside(node)
        folded = isinstance(node, ast.BinOp | ast.JoinedStr) and self.notebook.text(node) is not None
        for child in ast.iter_child_nodes(node):
            if not _is_annotation(node, child):
                yield child, _Role.MESSAGE if folded else role

    def _parts_of_class(
        self, node: ast.ClassDef, waiting: dict[str, list[ast.AST]]
    ) -> Iterator[tuple[ast.AST, _Role]]:
        """All of a class but its methods that nobody asked for yet."""
        for child in ast.iter_child_nodes(node):
            name = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else ""
            if not name or name in self.asked or name.startswith("__"):
                yield child, _Role.PLAIN
            else:
                waiting.setdefault(name, []).append(child)

    def _resolve_inside(self, node: ast.AST) -> None:
        """Note the parts in which a module is only asked for a name, or given another one."""
        match node:
            case ast.Attribute(value=value):  # of `nn.__dict__` the whole is judged, by what is done with it
                self.resolved.add(value)
            case ast.Subscript(value=value, slice=key) if self.notebook.text(key) is not None:
                self.resolved.add(value)
            case ast.Assign(targets=targets, value=value):
                if all(isinstance(target, ast.Name) for target in targets):
                    self.resolved.add(value)
                self.resolved.update(_elements(value))
            case ast.NamedExpr(value=value) | ast.AnnAssign(value=ast.expr() as value):
                self.resolved.add(value)
            case ast.arguments():
                self.resolved.update(filter(None, (*node.defaults, *node.kw_defaults)))
            case ast.IfExp() | ast.BoolOp() if node in self.resolved:
                self.resolved.update(ast.iter_child_nodes(node))

    def _call(self, call: ast.Call, role: _Role) -> Iterator[tuple[ast.AST, _Role]]:
        arguments: list[ast.AST] = [*call.args, *call.keywords]
        given = self._role_of_arguments(call)
        yield call.func, role if role is _Role.MESSAGE else _Role.PLAIN
        match self._builtin(call.func, self._path(call.func)):
            case "isinstance" | "issubclass" if len(arguments) == 2 and _is_plain(arguments[1]):
                del arguments[1]
            case "vars":
                self.resolved.update(arguments)
            case "getattr" | "hasattr" if len(arguments) > 1 and self.notebook.text(arguments[1]) is not None:
                self.resolved.add(arguments[0])
                if self._path(call):  # it has been judged as a path
                    arguments[1:2] = []
        yield from ((argument, given) for argument in arguments)

    def _role_of_arguments(self, call: ast.Call) -> _Role:
        path = self._path(call.func)
        builtin = self._builtin(call.func, path)
        name = (path or _last(call.func)).rpartition(".")[2]
        if builtin in RUN_CODE:
            return _Role.CODE
        if path is None and not builtin and isinstance(call.func, ast.Name):  # the student's own
            return _Role.GIVEN
        if name in MESSAGES or (path or "").partition(".")[0] in MESSAGE_MODULES:
            return _Role.MESSAGE
        return _Role.NAME if builtin in LOOK_UP or (path and not path.startswith("?")) else _Role.GIVEN


def _holds_layers(path: str) -> bool:
    parts = path.lstrip("?").split(".")
    return parts[-1] in LAYER_MODULES and (parts[-1] in {"torch", "nn"} or "torch" in parts)


def _is_target(node: ast.AST) -> bool:
    return isinstance(getattr(node, "ctx", None), ast.Store | ast.Del)


def _path_of_import(binding: _Binding, name: str) -> str:
    path = binding.path or ""
    return path[:-1] + name if path.endswith("*") else path


def _exports(star: str, name: str) -> bool:
    """Whether a star import of torch's gives this name; torch.nn has classes only."""
    parts = star.split(".")
    return parts[0] == "torch" and (name[0].isupper() or parts[-2] in {"torch", "_VF", "functional"})


def _is_plain(node: ast.AST) -> bool:
    """Whether an annotation or a class to compare with only mentions names, and calls and binds nothing."""
    return not any(isinstance(part, ast.Call | ast.NamedExpr | ast.Await) for part in ast.walk(node))


def _is_annotation(node: ast.AST, child: ast.AST) -> bool:
    return child in (getattr(node, "annotation", None), getattr(node, "returns", None)) and _is_plain(child)
