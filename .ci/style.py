"""Is the library easy to read? `python .ci/style.py [MODULE …]` holds the exported modules to CONTRIBUTING's rules of
style and prints two figures.

ruff (ruff.toml) knows lines, complexity and unused names. What it does not know is counted here, from the syntax
tree:
- functions of at most 40 lines, from `def` to the end
- one binding a line: no `a, b = x, y`, but for a swap
- no ternary in a ternary, no comprehension in a comprehension, no walrus inside a call
- type hints on all parameters and returns of what is public, but for the checks of exercises
- no cell of a notebook that silences all warnings for good: a process tests several notebooks one after the other

The two figures are syntax nodes a line of code and the median length of an exported cell: both have a limit."""
import ast
import json
import re
import statistics
import subprocess
import sys
from pathlib import Path

MOST_LINES = 40       # of a function
MOST_COLUMNS = 120
MOST_NODES = 11       # syntax nodes a line, over all modules
MOST_CHARACTERS = 900  # of the median exported cell
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SILENCING = re.compile(r"^warnings\.(simplefilter|filterwarnings)\('ignore'\)", re.M)

root = Path(__file__).resolve().parents[1]
library = root/'chestxray_fastai'


def whole_lines(function):
    "Lines of a function from `def` to its end"
    return function.end_lineno - function.lineno + 1


def names_in(node):
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def is_packed(node):
    "Whether an assignment binds several unlike things at once; a swap reads what it binds"
    if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple)):
        return False
    target = node.targets[0]
    if not isinstance(target, ast.Tuple) or len(target.elts) != len(node.value.elts):
        return False
    return not names_in(target) & names_in(node.value)


def inside(node, kinds):
    "Whether a node of these kinds holds another of them"
    return any(isinstance(n, kinds) for child in ast.iter_child_nodes(node) for n in ast.walk(child))


def untyped(function, is_method):
    "Names of the parameters without a hint, and `return`"
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    static = any(isinstance(d, ast.Name) and d.id == 'staticmethod' for d in function.decorator_list)
    if is_method and not static:
        named = named[1:]
    missing = [a.arg for a in named if a.annotation is None]
    if function.returns is None and function.name != '__init__':
        missing.append('return')
    return missing


def is_check(function):
    "Whether a function is the check of an exercise, which takes any answer"
    return any(ast.unparse(d).startswith('exercise(') for d in function.decorator_list)


def public_functions(tree):
    "Functions and methods whose names are public, each with whether it is a method"
    for node in tree.body:
        if isinstance(node, FUNCTIONS) and not node.name.startswith('_'):
            yield node, False
        if isinstance(node, ast.ClassDef) and not node.name.startswith('_'):
            for child in node.body:
                if isinstance(child, FUNCTIONS) and (not child.name.startswith('_') or child.name == '__init__'):
                    yield child, True


def complaints(tree):
    "Pairs of line and words, one for each place that breaks a rule"
    for node in ast.walk(tree):
        if isinstance(node, FUNCTIONS) and whole_lines(node) > MOST_LINES:
            yield node.lineno, f'{node.name} has {whole_lines(node)} lines'
        if is_packed(node):
            yield node.lineno, 'several bindings in one line'
        if isinstance(node, ast.IfExp) and inside(node, ast.IfExp):
            yield node.lineno, 'a ternary in a ternary'
        if isinstance(node, COMPREHENSIONS) and inside(node, COMPREHENSIONS):
            yield node.lineno, 'a comprehension in a comprehension'
        if isinstance(node, ast.Call) and any(isinstance(a, ast.NamedExpr) for a in node.args):
            yield node.lineno, 'a walrus in an argument'
    for function, is_method in public_functions(tree):
        if is_check(function):
            continue
        missing = untyped(function, is_method)
        if missing:
            yield function.lineno, f'{function.name} has no type hint for {", ".join(missing)}'


def long_lines(source):
    "Lines over 120 columns, but for those of `__all__`, which nbdev writes"
    in_all = False
    for number, line in enumerate(source.splitlines(), 1):
        in_all = in_all or line.startswith('__all__')
        if len(line) > MOST_COLUMNS and not in_all:
            yield number, f'{len(line)} columns'
        in_all = in_all and ']' not in line


def nodes_and_lines(source, tree):
    lines = [line for line in source.splitlines() if line.strip() and not line.strip().startswith('#')]
    return sum(1 for _ in ast.walk(tree)), len(lines)


def exported_cells():
    "Lengths of the exported cells of all notebooks [characters]"
    for notebook in sorted((root/'nbs').rglob('*.ipynb')):
        for cell in json.loads(notebook.read_text(encoding='utf-8'))['cells']:
            source = ''.join(cell['source'])
            if cell['cell_type'] == 'code' and re.search(r'^#\|\s*export\b', source, re.M):
                yield len(source)


def silencing_cells():
    "Notebooks and cells that silence all warnings for whatever runs after them in the same process"
    for notebook in sorted((root/'nbs').rglob('*.ipynb')):
        for cell in json.loads(notebook.read_text(encoding='utf-8'))['cells']:
            source = ''.join(cell['source'])
            if cell['cell_type'] == 'code' and SILENCING.search(source):
                yield notebook, cell.get('id', '?')


def main(names):
    modules = [library/f'{name.replace(".", "/")}.py' for name in names] or sorted(library.rglob('[a-z]*.py'))
    found = nodes = lines = 0
    for module in modules:
        source = module.read_text(encoding='utf-8')
        tree = ast.parse(source)
        for line, words in sorted([*complaints(tree), *long_lines(source)]):
            print(f'{module.relative_to(root)}:{line}: {words}')
            found += 1
        more_nodes, more_lines = nodes_and_lines(source, tree)
        nodes += more_nodes
        lines += more_lines
    for notebook, cell in silencing_cells():
        print(f'{notebook.relative_to(root)}: cell {cell} silences all warnings for good: use warnings.catch_warnings')
        found += 1
    a_line = nodes/lines
    median = statistics.median(exported_cells())
    print(f'{a_line:.1f} syntax nodes a line (at most {MOST_NODES}), '
          f'median exported cell {median:.0f} characters (under {MOST_CHARACTERS}), {lines:,} lines of code')
    command = [sys.executable, '-m', 'ruff', 'check', '--extend-ignore', 'E501', *map(str, modules)]
    ruff = subprocess.run(command, cwd=root)
    if found:
        print(f'{found} places break a rule of CONTRIBUTING.md.')
    return int(bool(found or ruff.returncode or a_line > MOST_NODES or median >= MOST_CHARACTERS))


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
