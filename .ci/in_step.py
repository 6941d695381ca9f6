"""Fails when `nbdev_export` or `nbdev_clean` would change a file, when a notebook would not be run or has no kernel,
when a kept output holds an error,
when a `test_fail` would be content with any exception, and, in the gate (CHESTXRAY_GATE=1), when a test would be
skipped for want of a package."""

import ast, hashlib, json, os, re, subprocess, sys
from importlib.util import find_spec
from pathlib import Path

KERNEL = {'display_name': 'python3', 'language': 'python', 'name': 'python3'}
# Witnesses that no extra installs: a comparison with them is made where they happen to be
OPTIONAL = {'MLstatkit', 'monai', 'torchxrayvision', 'dicomweb_client'}


def notebooks():
    return [p for p in sorted(Path('nbs').rglob('*.ipynb')) if '.ipynb_checkpoints' not in p.parts]


def hashes():
    "Content of every notebook and every exported module"
    files = notebooks() + sorted(Path('chestxray_fastai').rglob('*.py'))
    return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def changed_by(command):
    "The files that `command` makes, changes or removes"
    before = hashes()
    subprocess.run(command, check=True)
    after = hashes()
    return [p for p in sorted(before.keys() | after.keys()) if before.get(p) != after.get(p)]


def tree(source):
    "The syntax tree of a code cell, without IPython's own lines; None where it is no Python"
    plain = re.sub(r'^(\s*)[!%].*$', r'\1pass', source, flags=re.M)
    try:
        return ast.parse(plain)
    except SyntaxError:
        return None


def careless(source):
    "Line numbers of each `test_fail` that any exception would satisfy, a NameError too"
    for node in ast.walk(tree(source) or ast.Module([], [])):
        if isinstance(node, ast.Call) and getattr(node.func, 'id', getattr(node.func, 'attr', '')) == 'test_fail':
            named = any(
                k.arg in ('contains', 'exc')
                and getattr(k.value, 'value', True) != ''
                and getattr(k.value, 'id', '') != 'Exception'
                for k in node.keywords
            )
            if not named and len(node.args) < 3:
                yield node.lineno


def _tried(node):
    "Modules that a `try` imports, when it goes on without them"
    caught = {n.id for h in node.handlers if h.type for n in ast.walk(h.type) if isinstance(n, ast.Name)}
    stops = any(isinstance(n, ast.Raise) for h in node.handlers for n in ast.walk(h))
    if stops or not caught & {'ImportError', 'ModuleNotFoundError'}:
        return
    for line in node.body:
        if isinstance(line, ast.Import):
            yield from (a.name.split('.')[0] for a in line.names)
        elif isinstance(line, ast.ImportFrom) and line.module and not line.level:
            yield line.module.split('.')[0]


def guarded(source):
    "Modules whose absence would skip something in a cell: asked for by `find_spec`, or tried"
    for node in ast.walk(tree(source) or ast.Module([], [])):
        if isinstance(node, ast.Call) and getattr(node.func, 'id', getattr(node.func, 'attr', '')) == 'find_spec':
            if node.args and isinstance(node.args[0], ast.Constant):
                yield node.args[0].value.split('.')[0]
        elif isinstance(node, ast.Try):
            yield from _tried(node)


def missing_packages(source):
    "Packages for want of which the gate would skip a cell; OPTIONAL ones may be absent"
    if not os.environ.get('CHESTXRAY_GATE'):
        return []
    return [name for name in sorted(set(guarded(source)) - OPTIONAL) if not find_spec(name)]


def unsound_outputs(cell):
    "What is wrong with the outputs that a cell keeps"
    for output in cell.get('outputs', []):
        if output['output_type'] == 'error':
            yield f'keeps an error ({output["ename"]}): run it again'
        if output.get('name') == 'stderr' and 'site-packages' in ''.join(output['text']):
            yield 'keeps a warning with a path of one machine: silence it, or take it out'


def unsound(path):
    "What is wrong inside one notebook, a line each"
    nb = json.loads(path.read_text(encoding='utf-8'))
    if nb['metadata'].get('kernelspec') != KERNEL:
        yield f'{path}: its metadata name no kernel, so Jupyter asks for one: kernelspec is {json.dumps(KERNEL)}'
    for n, cell in enumerate(nb['cells']):
        source = ''.join(cell['source'])
        if 'skip_exec' in source:
            yield f'{path}: cell {n} says skip_exec, so nothing runs this notebook: flag the slow cell instead'
        for words in unsound_outputs(cell):
            yield f'{path}: cell {n} {words}'
        if cell['cell_type'] != 'code':
            continue
        for line in careless(source):
            yield (
                f'{path}: cell {n}, line {line}: test_fail takes any exception, a NameError too: say contains=… or'
                ' exc=…'
            )
        for name in missing_packages(source) if n > 1 else []:
            yield f'{path}: cell {n} is skipped, for {name} is not installed here: the gate runs every test'


def self_test():
    "The checks can fail"
    assert list(
        careless(
            "test_fail(lambda: f())\ntest_fail(f, contains='')\ntest_fail(f, contains='x')\ntest_fail(f,"
            " exc=ValueError)"
        )
    ) == [1, 2]
    assert list(careless('!ls\nif x:\n    %time f()\ntest_fail(f)')) == [4]
    assert set(
        guarded(
            "if importlib.util.find_spec('mapie'): pass\ntry: import a.b\nexcept ImportError: a = None\ntry: import"
            " c\nexcept ImportError: raise ValueError"
        )
    ) == {'mapie', 'a'}


if __name__ == '__main__':
    self_test()
    wrong = [line for path in notebooks() for line in unsound(path)]
    for command in ('nbdev_clean', 'nbdev_export'):
        wrong += [f'{command} changes {p}: run it and commit' for p in changed_by([command])]
    sys.exit('\n'.join(wrong) or 0)
