/** Puts the method together: a picture in, a score and a map out. */

import { frozenParameters } from "../clip/parameters.ts";
import { gridSize } from "../clip/vision.ts";
import { AnomalyClipError } from "../errors.ts";
import { unitLength } from "../graph/normalize.ts";
import { constant, input, type Tensor } from "../graph/tensor.ts";
import { decodeImage } from "../image/decode.ts";
import type { RgbImage } from "../image/image.ts";
import { preprocess } from "../image/preprocess.ts";
import { findRegions } from "../image/regions.ts";
import { resizeMap } from "../image/resample.ts";
import { Session } from "../runtime/session.ts";
import { type ClipWeights, openClip } from "../weights/clip-weights.ts";
import { EMBEDDED_MODEL, EMBEDDED_PROMPTS } from "../weights/embedded-model.ts";
import { readPromptCheckpoint } from "../weights/prompt-checkpoint.ts";
import { type ResolveModelOptions, resolveModel } from "../weights/registry.ts";
import type { Detection } from "./detection.ts";
import { encodeImages } from "./dpam.ts";
import { resolveSettings, type Settings } from "./settings.ts";
import { abnormalProbability, anomalyMap, logits, patchSimilarity, toPixels } from "./similarity.ts";
import { promptFeatures, type TextFeatures } from "./text-features.ts";

/** What a detector is made of; all of it has a default. */
export interface DetectorOptions extends Partial<Settings> {
  /**
   * A checkpoint file or folder, or a name of the registry (`ViT-L/14@336px`), downloaded once. Default: the small model
   * that comes with the package.
   */
  model?: string;
  /** A prompt checkpoint: ours (`.safetensors`) or a released `.pth`. Default: the embedded model's. */
  prompts?: string;
  /** Threads that the computation may use. Default: one for each core. */
  threads?: number;
  /** What is looked at, such as `bottle`: needed by object-aware prompts, and by no others. */
  object?: string;
  /** How a model of the registry is found and downloaded. */
  download?: ResolveModelOptions;
}

/** Scores pictures and maps their anomalies. */
export class AnomalyDetector {
  private constructor(
    private readonly session: Session,
    /** What scores and maps depend on besides the weights. */
    readonly settings: Readonly<Settings>,
    /** Model, prompts and settings in words, for reports. */
    readonly description: Readonly<Record<string, string | number>>,
  ) {}

  /**
   * Opens model and prompts and compiles the graph. Only what lies in the files is read; nothing in them is executed.
   *
   * @throws AnomalyClipError E_WEIGHTS, E_PROMPTS or E_DOWNLOAD for a file that cannot be used, E_CONFIG for options
   * @example
   * const detector = await AnomalyDetector.load();
   * const { score, verdict, regions } = await detector.detect("part.jpg");
   */
  static async load(options: DetectorOptions = {}): Promise<AnomalyDetector> {
    const { model, prompts: promptPath, threads, object, download, ...given } = options;
    if (model !== undefined && promptPath === undefined) {
      throw new AnomalyClipError("E_CONFIG", `model ${model} needs prompts learned for it: name their file too`);
    }
    // Before the model, which may have to be downloaded first.
    const prompts = await readPromptCheckpoint(promptPath ?? EMBEDDED_PROMPTS);
    const path = model === undefined ? EMBEDDED_MODEL : await resolveModel(model, download);
    const clip = await openClip(path);
    const settings = resolveSettings(clip.config, prompts.metadata, given);
    gridSize(clip.config, settings.imageSize);
    const texts = await promptFeatures(clip, prompts, object);
    const pixelTexts = prompts.pixel && (await promptFeatures(clip, prompts, object, prompts.pixel));
    for (const features of [texts, pixelTexts ?? texts]) checkTexts(clip, features);
    const session = await Session.create(await detectionGraph(clip, texts, settings, pixelTexts), { threads });
    return new AnomalyDetector(session, settings, {
      model: model ?? "embedded",
      prompts: promptPath ?? "embedded",
      ...(object === undefined ? {} : { object }),
      backbone: describeBackbone(clip),
      "image size": settings.imageSize,
      layers: settings.layers.join(", "),
      attention: settings.attention === "none" ? "none" : `${settings.attention} from block ${settings.dpamFrom}`,
      temperature: settings.temperature,
      sigma: settings.sigma,
      threshold: settings.threshold,
      "map threshold": settings.mapThreshold,
    });
  }

  /**
   * Looks at one picture.
   *
   * @param source a path, the bytes of a file, or decoded pixels
   * @throws AnomalyClipError E_IMAGE when it cannot be decoded
   */
  async detect(source: string | Uint8Array | RgbImage): Promise<Detection> {
    const image = await decodeImage(source);
    const { imageSize, threshold, mapThreshold, layers } = this.settings;
    const { score, map } = await this.session.run({ image: preprocess(image, imageSize) });
    const probability = score![0]!;
    let enlarged: Float32Array | undefined;
    const imageMap = () => {
      enlarged ??= resizeMap(map!, imageSize, imageSize, image.width, image.height);
      return enlarged;
    };
    return {
      score: probability,
      verdict: probability >= threshold ? "abnormal" : "normal",
      threshold,
      mapSize: imageSize,
      map: map!,
      layers: layers.length,
      image,
      regions: findRegions(imageMap(), image.width, image.height, mapThreshold * layers.length),
      imageMap,
    };
  }

  /** Frees the model's memory; the detector cannot be used afterwards. */
  close(): Promise<void> {
    return this.session.close();
  }
}

/**
 * The whole of detection as one graph: normalised `image` [1, 3, S, S] -> `score` [1] and `map` [1, S, S].
 *
 * @param texts the two unit vectors that all of the text side comes down to
 * @param pixelTexts those for the map. Default: the same.
 */
export async function detectionGraph(
  clip: ClipWeights,
  texts: TextFeatures,
  settings: Settings,
  pixelTexts: TextFeatures = texts,
): Promise<{ score: Tensor; map: Tensor }> {
  const { imageSize, temperature, sigma } = settings;
  const pair = ({ normal, abnormal }: TextFeatures) =>
    constant(Float32Array.of(...normal, ...abnormal), [2, clip.config.embedDim]);
  const image = input("image", [1, 3, imageSize, imageSize]);
  const features = encodeImages(await frozenParameters(clip), clip.config, image, settings);
  const maps = features.patches.map((patches) =>
    toPixels(patchSimilarity(unitLength(patches), pair(pixelTexts), temperature), imageSize),
  );
  return {
    score: abnormalProbability(logits(unitLength(features.image), pair(texts), temperature)),
    map: anomalyMap(maps, sigma),
  };
}

// --- internal ---

function checkTexts({ config, path }: ClipWeights, { normal, abnormal }: TextFeatures): void {
  for (const { length } of [normal, abnormal]) {
    if (length !== config.embedDim) {
      throw new AnomalyClipError(
        "E_PROMPTS",
        `the prompts' text features have ${length} numbers, the features of ${path} ${config.embedDim}: they belong to another backbone`,
      );
    }
  }
}

function describeBackbone({ config: { vision, patchSize, embedDim } }: ClipWeights): string {
  return `ViT, ${vision.layers} blocks of width ${vision.width}, patches of ${patchSize} px, features of ${embedDim}`;
}
