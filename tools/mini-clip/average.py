"""The mean of the weights of models of one training, which is often better than each of them:

    python tools/mini-clip/average.py .cache/clip-3000.safetensors .cache/clip.safetensors --out models/mini/clip.safetensors
"""

import argparse

from safetensors import safe_open
from safetensors.torch import save_file


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="+")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    files = [safe_open(path, "pt") for path in options.models]
    means = {}
    for name in files[0].keys():
        tensors = [file.get_tensor(name) for file in files]
        # The tokens' ids are the same in all.
        means[name] = tensors[0] if name == "token_ids" else (sum(t.float() for t in tensors) / len(tensors)).half()
    steps = "+".join(file.metadata()["steps"] for file in files)
    save_file(means, options.out, {"clip_config": files[0].metadata()["clip_config"], "steps": steps})


if __name__ == "__main__":
    main()
