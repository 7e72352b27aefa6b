"""What the released way of computing pixel metrics takes and gives, for bench/metrics.ts. Optional.

    python released-metrics.py FOLDER

reads maps.npy and masks.npy ([pictures, height, width], masks of 0 and 1) from the folder and prints JSON. Needs numpy,
scikit-learn and scikit-image. AUROC and AP are scikit-learn's over all pixels; AUPRO is written from the definition of
the released code: 200 thresholds from the lowest score to the highest, regions labelled anew at each of them.
"""

import json
import sys
import time

import numpy as np
from skimage import measure
from sklearn.metrics import auc, average_precision_score, roc_auc_score

STEPS = 200
FPR_LIMIT = 0.3


def aupro_200(masks, maps):
    low, high = maps.min(), maps.max()
    rates, overlaps = [], []
    normal = 1 - masks
    for threshold in np.arange(low, high, (high - low) / STEPS):
        found = maps > threshold
        shares = []
        for found_one, mask in zip(found, masks):
            for region in measure.regionprops(measure.label(mask)):
                rows, columns = region.coords.T
                shares.append(found_one[rows, columns].sum() / region.area)
        overlaps.append(np.mean(shares))
        rates.append(np.logical_and(normal, found).sum() / normal.sum())
    rates, overlaps = np.array(rates), np.array(overlaps)
    kept = rates < FPR_LIMIT
    rates, overlaps = rates[kept], overlaps[kept]
    return auc((rates - rates.min()) / (rates.max() - rates.min()), overlaps)


def main(folder):
    maps = np.load(f"{folder}/maps.npy")
    masks = np.load(f"{folder}/masks.npy").astype(np.int64)
    start = time.perf_counter()
    figures = {
        "auroc": roc_auc_score(masks.ravel(), maps.ravel()),
        "averagePrecision": average_precision_score(masks.ravel(), maps.ravel()),
        "aupro200": aupro_200(masks, maps),
    }
    figures["seconds"] = time.perf_counter() - start
    print(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1])
