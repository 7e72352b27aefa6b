"""Times the authors' released code on a picture of 518 x 518 random pixels, on the processor.

    python time_released.py CHECKOUT [--clip ViT-L-14-336px.pt] [--prompts epoch_15.pth]

CHECKOUT holds github.com/zqhang/AnomalyCLIP. Without --clip and --prompts weights are random. See README.md beside this.
"""

import argparse
import os
import statistics
import sys
import time

import torch
from torch.nn.functional import normalize

DETAILS = {"Prompt_length": 12, "learnabel_text_embedding_depth": 9, "learnabel_text_embedding_length": 4}
VIT_L_14_336 = (768, 336, 24, 1024, 14, 77, 49408, 768, 12, 12)
SIZE, SIGMA, TEMPERATURE, DPAM_LAYER, LAYERS, ROUNDS = 518, 4, 0.07, 20, [24], 5

parser = argparse.ArgumentParser()
parser.add_argument("checkout")
parser.add_argument("--clip")
parser.add_argument("--prompts")
args = parser.parse_args()
sys.path.insert(0, args.checkout)

import AnomalyCLIP_lib as released  # noqa: E402
from AnomalyCLIP_lib.AnomalyCLIP import AnomalyCLIP  # noqa: E402
from prompt_ensemble import AnomalyCLIP_PromptLearner  # noqa: E402
from scipy.ndimage import gaussian_filter  # noqa: E402

torch.set_num_threads(os.cpu_count())
model = released.load(args.clip, "cpu", DETAILS)[0] if args.clip else AnomalyCLIP(*VIT_L_14_336, design_details=DETAILS)
model.float().eval()
learner = AnomalyCLIP_PromptLearner(model, DETAILS)
if args.prompts:
    learner.load_state_dict(torch.load(args.prompts, map_location="cpu")["prompt_learner"])
model.visual.DAPM_replace(DPAM_layer=DPAM_LAYER)


def detect(image, texts):
    feature, patches = model.encode_image(image, LAYERS, DPAM_layer=DPAM_LAYER)
    score = (normalize(feature, dim=-1) @ texts.T / TEMPERATURE).softmax(-1)[0, 1]
    similarity, _ = released.compute_similarity(normalize(patches[0], dim=-1), texts)
    maps = released.get_similarity_map(similarity[:, 1:], SIZE)
    return score, gaussian_filter(((maps[..., 1] + 1 - maps[..., 0]) / 2)[0].numpy(), sigma=SIGMA)


image, times = torch.randn(1, 3, SIZE, SIZE), []
with torch.no_grad():  # one picture to warm up, which resizes the position embeddings for good
    texts = normalize(model.encode_text_learn(*learner(cls_id=None)).float(), dim=-1)
    detect(image, texts)
with torch.inference_mode():
    for _ in range(ROUNDS):
        start = time.perf_counter()
        detect(image, texts)
        times.append(time.perf_counter() - start)
print(f"{statistics.median(times):.2f} s a picture; torch {torch.__version__}; rounds:", *(round(t, 2) for t in times))
