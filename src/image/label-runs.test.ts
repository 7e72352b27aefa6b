import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { labelRuns } from "./label-runs.ts";

const label = (...rows: string[]) =>
  labelRuns(Uint8Array.from(rows.join(""), Number), rows[0]?.length ?? 0, rows.length);

/** The area of each pixel, 0 outside and from 1 inside, drawn as the rows that were given. */
function draw({ starts, ends, areas }: ReturnType<typeof label>, pixels: number): string {
  const drawn = new Array(pixels).fill(0);
  for (const [run, start] of starts.entries()) drawn.fill(areas[run]! + 1, start, ends[run]!);
  return drawn.join("");
}

describe("labelRuns", () => {
  it("numbers areas in the order of their first pixels, and joins at corners", () => {
    const runs = label("1100200", "0010000", "0100111");
    expect(draw(runs, 21)).toBe("1100200" + "0010000" + "0100333");
    expect(runs.areaCount).toBe(3);
  });

  it("gives an area that is joined late the number of its first pixel", () => {
    const runs = label("1010001", "1010101", "1011101", "1000001", "1111111");
    expect(draw(runs, 35)).toBe("1020001" + "1020201" + "1022201" + "1000001" + "1111111");
    expect(runs.areaCount).toBe(2);
  });

  it("does not join the end of a row with the start of the next", () => {
    expect(label("001", "100").areaCount).toBe(2);
    expect(label("11", "00", "11").areaCount).toBe(2);
    expect(draw(label("01", "10"), 4)).toBe("0110");
  });

  it("finds nothing in nothing", () => {
    expect(labelRuns(new Uint8Array(12), 4, 3).areaCount).toBe(0);
    expect(labelRuns(new Uint8Array(0), 0, 0).areaCount).toBe(0);
    expect(labelRuns(new Uint8Array(0), 0, 5).areaCount).toBe(0);
  });

  it("gives two neighbours one area, and pixels that are apart another unless a way of neighbours joins them", () => {
    const pictures = fc
      .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
      .chain(([width, height]) => {
        const all = { minLength: width * height, maxLength: width * height };
        return fc.tuple(fc.uint8Array({ ...all, max: 1 }), fc.constant(width));
      });
    fc.assert(
      fc.property(pictures, ([inside, width]) => {
        const { starts, ends, areas, areaCount } = labelRuns(inside, width, inside.length / width);
        const areaOf = new Map<number, number>();
        for (const [run, start] of starts.entries()) {
          for (let i = start; i < ends[run]!; i++) areaOf.set(i, areas[run]!);
        }
        expect([...areaOf.keys()]).toEqual([...inside.keys()].filter((i) => inside[i] === 1));
        expect(spread(inside, width)).toEqual(areaOf);
        expect(areaCount).toBe(new Set(areaOf.values()).size);
      }),
      { numRuns: 300 },
    );
  });

  it("refuses a picture of another length", () => {
    expect(() => labelRuns(new Uint8Array(5), 2, 2)).toThrow(new RangeError("expected 4 values, got 5"));
  });
});

/** Each pixel takes the lowest number among its neighbours until nothing changes; then areas are numbered anew. */
function spread(inside: Uint8Array, width: number): Map<number, number> {
  const numbers = new Map([...inside.keys()].filter((i) => inside[i] === 1).map((i) => [i, i]));
  for (let changed = true; changed; ) {
    changed = false;
    for (const [i, number] of numbers) {
      for (const [j, other] of numbers) {
        const apart = Math.max(
          Math.abs((i % width) - (j % width)),
          Math.abs(Math.floor(i / width) - Math.floor(j / width)),
        );
        if (apart > 1 || other >= number) continue;
        numbers.set(i, other);
        changed = true;
        break;
      }
    }
  }
  const roots = [...new Set(numbers.values())];
  return new Map([...numbers].map(([i, root]) => [i, roots.indexOf(root)]));
}
