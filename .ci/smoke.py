"""Install-and-predict smoke test: `python .ci/smoke.py RUN` loads the model that `chestxray run` kept in RUN and
predicts one of its images, from the file to the logit."""

import sys
from pathlib import Path

import torch

from chestxray_fastai.features import to_input
from chestxray_fastai.networks import load_model, to_logits
from chestxray_fastai.pixels import read_pixels
from chestxray_fastai.run import Run

run = Run.open(sys.argv[1])
model, card = load_model(run.folder, device='cpu')
first = run.scores.iloc[0]
preprocessing = card['preprocessing']
pixels = read_pixels(first.path, preprocessing['size'], preprocessing['resize'])
with torch.no_grad():
    logit = float(to_logits(model(to_input(pixels[None], card)))[0])
written = f'{Path(first.path).name}: logit {logit:.3f} (the run wrote {first.logit:.3f})'
if abs(logit - first.logit) > 0.05 * max(1, abs(first.logit)):
    sys.exit(f'{written}: they differ.')
threshold = run.report['threshold']['logit']
print(f'{written}, so {"positive" if logit >= threshold else "negative"} at the threshold {threshold:.3f}')
