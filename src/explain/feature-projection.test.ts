import { describe, expect, test } from "vitest";
import { Random } from "../random.ts";
import { modalityCosine, projectRest, projectToPlane, type TextPair } from "./feature-projection.ts";

const unit = (values: number[]) => Float32Array.from(values, (value) => value / Math.hypot(...values));

/** Pictures about (4, 0, 0, 0) that vary most along the third axis, then along the second, and hardly along the last. */
function pictures(count: number): Float32Array[] {
  const random = new Random(1);
  return Array.from({ length: count }, () =>
    Float32Array.of(4, random.range(-1, 1), random.range(-3, 3), random.range(-0.01, 0.01)),
  );
}

const pair: TextPair = { normal: unit([-9, 0, 1, 0]), abnormal: unit([-9, 1, -1, 0]) };

describe("the plane", () => {
  const images = pictures(200);
  const plane = projectToPlane(images, [pair]);

  test("is that in which the pictures vary most, about their mean", () => {
    const mean = images.reduce((sum, image) => sum + image[2]!, 0) / images.length;
    const sign = Math.sign(plane.images[0]![0] * (images[0]![2]! - mean));
    plane.images.forEach(([x], i) => {
      expect(Math.abs(sign * x - (images[i]![2]! - mean))).toBeLessThan(0.05);
    });
    expect(plane.explained[0]).toBeGreaterThan(0.8);
    expect(plane.explained[0] + plane.explained[1]).toBeCloseTo(1, 3);
  });

  test("has the prompts about its middle, however far from the pictures they are, the abnormal one right and above", () => {
    const { normal, abnormal } = plane.pairs[0]!;
    expect(abnormal[0]).toBeGreaterThan(0);
    expect(abnormal[1]).toBeGreaterThan(0);
    expect(normal).toEqual([-abnormal[0], -abnormal[1]]);
    const length = Math.hypot(...pair.abnormal.map((value, i) => value - pair.normal[i]!));
    expect(2 * Math.hypot(...abnormal)).toBeCloseTo(length, 1);
  });

  test.each([1, 2])("of %d pictures is there too", (count) => {
    const few = projectToPlane(pictures(count), [pair]);
    expect(few.images.flat().every(Number.isFinite)).toBe(true);
    expect(few.explained[1]).toBeCloseTo(0, 6);
  });

  test("of pictures that are all alike is a point", () => {
    const image = Float32Array.of(1, 0, 0, 0);
    expect(
      projectToPlane([image, image, image], [pair])
        .images.flat()
        .every((x) => x === 0),
    ).toBe(true);
  });
});

describe("the rest", () => {
  test("leaves out what lies along the axis of the prompts, and keeps what varies most", () => {
    const images = pictures(100);
    const alongThird = { normal: unit([0, 0, -1, 0]), abnormal: unit([0, 0, 1, 0]) };
    const rest = projectRest(images, () => alongThird);
    const mean = images.reduce((sum, image) => sum + image[1]!, 0) / images.length;
    const sign = Math.sign(rest[0]! * (images[0]![1]! - mean));
    rest.forEach((y, i) => {
      expect(Math.abs(sign * y - (images[i]![1]! - mean))).toBeLessThan(0.05);
    });
  });

  test("takes each picture's own axis", () => {
    const images = [Float32Array.of(1, 0), Float32Array.of(0, 1)];
    const pairs = [
      { normal: Float32Array.of(-1, 0), abnormal: Float32Array.of(1, 0) },
      { normal: Float32Array.of(0, -1), abnormal: Float32Array.of(0, 1) },
    ];
    for (const y of projectRest(images, (i) => pairs[i]!)) expect(y).toBeCloseTo(0, 10);
  });
});

test("the cosine between the modalities is that of their means", () => {
  const images = [unit([1, 1]), unit([1, -1])];
  const opposite = [{ normal: unit([-1, 0.5]), abnormal: unit([-1, -0.5]) }];
  expect(modalityCosine(images, opposite)).toBeCloseTo(-1, 6);
});
