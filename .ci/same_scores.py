"""Does a network say the same on every device? `python .ci/same_scores.py RUN` scores the images of a finished run
again, on each device that this machine has, and compares with what the run wrote."""

import sys
from pathlib import Path
import numpy as np
import torch
from chestxray_fastai.features import network_outputs
from chestxray_fastai.networks import load_model
from chestxray_fastai.pixels import pixel_cache
from chestxray_fastai.scores import read_scores

run = Path(sys.argv[1])
most = 1e-3
scores = read_scores(run / 'scores.csv')
for device in ['cpu'] + ['cuda'] * torch.cuda.is_available() + ['mps'] * torch.backends.mps.is_available():
    model, card = load_model(run, device=device)
    pre = card['preprocessing']
    pixels = np.asarray(pixel_cache(scores, pre['size'], pre['resize'], progress=False)[np.arange(len(scores))])
    logit, _ = network_outputs(model, pixels, pre, progress=False)
    moved = float(np.abs(logit - scores.logit).max())
    print(f'{device}: {len(scores)} logits, at most {moved:.1e} from those of the run')
    if moved > most:
        sys.exit(f'That is more than {most:g}.')
