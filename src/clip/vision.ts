/** The ends of CLIP's vision tower: pixels to tokens, tokens to features. The blocks between are in `anomalyclip/dpam.ts`. */

import { AnomalyClipError } from "../errors.ts";
import { convolution } from "../graph/convolution.ts";
import { add } from "../graph/elementwise.ts";
import { concat, pad, reshape, slice, transpose } from "../graph/layout.ts";
import { linear, matmul } from "../graph/linear.ts";
import { layerNorm } from "../graph/normalize.ts";
import { bilinearMatrix } from "../graph/resampling.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { ClipConfig } from "../weights/clip-config.ts";
import { stemStride } from "../weights/stem.ts";
import { activationOf } from "./block.ts";
import type { Parameters } from "./parameters.ts";

/**
 * Patches along a side of an image of `imageSize` pixels.
 *
 * @throws AnomalyClipError E_CONFIG when the patches do not tile the image
 */
export function gridSize({ patchSize }: ClipConfig, imageSize: number): number {
  const grid = imageSize / patchSize;
  if (!Number.isInteger(grid) || grid < 1) {
    const [below, above] = [Math.max(1, Math.floor(grid)), Math.floor(grid) + 1].map((n) => n * patchSize);
    throw new AnomalyClipError(
      "E_CONFIG",
      `image size ${imageSize} is not a multiple of the model's patch size ${patchSize}; use ${below} or ${above}`,
    );
  }
  return grid;
}

/**
 * Normalised images [batch, 3, S, S] -> tokens [batch, 1 + G², width], the class token first, after the first norm.
 *
 * @throws AnomalyClipError E_CONFIG when the patches do not tile the image, or are not whole after the stem
 */
export function embedImages(parameters: Parameters, config: ClipConfig, images: Tensor): Tensor {
  const { layerNormEps } = config;
  const { width } = config.vision;
  const grid = gridSize(config, images.shape[2]!);
  const p = patchAfterStem(config);
  const maps = convolutionalStem(parameters, config, images);
  const [batch, channels] = maps.shape as [number, number];
  // A convolution whose stride is its kernel is one product over patches.
  const patches = reshape(transpose(reshape(maps, [batch, channels, grid, p, grid, p]), [0, 2, 4, 1, 3, 5]), [
    batch,
    grid * grid,
    channels * p * p,
  ]);
  const patchTokens = linear(patches, reshape(parameters("vision.patch.weight"), [width, channels * p * p]));
  // The class token is the same in all images, so it comes with the position embeddings; its place is empty until then.
  const classToken = pad(reshape(parameters("vision.class_token"), [1, width]), 0, 0, grid * grid);
  const tokens = add(pad(patchTokens, 1, 1, 0), add(positions(parameters, config, grid), classToken));
  return layerNorm(tokens, parameters("vision.pre_norm.weight"), parameters("vision.pre_norm.bias"), layerNormEps);
}

/** Side of a patch on the stem's maps. */
function patchAfterStem({ patchSize, vision }: ClipConfig): number {
  const stride = stemStride(vision.stem);
  if (patchSize % stride !== 0) {
    const what = `the strides of the stem need a patch size that is a multiple of ${stride}`;
    throw new AnomalyClipError("E_CONFIG", `${what}, got ${patchSize}`);
  }
  return patchSize / stride;
}

/**
 * Images [batch, 3, S, S] -> maps [batch, C, S/s, S/s], where s is the product of the strides. Each convolution of the stem,
 * 3x3 with padding 1, is x ← activation(conv(x)) with stride 2, and x ← x + activation(conv(x)) with stride 1 (Xiao et al.
 * 2021, "Early Convolutions Help Transformers See Better", without their batch norm; the sum as in residual networks).
 * Without a stem, the images.
 */
function convolutionalStem(parameters: Parameters, config: ClipConfig, images: Tensor): Tensor {
  const activate = activationOf(config);
  return (config.vision.stem ?? []).reduce<Tensor>((x, { stride }, i) => {
    const [weight, bias] = [parameters(`vision.stem.${i}.weight`), parameters(`vision.stem.${i}.bias`)];
    const y = activate(convolution(x, weight, bias, { stride, padding: 1 }));
    return stride === 1 ? add(x, y) : y;
  }, images);
}

/** Position embeddings [1 + grid², width], resized bilinearly from the grid that the model was trained on. */
function positions(parameters: Parameters, config: ClipConfig, grid: number): Tensor {
  const trained = gridSize(config, config.imageSize);
  const all = parameters("vision.position");
  if (grid === trained) {
    return all;
  }
  const { width } = config.vision;
  const resize = bilinearMatrix(trained, grid);
  const ofPatches = slice(all, 0, 1, 1 + trained * trained);
  const rows = reshape(matmul(resize, reshape(ofPatches, [trained, trained * width])), [grid, trained, width]);
  const both = reshape(matmul(resize, rows), [grid * grid, width]);
  return concat([slice(all, 0, 0, 1), both], 0);
}

/**
 * The class token [batch, width] -> image features [batch, embed]. As in the released code there is no norm before the
 * projection, though CLIP has one.
 */
export function projectClassToken(parameters: Parameters, classToken: Tensor): Tensor {
  return linear(classToken, parameters("vision.projection"));
}

/** Tokens [batch, tokens, width] -> features [batch, tokens, embed], through the last norm and the projection. */
export function projectTokens(parameters: Parameters, { layerNormEps }: ClipConfig, tokens: Tensor): Tensor {
  const normalized = layerNorm(
    tokens,
    parameters("vision.post_norm.weight"),
    parameters("vision.post_norm.bias"),
    layerNormEps,
  );
  return linear(normalized, parameters("vision.projection"));
}
