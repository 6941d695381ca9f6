#| code-fold: true
#@title Set up: on Colab and Kaggle this fetches the course; everywhere it says what hardware was found
def set_up(repository='GIT_URL', branch='BRANCH', chapters='NBS_PATH'):
    import importlib, os, platform, re, shutil, subprocess, sys, types
    from configparser import ConfigParser
    from importlib import metadata, util
    from pathlib import Path

    on_colab = 'google.colab' in sys.modules
    on_kaggle = 'KAGGLE_KERNEL_RUN_TYPE' in os.environ
    place = 'Colab' if on_colab else 'Kaggle' if on_kaggle else 'Jupyter'

    def call(*command, help):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            words = f'{" ".join(command[:4])} did not succeed: {done.stderr.strip()[-800:]}'
            raise RuntimeError(f'{words}\n{help}')

    def plain(name):
        return re.sub('[-_.]+', '-', name or '').lower()

    def needs(*extras):
        # Name and requirement of all that the base needs, and these extras
        ini = ConfigParser(delimiters=['='])
        ini.read('../settings.ini', encoding='utf-8')
        settings = ini['DEFAULT']
        lines = [settings['requirements'], *(settings[f'{extra}_requirements'] for extra in extras)]
        return {plain(re.match(r'[\w.-]+', need)[0]): need for line in lines for need in line.split()}

    def install():
        # What is here stays: changing what is loaded would need a restart. What is missing comes as it was tested.
        here = {plain(d.name): d.version for d in metadata.distributions()}
        wanted = needs('train') if 'torch' in here else needs()
        missing = [need for name, need in wanted.items() if name not in here]
        tested = Path('../constraints.txt').read_text(encoding='utf-8').splitlines()
        kept = [line for line in tested if plain(line.split('==')[0]) not in here]
        loaded = {plain(d) for m, ds in metadata.packages_distributions().items() if m in sys.modules for d in ds}
        stays = (loaded | {'torch', 'torchvision', 'numpy', 'fastai', 'fastcore'}) & set(here)
        kept += [f'{name}=={here[name]}' for name in sorted(stays)]
        Path('../constraints.tmp').write_text('\n'.join(kept), encoding='utf-8')
        print('Installing the course beside what is here, in seconds: torch, NumPy and fastai stay.', flush=True)
        help = 'Restart the session, and run this cell before any other.'
        pip = [sys.executable, '-m', 'pip', 'install', '--quiet']
        if missing:
            call(*pip, '-c', '../constraints.tmp', *missing, help=help)
        call(*pip, '--no-deps', '..', help=help)
        importlib.invalidate_caches()

    def tell_untried():
        # What is here in another version than the tests have seen is named, and used
        from packaging.requirements import Requirement
        wanted = needs('train')
        for name in ('torch', 'numpy', 'fastai'):
            if not util.find_spec(name):
                print(f'{name} is not here: a chapter that trains needs  %pip install "..[train]"')
            elif not Requirement(wanted[name]).specifier.contains(metadata.version(name), prereleases=True):
                print(f'{name} {metadata.version(name)} is here, and not what was tried ({wanted[name]}): it is used.')

    if place != 'Jupyter':
        if not Path('../settings.ini').exists():
            if not Path('course').exists():
                call('git', 'clone', '--quiet', '--depth', '1', '--branch', branch, repository, 'course',
                     help='On Kaggle, switch "Internet" on in the settings of the notebook.')
            os.chdir(Path('course')/chapters)
        if not util.find_spec('PACKAGE'):
            install()
        tell_untried()
        # The last cell exports the chapter, which is for those who develop it.
        if 'nbdev' not in sys.modules and not util.find_spec('nbdev'):
            sys.modules['nbdev'] = types.ModuleType('nbdev')
            sys.modules['nbdev'].nbdev_export = lambda: None
    elif not util.find_spec('PACKAGE'):
        raise ModuleNotFoundError('PACKAGE is not installed for this kernel: in the clone run  '
                                  'pip install -c constraints.txt -e ".[dev]"  and restart the kernel.')
    gpus = ['Apple'] if (sys.platform, platform.machine()) == ('darwin', 'arm64') else []
    if shutil.which('nvidia-smi'):
        command = ['nvidia-smi', '--query-gpu=name', '--format=csv,noheader']
        asked = subprocess.run(command, capture_output=True, text=True)
        gpus = asked.stdout.strip().splitlines() if not asked.returncode else gpus
    advice = ' (menu Runtime, "Change runtime type", gives a GPU)' if on_colab else ''
    hardware = f'GPU: {", ".join(gpus)}' if gpus else f'no GPU: the chapter runs on the CPU{advice}'
    print(f'{place} · Python {platform.python_version()} · {os.cpu_count()} CPU cores · {hardware}')

set_up(); del set_up
