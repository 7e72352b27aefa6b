import { describe, expect, test } from "vitest";
import { add, multiply, subtract } from "../graph/elementwise.ts";
import { sum } from "../graph/reduce.ts";
import { input } from "../graph/tensor.ts";
import { Optimizer } from "./optimizer.ts";

const start = () => new Map([["x", { shape: [2], values: Float32Array.of(3, -2) }]]);

describe("an optimizer", () => {
  test("follows Adam step by step", async () => {
    const optimizer = await Optimizer.create({
      learnables: start(),
      loss: (parameter) => ({ loss: sum(multiply(parameter("x"), parameter("x"))) }),
      adam: { beta1: 0.8, beta2: 0.95, epsilon: 1e-3 },
    });
    const x = [3, -2];
    const m = [0, 0];
    const v = [0, 0];
    for (let t = 1; t <= 5; t++) {
      await optimizer.step({}, 0.05);
      for (let i = 0; i < 2; i++) {
        const gradient = 2 * x[i]!;
        m[i] = 0.8 * m[i]! + 0.2 * gradient;
        v[i] = 0.95 * v[i]! + 0.05 * gradient ** 2;
        const move = (0.05 * (m[i]! / (1 - 0.8 ** t))) / (Math.sqrt(v[i]! / (1 - 0.95 ** t)) + 1e-3);
        x[i]! -= move;
        expect(optimizer.values("x")[i]).toBeCloseTo(x[i]!, 5);
      }
    }
    await optimizer.close();
  });

  test("reaches the minimum of a function with inputs, and reports what was asked", async () => {
    const optimizer = await Optimizer.create({
      learnables: start(),
      loss: (parameter) => {
        const error = subtract(parameter("x"), input("target", [2]));
        const loss = sum(multiply(error, error));
        return { loss, report: { twice: add(loss, loss) } };
      },
    });
    let report: Record<string, number> = {};
    for (let i = 0; i < 400; i++) {
      report = await optimizer.step({ target: Float32Array.of(1, 5) }, 0.1);
    }
    expect(optimizer.values("x")[0]).toBeCloseTo(1, 2);
    expect(optimizer.values("x")[1]).toBeCloseTo(5, 2);
    expect(report.twice).toBeCloseTo(2 * report.loss!, 6);
    await optimizer.close();
  });

  test("does not change the values that it was given", async () => {
    const learnables = start();
    const optimizer = await Optimizer.create({ learnables, loss: (parameter) => ({ loss: sum(parameter("x")) }) });
    await optimizer.step({}, 1);
    expect([...learnables.get("x")!.values]).toEqual([3, -2]);
    await optimizer.close();
  });

  test("refuses a loss over a parameter that it does not have", async () => {
    const create = Optimizer.create({ learnables: start(), loss: (p) => ({ loss: sum(p("z")) }) });
    await expect(create).rejects.toThrow('there is no parameter "z"');
  });
});
