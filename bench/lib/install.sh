# ComfyUI with packs and models as people set it up today, step by step, in the current folder.
# GIT, FILES: addresses; PYTHON; CORE, COMMIT: of the core; WHEELS: folder of packages; PACKS, MODELS: names.
set -eu

install() {
  venv/bin/pip install --quiet --no-index --find-links "$WHEELS" -r "$1"
}

"$PYTHON" -m venv venv
git clone --quiet "$GIT/$CORE.git" ComfyUI
git -C ComfyUI checkout --quiet "$COMMIT"
install ComfyUI/requirements.txt
for pack in $PACKS; do
  git clone --quiet "$GIT/$pack.git" "ComfyUI/custom_nodes/$pack"
  install "ComfyUI/custom_nodes/$pack/requirements.txt"
done
mkdir -p ComfyUI/models/checkpoints
for model in $MODELS; do
  curl -sSf -o "ComfyUI/models/checkpoints/$model" "$FILES/$model"
done
