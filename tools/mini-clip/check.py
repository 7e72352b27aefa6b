"""How well a model does while it is being made, without prompts: image and pixel AUROC, means over categories, of

    npm run mini:pool -- --half held-out --out .cache/held-out --specimens 500
    python tools/mini-clip/check.py --pool .cache/held-out .cache/clip.safetensors [...]

with the mean features of captions of normal and of damaged objects, as in training. It compares models; the figures
that are reported come from `npm run mini:evaluate`.
"""

import argparse
import copy
import json

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import safe_open

import train

# Pixels are compared on a coarse grid of this side: it ranks models as the full one does.
GRID = 64


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="+")
    parser.add_argument("--pool", default=".cache/held-out")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--dpam-from", type=int, default=8)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    pool = train.Pool(options.pool)
    for path in options.models:
        scores, highest, maps, masks = look(path, pool, options)
        labels = np.array([picture["defect"] is not None for picture in pool.pictures])
        categories = np.array([picture["category"] for picture in pool.pictures])
        rows = []
        for category in sorted(set(categories)):
            chosen = categories == category
            pairs = ((scores, labels), (highest, labels), (maps, masks))
            rows.append([auroc(values[chosen].ravel(), truth[chosen].ravel()) for values, truth in pairs])
        means = 100 * np.nanmean(rows, axis=0)
        print(f"{path}  image {means[0]:.1f}  highest patch {means[1]:.1f}  pixel {means[2]:.1f}")


@torch.no_grad()
def look(path, pool, options):
    with safe_open(path, "pt") as file:
        config = json.loads(file.metadata()["clip_config"])
        p = {name: file.get_tensor(name).bfloat16() for name in file.keys() if name != "token_ids"}
        row_of = {token: row for row, token in enumerate(file.get_tensor("token_ids").tolist())}
    # The pool's captions are rows of its own table of tokens; a model that was made before or after has another.
    rows = torch.tensor([row_of.get(token, 0) for token in pool.token_ids])
    pool = copy.copy(pool)
    pool.tokens = rows[pool.tokens]
    normal, damaged = train.unit(train.encode_texts(p, config, pool, pool.generic)).chunk(2)
    states = train.unit(torch.stack([normal.mean(0), damaged.mean(0)]))
    towards = (states[1] - states[0]) / train.TEMPERATURE
    scores, highest, maps, masks = [], [], [], []
    for start in range(0, len(pool.pictures), 32):
        part = slice(start, start + 32)
        images = torch.from_numpy(np.array(pool.images[part])).permute(0, 3, 1, 2).float() / 255
        if options.size != pool.size:
            images = F.interpolate(images, (options.size,) * 2, mode="bicubic", antialias=True).clamp(0, 1)
        image, patches, _ = train.encode_images(p, config, (images - train.MEAN) / train.STD, options.dpam_from)
        odds = train.unit(patches) @ towards
        side = options.size // config["patchSize"]
        scores.append(train.unit(image) @ towards)
        highest.append(odds.amax(1))
        patch_map = torch.sigmoid(odds).view(-1, 1, side, side)
        maps.append(F.interpolate(patch_map, (GRID, GRID), mode="bilinear", align_corners=False)[:, 0])
        mask = torch.from_numpy(np.unpackbits(np.array(pool.masks[part]), axis=2)).float()[:, None]
        masks.append(F.interpolate(mask, (GRID, GRID), mode="area")[:, 0] > 0.5)
    return [torch.cat(parts).numpy() for parts in (scores, highest, maps, masks)]


def auroc(values, truth):
    """The chance that a positive ranks above a negative, ties counted half; nan where there is one class alone."""
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if positives == 0 or negatives == 0:
        return np.nan
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return (ranks[truth].sum() - positives * (positives + 1) / 2) / (positives * negatives)


if __name__ == "__main__":
    main()
