#| code-fold: true
#@title Set up: on Colab and Kaggle this fetches the course; everywhere it says what hardware was found
def set_up(repository='GIT_URL', branch='BRANCH', chapters='NBS_PATH'):
    import importlib, os, platform, re, shutil, subprocess, sys, types
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

    def install():
        # What is installed here stays, torch and numpy above all: changing what is loaded would need a restart.
        # What is missing comes as it was tested.
        of_module = metadata.packages_distributions()
        loaded = {d: metadata.version(d) for m, ds in of_module.items() if m in sys.modules for d in ds}
        fresh = {'fastai', 'fastcore', 'fastprogress', 'fasttransform', 'fastdownload'}
        stays = {plain(d.name) for d in metadata.distributions()} - fresh | set(map(plain, loaded))
        tested = Path('../constraints.txt').read_text(encoding='utf-8').splitlines()
        tested = [line for line in tested if plain(line.split('==')[0]) not in stays]
        Path('../constraints.tmp').write_text('\n'.join(tested), encoding='utf-8')
        print('Installing the course beside what is here, which takes a minute or two.', flush=True)
        call(sys.executable, '-m', 'pip', 'install', '--quiet', '-c', '../constraints.tmp', '..',
             help='Restart the session, and run this cell before any other.')
        importlib.invalidate_caches()
        changed = [d for d, version in loaded.items() if metadata.version(d) != version]
        if changed:
            raise RuntimeError(f'{", ".join(changed)} had to be replaced while in use: restart the session once '
                               '(menu Runtime or Run), and run this cell again.')

    if place != 'Jupyter':
        if not Path('../settings.ini').exists():
            if not Path('course').exists():
                call('git', 'clone', '--quiet', '--depth', '1', '--branch', branch, repository, 'course',
                     help='On Kaggle, switch "Internet" on in the settings of the notebook.')
            os.chdir(Path('course')/chapters)
        if not util.find_spec('PACKAGE'):
            install()
        # The last cell exports the chapter, which is for those who develop it.
        if 'nbdev' not in sys.modules and not util.find_spec('nbdev'):
            sys.modules['nbdev'] = types.ModuleType('nbdev')
            sys.modules['nbdev'].nbdev_export = lambda: None
    elif not util.find_spec('PACKAGE'):
        raise ModuleNotFoundError("PACKAGE is not installed for this kernel: in the clone run  "
                                  "pip install -c constraints.txt -e '.[dev]'  and restart the kernel.")
    gpus = ['Apple'] if (sys.platform, platform.machine()) == ('darwin', 'arm64') else []
    if shutil.which('nvidia-smi'):
        command = ['nvidia-smi', '--query-gpu=name', '--format=csv,noheader']
        asked = subprocess.run(command, capture_output=True, text=True)
        gpus = asked.stdout.strip().splitlines() if not asked.returncode else gpus
    advice = ' (menu Runtime, "Change runtime type", gives a GPU)' if on_colab else ''
    hardware = f'GPU: {", ".join(gpus)}' if gpus else f'no GPU: the chapter runs on the CPU{advice}'
    print(f'{place} · Python {platform.python_version()} · {os.cpu_count()} CPU cores · {hardware}')

set_up(); del set_up
