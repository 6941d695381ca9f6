"""Run notebooks, each in a fresh kernel, and keep their outputs: `python .ci/keep.py nbs/10_manifest.ipynb [--flags
slow]`.

Progress bars that are finished are not kept.

A cell flagged in `tst_flags` (slow, cuda) is left as it is, with the output it has, unless its flag is named."""

import argparse, re, sys
from pathlib import Path
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbdev.config import get_config
from bars import without_bars


class Keeper(NotebookClient):
    "Runs every code cell but those that carry a flag in `skip`."

    def __init__(self, nb, skip, **kwargs):
        super().__init__(nb, **kwargs)
        self.skip = skip

    async def async_execute_cell(self, cell, cell_index, **kwargs):
        flags = set(re.findall(r'^#\|\s*(\w+)\s*$', cell.source, re.M)) if cell.cell_type == 'code' else set()
        if flags & self.skip or (cell.cell_type == 'code' and 'nbdev_export()' in cell.source):
            return cell
        return await super().async_execute_cell(cell, cell_index, **kwargs)


def keep(path: Path, skip: set):
    "Execute `path` and write it back whole, or not at all when a cell fails."
    nb = nbformat.read(path, as_version=4)
    try:
        Keeper(
            nb, skip, timeout=None, kernel_name='python3', resources={'metadata': {'path': str(path.parent)}}
        ).execute()
    except CellExecutionError as error:
        sys.exit(f'{path}: not written, because a cell failed.\n{error}')
    for cell in nb.cells:
        if cell.cell_type == 'code':
            cell.outputs = [nbformat.from_dict(o) for o in without_bars(cell.outputs)]
    part = path.with_suffix('.part')
    nbformat.write(nb, part)
    part.replace(path)


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('notebooks', nargs='+', type=Path)
    parser.add_argument('--flags', default='', help='flags whose cells run too, separated by spaces')
    args = parser.parse_args()
    for path in args.notebooks:
        keep(path, set(get_config().tst_flags.split()) - set(args.flags.split()))
