"""Install-and-predict smoke test: `python .ci/smoke.py RUN` loads the model that `chestxray run` kept in RUN and
predicts one of its images, from the file to the logit."""

import json, sys
from pathlib import Path
import torch
from chestxray_fastai.evaluate import read_scores
from chestxray_fastai.learner import load_model, to_logits
from chestxray_fastai.pixels import read_pixels

run = Path(sys.argv[1])
model, card = load_model(run, device='cpu')
row, pre = read_scores(run / 'scores.csv').iloc[0], card['preprocessing']
pixels = torch.from_numpy(read_pixels(row.path, pre['size'], pre['resize'])).float().div(255)
mean, std = (torch.tensor(pre[k]).view(-1, 1, 1) for k in ('mean', 'std'))
with torch.no_grad():
    logit = float(to_logits(model(((pixels - mean) / std)[None]))[0])
assert abs(logit - row.logit) < 0.05 * max(
    1, abs(row.logit)
), f'the kept model gives {logit:.4f}, the run wrote {row.logit:.4f}'
threshold = json.loads((run / 'report.json').read_text(encoding='utf-8'))['threshold']['logit']
print(
    f'{Path(row.path).name}: logit {logit:.3f} (the run wrote {row.logit:.3f}), so'
    f' {"positive" if logit >= threshold else "negative"} at the threshold {threshold:.3f}'
)
