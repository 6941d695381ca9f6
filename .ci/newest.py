"""Does the library work with the newest of what it stands on? `python .ci/newest.py` in an environment that was
installed without constraints.txt and without the extra `dev`:
says what is installed, imports every module, and goes from phantoms to an answer. `--any` also accepts the versions
that the constraints name."""

import contextlib, importlib, io, pkgutil, shutil, sys, tempfile
from importlib.metadata import version
from pathlib import Path

STANDS_ON = 'fastai fastcore fastprogress torch torchvision numpy pandas scikit-learn scipy pillow onnxruntime'.split()


def import_all():
    "Import every module of the package"
    import chestxray_fastai

    names = [m.name for m in pkgutil.iter_modules(chestxray_fastai.__path__) if not m.name.startswith('_')]
    for name in names:
        importlib.import_module(f'chestxray_fastai.{name}')
    return names


def command(*words):
    "Run a command as a user would; stop with what it said where it fails"
    from chestxray_fastai.cli import main

    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        code = main(words)
    print(f'chestxray {" ".join(words[:2])} …: {code}', flush=True)
    if code:
        sys.exit(out.getvalue() + err.getvalue())
    return out.getvalue()


def whole_way(folder):
    "Draw, look at, train, judge, report, ask"
    images = str(folder / 'images')
    run = str(folder / 'run')
    command(*f'phantoms {images} --n 300 --size 64'.split())
    command('audit', images)
    small = f'run --data {images} --size 32 --epochs 2 --weights none --out {run}'
    command(*f'{small} --target-sensitivity .8'.split())
    command(*f'{small} --target-sensitivity .7'.split())  # a finished network, judged again
    command('evaluate', f'{run}/scores.csv')
    command('report', run)
    command('check')
    assert '"decision"' in command('predict', str(next(Path(images).rglob('*.png'))), '--json')


if __name__ == '__main__':
    print('\n'.join(f'{name} {version(name)}' for name in STANDS_ON))
    if int(version('fastcore').split('.')[0]) < 2 and '--any' not in sys.argv:
        sys.exit('This is not the newest: fastcore is older than 2, so something pinned it.')
    print(f'{len(import_all())} modules imported')
    folder = Path(tempfile.mkdtemp())
    try:
        whole_way(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
