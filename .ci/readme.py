"""README.md from nbs/index.ipynb, its outputs included, without Quarto: `python .ci/readme.py`; `--check` fails if it
is out of step.

`--command test` prints the command of the README's block that begins with the comment `# test`, needing nothing but
Python, so that CI runs the very words a reader is given."""

import argparse, json, os, re, sys
from pathlib import Path

index, readme = Path('nbs/index.ipynb'), Path('README.md')


def text(source):
    return source if isinstance(source, str) else ''.join(source)


def output_markdown(output):
    "One kept output as Markdown: plain text in a block; pictures are left to the notebook"
    if output['output_type'] == 'stream':
        return '```text\n' + text(output['text']).rstrip() + '\n```'
    data = output.get('data', {})
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
        if readme.read_text(encoding='utf-8') != markdown():
            sys.exit('README.md is not what nbs/index.ipynb makes: run python .ci/readme.py and commit')
    else:
        part = readme.with_suffix('.tmp')
        part.write_text(markdown(), encoding='utf-8', newline='\n')
        os.replace(part, readme)
