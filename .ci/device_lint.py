"""Fails where code would break, or quietly go back to the processor, on a machine with a GPU: a gate that needs none.

Looks at the syntax tree of the exported modules and of the visible code cells of all notebooks (a student copies
those):
- `.numpy()` without `.cpu()` (a tensor on a GPU has no `.numpy()`), in modules and visible cells
- `.cpu()` after `.double()` (an Apple GPU has no float64): the processor first, then float64
- `device='cpu'` as a default of an argument: whatever runs a network runs where the network is
- in modules, a new tensor without a device that does not go anywhere with `.to(…)` either

`python .ci/device_lint.py [FILE …]`: a line for each place, and exit code 1 when there is one."""

import ast, json, re, sys
from pathlib import Path

MAKERS = set('tensor zeros ones full empty eye arange linspace rand randn randint randperm'.split())
# What may stay, as (file, a piece of the line): why.
ALLOWED = {
    ('49_graph.ipynb', '.numpy()'): 'networks are frozen on the processor, whatever they were trained on',
    ('51_bundle.ipynb', '.numpy()'): 'networks are frozen on the processor, whatever they were trained on',
}


def parsed(source):
    "The tree of some source without IPython's own lines, each node with its parent; None where it is no Python"
    try:
        tree = ast.parse(re.sub(r'^(\s*)[!%].*$', r'\1pass', source, flags=re.M))
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            child.parent = node
    return tree


def below(node):
    "The names of the methods and attributes that a chain such as `a.b().c` went through, the last first"
    while True:
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Subscript):
            node = node.value
        elif isinstance(node, ast.Attribute):
            yield node.attr
            node = node.value
        else:
            return


def above(node):
    "The names of the methods that an expression goes through, up to the end of its statement"
    while hasattr(node, 'parent') and not isinstance(node, ast.stmt):
        node = node.parent
        if isinstance(node, ast.Attribute):
            yield node.attr


def is_cpu(node):
    "Whether a default is the processor"
    if isinstance(node, ast.Call) and node.args:
        node = node.args[0]
    return isinstance(node, ast.Constant) and node.value == 'cpu'


def faults(source, exported):
    "(line, what is wrong) of each place"
    for node in ast.walk(parsed(source) or ast.Module([], [])):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            named = [
                *zip(reversed(node.args.posonlyargs + node.args.args), reversed(node.args.defaults)),
                *zip(node.args.kwonlyargs, node.args.kw_defaults),
            ]
            for argument, default in named:
                if 'device' in argument.arg and default is not None and is_cpu(default):
                    yield node.lineno, f"{argument.arg}='cpu' as a default: take the network's own device"
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ''
        chain = list(below(node.func))[1:] if name else []
        if (
            name == 'numpy'
            and not node.args
            and 'cpu' not in chain
            and not any(k.arg == 'force' for k in node.keywords)
        ):
            yield node.lineno, '.numpy() without .cpu() before it'
        if name == 'cpu' and 'double' in chain:
            yield node.lineno, '.cpu() after .double(): the processor first, then float64'
        torch = (
            isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == 'torch'
        )
        if exported and torch and name in MAKERS and not any(k.arg in ('device', 'generator') for k in node.keywords):
            if not {'to', 'cpu', 'tolist', 'item', 'type_as'} & set(above(node)):
                yield node.lineno, f'torch.{name} without a device'


def sources(path):
    "(where, source, exported) of what is looked at in a file"
    text = path.read_text(encoding='utf-8')
    if path.suffix == '.py':
        yield str(path), text, True
        return
    for n, cell in enumerate(json.loads(text)['cells']):
        source = ''.join(cell['source'])
        if cell['cell_type'] == 'code' and not re.search(r'^#\|\s*(export|hide)', source, re.M):
            yield f'{path} cell {n}', source, False


def look(path):
    "The places in one file, a line of text each"
    for where, source, exported in sources(path):
        lines = source.splitlines()
        for line, what in faults(source, exported):
            if any(file == path.name and piece in lines[line - 1] for file, piece in ALLOWED):
                continue
            yield f'{where}, line {line}: {what}: {lines[line - 1].strip()[:100]}'


def self_test():
    "The lint finds what it is for, and nothing else"

    def found(source, exported=True):
        return [what.split(':')[0] for _, what in faults(source, exported)]

    assert found('x.numpy()') == found('f(x).detach().numpy()', False) == ['.numpy() without .cpu() before it']
    assert found('x.detach().cpu().numpy(); x.numpy(force=True); df.to_numpy()') == []
    assert found('x.double().cpu()') == ['.cpu() after .double()'] and found('x.cpu().double()') == []
    assert (
        found("def f(x, device='cpu'): pass")
        == found("f = lambda x, device=torch.device('cpu'): x")
        == ["device='cpu' as a default"]
    )
    assert (
        found("def f(x, *, device='cpu'): pass") == ["device='cpu' as a default"]
        and found('def f(x, device=None): pass') == []
    )
    assert found('torch.zeros(3)') == ['torch.zeros without a device'] and found('torch.zeros(3)', False) == []
    assert found('torch.zeros(3, device=d); torch.tensor(a).float().to(d); torch.randn(3, generator=g)') == []


if __name__ == '__main__':
    self_test()
    files = [Path(f) for f in sys.argv[1:]] or sorted(Path('chestxray_fastai').glob('[!_]*.py')) + sorted(
        p for p in Path('nbs').rglob('*.ipynb') if '.ipynb_checkpoints' not in p.parts
    )
    found = [line for path in files for line in look(path)]
    sys.exit('\n'.join(found) or 0)
