"""Fails when `nbdev_export` or `nbdev_clean` would change a file, when a notebook would not be run, or when a kept output holds an error."""
import hashlib, json, subprocess, sys
from pathlib import Path

def notebooks(): return [p for p in sorted(Path('nbs').rglob('*.ipynb')) if '.ipynb_checkpoints' not in p.parts]

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

def unsound(path):
    "What is wrong inside one notebook, a line each"
    for n, cell in enumerate(json.loads(path.read_text(encoding='utf-8'))['cells']):
        if 'skip_exec' in ''.join(cell['source']): yield f'{path}: cell {n} says skip_exec, so nothing runs this notebook: flag the slow cell instead'
        for output in cell.get('outputs', []):
            if output['output_type'] == 'error': yield f'{path}: cell {n} keeps an error ({output["ename"]}): run it again'

if __name__ == '__main__':
    wrong = [line for path in notebooks() for line in unsound(path)]
    for command in ('nbdev_clean', 'nbdev_export'):
        wrong += [f'{command} changes {p}: run it and commit' for p in changed_by([command])]
    sys.exit('\n'.join(wrong) or 0)
