"""Finished progress bars say nothing to a reader: `.ci/keep.py` keeps none, the site shows none, and
`python .ci/bars.py NB …` takes them out of notebooks that were kept before."""
import json
import os
import re
import sys
from pathlib import Path

# fastprogress: a <div> around the bar, and a style sheet that comes before it
bar = re.compile(r'<div>\s*(?:<style>.*?</style>\s*)?<progress.*?</div>|<progress.*?</progress>', re.S)
bar_style = re.compile(r'<style>(?:(?!</style>).)*progress(?:(?!</style>).)*</style>', re.S)
# tqdm's `40%|███   | 4/10`, and fastprogress's `|████----| 40.00% [4/10`
drawn_line = re.compile(r'^.*(?:\d+%\|[\s█▏▎▍▌▋▊▉#]*\||\|[█-]+\|\s*\d+\.\d+%).*\n?', re.M)


def joined(words):
    return words if isinstance(words, str) else ''.join(words)


def has_bar(output):
    "Whether an output holds a progress bar, drawn in HTML or in characters"
    html = joined(output.get('data', {}).get('text/html', ''))
    words = joined(output.get('text', '')).replace('\r\n', '\n')
    return bool(bar.search(html) or bar_style.search(html) or '\r' in words or drawn_line.search(words))


def without_bar(output):
    "The output without its bar; None where nothing else was in it"
    if 'data' in output:
        html = bar_style.sub('', bar.sub('', joined(output['data']['text/html'])))
        if not html.strip():
            return None
        return output | {'data': output['data'] | {'text/html': html.splitlines(keepends=True)}}
    lines = joined(output['text']).replace('\r\n', '\n').splitlines(keepends=True)
    last = [line.rsplit('\r', 1)[-1] for line in lines]  # what a terminal would show at the end
    words = drawn_line.sub('', ''.join(last))
    return output | {'text': words.splitlines(keepends=True)} if words.strip() else None


def without_bars(outputs):
    cleaned = [without_bar(o) if has_bar(o) else o for o in outputs]
    return [o for o in cleaned if o is not None]


def clean(path):
    "Take the bars out of a notebook; gives how many outputs changed"
    nb = json.loads(path.read_text(encoding='utf-8'))
    changed = 0
    for cell in nb['cells']:
        if cell['cell_type'] == 'code':
            changed += sum(map(has_bar, cell['outputs']))
            cell['outputs'] = without_bars(cell['outputs'])
    if changed:
        part = path.with_suffix('.part')
        words = json.dumps(nb, sort_keys=True, indent=1, ensure_ascii=False) + '\n'
        part.write_text(words, encoding='utf-8', newline='\n')
        os.replace(part, path)
    return changed


if __name__ == '__main__':
    for path in map(Path, sys.argv[1:]):
        print(f'{path}: {clean(path)} outputs without their progress bars')
