import { expect, test } from "vitest";
import { type Cell, findCell, fractalNoise, gradientNoise } from "./noise.ts";

test("gradient noise is zero at lattice points, continuous across them and bounded", () => {
  for (let i = -20; i < 20; i++) {
    expect(gradientNoise(i, 3 - i, 5)).toBeCloseTo(0, 12);
    expect(gradientNoise(i - 1e-7, 0.4, 5)).toBeCloseTo(gradientNoise(i + 1e-7, 0.4, 5), 5);
  }
  let most = 0;
  for (let i = 0; i < 5000; i++) most = Math.max(most, Math.abs(fractalNoise(i * 0.137, i * 0.071, 3, 1)));
  expect(most).toBeLessThan(1.1);
  expect(most).toBeGreaterThan(0.4);
});

test("different seeds are different fields", () => {
  expect(gradientNoise(0.3, 0.6, 1)).not.toBe(gradientNoise(0.3, 0.6, 2));
});

test("without jitter the cells are the unit squares", () => {
  const cell: Cell = { nearest: 0, second: 0, id: 0 };
  findCell(3.5, -1.5, 0, 9, cell);
  expect(cell.nearest).toBeCloseTo(0, 12);
  expect(cell.second).toBeCloseTo(1, 12);
  const middle = cell.id;
  findCell(3.9, -1.2, 0, 9, cell);
  expect(cell.id).toBe(middle);
});
