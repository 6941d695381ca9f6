"""The first code cell of every chapter, kept the same in all of them: `python .ci/first_cell.py` puts
.ci/set_up_cell.py in or brings it up to date, `--check` says where it isn't, `--test` tries it as if on Colab,
on Kaggle and at home.

It makes a chapter run on Colab and Kaggle, and says what hardware was found. All of it is in one function, so that no
import of it can hide that a chapter forgot its own."""

import argparse, contextlib, hashlib, io, json, os, re, shutil, subprocess, sys, tempfile, types
from configparser import ConfigParser
from pathlib import Path
from unittest import mock

root = Path(__file__).resolve().parents[1]
ini = ConfigParser()
ini.read(root / 'settings.ini', encoding='utf-8')
settings = ini['DEFAULT']

cell = (root / '.ci' / 'set_up_cell.py').read_text(encoding='utf-8').rstrip('\n')
named = dict(GIT_URL='git_url', BRANCH='branch', NBS_PATH='nbs_path', PACKAGE='lib_path')
for placeholder, setting in named.items():
    cell = cell.replace(placeholder, settings[setting])


def is_ours(c):
    return c['cell_type'] == 'code' and 'set_up(); del set_up' in ''.join(c['source'])


def default_notebooks():
    "Every chapter; the index is the README too, and needs none"
    nbs = root / settings['nbs_path']
    return [
        p
        for p in sorted(nbs.rglob('*.ipynb'))
        if '.ipynb_checkpoints' not in p.parts and p.name != settings['readme_nb']
    ]


def output():
    "What the cell prints on this machine"
    said = subprocess.run(
        [sys.executable, '-c', cell],
        capture_output=True,
        text=True,
        encoding='utf-8',
        env=os.environ | {'PYTHONIOENCODING': 'utf-8'},
        cwd=root / settings['nbs_path'],
    )
    if said.returncode:
        sys.exit(said.stderr.strip().splitlines()[-1])
    return [dict(name='stdout', output_type='stream', text=said.stdout.splitlines(keepends=True))]


def with_cell(nb, outputs):
    "The notebook with the cell behind its title, the kept output left as it is if the cell is"
    old = [c for c in nb['cells'] if is_ours(c)]
    new = (
        old[0]
        if old and ''.join(old[0]['source']) == cell
        else dict(
            cell_type='code',
            execution_count=None,
            id=hashlib.sha256(cell.encode()).hexdigest()[:8],
            metadata={},
            outputs=outputs,
            source=cell.splitlines(keepends=True),
        )
    )
    rest = [c for c in nb['cells'] if not is_ours(c)]
    if not rest or rest[0]['cell_type'] != 'markdown' or not ''.join(rest[0]['source']).startswith('# '):
        raise ValueError('it does not begin with a title')
    return nb | dict(cells=[rest[0], new, *rest[1:]])


def dumped(nb):
    return json.dumps(nb, sort_keys=True, indent=1, ensure_ascii=False) + '\n'  # as nbdev_clean writes it


def update(paths, check):
    "Put the cell into each notebook; with `check` only say which lack it"
    wrong, outputs = [], [] if check else output()
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
        sys.exit(
            '\n'.join(
                [
                    *(f'{p}: the first code cell is missing or not the common one' for p in wrong),
                    'run python .ci/first_cell.py',
                ]
            )
        )
    print(f'{len(paths)} chapters begin with the common cell' + (f', {len(wrong)} changed' if wrong else ''))


# ---- tried as if on Colab, on Kaggle and at home


def run_as(place, folder, installed=False, fails='', gpu='', versions=None, absent=(), source=cell):  # noqa: C901, all stand-ins are on one stage
    """Run the cell in `folder` with Colab, Kaggle, git, pip and the hardware played by stand-ins; gives what was
    called, what was printed, and the error"""
    from importlib import metadata, util

    here = dict(torch='2.6.0+cu124', torchvision='0.21.0', numpy='2.0.2', fastai='2.8.7', pip='25.0', pandas='2.2.2')
    here |= {'scikit_learn': '1.6.1', 'Pillow': '11.3.0'} | (versions or {})
    here = {name: version for name, version in here.items() if name not in absent}
    calls, found = [], dict(installed=installed)
    real_spec, real_version = util.find_spec, metadata.version

    def stand_in(command, **kwargs):
        name = 'pip' if 'pip' in command else Path(command[0]).name
        calls.append(list(map(str, command)))
        if name == fails:
            return types.SimpleNamespace(returncode=1, stdout='', stderr='the reason')
        if name == 'git':
            (Path('course') / settings['nbs_path']).mkdir(parents=True)
            for file in ('settings.ini', 'constraints.txt'):
                shutil.copyfile(root / file, Path('course') / file)
        if name == 'pip':
            found['installed'] = True
        return types.SimpleNamespace(returncode=0, stdout=f'{gpu}\n')

    def spec(name, *a):
        if name == settings['lib_path']:
            return object() if found['installed'] else None
        if name in ('torch', 'numpy', 'fastai'):
            return object() if name in here else None
        return None if name == 'nbdev' else real_spec(name, *a)

    def distributions():
        return [types.SimpleNamespace(name=name, version=version) for name, version in here.items()]

    modules = {k: v for k, v in sys.modules.items() if k not in ('nbdev', 'google.colab')} | (
        {'google.colab': types.ModuleType('google.colab')} if place == 'Colab' else {}
    )
    env = {k: v for k, v in os.environ.items() if k != 'KAGGLE_KERNEL_RUN_TYPE'} | (
        {'KAGGLE_KERNEL_RUN_TYPE': 'Interactive'} if place == 'Kaggle' else {}
    )
    import pip

    before, said, error, names, left = os.getcwd(), io.StringIO(), None, {}, None
    with contextlib.ExitStack() as stack:
        for patch in (
            mock.patch.dict(sys.modules, modules | {'pip': pip}, clear=True),
            mock.patch.dict(os.environ, env, clear=True),
            mock.patch('subprocess.run', stand_in),
            mock.patch.object(util, 'find_spec', spec),
            mock.patch.object(metadata, 'distributions', distributions),
            mock.patch.object(metadata, 'packages_distributions', lambda: {'pip': ['pip'], 'absent': ['torch']}),
            mock.patch.object(metadata, 'version', lambda d: here.get(d) or real_version(d)),
            mock.patch('shutil.which', lambda name: name if gpu else None),
            contextlib.redirect_stdout(said),
        ):
            stack.enter_context(patch)
        try:
            os.chdir(folder)
            exec(compile(source, 'first cell', 'exec'), names)
        except Exception as e:
            error = e
        finally:
            left = Path.cwd()
            os.chdir(before)
            if not error and place != 'Jupyter':
                sys.modules['nbdev'].nbdev_export()
    return types.SimpleNamespace(
        calls=calls, said=said.getvalue(), error=error, folder=left, names=set(names) - {'__builtins__'}
    )


def fresh(tmp, name):
    (tmp / name).mkdir()
    return tmp / name


def test_fresh(place, tmp):
    "A hosted session gets what is missing, and keeps what is there; gives what came of it"
    got = run_as(place, fresh(tmp, place))
    assert not got.error, got.error
    clone, missing, own = got.calls
    assert clone[:2] == ['git', 'clone'] and settings['git_url'] in clone, clone
    assert missing[1:4] == own[1:4] == ['-m', 'pip', 'install'], got.calls
    assert own[-2:] == ['--no-deps', '..'], 'the course itself may pull nothing in'
    asked = {re.match(r'[\w.-]+', need)[0] for need in missing[missing.index('-c') + 2:]}
    assert {'onnxruntime', 'matplotlib', 'onnx', 'safetensors'} <= asked, asked
    assert not asked & {'torch', 'torchvision', 'numpy', 'fastai', 'pandas', 'pillow', 'scikit-learn'}, asked
    assert got.folder == tmp / place / 'course' / settings['nbs_path'], got.folder
    assert got.names == set(), got.names
    assert got.said.startswith('Installing') and f'\n{place} · Python' in got.said, got.said
    assert 'no GPU' in got.said and 'tried' not in got.said and 'not here' not in got.said, got.said
    assert ('Change runtime type' in got.said) == (place == 'Colab'), got.said
    kept = (tmp / place / 'course' / 'constraints.tmp').read_text(encoding='utf-8').splitlines()
    pins = {line.split('==')[0]: line for line in kept}
    stays = {'torch==2.6.0+cu124', 'torchvision==0.21.0', 'numpy==2.0.2', 'fastai==2.8.7', 'pip==25.0'}
    assert stays <= set(kept), 'what is here would be replaced'
    assert not {'scikit-learn', 'pillow', 'pandas'} & set(pins), 'what is here would be replaced'
    assert {'onnxruntime', 'matplotlib', 'safetensors'} <= set(pins), 'what is missing would come untested'
    return got


def test_other_versions(place, tmp):
    "What is there in another version, or absent, is named"
    strange = run_as(place, fresh(tmp, f'{place} other versions'), versions=dict(fastai='2.7.19', numpy='1.21.0'))
    assert not strange.error and 'fastai 2.7.19 is here, and not what was tried' in strange.said, strange.said
    assert 'numpy 1.21.0 is here' in strange.said and 'torch 2.6' not in strange.said, strange.said
    bare = run_as(place, fresh(tmp, f'{place} without torch'), absent=('torch', 'torchvision', 'fastai'))
    asked = ' '.join(bare.calls[1])
    assert not bare.error and 'onnxruntime' in asked and 'torch' not in asked and 'fastai' not in asked, asked
    assert 'torch is not here: a chapter that trains needs' in bare.said, bare.said


def test_again(place, tmp, got):
    "A second call, a restart, no network and a failing pip"
    again = run_as(place, got.folder, installed=True)  # run twice in one session
    assert not again.error and not again.calls and again.folder == got.folder
    restarted = run_as(place, tmp / place, installed=True)  # after a restart of the session
    assert not restarted.error and not restarted.calls and restarted.folder == got.folder
    offline = run_as(place, fresh(tmp, f'{place} offline'), fails='git')
    assert (
        isinstance(offline.error, RuntimeError)
        and 'the reason' in str(offline.error)
        and 'Internet' in str(offline.error)
    )
    broken = run_as(place, fresh(tmp, f'{place} without pip'), fails='pip')
    assert isinstance(broken.error, RuntimeError) and 'did not succeed' in str(broken.error)

def test():
    "The cell does on each of the three what it promises"
    with tempfile.TemporaryDirectory() as tmp:
        tmp = Path(tmp).resolve()
        for place in ('Colab', 'Kaggle'):
            got = test_fresh(place, tmp)
            test_other_versions(place, tmp)
            test_again(place, tmp, got)
        assert 'GPU: Tesla T4' in run_as('Colab', tmp / 'Colab', installed=True, gpu='Tesla T4').said
        home = run_as('Jupyter', tmp, installed=True)
        assert not home.error and not home.calls and home.folder == tmp and home.said.startswith('Jupyter'), home
        stranger = run_as('Jupyter', tmp)
        assert (
            isinstance(stranger.error, ModuleNotFoundError)
            and 'pip install -c constraints.txt -e' in str(stranger.error)
            and not stranger.calls
        )
        nb = dict(cells=[dict(cell_type='markdown', source=['# A title']), dict(cell_type='code', source=['1'])])
        once = with_cell(nb, [])
        assert (
            [is_ours(c) for c in once['cells']] == [False, True, False]
            and with_cell(once, ['other'])['cells'] == once['cells']
            and len(nb['cells']) == 2
        )
        stale = dict(
            cells=[once['cells'][0], once['cells'][2], dict(once['cells'][1], source=['old\n', 'set_up(); del set_up'])]
        )
        assert [''.join(c['source']) for c in with_cell(stale, [])['cells']] == ['# A title', cell, '1']
        path = tmp / 'chapter.ipynb'
        path.write_text(dumped(nb), encoding='utf-8')
        try:
            update([path], check=True)
        except SystemExit as e:
            assert 'missing' in str(e)
        else:
            raise AssertionError('a chapter without the cell passed')
    print('the first cell does what it promises on Colab, on Kaggle and at home')


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('notebooks', nargs='*', type=Path, help='all chapters if none is named')
    parser.add_argument('--check', action='store_true')
    parser.add_argument('--test', action='store_true')
    args = parser.parse_args()
    if args.test:
        test()
    else:
        update(args.notebooks or default_notebooks(), args.check)
