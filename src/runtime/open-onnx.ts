/** Runs an ONNX file of any origin, such as one that was exported. */

import * as ort from "onnxruntime-node";
import { AnomalyClipError, messageOf } from "../errors.ts";
import type { FeedType, Shape } from "../graph/tensor.ts";
import type { Values } from "./session.ts";

/** An input or output as the file declares it. */
export interface DeclaredPort {
  name: string;
  /** ONNX Runtime's name of the element type, such as `float32`. */
  type: string;
  /** Lengths of the axes; a name where a length is known only when the model is run. */
  shape: readonly (number | string)[];
}

/** What is fed to an input. */
export interface Feed {
  type: FeedType;
  shape: Shape;
  data: Values;
}

/** What an output came to. */
export interface Result {
  shape: Shape;
  /** float32 */
  data: Float32Array;
}

/** An ONNX file that is ready to run on the processor. */
export class OnnxFile {
  private constructor(
    private readonly session: ort.InferenceSession,
    private readonly path: string,
  ) {}

  /**
   * @param path of the model; external data are looked for beside it
   * @param options.threads that one operation may use. Default: one for each core
   * @throws AnomalyClipError E_RUNTIME when the runtime refuses the file, with its reason
   */
  static async open(path: string, { threads }: { threads?: number } = {}): Promise<OnnxFile> {
    try {
      const session = await ort.InferenceSession.create(path, {
        executionProviders: ["cpu"],
        // Failures come back as errors; the runtime need not print them too.
        logSeverityLevel: 4,
        ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
      });
      return new OnnxFile(session, path);
    } catch (error) {
      throw refusal(path, error);
    }
  }

  get inputs(): DeclaredPort[] {
    return portsOf(this.session.inputMetadata);
  }

  get outputs(): DeclaredPort[] {
    return portsOf(this.session.outputMetadata);
  }

  /**
   * Computes all outputs.
   *
   * @throws AnomalyClipError E_RUNTIME when the runtime refuses what is fed, or the model cannot be computed
   */
  async run(feeds: Readonly<Record<string, Feed>>): Promise<Record<string, Result>> {
    try {
      const results = await this.session.run(
        Object.fromEntries(
          Object.entries(feeds).map(([name, { type, shape, data }]) => [
            name,
            new ort.Tensor(type as "float32", data as Float32Array, shape),
          ]),
        ),
      );
      return Object.fromEntries(
        Object.entries(results).map(([name, { dims, data }]) => [name, { shape: dims, data: data as Float32Array }]),
      );
    } catch (error) {
      throw refusal(this.path, error);
    }
  }

  /** Frees the runtime's memory. */
  async close(): Promise<void> {
    await this.session.release();
  }
}

// --- internal ---

function portsOf(metadata: readonly ort.InferenceSession.ValueMetadata[]): DeclaredPort[] {
  return metadata.flatMap((port) =>
    port.isTensor ? [{ name: port.name, type: port.type, shape: [...port.shape] }] : [],
  );
}

function refusal(path: string, error: unknown): AnomalyClipError {
  return new AnomalyClipError("E_RUNTIME", `${path}: ONNX Runtime refuses it: ${messageOf(error)}`, { cause: error });
}
