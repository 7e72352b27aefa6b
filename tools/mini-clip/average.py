"""The mean of the weights of several moments of a training, or of models of which one went on from the other; it is
often better than each of them:

    python tools/mini-clip/average.py .cache/clip-3000.safetensors .cache/clip.safetensors --out models/mini/clip.safetensors
"""

import argparse

import torch
from safetensors import safe_open
from safetensors.torch import save_file


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="+")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    files = [safe_open(path, "pt") for path in options.models]
    ids = files[0].get_tensor("token_ids")
    means = {"token_ids": ids}
    for name in set(files[0].keys()) - {"token_ids"}:
        tensors = [file.get_tensor(name) for file in files]
        if name == "text.token":
            tensors = [rows_of(ids, tensors[0], file, rows) for file, rows in zip(files, tensors)]
        means[name] = (sum(t.float() for t in tensors) / len(tensors)).half()
    steps = "+".join(file.metadata()["steps"] for file in files)
    save_file(means, options.out, {"clip_config": files[0].metadata()["clip_config"], "steps": steps})


def rows_of(ids, fallback, file, rows):
    """The file's rows for these tokens; those that a model of a smaller vocabulary lacks are the first one's."""
    row_of = {token: row for row, token in enumerate(file.get_tensor("token_ids").tolist())}
    return torch.stack([rows[row_of[token]] if token in row_of else own for token, own in zip(ids.tolist(), fallback)])


if __name__ == "__main__":
    main()
