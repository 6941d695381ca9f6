"""README.md from nbs/index.ipynb, its outputs included, without Quarto: `python .ci/readme.py`; `--check` fails if it
is out of step.

Before that it writes the tables that are made of the notebooks, between `<!-- lessons -->` and `<!-- /lessons -->` (and
`library`), into nbs/index.ipynb and nbs/course/README.md. A new lesson needs its hours in `PLAN`.

`--command test` prints the command of the README's block that begins with the comment `# test`, needing nothing but
Python, so that CI runs the very words a reader is given."""

import argparse
import base64
import json
import os
import re
import sys
from pathlib import Path

from site_course import group_of, groups, part_of, parts

index, readme, start = Path('nbs/index.ipynb'), Path('README.md'), Path('nbs/course/README.md')
picture = Path('nbs/_static/home.png')  # the first picture that the index keeps
sizes = Path('.ci/sizes.md')  # what each extra weighs, written by .ci/light.sh --table
COLAB = 'https://colab.research.google.com/github/chestxray-fastai/chestxray_fastai/blob/main/'
# Hours of a lesson (reading, running and exercises; estimates), and the lessons it needs
PLAN = {
    '01': ('1', ''),
    '02': ('1½', '01'),
    '03': ('1½', '01'),
    '04': ('1½', '01'),
    '05': ('1½', '03'),
    '06': ('1½', '03'),
    '07': ('2', '03, 05, 06'),
    '08': ('1½', '07'),
    '09': ('1', '07'),
    '10': ('2', '01'),
    '11': ('1½', '10'),
    '12': ('1½', '10'),
    '13': ('1½', '12'),
    '14': ('1½', '10'),
    '15': ('1½', '04, 10'),
    '16': ('1½', '05'),
    '17': ('1½', '03'),
    '18': ('2', '06, 10, 12'),
    '19': ('1½', '05, 07, 08'),
    '21': ('1½', '08, 14, 15'),
    '22': ('2', '11, 12'),
    '23': ('1½', '22'),
    '24': ('4', '04, 10 to 15'),
}


def text(source):
    return source if isinstance(source, str) else ''.join(source)


def named(path):
    "Title and description of a notebook"
    first = text(json.loads(path.read_text(encoding='utf-8'))['cells'][0]['source'])
    title, _, rest = first.partition('\n')
    return title.removeprefix('# ').strip(), ' '.join(rest.strip().split('\n\n')[0].removeprefix('>').split())


def lessons():
    "Number and path of every lesson there is; one without hours in PLAN stops"
    found = {p.name[:2]: p for p in sorted(start.parent.glob('[0-9][0-9]_*.ipynb'))}
    if unknown := found.keys() - PLAN.keys():
        sys.exit(f'.ci/readme.py: PLAN has no hours for lesson {", ".join(sorted(unknown))}')
    return found


def lesson_table(folder):
    "All lessons by group, with links as a file in `folder` needs them"
    with_needs = folder == start.parent
    head = ['', 'lesson', 'what it is about', 'hours', *(['needs'] if with_needs else []), '']
    lines = [f'| {" | ".join(head)} |', '|---' * len(head) + '|']
    for group in groups:
        own = {n: p for n, p in lessons().items() if group_of(n) == group}
        if own:
            lines.append(f'| | **{group}** |' + ' |' * (len(head) - 2))
        for number, path in own.items():
            title, description = named(path)
            link = os.path.relpath(path, folder).replace(os.sep, '/')
            hours, needs = PLAN[number]
            cells = [number, f'[{title}]({link})', description, hours, *([needs] if with_needs else [])]
            lines.append(f'| {" | ".join([*cells, f"[Colab]({COLAB}{path.as_posix()})"])} |')
    return '\n'.join(lines)


def first_link():
    "Where to begin without installing anything"
    number, path = next(iter(lessons().items()))
    link = f'[open lesson {number} in Colab]({COLAB}{path.as_posix()})'
    return f'- **Now, in a browser**: {link}. Its first cell installs what is needed.'


def library_list():
    "The notebooks of the library, a line for each part"
    found = {title: [] for title, _ in parts.values()}
    for path in [*sorted(index.parent.glob('[0-9][0-9]_*.ipynb')), *sorted(index.parent.glob('cases/*.ipynb'))]:
        name = path.relative_to(index.parent).with_suffix('').as_posix()
        found[part_of(name)[0]].append(f'[{named(path)[0]}]({path.as_posix()})')
    return '\n'.join(f'- **{title}**: {" · ".join(links)}' for title, links in found.items() if links)


def filled(words, folder):
    "A text with its tables brought up to date"
    made = {
        'first': first_link,
        'lessons': lambda: lesson_table(folder),
        'library': library_list,
        'sizes': lambda: sizes.read_text(encoding='utf-8').strip(),
    }
    for name, make in made.items():
        begin, end = f'<!-- {name} -->', f'<!-- /{name} -->'
        if begin in words:
            before, _, rest = words.partition(begin)
            words = f'{before}{begin}\n{make()}\n{end}{rest.partition(end)[2]}'
    return words


def write(path, words):
    part = path.with_suffix('.tmp')
    part.write_text(words, encoding='utf-8', newline='\n')
    os.replace(part, path)


def index_filled():
    "The index with its tables brought up to date, as it stands in the file"
    nb = json.loads(index.read_text(encoding='utf-8'))
    for cell in nb['cells']:
        if cell['cell_type'] == 'markdown':
            cell['source'] = filled(text(cell['source']), Path('.')).splitlines(keepends=True)
    return json.dumps(nb, sort_keys=True, indent=1, ensure_ascii=False) + '\n'  # as nbdev_clean writes it


def kept_picture():
    "The first picture that the index keeps, as bytes"
    for cell in json.loads(index.read_text(encoding='utf-8'))['cells']:
        for output in cell.get('outputs', []):
            if 'image/png' in output.get('data', {}):
                return base64.b64decode(text(output['data']['image/png']))
    return b''


def output_markdown(output):
    "One kept output as Markdown: plain text in a block, the picture from its file"
    if output['output_type'] == 'stream':
        return '```text\n' + text(output['text']).rstrip() + '\n```'
    data = output.get('data', {})
    if 'image/png' in data:
        return f'![What the lessons work on and draw]({picture.as_posix()})'
    if 'text/markdown' in data:
        return text(data['text/markdown'])
    plain = text(data.get('text/plain', ''))
    is_name_only = re.fullmatch(r'<[\w.]+ object>', plain.strip())  # of what only a browser shows
    return '' if is_name_only or not plain else '```text\n' + plain.rstrip() + '\n```'


def markdown():
    "The whole README"
    parts = [f'<!-- Made from {index.as_posix()} by .ci/readme.py: edit the notebook. -->']
    for cell in json.loads(index.read_text(encoding='utf-8'))['cells']:
        source = text(cell['source'])
        if cell['cell_type'] == 'markdown':
            parts.append(source)
        elif cell['cell_type'] == 'code' and not re.search(r'^#\|\s*(hide\b|default_exp|export)', source, re.M):
            code = '\n'.join(line for line in source.splitlines() if not line.startswith('#|'))
            if not re.search(r'^#\|\s*hide_input', source, re.M):
                parts.append('```python\n' + code.strip() + '\n```')
            parts += map(output_markdown, cell.get('outputs', []))
    return '\n\n'.join(part.strip() for part in parts if part.strip()) + '\n'


def command(name):
    "The shell lines of the block that begins with `# name`, joined by &&"
    found = re.search(rf'```(?:sh|bash)\n# {name}\b[^\n]*\n(.*?)```', markdown(), re.S)
    if not found:
        sys.exit(f'{index} has no shell block that begins with "# {name}"')
    return ' && '.join(line for line in found[1].splitlines() if line.strip())


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--check', action='store_true')
    parser.add_argument('--command')
    args = parser.parse_args()
    if args.command:
        print(command(args.command))
    elif args.check:
        if index.read_text(encoding='utf-8') != index_filled():
            sys.exit(f'{index}: a table is out of step: run python .ci/readme.py and commit')
        if start.read_text(encoding='utf-8') != filled(start.read_text(encoding='utf-8'), start.parent):
            sys.exit(f'{start}: a table is out of step: run python .ci/readme.py and commit')
        if readme.read_text(encoding='utf-8') != markdown() or picture.read_bytes() != kept_picture():
            sys.exit('README.md is not what nbs/index.ipynb makes: run python .ci/readme.py and commit')
    else:
        write(index, index_filled())
        write(start, filled(start.read_text(encoding='utf-8'), start.parent))
        write(readme, markdown())
        picture.write_bytes(kept_picture())
