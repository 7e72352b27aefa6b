"""Times the authors' released code on one picture of 518 x 518 random pixels, on the processor.

    python time_released.py CHECKOUT [--clip ViT-L-14-336px.pt] [--prompts epoch_15.pth] [--rounds 5]

CHECKOUT is a folder with github.com/zqhang/AnomalyCLIP. Without --clip and --prompts weights are random: the time is the
same. Prints the seconds of each round and their median, for encoding, score, map and smoothing, as bench/encoder.ts does.
"""

import argparse
import os
import statistics
import sys
import time

import torch

DETAILS = {"Prompt_length": 12, "learnabel_text_embedding_depth": 9, "learnabel_text_embedding_length": 4}
VIT_L_14_336 = (768, 336, 24, 1024, 14, 77, 49408, 768, 12, 12)
SIZE, SIGMA, TEMPERATURE, DPAM_LAYER, FEATURES = 518, 4, 0.07, 20, [24]

parser = argparse.ArgumentParser()
parser.add_argument("checkout")
parser.add_argument("--clip")
parser.add_argument("--prompts")
parser.add_argument("--rounds", type=int, default=5)
args = parser.parse_args()
sys.path.insert(0, args.checkout)

import AnomalyCLIP_lib as released  # noqa: E402
from AnomalyCLIP_lib.AnomalyCLIP import AnomalyCLIP  # noqa: E402
from prompt_ensemble import AnomalyCLIP_PromptLearner  # noqa: E402
from scipy.ndimage import gaussian_filter  # noqa: E402

torch.set_num_threads(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())
model = released.load(args.clip, "cpu", DETAILS)[0] if args.clip else AnomalyCLIP(*VIT_L_14_336, design_details=DETAILS)
model.float().eval()
learner = AnomalyCLIP_PromptLearner(model, DETAILS)
if args.prompts:
    learner.load_state_dict(torch.load(args.prompts, map_location="cpu")["prompt_learner"])
model.visual.DAPM_replace(DPAM_layer=DPAM_LAYER)


def detect(image, texts):
    feature, patches = model.encode_image(image, FEATURES, DPAM_layer=DPAM_LAYER)
    score = ((torch.nn.functional.normalize(feature, dim=-1) @ texts.T) / TEMPERATURE).softmax(-1)[0, 1]
    similarity, _ = released.compute_similarity(torch.nn.functional.normalize(patches[0], dim=-1), texts)
    maps = released.get_similarity_map(similarity[:, 1:], SIZE)
    return score, gaussian_filter(((maps[..., 1] + 1 - maps[..., 0]) / 2)[0].numpy(), sigma=SIGMA)


image = torch.randn(1, 3, SIZE, SIZE)
with torch.no_grad():  # the first picture resizes the position embeddings in place, which inference mode refuses
    texts = torch.nn.functional.normalize(model.encode_text_learn(*learner(cls_id=None)).float(), dim=-1)
    detect(image, texts)
times = []
with torch.inference_mode():
    for _ in range(args.rounds):
        start = time.perf_counter()
        detect(image, texts)
        times.append(time.perf_counter() - start)
print(f"torch {torch.__version__}, {torch.get_num_threads()} threads:", " ".join(f"{t:.2f}" for t in times))
print(f"median {statistics.median(times):.2f} s a picture")
