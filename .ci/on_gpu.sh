#!/usr/bin/env bash
# What the gate cannot see: the whole check on a machine with a GPU, for maintainers and a self-hosted runner. In an environment with the extra `dev`, from the project's root:
#   .ci/on_gpu.sh [first] [same] [tests] [real] [speed]     (all of them without a name; logs and timings in $OUT, by default .gpu/out)
# first   `chestxray run` as a hosted notebook would: two cores beside the card; which device it names, and the time from start to report
# same    that run scored on the card and on the processor: logits within 1e-3; its bundle passes `check` on the processor
# tests   every notebook as a test
# real    ResNet-50 at 224 pixels on the whole children's set, where CHESTXRAY_DATA names it; its seconds of training, and from start to report
# speed   the cells of 90_benchmarks that are flagged `cuda`, on two cores: the notebook with their tables is kept in place, and in $OUT
set -uo pipefail
cd "$(dirname "$0")/.."
python -c 'import sys, torch; sys.exit(0 if torch.cuda.is_available() else "There is no GPU here that torch can use: nothing was tried.")' || exit 1
out=${OUT:-.gpu/out}; mkdir -p "$out"; out=$(cd "$out" && pwd)
export MPLBACKEND=agg PYTHONUNBUFFERED=1 CHESTXRAY_GATE=1
parts=${*:-first same tests real speed}
failed=0
part() { # part NAME SECONDS COMMAND...: run it with a limit, its output to a log, its time to the screen
  local name=$1 seconds=$2 started=$SECONDS; shift 2
  if timeout "$seconds" "$@" >"$out/$name.log" 2>&1; then echo "$name: passed, $((SECONDS-started)) s"
  else echo "!! $name: failed or stopped at $seconds s, after $((SECONDS-started)) s"; tail -25 "$out/$name.log"; failed=$((failed+1)); fi
}
nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader
for name in $parts; do case $name in
  first) rm -rf "$out/run"; part first 300 taskset -c 0,1 chestxray run --out "$out/run"; grep -E '^ *on |^  AUROC|about' "$out/first.log" | tail -4 ;;
  same) part same 300 python .ci/same_scores.py "$out/run"
        part bundle 300 bash -ec "chestxray freeze '$out/run' && CUDA_VISIBLE_DEVICES= chestxray check '$out/run/bundle'" ;;
  tests) part tests 900 env OMP_NUM_THREADS=1 nbdev_test --do_print --timing ;;
  real) if [ -n "${CHESTXRAY_DATA:-}" ]; then rm -rf "$out/real"; part real 900 chestxray run --data "$CHESTXRAY_DATA/chest_xray" --arch resnet50 --size 224 --epochs 6 --out "$out/real"
          python -c 'import json, sys; t = json.load(open(sys.argv[1]))["timing"]; print("real: {training_seconds:.0f} s of training, {total_seconds:.0f} s from start to report".format(**t))' "$out/real/report.json"
        else echo 'real: skipped, CHESTXRAY_DATA names no folder'; fi ;;
  speed) part speed 900 taskset -c 0,1 python .ci/keep.py nbs/90_benchmarks.ipynb --flags cuda && cp nbs/90_benchmarks.ipynb "$out/"
         python -c 'import json, re, sys
for cell in json.load(open(sys.argv[1]))["cells"]:
    if re.search(r"^#\|\s*cuda", "".join(cell["source"]), re.M):
        for o in cell["outputs"]: print("".join(o.get("text", o.get("data", {}).get("text/plain", ""))))' nbs/90_benchmarks.ipynb ;;
  *) echo "There is no part $name: it is first, same, tests, real or speed."; exit 2 ;;
esac; done
exit $((failed > 0))
