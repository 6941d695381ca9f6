"""The walls of the house, as CONTRIBUTING.md draws them: `python .ci/walls.py` says where one has a hole.

1. Every module imports alone, in a fresh process.
2. Nothing but what trains loads fastai or torch at the top; what answers, the first cell of every notebook and the
   checks of its exercises load no pandas, SciPy, scikit-learn or matplotlib either.
3. `__init__.py` holds the version and nothing more.
4. Imports run one way, in the order of the notebooks, inside functions too, so that there is no circle.
5. Only `fetch` opens a network connection.
6. Nothing loads a pickle; a weights file from elsewhere is read by `torch.load(…, weights_only=True)`.
7. One notebook, one module, and no private name crosses a border."""
import ast
import json
import re
import subprocess
import sys
from pathlib import Path

root = Path(__file__).resolve().parents[1]
package = 'chestxray_fastai'
library = root/package
HEAVY = {'fastai', 'torch', 'torchvision', 'timm'}
TRAINING = {'augment', 'blocks', 'devices', 'networks', 'learner', 'train', 'multilabel', 'pretrain',
            'mitigate'}  # rooms that may load what is heavy
ANSWERING = {'core', 'words', 'readers', 'decision', 'ood', 'content', 'population', 'graph', 'bundle', 'triage', 'audit_log', 'cli',
             'course'}
CHECKS = 'checks.'  # the checks of a lesson's exercises, made by nbs/course/solutions
TABLES = {'pandas', 'scipy', 'sklearn', 'matplotlib', 'onnx'}  # what an answer does without
NETWORK = {'requests', 'urllib.request', 'http.client', 'httpx', 'socket', 'kagglehub', 'huggingface_hub', 'aiohttp'}
# What opens no connection, though it looks so: (module, imported name): why
NO_CONNECTION = {
    ('app', 'socket'): 'looks whether a port of this machine is free',
    ('page', 'huggingface_hub'): 'formats the model card',
}
# The one import against the order: the answers of a Learner become Scores, which belong to those who judge
AGAINST_ORDER = {('learner', 'scores')}
PICKLES = {'pickle', 'cPickle', 'dill', 'joblib', 'shelve', 'cloudpickle'}


def notebooks():
    "Pairs of module and notebook, in the order of the notebooks"
    nbs = root/'nbs'
    for path in [*sorted(nbs.glob('*.ipynb')), *sorted((nbs/'course'/'solutions').glob('*.ipynb'))]:
        cells = json.loads(path.read_text(encoding='utf-8'))['cells']
        sources = [''.join(c['source']) for c in cells if c['cell_type'] == 'code']
        named = [m[1] for s in sources if (m := re.search(r'^#\|\s*default_exp\s+([\w.]+)', s, re.M))]
        elsewhere = [m[0] for s in sources if (m := re.search(r'^#\|\s*exports?[ \t]+\w+', s, re.M))]
        if len(named) > 1 or elsewhere:
            yield None, f'{path.name} exports into several modules: {", ".join(named + elsewhere)}'
        elif named:
            if ('.' in named[0]) != (path.parent != nbs):
                yield None, f'{path.name} exports {named[0]}: checks.lessonNN is for solutions, and for them alone'
            yield named[0], path.name


def imports(tree, top_only=False):
    "Triples of line, module and names of the import statements"
    for node in (tree.body if top_only else ast.walk(tree)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, []
        elif isinstance(node, ast.ImportFrom):
            module = ('.' * node.level) + (node.module or '')
            yield node.lineno, module, [alias.name for alias in node.names]


def own(room, module, names):
    "The rooms that an import statement of a room enters"
    if room.startswith(CHECKS) and module.startswith('.'):
        module = module[1:] if module.startswith('..') else f'{package}.{CHECKS}{module[1:]}'
    if module == '.' or module == package:
        return names
    if module.startswith('.'):
        return [module[1:].split('.')[0]]
    if module.startswith(package + '.'):
        inside = module.split('.')[1:]
        return ['.'.join(inside[:2])] if inside[0] + '.' == CHECKS else inside[:1]
    return []


def one_way(room, tree, order):
    for line, module, names in imports(tree):
        for other in own(room, module, names):
            if other in order and order[other] >= order[room] and (room, other) not in AGAINST_ORDER:
                yield line, f'imports {other}, which comes later'
            private = [n for n in names if n.startswith('_') and not n.startswith('__')]
            if private:
                yield line, f'imports {", ".join(private)} of {other}, which is private'


def no_network(room, tree):
    for line, module, names in imports(tree):
        full = {module, *(f'{module}.{n}' for n in names)}
        for name in sorted(full & NETWORK):
            if room != 'fetch' and (room, name) not in NO_CONNECTION:
                yield line, f'imports {name}: only fetch opens a connection'


def no_pickle(tree):
    for line, module, _ in imports(tree):
        if module.split('.')[0] in PICKLES:
            yield line, f'imports {module}: nothing of ours loads a pickle'
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        given = {k.arg: ast.unparse(k.value) for k in node.keywords}
        unsafe_torch = called == 'torch.load' and given.get('weights_only') != 'True'
        unsafe_numpy = called == 'np.load' and given.get('allow_pickle') == 'True'
        if unsafe_torch or unsafe_numpy or called == 'load_learner':
            yield node.lineno, f'calls {called}: nothing of ours loads a pickle'


def init_is_bare():
    tree = ast.parse((library/'__init__.py').read_text(encoding='utf-8'))
    wanted = [ast.unparse(n).split(' = ')[0] for n in tree.body]
    if wanted != ['__version__']:
        yield f'{package}/__init__.py holds more than the version: {", ".join(wanted)}'


def alone(room):
    "Import a room in a fresh process; what it must not load, or why it failed"
    code = (f'import sys; import {package}.{room}; '
            'print(*sorted({name.split(".")[0] for name in sys.modules}))')
    done = subprocess.run([sys.executable, '-W', 'ignore', '-c', code], capture_output=True, text=True, cwd=root)
    if done.returncode:
        return [f'{room}: does not import alone: {done.stderr.strip().splitlines()[-1]}']
    loaded = set(done.stdout.split())
    forbidden = set() if room in TRAINING else loaded & HEAVY
    if room in ANSWERING or room.startswith(CHECKS):
        forbidden |= loaded & TABLES
    return [f'{room}: loads {", ".join(sorted(forbidden))} at the top'] if forbidden else []


def main():
    found = list(init_is_bare())
    rooms = []
    for room, words in notebooks():
        if room is None or room in rooms:
            found.append(words if room is None else f'{words}: exports into {room}, as another notebook does')
        else:
            rooms.append(room)
    order = {room: k for k, room in enumerate(rooms)}
    for path in sorted(library.rglob('[a-z]*.py')):
        if '.'.join(path.relative_to(library).with_suffix('').parts) not in order:
            found.append(f'{path.relative_to(library)} comes from no notebook')
    for room in rooms:
        file = library/f'{room.replace(".", "/")}.py'
        tree = ast.parse(file.read_text(encoding='utf-8'))
        holes = [*one_way(room, tree, order), *no_network(room, tree), *no_pickle(tree)]
        found += [f'{file.relative_to(root)}:{line}: {words}' for line, words in sorted(holes)]
        found += alone(room)
    print('\n'.join(found) or f'{len(rooms)} modules import alone and one way; all walls stand')
    return int(bool(found))


if __name__ == '__main__':
    sys.exit(main())
