"""Trains the embedded CLIP on pictures that draw-pool.ts drew, with PyTorch, in bfloat16:

    python tools/mini-clip/train.py --pool .cache/pool --out .cache/clip.safetensors

On a processor with AMX this is several times as fast as float32; on a GPU more so. The model is exactly what src/clip and
src/anomalyclip/dpam.ts compute, and is written under their names for the tensors.

The loss has five parts. Contrastive: each picture against all captions of its batch and each caption against all
pictures; a caption that fits several pictures ("a damaged object") counts for each. The others are cross-entropy with the
mean features of captions of normal and of damaged objects in the place of AnomalyCLIP's prompts. Global: on the class
token. Local: on the patches of the V-V path. Highest: on the mean of a picture's highest patches, so that maps of sound
pictures stay low everywhere. Early: on the patches of the original path before the last block, so that the class token
finds there what it has to report.
"""

import argparse
import json
import math
import os
import time
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

MEAN = torch.tensor([0.48145466, 0.4578275, 0.40821073]).view(1, 3, 1, 1)
STD = torch.tensor([0.26862954, 0.26130258, 0.27577711]).view(1, 3, 1, 1)
TEMPERATURE = 0.07
ADAM = dict(betas=(0.9, 0.98), weight_decay=0.05)
LAST_RATE = 0.02
# Of the average over the steps, which is what is saved.
AVERAGE = 0.998
# How many of a picture's patches stand for its highest.
HIGHEST = 2
# A patch is abnormal when a defect covers this part of it.
TOUCHED = 1 / 24
# Added to each category's difficulty, so that easy ones do not vanish.
EASIEST = 0.25
# Share of the pairs that a texture is laid over.
OVERLAID = 0.25
# Which captions a picture is shown with: those that name it and its state, its state, or it alone.
CAPTION_SHARES = {"captions": 0.6, "objectCaptions": 0.25, "plainCaptions": 0.15}


def main():
    options = parse_options()
    torch.manual_seed(options.seed)
    random = np.random.default_rng(options.seed)
    pool = Pool(*options.pool)
    config = new_config(options)
    parameters = start(config, pool, options, random)
    average = {name: value.detach().clone() for name, value in parameters.items()}
    decayed = [p for n, p in parameters.items() if n.endswith("weight") and p.ndim >= 2]
    others = [p for n, p in parameters.items() if not (n.endswith("weight") and p.ndim >= 2)]
    adam = torch.optim.AdamW(
        [{"params": decayed}, {"params": others, "weight_decay": 0.0}], lr=options.rate, fused=True, **ADAM
    )
    stages = [Stage(*map(float, stage.split(":"))) for stage in options.stages.split(",")]
    means, step, began = {}, 0, time.time()
    while (minutes := (time.time() - began) / 60) < sum(stage.minutes for stage in stages):
        # The rate falls with the time that is used: how many steps fit into it is the machine's business.
        rate = options.rate * min((step + 1) / options.warm_up, cosine(minutes / sum(stage.minutes for stage in stages)))
        for group in adam.param_groups:
            group["lr"] = rate
        stage = stage_at(stages, minutes)
        batch = draw_batch(pool, random, int(stage.batch), int(stage.size))
        losses = loss_of(parameters, config, pool, batch, random, options)
        pool.learn_difficulty(batch[2], losses.pop("each"))
        adam.zero_grad(set_to_none=True)
        losses["loss"].backward()
        torch.nn.utils.clip_grad_norm_(parameters.values(), 1.0, foreach=True)
        adam.step()
        with torch.no_grad():
            parameters["logit_scale"].clamp_(max=math.log(100))
            kept = min(AVERAGE, (step + 1) / (step + 10))
            torch._foreach_lerp_(list(average.values()), list(parameters.values()), 1 - kept)
        step += 1
        for name, value in losses.items():
            means[name] = 0.97 * means.get(name, value.item()) + 0.03 * value.item()
        if not math.isfinite(means["loss"]):
            raise SystemExit(f"the loss is {means['loss']} at step {step}")
        if step % 25 == 0:
            parts = "  ".join(f"{name} {value:.3f}" for name, value in means.items())
            pace = stage.batch / ((time.time() - began) - 60 * minutes)
            print(f"{minutes:.1f} min  step {step}  {stage.size:.0f} px  {parts}  {pace:.0f} pictures/s", flush=True)
        if step % 500 == 0:
            save(f"{options.out.removesuffix('.safetensors')}-{step}.safetensors", average, config, pool, step)
    save(options.out, average, config, pool, step)


class Stage(NamedTuple):
    # Side of the pictures in pixels, pictures of a step, and how long.
    size: float
    batch: float
    minutes: float


def stage_at(stages, minutes):
    for stage in stages:
        if minutes < stage.minutes:
            return stage
        minutes -= stage.minutes
    return stages[-1]


def parse_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pool", nargs="+", default=[".cache/pool"], help="folders; the first one's captions are used")
    parser.add_argument("--out", default=".cache/clip.safetensors")
    parser.add_argument("--init", help="a model to go on from")
    parser.add_argument("--stages", default="128:64:28,256:32:27,320:16:8", help="size:batch:minutes of each stage")
    parser.add_argument("--rate", type=float, default=6e-4)
    parser.add_argument("--warm-up", type=int, default=100)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--dpam-from", type=int, default=8)
    parser.add_argument(
        "--stem",
        default="32/2,64/2,64/1,128/2,128/1,128/1,192/2,192/1",
        help="channels and stride of each of the stem's convolutions, or none",
    )
    parser.add_argument("--contrastive", type=float, default=0.2)
    parser.add_argument("--global", dest="global_", type=float, default=1.0)
    parser.add_argument("--local", type=float, default=1.0)
    parser.add_argument("--highest", type=float, default=0.5)
    parser.add_argument("--early", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def cosine(used):
    return LAST_RATE + (1 - LAST_RATE) * 0.5 * (1 + math.cos(math.pi * used))


# --- data


class Pool:
    """Folders that draw-pool.ts wrote. The captions are the first one's, which has to know all categories of the others."""

    def __init__(self, *folders):
        self.pictures, self.images, self.masks, specimens = [], [], [], {}
        for folder in folders:
            with open(os.path.join(folder, "pictures.jsonl")) as lines:
                pictures = [json.loads(line) for line in lines]
            count = len(pictures)
            images = np.memmap(os.path.join(folder, "images.u8"), np.uint8, "r").view(np.ndarray)
            self.size = math.isqrt(len(images) // (3 * count))
            self.images.extend(images[: count * 3 * self.size**2].reshape(count, self.size, self.size, 3))
            masks = np.memmap(os.path.join(folder, "masks.u8"), np.uint8, "r").view(np.ndarray)
            self.masks.extend(masks.reshape(count, self.size, -1))
            for number, picture in enumerate(pictures, len(self.pictures)):
                specimens.setdefault((folder, picture["specimen"]), []).append(number)
            self.pictures.extend(pictures)
        with open(os.path.join(folders[0], "captions.json")) as file:
            captions = json.load(file)
        self.token_ids = captions["tokenIds"]
        self.tokens = torch.tensor(captions["tokens"]).view(-1, captions["length"])
        self.ends = torch.tensor(captions["ends"])
        self.generic = torch.tensor(captions["generic"])
        self.fitting = captions["fitting"]
        self.fitting_sets = {key: set().union(*texts.values()) for key, texts in self.fitting.items()}
        self.specimens = {}
        for numbers in specimens.values():
            self.specimens.setdefault(self.pictures[numbers[0]]["category"], []).append(numbers)
        self.categories = list(self.specimens)
        self.textures = [name for name in captions.get("textures", []) if name in self.specimens]
        # The moving mean of each category's global loss; at first none is harder than the others.
        self.difficulty = dict.fromkeys(self.categories, 0.5)

    def draw_specimen(self, random, shares):
        """Numbers of the pictures of one specimen, the sound one first."""
        return self.one_of(random.choice(self.categories, p=shares), random)

    def one_of(self, category, random):
        specimens = self.specimens[category]
        return specimens[random.integers(len(specimens))]

    def shares(self):
        """Of the categories: the hard ones are shown more often."""
        weights = np.array([EASIEST + self.difficulty[name] for name in self.categories])
        return weights / weights.sum()

    def draw_texture(self, random):
        """A sound picture of a texture, [size, size, 3] of 0..255."""
        sound = self.one_of(random.choice(self.textures), random)[0]
        return np.array(self.images[sound])

    def learn_difficulty(self, numbers, losses):
        for number, loss in zip(numbers, losses.tolist()):
            name = self.pictures[number]["category"]
            self.difficulty[name] += 0.02 * (min(loss, 2) - self.difficulty[name])


def draw_batch(pool, random, count, size):
    """Specimens, each sound and with a defect, seen alike; groups of them share the size and the turn of the part that is shown."""
    images, masks, numbers = [], [], []
    groups = 4
    shares = pool.shares()
    for _ in range(groups):
        # Parts of other shapes are squashed, as pictures are when they are looked at.
        height, width = part_of(pool.size, size, random)
        cut, cut_masks = [], []
        for _ in range(count // groups // 2):
            sound, *damaged = pool.draw_specimen(random, shares)
            damaged = damaged[random.integers(len(damaged))]
            mask = np.unpackbits(pool.masks[damaged], axis=1)
            top, left = place(mask, height, width, random)
            window = np.s_[top : top + height, left : left + width]
            for number, seen in ((sound, np.zeros_like(mask)), (damaged, mask)):
                cut.append(pool.images[number][window])
                cut_masks.append(seen[window])
                numbers.append(number)
        group = torch.from_numpy(np.stack(cut)).permute(0, 3, 1, 2)
        group_masks = torch.from_numpy(np.stack(cut_masks))[:, None].float()
        group = F.interpolate(group, (size, size), mode="bilinear", antialias=True, align_corners=False)
        group_masks = F.interpolate(group_masks, (size, size), mode="area")
        turn = turning(random)
        images.append(turn(group).float().div_(255))
        masks.append(turn(group_masks))
    images, masks = torch.cat(images), torch.cat(masks)
    area = masks.sum((1, 2, 3))
    labels = np.array([pool.pictures[number]["defect"] is not None for number in numbers])
    # A part that shows almost nothing of the defect is neither sound nor damaged.
    weights = torch.from_numpy(~labels) | (area >= 6 * (size / 128) ** 2)
    lay_textures_over(images, pool, random)
    return change_colours(images, random), masks, numbers, torch.from_numpy(labels), weights.float()


def lay_textures_over(images, pool, random):
    """Adds the grain of another surface to some pairs, sound and damaged alike: what is all over is not damage."""
    size = images.shape[2]
    for pair in range(0, len(images) if pool.textures else 0, 2):
        if random.random() >= OVERLAID:
            continue
        side = random.integers(pool.size // 3, pool.size + 1)
        top, left = random.integers(pool.size - side + 1, size=2)
        texture = pool.draw_texture(random)[top : top + side, left : left + side]
        texture = torch.from_numpy(texture).permute(2, 0, 1)[None].float().div_(255)
        texture = F.interpolate(texture, (size, size), mode="bilinear", antialias=True, align_corners=False)
        texture = texture.mean(1, keepdim=True) if random.random() < 0.7 else texture
        texture = texture - texture.mean((2, 3), keepdim=True)
        images[pair : pair + 2] += random.uniform(0.1, 0.6) * turning(random)(texture)


def part_of(whole, size, random):
    """Height and width of what is shown: mostly as it was drawn, since pictures are looked at in that size."""
    if random.random() < 0.1:
        return whole, whole
    side = size * math.exp(random.uniform(-0.1, 0.6))
    stretch = math.exp(random.uniform(-0.4, 0.4)) if random.random() < 0.4 else 1
    return (int(min(whole, side * ratio)) for ratio in (stretch, 1 / stretch))


def place(mask, height, width, random):
    """Where to cut, so that most of the defect is seen where that can be had."""
    total, best, where = mask.sum(), -1, (0, 0)
    for _ in range(8):
        top, left = random.integers(mask.shape[0] - height + 1), random.integers(mask.shape[1] - width + 1)
        inside = mask[top : top + height, left : left + width].sum()
        if inside > best:
            best, where = inside, (top, left)
        if inside >= 0.7 * total:
            break
    return where


def turning(random):
    """A way to mirror and turn square pictures."""
    mirrored, flipped, diagonal = random.random(3) < 0.5
    sides = [side for side, wanted in ((3, mirrored), (2, flipped)) if wanted]

    def turn(pictures):
        pictures = pictures.flip(sides) if sides else pictures
        return pictures.transpose(2, 3) if diagonal else pictures

    return turn


def change_colours(images, random):
    """Neighbouring pictures, sound and damaged, are changed alike but for noise."""
    pairs = len(images) // 2

    def each(values):
        return torch.from_numpy(np.repeat(np.asarray(values, np.float32), 2)).view(-1, 1, 1, 1)

    def between(low, high):
        return each(random.uniform(low, high, pairs))

    def sometimes(chance):
        return each(random.random(pairs) < chance)

    # Channels in another order, grey, and negatives: one matrix for each picture.
    same, grey = torch.eye(3), torch.tensor([0.299, 0.587, 0.114]).expand(3, 3)
    order = torch.from_numpy(np.repeat(np.array([random.permutation(3) for _ in range(pairs)]), 2, axis=0))
    colours = torch.lerp(same, same[order], sometimes(0.5)[..., 0])
    colours = torch.lerp(same, grey, sometimes(0.35)[..., 0]) @ colours
    negative = sometimes(0.12)
    colours = (1 - 2 * negative[..., 0]) * colours
    images = torch.bmm(colours, images.flatten(2)).view(images.shape).add_(negative)
    images.clamp_(1e-4, 1).pow_(torch.exp(between(-0.5, 0.5)))
    level = images.mean((1, 2, 3), keepdim=True)
    contrast = torch.exp(between(-0.7, 0.4))
    images.mul_(contrast).add_(level * (1 - contrast) + between(-0.15, 0.15))
    height, width = images.shape[2:]

    def cloud(grid, count=len(images)):
        """Noise [count, 1, height, width] without anything finer than a cell of the grid."""
        coarse = torch.randn(count, 1, *(max(2, round(side)) for side in grid))
        return F.interpolate(coarse, (height, width), mode="bicubic", align_corners=False)

    if random.random() < 0.4:
        light = cloud((4, 4), pairs).repeat_interleave(2, 0)
        images *= torch.exp(light * between(0, 0.25) * sometimes(0.6))
    if random.random() < 0.4:
        # Between twice as sharp, as cameras make pictures, and blurred.
        blurred = blur(images, random.uniform(0.4, 1.2))
        images = torch.lerp(images, blurred, between(-1, 1))
    images += torch.randn(len(images), 1, height, width) * between(0, 0.03) * sometimes(0.4)
    if random.random() < 0.3:
        cell = random.uniform(1.5, 6)
        images += cloud((height / cell, width / cell)) * between(0, 0.04) * sometimes(0.5)
    if random.random() < 0.2:
        images = torch.lerp(images, compress(images, random.uniform(0.01, 0.06)), sometimes(0.7))
    return images.clamp_(0, 1).sub_(MEAN).div_(STD)


def blur(images, sigma):
    """A Gaussian blur."""
    place = torch.arange(float(images.shape[2]))
    distance = (place[:, None] - place).abs()
    # Without the tails, whose subnormal numbers would take ten times as long.
    weights = torch.where(distance < 4 * sigma, torch.exp(-(distance**2) / (2 * sigma**2)), 0)
    return along_both(weights / weights.sum(1, keepdim=True), images)


def compress(images, step):
    """What JPEG leaves: cosines of blocks of 8 x 8, the finer ones in coarser steps. Sides are the same, a multiple of 8."""
    place = torch.arange(8.0)
    cosines = torch.cos(math.pi / 8 * (place + 0.5) * place[:, None]) * torch.where(place > 0, 0.5, 8**-0.5)[:, None]
    blocks = images.shape[2] // 8
    steps = (step * (1 + place[:, None] + place)).repeat(blocks, blocks)
    cosines = torch.block_diag(*[cosines] * blocks)
    return along_both(cosines.T, along_both(cosines, images).div_(steps).round_().mul_(steps))


def along_both(matrix, images):
    """The matrix times each column and each row of square pictures; a convolution of so few channels is several times slower."""
    return matrix @ images @ matrix.T


# --- model


def new_config(options):
    width = options.width
    stem = [] if options.stem == "none" else [tuple(map(int, part.split("/"))) for part in options.stem.split(",")]
    return {
        "embedDim": width,
        "imageSize": 256,
        "patchSize": 16,
        "vision": {
            "width": width,
            "layers": options.layers,
            "heads": width // 64,
            "mlpWidth": 4 * width,
            **({"stem": [{"channels": channels, "stride": stride} for channels, stride in stem]} if stem else {}),
        },
        "text": {"width": 192, "layers": 4, "heads": 3, "mlpWidth": 768, "contextLength": 77, "vocabSize": 49408},
        "activation": "quick_gelu",
        "layerNormEps": 1e-5,
    }


def start(config, pool, options, random):
    """The parameters, drawn as CLIP draws its own; those that --init has are taken over."""
    values = {}

    def draw(name, shape, deviation):
        values[name] = torch.from_numpy(random.standard_normal(shape, np.float32)) * deviation

    def linear(name, outputs, inputs, deviation):
        draw(f"{name}.weight", (outputs, inputs), deviation)
        values[f"{name}.bias"] = torch.zeros(outputs)

    def norm(name, width):
        values[f"{name}.weight"], values[f"{name}.bias"] = torch.ones(width), torch.zeros(width)

    for tower in ("vision", "text"):
        width, layers, hidden = (config[tower][key] for key in ("width", "layers", "mlpWidth"))
        into_residual = width**-0.5 * (2 * layers) ** -0.5
        for i in range(layers):
            prefix = f"{tower}.blocks.{i}"
            for name in ("query", "key", "value"):
                linear(f"{prefix}.{name}", width, width, width**-0.5)
            linear(f"{prefix}.out", width, width, into_residual)
            linear(f"{prefix}.fc1", hidden, width, (2 * width) ** -0.5)
            linear(f"{prefix}.fc2", width, hidden, into_residual)
            norm(f"{prefix}.norm1", width)
            norm(f"{prefix}.norm2", width)
        draw(f"{tower}.projection", (config["embedDim"], width), width**-0.5)
    width, patch, channels = config["vision"]["width"], config["patchSize"], 3
    for i, convolution in enumerate(config["vision"].get("stem", [])):
        outputs, stride = convolution["channels"], convolution["stride"]
        deviation = (2 / (9 * channels)) ** 0.5
        draw(f"vision.stem.{i}.weight", (outputs, channels, 3, 3), deviation if stride > 1 else 0.3 * deviation)
        values[f"vision.stem.{i}.bias"] = torch.zeros(outputs)
        channels, patch = outputs, patch // stride
    draw("vision.patch.weight", (width, channels, patch, patch), (channels * patch**2) ** -0.5)
    draw("vision.class_token", (width,), 0.02)
    values["vision.position"] = waves(config["imageSize"] // config["patchSize"], width)
    norm("vision.pre_norm", width)
    norm("vision.post_norm", width)
    draw("text.token", (len(pool.token_ids), config["text"]["width"]), 0.02)
    draw("text.position", (config["text"]["contextLength"], config["text"]["width"]), 0.01)
    norm("text.final_norm", config["text"]["width"])
    values["logit_scale"] = torch.tensor(math.log(1 / 0.07))
    if options.init:
        known = load_file(options.init)
        row_of = {token: row for row, token in enumerate(known.pop("token_ids").tolist())}
        for row, token in enumerate(pool.token_ids):
            if token in row_of:
                values["text.token"][row] = known["text.token"][row_of[token]].float()
        values.update({name: value.float() for name, value in known.items() if name != "text.token"})
    return {name: value.requires_grad_() for name, value in values.items()}


def waves(grid, width):
    """Positions [1 + grid * grid, width] as sines and cosines of row and column, so that near patches begin alike."""
    rates = 1 / 100 ** (torch.arange(width // 4) / (width // 4))
    angles = torch.arange(grid)[:, None] * rates
    along = torch.cat([angles.sin(), angles.cos()], 1)
    rows, columns = along[:, None].expand(grid, grid, -1), along[None].expand(grid, grid, -1)
    return torch.cat([torch.zeros(1, width), torch.cat([rows, columns], 2).reshape(grid * grid, width)]).clone()


def loss_of(parameters, config, pool, batch, random, options):
    images, masks, numbers, labels, weights = batch
    half = {name: value.bfloat16() for name, value in parameters.items()}
    keys = [f"{pool.pictures[n]['category']}/{pool.pictures[n]['defect'] or ''}" for n in numbers]
    kinds, shares = list(CAPTION_SHARES), np.cumsum(list(CAPTION_SHARES.values()))
    chosen = [pool.fitting[key][kinds[int(np.searchsorted(shares, r))]] for key, r in zip(keys, random.random(len(keys)))]
    captions = [texts[random.integers(len(texts))] for texts in chosen]
    texts = unit(encode_texts(half, config, pool, torch.cat([torch.tensor(captions), pool.generic])))
    count = len(numbers)
    image, patches, early = map(unit, encode_images(half, config, images, options.dpam_from))

    similarity = image @ texts[:count].T * parameters["logit_scale"].exp()
    fits = torch.tensor([[caption in pool.fitting_sets[key] for caption in captions] for key in keys]).float()
    contrastive = 0.5 * (soft_cross_entropy(similarity, fits) + soft_cross_entropy(similarity.T, fits.T))

    normal, damaged = texts[count:].chunk(2)
    states = unit(torch.stack([normal.mean(0), damaged.mean(0)]))
    # The log-odds of damage: a softmax over two is a sigmoid of the difference.
    towards = (states[1] - states[0]) / TEMPERATURE
    covered = F.avg_pool2d(masks, config["patchSize"]).flatten(1)
    abnormal, sound = covered >= TOUCHED, covered == 0

    def each_picture(odds):
        return F.binary_cross_entropy_with_logits(odds, labels.float(), reduction="none")

    def mean(each):
        return each @ weights / weights.sum()

    def of_patches(odds):
        return 0.5 * (F.softplus(-odds)[abnormal].mean() + F.softplus(odds)[sound].mean())

    odds = patches @ towards
    each = each_picture(image @ towards)
    losses = {
        "contrastive": contrastive,
        "global": mean(each),
        "local": of_patches(odds),
        "highest": mean(each_picture(odds.topk(HIGHEST, 1).values.mean(1))),
        "early": of_patches(early @ towards),
    }
    shares = {**vars(options), "global": options.global_}
    loss = sum(shares[name] * value for name, value in losses.items())
    return {"loss": loss, **losses, "each": each.detach()}


def soft_cross_entropy(rows, fits):
    return -(F.log_softmax(rows, 1) * fits / fits.sum(1, keepdim=True)).sum(1).mean()


def unit(features):
    return F.normalize(features.float(), dim=-1)


def encode_images(p, config, images, dpam_from):
    """Pictures [batch, 3, S, S] -> features of the class token [batch, E], of the V-V path's patches [batch, G * G, E] and
    of the original path's patches before the last block."""
    vision = config["vision"]
    # quick_gelu(x) = silu(1.702 x) / 1.702: everything in the stem is 1.702 times what it is in src/clip.
    x = (1.702 * images).bfloat16().contiguous(memory_format=torch.channels_last)
    for i, convolution in enumerate(vision.get("stem", [])):
        weight, bias, stride = p[f"vision.stem.{i}.weight"], 1.702 * p[f"vision.stem.{i}.bias"], convolution["stride"]
        y = F.silu(F.conv2d(x, weight, bias, stride=stride, padding=1))
        x = y if stride > 1 else x + y
    kernel = p["vision.patch.weight"] / 1.702
    x = F.conv2d(x, kernel, stride=kernel.shape[-1])
    grid = x.shape[-1]
    x = x.flatten(2).transpose(1, 2)
    x = torch.cat([p["vision.class_token"].expand(len(x), 1, -1), x], 1) + positions(p, grid)
    x = layer_norm(p, "vision.pre_norm", x)
    second = None
    for i in range(vision["layers"]):
        prefix = f"vision.blocks.{i}"
        normalized = layer_norm(p, f"{prefix}.norm1", x)
        query, key, value = heads_of(p, prefix, normalized, vision["heads"])
        if i + 1 >= dpam_from:
            attended = out_of(p, prefix, attend(value, value, value))
            second = attended + (x if second is None else second)
        if i + 1 == vision["layers"]:
            early = x[:, 1:]
            x, query = x[:, :1], query[:, :, :1]
        x = x + out_of(p, prefix, attend(query, key, value))
        x = x + feed_forward(p, prefix, x)
    projection = p["vision.projection"]
    patches, early = (F.linear(layer_norm(p, "vision.post_norm", y), projection) for y in (second[:, 1:], early))
    return F.linear(x[:, 0], projection), patches, early


def encode_texts(p, config, pool, numbers):
    tokens, ends = pool.tokens[numbers], pool.ends[numbers]
    # Nothing after a text's end can matter.
    tokens = tokens[:, : int(ends.max()) + 1]
    x = p["text.token"][tokens] + p["text.position"][: tokens.shape[1]]
    text = config["text"]
    later = torch.full((x.shape[1], x.shape[1]), -math.inf, dtype=x.dtype).triu(1)
    for i in range(text["layers"]):
        prefix = f"text.blocks.{i}"
        parts = heads_of(p, prefix, layer_norm(p, f"{prefix}.norm1", x), text["heads"])
        x = x + out_of(p, prefix, attend(*parts, later))
        x = x + feed_forward(p, prefix, x)
    last = layer_norm(p, "text.final_norm", x[torch.arange(len(x)), ends])
    return F.linear(last, p["text.projection"])


def positions(p, grid):
    all_ = p["vision.position"]
    trained = math.isqrt(len(all_) - 1)
    if grid == trained:
        return all_
    square = all_[1:].view(1, trained, trained, -1).permute(0, 3, 1, 2).float()
    resized = F.interpolate(square, (grid, grid), mode="bilinear", align_corners=False)
    return torch.cat([all_[:1], resized.flatten(2)[0].T.to(all_.dtype)])


def layer_norm(p, name, x):
    return F.layer_norm(x, x.shape[-1:], p[f"{name}.weight"], p[f"{name}.bias"], 1e-5)


def heads_of(p, prefix, x, heads):
    names = [f"{prefix}.{name}" for name in ("query", "key", "value")]
    weight = torch.cat([p[f"{name}.weight"] for name in names])
    joined = F.linear(x, weight, torch.cat([p[f"{name}.bias"] for name in names]))
    batch, tokens, _ = x.shape
    return joined.view(batch, tokens, 3, heads, -1).permute(2, 0, 3, 1, 4)


def attend(query, key, value, mask=None):
    scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2)
    return (scores if mask is None else scores + mask).softmax(-1) @ value


def out_of(p, prefix, attended):
    joined = attended.transpose(1, 2).flatten(2)
    return F.linear(joined, p[f"{prefix}.out.weight"], p[f"{prefix}.out.bias"])


def feed_forward(p, prefix, x):
    normalized = layer_norm(p, f"{prefix}.norm2", x)
    # As in the stem, the factors of quick_gelu go into the small weights.
    hidden = F.silu(F.linear(normalized, 1.702 * p[f"{prefix}.fc1.weight"], 1.702 * p[f"{prefix}.fc1.bias"]))
    return F.linear(hidden, p[f"{prefix}.fc2.weight"] / 1.702, p[f"{prefix}.fc2.bias"])


def save(path, values, config, pool, step):
    tensors = {name: value.detach().half().contiguous() for name, value in values.items()}
    tensors["token_ids"] = torch.tensor(pool.token_ids, dtype=torch.int32)
    save_file(tensors, path + ".part", {"clip_config": json.dumps(config), "steps": str(step)})
    os.replace(path + ".part", path)


if __name__ == "__main__":
    main()
