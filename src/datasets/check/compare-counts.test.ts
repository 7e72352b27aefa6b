import { expect, it } from "vitest";
import { requireBenchmark } from "../benchmarks/registry.ts";
import type { Sample, Split } from "../sample.ts";
import { compareCounts } from "./compare-counts.ts";

function samples(count: number, abnormal: boolean, split: Split | null = null, mask: string | null = null): Sample[] {
  return Array.from({ length: count }, (_, index) => ({
    image: `${index}`,
    mask,
    className: "c",
    specie: "s",
    abnormal,
    split,
  }));
}

it("finds nothing to say about a whole copy", () => {
  const all = [...samples(888, false, "train"), ...samples(176, false, "test"), ...samples(282, true, "test", "m")];
  expect(compareCounts(requireBenchmark("mpdd"), "", all)).toEqual({ name: "as in the paper", differences: [] });
});

it("tells every count that differs", () => {
  const all = [...samples(880, false, "train"), ...samples(177, false, "test"), ...samples(282, true, "test")];
  expect(compareCounts(requireBenchmark("mpdd"), "", all)!.differences).toEqual([
    "177 normal test pictures, published are 176",
    "0 masks of test pictures, published are 282",
    "880 normal training pictures, published are 888",
  ]);
});

it("compares with the version of the layout, else with the nearest", () => {
  const pieces = [...samples(181, false), ...samples(74, true, null, "m")];
  const sdd = requireBenchmark("sdd");
  expect(compareCounts(sdd, "meta.json", pieces)).toEqual({
    name: "as in the paper (cut into pieces)",
    differences: [],
  });
  expect(compareCounts(sdd, "as downloaded", pieces)).toMatchObject({
    name: "as downloaded",
    differences: { length: 3 },
  });
});

it("has nothing to compare with where nothing is known", () => {
  expect(compareCounts(requireBenchmark("dtd-synthetic"), "", samples(1, false))).toBeNull();
});
