"""Ready-made layers are found whatever they are called, and honest code is left alone."""

from pathlib import Path

import pytest
import torch

from helpers.by_hand import FORBIDDEN_LAYERS, Hit, layers_used

SETUP = "import numpy as np\nimport torch\nimport torch.nn as nn\nfrom torch import nn as layers\n"
ANSWER = "def gru(x, state):\n    return {}"


def found(*cells: str, name: str = "gru") -> set[str]:
    return {hit.name for hit in layers_used(name, [SETUP, *cells])}


def body(*lines: str) -> str:
    """A question's function with these lines."""
    return "def gru(x, state):\n" + "\n".join(f"    {line}" for line in lines)


EVASIONS = {
    "attribute": [body("return torch.nn.GRU(3, 2)(x, state)")],
    "alias of a module": [body("return nn.GRU(3, 2)(x, state)")],
    "from import of a module": [body("return layers.GRU(3, 2)(x)")],
    "import of a class": ["from torch.nn import GRU as G", body("return G(3, 2)(x)")],
    "import of a class under its own name": ["from torch.nn import GRU", body("return GRU(3, 2)(x)")],
    "import from the inner module": ["from torch.nn.modules.rnn import GRU", body("return GRU(3, 2)(x)")],
    "star import": ["from torch.nn import *", body("return GRU(3, 2)(x)")],
    "star import after the function": [body("return gru_cell(x, state)"), "from torch import *"],
    "star import over an own class": ["class GRU: pass", "from torch.nn import *", body("return GRU(3)")],
    "import inside the function": [body("from torch import nn as n", "return n.GRU(3, 2)(x)")],
    "variable for a module": ["t = torch", body("return t.nn.GRU(3, 2)(x)")],
    "variable for a class": ["R = torch.nn.GRU", body("return R(3, 2)(x)")],
    "chain of variables": ["a = nn\nb = a\nc = b", body("return c.GRU(3, 2)(x)")],
    "variable inside the function": [body("m = torch.nn", "return m.GRU(3, 2)(x)")],
    "a name bound to itself": [body("m = torch", "m = m.nn", "return m.GRU(3, 2)")],
    "default value": ["def gru(x, state, layer=nn.GRU(3, 2)):\n    return layer(x, state)"],
    "module as default value": ["def gru(x, state, *, n=torch.nn):\n    return n.GRU(3, 2)(x)"],
    "decorator": ["@nn.GRU(3, 2).register\n" + body("return x")],
    "own decorator": ["def ready(f):\n    return nn.GRU(3, 2)", "@ready\n" + body("return x")],
    "own helper": ["def helper(x):\n    return nn.GRU(3, 2)(x)", body("return helper(x)")],
    "helper's helper": [
        "def a(x):\n    return nn.GRU(3, 2)(x)",
        "def b(x):\n    return a(x)",
        body("return b(x)"),
    ],
    "helper after the function": [body("return helper(x)"), "def helper(x):\n    return nn.GRU(3, 2)(x)"],
    "class": [
        "class Cell:\n    def __call__(self, x):\n        return nn.GRUCell(3, 2)(x)",
        body("return Cell()(x)"),
    ],
    "base class": ["class Mine(nn.RNNBase):\n    pass", body("return Mine('GRU', 3, 2)(x)")],
    "layer in a class": ["class M(nn.Module):\n    inner = nn.GRU(3, 2)", body("return M()(x)")],
    "global variable": ["layer = nn.GRU(3, 2)", body("return layer(x)")],
    "tuple of variables": ["n, layer = 1, nn.GRU(3, 2)", body("return layer(x)")],
    "starred variables": ["n, *rest = 1, nn.GRU(3, 2)", body("return rest[0](x)")],
    "tuple of modules": ["n, m = 1, torch.nn", body("return m.GRU(3, 2)(x)")],
    "loop over modules": [body("for m in (torch.nn,):", "    return m.GRU(3, 2)(x)")],
    "comprehension over modules": [body("return [m.GRU(3, 2) for m in [nn]][0](x)")],
    "walrus": [body("return (m := torch.nn).GRU(3, 2)(x)")],
    "walrus at the top": ["print(layer := nn.GRU(3, 2))", body("return layer(x)")],
    "lambda": ["gru = lambda x, state: nn.GRU(3, 2)(x, state)"],
    "assignment of a layer": ["gru = nn.GRU(3, 2)"],
    "assignment of a helper": ["def mine(x, s):\n    return nn.GRU(3, 2)(x, s)", "gru = mine"],
    "partial": ["import functools\ngru = functools.partial(torch.gru, bias=True)"],
    "definition in an if": ["if True:\n    def gru(x, state):\n        return nn.GRU(3, 2)(x)"],
    "definition in a try": ["try:\n    pass\nfinally:\n    gru = nn.GRU(3, 2)"],
    "definition in a with": ["with torch.no_grad():\n    gru = nn.GRU(3, 2)"],
    "definition in a loop": ["for gru in [nn.GRU(3, 2)]:\n    break"],
    "either definition": [body("return x"), body("return nn.GRU(3, 2)(x)")],
    "import as the function": ["from torch import gru"],
    "global statement": ["def fill():\n    global G\n    G = nn.GRU(3, 2)\nfill()", body("return G(x)")],
    "list filled at the top": ["kept = []", "kept.append(nn.GRU(3, 2))", body("return kept[0](x)")],
    "dictionary filled at the top": ["kept = {}", "kept['a'] = nn.GRU(3, 2)", body("return kept['a'](x)")],
    "attribute of the function": [body("return gru.layer(x)"), "gru.layer = nn.GRU(3, 2)"],
    "shadowed in a comprehension only": [body("[nn for nn in ()]", "return nn.GRU(3, 2)(x)")],
    "nested function": [body("def inner(y):", "    return nn.GRU(3, 2)(y)", "return inner(x)")],
    "conditional": [body("return (nn if x is None else torch).GRU(3, 2)")],
    "function that gives a module": ["def n():\n    return torch.nn", body("return n().GRU(3, 2)(x)")],
    "function given a module": ["def make(m):\n    return m.GRU(3, 2)", body("return make(nn)(x)")],
    "module in an attribute": ["class Box: pass\nbox = Box()\nbox.m = nn", body("return box.m.GRU(3, 2)(x)")],
    "getattr": [body("return getattr(torch.nn, 'GRU')(3, 2)(x)")],
    "getattr of a helper's module": ["import rnn_param_helper as h", body("return h.torch.nn.GRU(3, 2)(x)")],
    "nested getattr": [body("return getattr(getattr(torch, 'nn'), 'GRU')(3, 2)(x)")],
    "getattr by another name": ["g = getattr", body("return g(nn, 'GRU')(3, 2)(x)")],
    "getattr with a variable": [body("name = 'GRU'", "return getattr(nn, name)(3, 2)(x)")],
    "getattr in a helper": ["def get(n):\n    return getattr(nn, n)", body("return get('GRU')(3, 2)(x)")],
    "getattr with a list of names": [
        body("for n in ['tanh', 'GRU']:", "    layer = getattr(nn, n)", "return layer")
    ],
    "sum of strings": [body("return getattr(nn, 'G' + 'RU')(3, 2)(x)")],
    "sum of variables": [body("a = 'G'", "return getattr(nn, a + 'RU')(3, 2)(x)")],
    "f-string": [body("return getattr(nn, f'G{\"RU\"}')(3, 2)(x)")],
    "join": [body("return getattr(nn, ''.join(['G', 'R', 'U']))(3, 2)(x)")],
    "dictionary of a module": [body("return torch.nn.__dict__['GRU'](3, 2)(x)")],
    "dictionary's get": [body("return nn.__dict__.get('GRU')(3, 2)(x)")],
    "dictionary in a variable": [body("d = vars(nn)", "return d.get('GRU')(3, 2)(x)")],
    "dictionary with an unknown key": [body("k = input()", "return vars(nn)[k]", "kind = 'GRU'")],
    "vars": [body("return vars(nn)['GRU'](3, 2)(x)")],
    "import_module": ["import importlib", body("return importlib.import_module('torch.nn').GRU(3, 2)(x)")],
    "import_module by name": [
        "from importlib import import_module as i",
        body("return i('torch.nn').GRU(3, 2)"),
    ],
    "__import__": [body("return __import__('torch').nn.GRU(3, 2)(x)")],
    "modules of sys": ["import sys", body("return sys.modules['torch.nn'].GRU(3, 2)(x)")],
    "attrgetter": ["import operator", body("return operator.attrgetter('GRU')(nn)(3, 2)(x)")],
    "locate": ["import pydoc", body("return pydoc.locate('torch.nn.GRU')(3, 2)(x)")],
    "resolve_name": ["import pkgutil", body("return pkgutil.resolve_name('torch.nn:GRU')(3, 2)(x)")],
    "globals": ["from torch.nn import GRU", body("return globals()['GRU'](3, 2)(x)")],
    "__getattribute__": [body("return nn.__getattribute__('GRU')(3, 2)(x)")],
    "eval": [body("return eval('torch.nn.GRU(3, 2)')(x)")],
    "exec": [body("exec('from torch.nn import GRU as G')", "return G(3, 2)(x)")],
    "exec of an f-string": [body("exec(f'y = nn.GRU({x}, 2)')", "return y")],
    "exec at the top": ["exec('''def gru(x, s):\n    return nn.GRU(3, 2)(x)''')"],
    "exec of a variable": [
        "code = 'def helper(x): return nn.GRU(3, 2)(x)'\nexec(code)",
        body("return helper(x)"),
    ],
    "exec of a sum": [
        "exec('def helper(x):\\n' + '    return nn.G' + 'RU(3, 2)(x)')",
        body("return helper(x)"),
    ],
    "inside a print": [body("print(nn.GRU(3, 2)(x))")],
    "inside a message": [body("raise ValueError(nn.GRU(3, 2)(x))")],
    "inside an isinstance": [body("isinstance(y := nn.GRU(3, 2), object)", "return y(x)")],
    "inside an annotation": [body("y: (z := nn.GRU(3, 2)) = 1", "return z(x)")],
    "forward of the class": [body("return nn.GRU.forward(state, x)")],
    "functional": [body("return torch.gru(x, state)")],
    "_VF": [body("return torch._VF.gru(x, state)")],
    "aten": [body("return torch.ops.aten.gru.input(x, state)")],
    "cell": [body("return torch.gru_cell(x, state)")],
    "attention": [body("return torch.nn.functional.scaled_dot_product_attention(x, x, x)")],
    "quantized": [body("return torch.ao.nn.quantized.dynamic.GRU(3, 2)(x)")],
    "keras": ["import keras", body("return keras.layers.GRU(2)(x)")],
    "magic before": ["%matplotlib inline\nG = nn.GRU", body("return G(3, 2)(x)")],
    "shell before": ["!pip install it's (\nG = nn.GRU", body("return G(3, 2)(x)")],
    "help before": ["nn.GRU?\n?nn\nG = nn.GRU", body("return G(3, 2)(x)")],
    "timed cell": ["%%time\nG = nn.GRU", body("return G(3, 2)(x)")],
    "timed line": ["%time G = nn.GRU", body("return G(3, 2)(x)")],
    "timed value": ["G = %timeit -o -n 3 nn.GRU", body("return G(3, 2)(x)")],
    "shell value before": ["files = !ls\nG = nn.GRU", body("return G(3, 2)(x)")],
    "shell in a block": ["if True:\n    !ls \\\n  -l\n    G = nn.GRU", body("return G(3, 2)(x)")],
    "remainder at a line's start": ["%pwd\nn = (7\n  % 4)\nG = nn.GRU", body("return G(3, 2)(x)")],
    "prompts": [">>> G = nn.GRU\n>>> if True:\n...     pass", body("return G(3, 2)(x)")],
    "indented cell": ["    G = nn.GRU\n    n = 1", body("return G(3, 2)(x)")],
    "await at the top": ["import asyncio\nawait asyncio.sleep(0)\nG = nn.GRU", body("return G(3, 2)(x)")],
    "beside a cell with an error": ["def broken(:\n", body("return nn.GRU(3, 2)(x)")],
    "async function": ["async " + body("return nn.GRU(3, 2)(x)")],
    "match": [body("match torch.nn:", "    case m:", "        return m.GRU(3, 2)(x)")],
    "line endings": ["G = nn.GRU\r\nn = 1\r\n", body("return G(3, 2)(x)")],
}


@pytest.mark.parametrize("cells", EVASIONS.values(), ids=EVASIONS.keys())
def test_a_layer_is_found_in_disguise(cells: list[str]) -> None:
    """However a layer is reached, it is found."""
    assert found(*cells)


HONEST = {
    "numpy": [body("z = 1 / (1 + np.exp(-x))", "return z * state")],
    "torch operations": [body("return torch.tanh(x @ state).numpy()")],
    "docstring": [body("'''The same as torch.nn.GRU and GRU.'''", "return x")],
    "docstring of one word": [body("'GRU'", "return x")],
    "comment": [body("# not torch.nn.GRU(3, 2)", "return x")],
    "print": [body("print('GRU', f'torch.nn.GRU {x}')", "return x")],
    "warning": ["import warnings", body("warnings.warn('GRU')", "return x")],
    "exception": [body("raise ValueError('torch.nn.GRU')")],
    "own exception": ["class Wrong(Exception): pass", body("raise Wrong('GRU')")],
    "assertion": [body("assert x is not None, 'GRU'", "return x")],
    "logging": ["import logging\nlog = logging.getLogger('gru')", body("log.info('GRU')", "return x")],
    "plot": [
        "import matplotlib.pyplot as plt",
        body("plt.title('GRU')", "plt.plot(x, label='GRU')", "return x"),
    ],
    "axes": [body("x.set_title('GRU')", "return x")],
    "annotation": ["def gru(x: nn.GRU, state: 'nn.GRU') -> nn.GRU:\n    y: nn.GRU = x\n    return y"],
    "isinstance": [body("assert isinstance(x, (nn.RNN, nn.GRU))", "return x")],
    "comparison in a cell of its own": [
        body("return x"),
        "torch_gru = nn.GRU(3, 2)\nprint(gru(1, 2) - torch_gru(1))",
    ],
    "comparison through a helper": [
        body("return x"),
        "np.testing.assert_allclose(gru(1, 2), nn.GRU(3, 2)(1))",
    ],
    "comparison by torch": [body("return torch.tanh(x)"), "torch.testing.assert_close(nn.GRU(3, 2)(1), 2)"],
    "comparison imported": [body("return x"), "from torch.nn import GRU\nGRU(3, 2)"],
    "recursion": [body("return gru(x[1:], state) if len(x) else state")],
    "own helper of such a name": ["def gru_cell(x, h):\n    return x", body("return gru_cell(x, state)")],
    "own class of such a name": ["class GRU:\n    pass", body("return GRU()")],
    "own class after an import": ["from torch.nn import GRU", "class GRU:\n    pass", body("return GRU()")],
    "own class before a helper's star": [
        "def gru_cell(x): pass",
        "from helper import *",
        body("return gru_cell(x)"),
    ],
    "own helper before torch.nn's star": [
        "def gru_cell(x): pass",
        "from torch.nn import *",
        body("return gru_cell(x)"),
    ],
    "own nested helper": [body("def lstm(y):", "    return y", "return lstm(x)")],
    "local variable": [body("gru = x @ state", "return gru")],
    "local over an import": ["from torch.nn import GRU", body("GRU = x", "return GRU + 1")],
    "parameter": ["def gru(lstm, GRU):\n    return lstm @ GRU"],
    "parameter over a global": ["layer = nn.GRU(3, 2)", "def gru(layer):\n    return layer"],
    "own attribute": ["class Net:\n    def __init__(self):\n        self.gru = 1", body("return Net().gru")],
    "own attribute read": [
        "class Net(nn.Module):\n    def f(self):\n        return self.gru",
        body("return Net().f()"),
    ],
    "attribute of an argument": [body("return x.GRU + state.lstm")],
    "key of a dictionary": [body("p = {'gru': x, 'act': np.tanh}", "return p['gru'] + p.get('gru', 0)")],
    "string for an own function": ["def run(kind, x):\n    return x", body("return run('gru', x)")],
    "string for a built-in": [body("for n, p in zip(['gru', 'lstm'], x):", "    pass", "return x")],
    "namedtuple": [
        "from collections import namedtuple\nP = namedtuple('GRU', 'r z n')",
        body("return P(x, x, x)"),
    ],
    "helper's parameters": ["from rnn_param_helper import get_gru_params", body("return get_gru_params(x)")],
    "getattr of an argument": [body("return getattr(x, f'weight_{state}'), {'gru': 1}['gru']")],
    "getattr of a torch operation": [body("return getattr(torch, 'tanh')(x)")],
    "model.eval": [body("x.eval()", "return {'gru': x}")],
    "other layers": [body("return nn.Linear(3, 2)(x)")],
    "string that mentions a layer": [body("return np.array([1], dtype='f4'), 'a GRU'")],
    "regular expression": ["import re", body("return re.compile('gru')")],
    "module in a variable": ["xp = torch", body("return xp.tanh(x)")],
    "another function": [body("return x"), "def lstm(x):\n    return nn.LSTM(3, 2)(x)"],
    "a cell with an error": ["def gru(x):\n    return nn.GRU(3, 2)(x)\n  oops"],
    "shadowed by a local function": [
        "def f(x):\n    return nn.GRU(3, 2)",
        body("def f(y):", "    return y", "return f(x)"),
    ],
    "name of a class body": ["h = nn.GRU(3, 2)", body("class A:", "    h = 1", "    k = h", "return A.k")],
    "nonlocal": [
        body("h = 0", "def step():", "    nonlocal h", "    h = x", "step()", "return h"),
        "h = nn.GRU(3, 2)",
    ],
}


@pytest.mark.parametrize("cells", HONEST.values(), ids=HONEST.keys())
def test_honest_code_is_left_alone(cells: list[str]) -> None:
    """What only mentions a layer, or carries its name, does not count."""
    assert found(*cells) == set()


def test_a_hit_tells_name_cell_line_and_text() -> None:
    """A hit says where it is, in words that can be shown."""
    assert layers_used("gru", [SETUP, "\n" + body("y = 1", "return nn.GRU(3, 2)(x)  # so short")]) == [
        Hit("torch.nn.GRU", 1, 4, "return nn.GRU(3, 2)(x)  # so short")
    ]


def test_hits_come_in_order_and_once() -> None:
    """Hits follow the notebook, each name of a line once."""
    cells = [
        SETUP,
        body("a = nn.LSTM(nn.GRU(3, 2), nn.GRU(4, 2))", "return helper(a)"),
        "def helper(a):\n    return nn.RNN",
    ]
    hits = [(hit.name, hit.cell, hit.line) for hit in layers_used("gru", cells)]
    assert hits == [("torch.nn.GRU", 1, 2), ("torch.nn.LSTM", 1, 2), ("torch.nn.RNN", 2, 2)]


def test_a_name_of_ones_own_choice_can_be_forbidden() -> None:
    """An assignment that allows no torch at all forbids its name."""
    used = layers_used("gru", ["import torch as t\n" + body("return t.tanh(x)")], {"torch"})
    assert {hit.name for hit in used} == {"torch"}


def test_a_library_that_is_imported_and_not_used_does_not_count() -> None:
    """Other cells may use a library that the question's function must not use."""
    assert layers_used("gru", ["import torch\n" + body("return x"), "torch.zeros(3)"], {"torch"}) == []


def test_an_unknown_function_has_no_hits() -> None:
    """A question without an answer is no offence."""
    assert found("layer = nn.GRU(3, 2)", name="rnn") == set()


BOMBS = {
    "long sum": "y = " + "+".join(["1"] * 2_000),
    "deep sum": "y = " + "+".join(["1"] * 100_000),
    "deep brackets": "y = " + "(" * 5_000 + ")" * 5_000,
    "deep signs": "y = " + "-" * 100_000 + "1",
    "deep attributes": "y = x" + ".a" * 50_000,
    "attributes": "y = x" + ".a" * 900,
    "deep calls": "y = x" + "()" * 2_500,
    "many branches": "if x:\n    pass\n" + "elif x:\n    pass\n" * 3_000,
    "doubling strings": "a0 = 'a'\n"
    + "\n".join(f"a{n + 1} = a{n} + a{n}" for n in range(500))
    + "\ny = a500",
    "doubling choices": "a0 = 1\n"
    + "\n".join(f"a{n + 1} = a{n} or a{n}.b" for n in range(500))
    + "\ny = a500.GRU",
    "aliases": "a0 = 1\n" + "\n".join(f"a{n + 1} = a{n}" for n in range(5_000)) + "\ny = a5000.GRU",
    "circle": "a = b.c\nb = a.c\ny = a + b\nc = c + c",
    "code that runs itself": "y = 'exec(y)'\nexec(y)",
    "code that runs code": "\n".join(f"y{n} = 'exec(y{n + 1})'" for n in range(900)) + "\nexec(y0)",
    "many magics": "%x\n" * 20_000,
    "huge": "# " + "a" * 10_000_000,
    "null": "y = 1\0",
    "surrogate": "y = '\ud800'",
    "escape": "y = '\\N{no such name}'",
    "nothing": "",
    "strange lines": "y = 1\x0c\x0b\u2028",
}


@pytest.mark.parametrize("cell", BOMBS.values(), ids=BOMBS.keys())
def test_a_cell_made_to_break_the_search_does_not(cell: str) -> None:
    """Whatever a cell holds, the others are still read."""
    use = body("print(y, a, b, c, a500, a5000)", "return nn.GRU(3, 2)(x)")
    assert "torch.nn.GRU" in found(cell, use)


def test_a_layer_at_the_bottom_of_a_deep_expression_is_found() -> None:
    """Depth hides nothing that Python itself can run."""
    assert found(body("return nn.GRU(3, 2)(x) " + "+ 1" * 900))


def _layers_of_torch() -> set[str]:
    places = (torch, torch.nn, torch.nn.functional, torch._VF, torch._C._VariableFunctions, torch._C._nn)
    names = {name for place in places for name in dir(place)}
    names |= {name.split("::")[1].split(".")[0] for name in torch._C._dispatch_get_all_op_names()}
    kinds = (
        "rnn",
        "gru",
        "lstm",
        "multi_head",
        "multihead",
        "scaled_dot",
        "transformer",
        "attention_forward",
    )
    others = ("backward", "flatten_weight", "reorder", "impl_meta", "autocast")
    return {
        name
        for name in names
        if any(kind in name.lower() for kind in kinds) and not any(word in name for word in others)
    }


def test_the_list_names_every_layer_of_the_installed_torch() -> None:
    """A torch that brings new layers must bring a longer list."""
    modules = {"rnn", "transformer"}
    assert _layers_of_torch() - FORBIDDEN_LAYERS - modules == set()


def test_students_are_given_the_same_module() -> None:
    """The visible check and the grader look with the same eyes."""
    given = Path(__file__).parent.parent / "source/rnn_gru_mha/by_hand.py"
    assert given.is_symlink()
    assert given.resolve().name == "by_hand.py"


METHODS = """
import numpy as np
import torch

def helper(x):
    return torch.tanh(x)

class Base:
    def common(self):
        return torch.ones(1)

class Layer(Base):
    def __init__(self):
        self.W = np.ones(3)
    def step(self, x):
        return np.tanh(x @ self.W)
    def forward(self, x):
        return [self.step(each) for each in x]
    def backward(self, x):
        return helper(x)
    def by_name(self, x):
        return getattr(self, "backward")(x)
    def inherited(self, x):
        return self.common()
    def only_asks(self, x):
        return isinstance(x, torch.Tensor)
"""


@pytest.mark.parametrize(
    ("method", "reaches"),
    [
        ("step", False),
        ("forward", False),
        ("backward", True),
        ("by_name", True),
        ("inherited", True),
        ("only_asks", False),
    ],
)
def test_a_method_reaches_what_it_asks_for(method: str, reaches: bool) -> None:
    """Of a class the search follows the constructor and those methods that the question's method names."""
    assert bool(layers_used(f"Layer.{method}", [METHODS], {"torch"})) is reaches


def test_a_constructor_belongs_to_every_method() -> None:
    """What is made in it is used by all of them."""
    source = METHODS.replace("np.ones(3)", "torch.ones(3)")
    assert [hit.name for hit in layers_used("Layer.step", [source], {"torch"})] == ["torch"]


def test_a_class_reaches_all_of_its_methods() -> None:
    """Asked for as a whole, nothing of it is left out."""
    assert layers_used("Layer", [METHODS], {"torch"})
