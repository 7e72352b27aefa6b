import { Writable } from "node:stream";
import { describe, expect, it, vi } from "vitest";
import { showDownload } from "./download-progress.ts";
import { describePace, describeTime, Progress } from "./progress.ts";
import type { TextStream } from "./terminal.ts";

function memory(isTTY: boolean): { stream: TextStream; text: () => string } {
  const parts: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      parts.push(String(chunk));
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY }), text: () => parts.join("") };
}

describe("progress", () => {
  it("is told in the unit that is easier to read", () => {
    expect(describePace(10, 30, 4)).toBe("2.5 img/s, 8 s left");
    expect(describePace(2, 12, 14)).toBe("7.0 s/img, 70 s left");
    expect(describePace(0, 12, 0)).toBe("");
  });

  it("tells time as a person would", () => {
    expect([0, 1.2, 89, 91, 3599, 7500].map(describeTime)).toEqual([
      "0 s",
      "2 s",
      "89 s",
      "2 min",
      "1 h 00 min",
      "2 h 05 min",
    ]);
  });

  it("is not written where nobody watches", () => {
    const { stream, text } = memory(false);
    const progress = new Progress(2, stream);
    progress.step();
    progress.interrupt(() => stream.write("result\n"));
    progress.stop();
    expect(text()).toBe("result\n");
  });

  it("leaves a line now and then in a log, where that is asked for", () => {
    vi.useFakeTimers();
    const { stream, text } = memory(false);
    const progress = new Progress(100, stream, { unit: "step", label: "learning", lineEvery: 60 });
    for (let i = 0; i < 5; i++) {
      vi.advanceTimersByTime(31_000);
      progress.step("loss 1");
    }
    vi.useRealTimers();
    expect(text()).toBe(
      "anomalyclip: learning 2/100  31.0 s/step, 51 min left  loss 1\n" +
        "anomalyclip: learning 4/100  31.0 s/step, 50 min left  loss 1\n",
    );
  });

  it("makes room on a terminal for what is printed", () => {
    const { stream, text } = memory(true);
    const progress = new Progress(2, stream);
    progress.interrupt(() => stream.write("result\n"));
    progress.stop();
    expect(text()).toContain("\r\u001B[2Kresult\n");
  });
});

describe("a download", () => {
  it("is one line where nobody watches", () => {
    const { stream, text } = memory(false);
    const show = showDownload(stream);
    for (const received of [1e6, 5e6, 9e6]) show({ received, total: 9e6 });
    expect(text()).toBe("anomalyclip: downloading the model of 9 MB\n");
  });

  it("counts up on a terminal, not at every piece, and ends its line", () => {
    const { stream, text } = memory(true);
    let time = 0;
    const show = showDownload(stream, () => time);
    for (const [at, received] of [
      [0, 1e6],
      [10, 2e6],
      [300, 3e6],
      [310, 9e6],
    ] as const) {
      time = at;
      show({ received, total: 9e6 });
    }
    const line = (count: number) => `\r\u001B[2Kdownloading the model: ${count} MB of 9 MB`;
    expect(text()).toBe(`${line(1)}${line(3)}${line(9)}\n`);
  });
});
