/** Minimises a loss: forward pass, gradient and Adam are one graph, run once for each step. */

import { gradient } from "../graph/gradient.ts";
import { input, type Shape, sizeOf, type Tensor } from "../graph/tensor.ts";
import { Session, type SessionOptions, type Values } from "../runtime/session.ts";
import { type AdamOptions, adamCorrections, adamStep } from "./adam.ts";

/** A parameter to learn and where it starts. */
export interface Learnable {
  shape: Shape;
  values: Float32Array;
}

/** A parameter with what Adam remembers of it. */
export interface Slot {
  parameter: Float32Array;
  mean: Float32Array;
  meanSquare: Float32Array;
}

/** Where an optimizer stands: with it another one goes on as if there had been no break. */
export interface OptimizerState {
  /** Steps taken. */
  steps: number;
  /** By the names of the learnables. */
  slots: ReadonlyMap<string, Readonly<Slot>>;
}

export interface OptimizerOptions {
  /** What to learn, by name. The values are copied. */
  learnables: ReadonlyMap<string, Learnable>;
  /**
   * Builds the loss, a scalar, from the parameters; its other inputs are fed at every step. `report` names further
   * scalars to return.
   */
  loss(parameter: (name: string) => Tensor): { loss: Tensor; report?: Record<string, Tensor> };
  adam?: AdamOptions;
  /** Goes on from here instead of from the learnables' values. The values are copied. */
  state?: OptimizerState;
  /** How the graph is run. */
  session?: SessionOptions;
}

/** Parameters on their way down. */
export class Optimizer {
  private constructor(
    private readonly session: Session,
    private steps: number,
    private current: Map<string, Slot>,
    /** Where the next step writes; the two sets change places, so nothing is copied or allocated. */
    private next: Map<string, Slot>,
    private readonly reported: readonly string[],
    private readonly adam: AdamOptions,
  ) {}

  /** Builds the graph of a step. @throws AnomalyClipError E_RUNTIME when the runtime refuses it */
  static async create({ learnables, loss, adam = {}, state, session: run }: OptimizerOptions): Promise<Optimizer> {
    const names = [...learnables.keys()];
    const inputs = new Map(names.map((name) => [name, slotInputs(name, learnables.get(name)!.shape)]));
    const built = loss((name) => {
      const slot = inputs.get(name);
      if (slot === undefined) {
        throw new RangeError(`optimizer: there is no parameter "${name}"`);
      }
      return slot.parameter;
    });
    const gradients = gradient(
      built.loss,
      names.map((name) => inputs.get(name)!.parameter),
    );
    const schedule = {
      learningRate: input("learningRate", []),
      correction1: input("correction1", []),
      correction2: input("correction2", []),
    };
    const report = { loss: built.loss, ...built.report };
    const outputs: Record<string, Tensor> = Object.fromEntries(
      Object.entries(report).map(([name, tensor]) => [`report/${name}`, tensor]),
    );
    names.forEach((name, i) => {
      const after = adamStep(inputs.get(name)!, gradients[i]!, schedule, adam);
      outputs[`next/${name}`] = after.parameter;
      outputs[`next/${name}/mean`] = after.mean;
      outputs[`next/${name}/meanSquare`] = after.meanSquare;
    });
    const empty = (): Map<string, Slot> =>
      new Map(names.map((name) => [name, emptySlot(sizeOf(learnables.get(name)!.shape))]));
    const current = empty();
    for (const [name, { values }] of learnables) {
      const slot = current.get(name)!;
      const before = state?.slots.get(name);
      slot.parameter.set(before?.parameter ?? values);
      if (before !== undefined) {
        slot.mean.set(before.mean);
        slot.meanSquare.set(before.meanSquare);
      }
    }
    const session = await Session.create(outputs, run);
    return new Optimizer(session, state?.steps ?? 0, current, empty(), Object.keys(report), adam);
  }

  /** One step on a batch. @returns the loss and what else was to be reported, before the step */
  async step(batch: Readonly<Record<string, Values>>, learningRate: number): Promise<Record<string, number>> {
    const [correction1, correction2] = adamCorrections(this.steps + 1, this.adam);
    const feeds: Record<string, Values> = {
      ...batch,
      learningRate: Float32Array.of(learningRate),
      correction1: Float32Array.of(correction1),
      correction2: Float32Array.of(correction2),
    };
    const into: Record<string, Float32Array> = {};
    for (const [name, slot] of this.current) {
      const target = this.next.get(name)!;
      for (const part of ["parameter", "mean", "meanSquare"] as const) {
        feeds[portName(name, part)] = slot[part];
        into[`next/${portName(name, part)}`] = target[part];
      }
    }
    const results = await this.session.run(feeds, into);
    [this.current, this.next] = [this.next, this.current];
    this.steps += 1;
    return Object.fromEntries(this.reported.map((name) => [name, results[`report/${name}`]![0]!]));
  }

  /** The present values of a parameter; valid until the next step. */
  values(name: string): Float32Array {
    return this.current.get(name)!.parameter;
  }

  /** A copy of where it stands. */
  state(): OptimizerState {
    const copies = [...this.current].map(([name, { parameter, mean, meanSquare }]): [string, Slot] => [
      name,
      { parameter: parameter.slice(), mean: mean.slice(), meanSquare: meanSquare.slice() },
    ]);
    return { steps: this.steps, slots: new Map(copies) };
  }

  close(): Promise<void> {
    return this.session.close();
  }
}

// --- internal ---

function portName(name: string, part: keyof Slot): string {
  return part === "parameter" ? name : `${name}/${part}`;
}

function slotInputs(name: string, shape: Shape) {
  return {
    parameter: input(name, shape),
    mean: input(portName(name, "mean"), shape),
    meanSquare: input(portName(name, "meanSquare"), shape),
  };
}

function emptySlot(size: number): Slot {
  return {
    parameter: new Float32Array(size),
    mean: new Float32Array(size),
    meanSquare: new Float32Array(size),
  };
}
