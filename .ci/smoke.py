"""Install-and-predict smoke test: load the model that `chestxray run` kept in a folder and predict one of its images with it."""
import json, sys
from pathlib import Path
import pandas as pd, torch
from chestxray_fastai.learner import load_model, to_logits
from chestxray_fastai.manifest import read_manifest
from chestxray_fastai.blocks import prepare_images

run = Path(sys.argv[1])
model, card = load_model(run)
manifest, scores = read_manifest(run/'manifest.csv'), pd.read_csv(run/'scores.csv')
row = scores.iloc[0]
image = next(p for p in manifest.path if Path(p).name == Path(row.path).name)
with torch.no_grad(): logit = float(to_logits(model(prepare_images([image], card['preprocessing'])))[0])
assert abs(logit - row.logit) < 1e-2, f'the kept model gives {logit}, the run wrote {row.logit}'
report = json.loads((run/'report.json').read_text(encoding='utf-8'))
print(f'{Path(image).name}: logit {logit:.3f}, threshold {report["threshold"]["logit"]:.3f}')
