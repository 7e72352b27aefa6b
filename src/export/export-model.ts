/** Exports a detector as an ONNX model: one file, or a model repository for Triton Inference Server. */

import { basename, dirname, join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { StringStringEntryProtoSchema } from "onnx-buf";
import { openDetection } from "../anomalyclip/open-detection.ts";
import { AnomalyClipError } from "../errors.ts";
import type { Port } from "../graph/onnx.ts";
import { VERSION } from "../version.ts";
import { type CheckResult, checkExport } from "./check-export.ts";
import { describeModel, explainModel } from "./describe-model.ts";
import { exportGraph } from "./export-graph.ts";
import { DEFAULT_NAME, type ExportOptions } from "./export-options.ts";
import { type Piece, sizeOfPieces, writePieces } from "./file-pieces.ts";
import { inOneFile, inTwoFiles } from "./model-pieces.ts";
import { stageFiles } from "./staged-files.ts";
import { tritonConfig } from "./triton-config.ts";

export interface Exported {
  /** The files that were written, with their sizes in bytes; the model is the first. */
  files: { path: string; bytes: number }[];
  inputs: readonly Port[];
  outputs: readonly Port[];
  imageSize: number;
  /** How far the model was from the detector; null where nobody looked. */
  check: CheckResult | null;
}

/**
 * Writes the model to `out`: the name of a file, or for `triton` the folder of the model repository. Weights are copied from
 * their files a little at a time. Files appear in their places when everything is done, or not at all.
 *
 * @throws AnomalyClipError E_CONFIG for options, and for files that exist or cannot be written; E_RUNTIME where the check
 *   fails; E_WEIGHTS, E_PROMPTS or E_DOWNLOAD for a model or prompts that cannot be used
 * @example
 * await exportModel("model.onnx", { model: { model: "ViT-L/14@336px", prompts: "epoch_15.pth" } });
 */
export async function exportModel(out: string, options: ExportOptions = {}): Promise<Exported> {
  const { model = {}, input = "uint8", batch = 1, external = false, force = false, check = true } = options;
  const { threads, signal } = options;
  requireConsistent(out, options);
  const { folder, names } = placesOf(out, options);
  return stageFiles({ folder, names: Object.values(names), force }, async (pathOf) => {
    const parts = await openDetection(model);
    const { model: written, inputs, outputs } = exportGraph(parts, input, batch);
    const metadata = describeModel(parts, input);
    written.producerVersion = VERSION;
    written.docString = explainModel(parts.settings.imageSize, input);
    written.metadataProps = Object.entries(metadata).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value }),
    );

    const contents: [name: string, pieces: readonly Piece[]][] = [];
    const whole = external ? null : inOneFile(written);
    if (whole !== null) {
      contents.push([names.model, whole]);
    } else {
      const apart = inTwoFiles(written, basename(names.data));
      contents.push([names.model, apart.model], [names.data, apart.data]);
    }
    if (names.config !== undefined) {
      const config = tritonConfig(basename(folder), { inputs, outputs }, metadata);
      contents.push([names.config, [new TextEncoder().encode(config)]]);
    }
    for (const [name, pieces] of contents) await writePieces(pathOf(name), pieces, { signal });
    signal?.throwIfAborted();
    const name = join(folder, names.model);
    const difference = check ? await checkExport(pathOf(names.model), { input, batch, model, threads, name }) : null;
    signal?.throwIfAborted();
    const files = contents.map(([file, pieces]) => ({ path: join(folder, file), bytes: sizeOfPieces(pieces) }));
    return { files, inputs, outputs, imageSize: parts.settings.imageSize, check: difference };
  });
}

// --- internal ---

function requireConsistent(out: string, { model, batch = 1, layout = "file", name }: ExportOptions): void {
  const refuse = (message: string): never => {
    throw new AnomalyClipError("E_CONFIG", message);
  };
  if (out === "") refuse("--out needs the name of a file or folder");
  if (batch !== "dynamic" && !(Number.isInteger(batch) && batch >= 1)) refuse(`batch must be 1 or more, got ${batch}`);
  if (model?.precision === "int8" && batch !== 1) {
    refuse("in int8 the pictures of a batch would change each other's scores; use a batch of 1, or fp32");
  }
  if (name !== undefined && layout !== "triton") refuse("--name is of a model repository: use it with --layout triton");
  if (name !== undefined && !/^\w[\w.-]*$/.test(name)) {
    refuse(`name ${JSON.stringify(name)}: use letters, digits, -, _ and .`);
  }
}

/** The folder that files are written to, and their names in it. */
function placesOf(
  out: string,
  { layout = "file", name = DEFAULT_NAME }: ExportOptions,
): { folder: string; names: { model: string; data: string; config?: string } } {
  if (layout === "file") {
    return { folder: dirname(out), names: { model: basename(out), data: `${basename(out)}.data` } };
  }
  const model = join("1", "model.onnx");
  return { folder: join(out, name), names: { model, data: `${model}.data`, config: "config.pbtxt" } };
}
