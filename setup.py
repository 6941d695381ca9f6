"Everything that is installed is said in settings.ini; this file only reads it."
from configparser import ConfigParser
from pathlib import Path
from setuptools import find_packages, setup

here = Path(__file__).parent
config = ConfigParser(delimiters=['='])
config.read(here/'settings.ini', encoding='utf-8')
settings = config['DEFAULT']

suffix = '_requirements'
extras = {key[:-len(suffix)]: value.split() for key, value in settings.items() if key.endswith(suffix)}
extras['dev'] += [f'[{name}]' for name in extras if name != 'dev']


def whole(needs):
    "Requirements with each [NAME] of another extra replaced by what that one needs"
    for need in needs:
        yield from whole(extras[need[1:-1]]) if need.startswith('[') else [need]


extras = {name: list(dict.fromkeys(whole(needs))) for name, needs in extras.items()}

setup(
    name=settings['lib_name'], version=settings['version'], description=settings['description'], keywords=settings['keywords'],
    author=settings['author'], author_email=settings['author_email'], url=settings['git_url'], license='Apache-2.0',
    long_description=(here/'README.md').read_text(encoding='utf-8'), long_description_content_type='text/markdown',
    packages=find_packages(include=[settings['lib_name'], settings['lib_name'] + '.*']), package_data={settings["lib_name"]: ["bundle/*", "templates/*", "content.json", "py.typed"]},
    python_requires='>=' + settings['min_python'], install_requires=settings['requirements'].split(), extras_require=extras,
    entry_points={'console_scripts': settings['console_scripts'].split(), 'nbdev': [f"{settings['lib_name']}={settings['lib_name']}._modidx:d"]},
    classifiers=['Development Status :: 3 - Alpha', 'Intended Audience :: Education', 'Intended Audience :: Developers',
                 'Topic :: Scientific/Engineering :: Medical Science Apps.'] +
                [f'Programming Language :: Python :: 3.{minor}' for minor in range(10, 14)],
    zip_safe=False)
