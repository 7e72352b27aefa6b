import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, test, vi } from "vitest";
import { referencePath } from "../../test/reference/reference.ts";
import { AnomalyDetector } from "../anomalyclip/detector.ts";
import { readProtocol } from "../results/run-file.ts";
import { Session } from "../runtime/session.ts";
import { learnedFiles, SIZE, TEN, useTrainingFixture } from "../training/training-run.fixture.ts";
import { readPromptCheckpoint } from "../weights/prompt-checkpoint.ts";
import { runProgram } from "./program.ts";
import { DEFAULT_TRAINING_FOLDER, trainCommand } from "./train.ts";

const fixture = useTrainingFixture();

const newTerminal = () => ({ stdout: new PassThrough(), stderr: new PassThrough(), exitCode: 0 });

/** Runs `anomalyclip train`. @param onSaid sees what is written to standard error as it comes */
async function run(argv: readonly string[], onSaid: (text: string) => void = () => undefined) {
  const terminal = newTerminal();
  let stderr = "";
  terminal.stderr.on("data", (chunk) => {
    stderr += chunk;
    onSaid(String(chunk));
  });
  await runProgram(["train", ...argv], terminal, [trainCommand(terminal)]);
  // What was written last is seen in the next turn.
  await new Promise(setImmediate);
  return { exitCode: terminal.exitCode, stdout: String(terminal.stdout.read() ?? ""), stderr };
}

let runs = 0;
/** Runs a quick training on the reference CLIP; options that are given again count the second time. */
async function train(flags: readonly string[] = [], data = [fixture.path("ten")], onSaid?: (text: string) => void) {
  const out = fixture.path(`cli-${++runs}`);
  const quick = ["--model", referencePath("clip.safetensors"), "--cache-dir", fixture.path("cache"), "--out", out];
  const small = ["--image-size", String(SIZE), "--epochs", "1", "--threads", "1"];
  const result = await run([...data, ...quick, ...small, ...flags], onSaid);
  return { ...result, out };
}

/** Options that `run.json` tells of: the option, its value, the entry, what it says then, and what it says by default. */
const PROTOCOL: [option: string, values: string[], entry: string, told: unknown, byDefault: unknown][] = [
  ["--image-size", ["64"], "image size", 64, SIZE],
  ["--views", ["2"], "views", 2, undefined],
  ["--layers", ["6,2"], "layers", "2, 6", "6"],
  ["--dpam-from", ["3"], "attention", "q-q from block 3", "v-v from block 2"],
  ["--attention", ["q-q"], "attention", "q-q from block 3", "v-v from block 2"],
  ["--temperature", ["0.1"], "temperature", 0.1, 0.07],
  ["--context-length", ["5"], "context length", 5, 12],
  ["--deep-depth", ["2"], "deep depth", 2, 4],
  ["--deep-length", ["3"], "deep length", 3, 4],
  ["--normal-template", ["{}", "flawless {}"], "normal templates", "{} | flawless {}", "{}"],
  ["--abnormal-template", ["broken {}"], "abnormal templates", "broken {}", "damaged {}"],
  ["--object-aware", [], "object", "the class of each picture", "object"],
  ["--shared-context", [], "contexts", "shared", "separate"],
  ["--decoupled", [], "branches", "decoupled", "one pair"],
  ["--batch-size", ["3"], "batch size", 3, 8],
  ["--learning-rate", ["0.01"], "learning rate", 0.01, 0.001],
  ["--loss", ["local"], "loss", "local", "both"],
  ["--local-loss", ["dice"], "local loss", "dice", "both"],
  ["--local-weight", ["2"], "local weight", 2, 4],
  ["--seed", ["5"], "seed", 5, 111],
  ["--no-shuffle", [], "shuffle", false, true],
  ["--validation", ["0.2"], "pictures set aside", 2, 0],
  ["--early-stopping", ["4"], "patience", 4, undefined],
];

/** Options that the tests below see at work. */
const AT_WORK = [
  ...[
    "--split",
    "--classes",
    "--exclude-classes",
    "--validation-classes",
    "--model",
    "--init",
    "--epochs",
    "--threads",
  ],
  ...["--out", "--format", "--cache-dir", "--resume", "--from-epoch", "--force"],
];

describe("the options of training", () => {
  const { options } = trainCommand(newTerminal());

  test("are all in the help, with what they mean, and all tested here", async () => {
    const { stdout, exitCode } = await run(["--help"]);
    expect(exitCode).toBe(0);
    for (const { long, description } of options) {
      expect(stdout).toMatch(new RegExp(`${long}\\b`));
      expect(description).not.toBe("");
    }
    expect([...PROTOCOL.map(([option]) => option), ...AT_WORK].sort()).toEqual(options.map(({ long }) => long).sort());
  });

  test("are told by run.json, and are otherwise what the help says", async () => {
    const given = PROTOCOL.flatMap(([option, values]) =>
      values.length === 0 ? [option] : values.flatMap((value) => [option, value]),
    );
    const { out, exitCode } = await train(given);
    expect(exitCode).toBe(0);
    const [told, byDefault] = [await readProtocol(out), await readProtocol((await train()).out)];
    for (const [option, , entry, with_, without] of PROTOCOL) {
      expect([option, told![entry], byDefault![entry]]).toEqual([option, with_, without]);
      const { description } = options.find(({ long }) => long === option)!;
      const stated = /default: (.+)\)/.exec(description)?.[1];
      // Those of size and depth depend on the model; one view is not worth a word.
      const depends = ["--image-size", "--views", "--layers", "--dpam-from", "--attention", "--deep-depth"].includes(
        option,
      );
      if (stated !== undefined && !depends) expect([option, stated]).toEqual([option, String(without)]);
    }
  });

  test("choose the data", async () => {
    const pictures = async (...flags: string[]) => (await readProtocol((await train(flags)).out))!.pictures;
    expect(await pictures("--classes", "pcb")).toBe(5);
    expect(await pictures("--exclude-classes", "pcb")).toBe(5);
    expect(await pictures("--validation-classes", "pcb")).toBe(5);
    expect((await train([], [fixture.path("ten"), fixture.path("ten")])).exitCode).toBe(0);
    const { exitCode, stderr } = await train(["--split", "train"]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^anomalyclip: ten: no pictures in the split train, all 10 are in test; .*\n$/);
  });

  test("name the threads of every computation", async () => {
    const create = vi.spyOn(Session, "create");
    await train(["--threads", "2", "--cache-dir", fixture.path("threads cache"), "--validation", "0.2"]);
    // The encoder, the optimizer and the validation; the text features are a moment's work.
    const threads = create.mock.calls.map(([, session]) => session?.threads).filter((count) => count !== undefined);
    create.mockRestore();
    expect(threads).toEqual([2, 2, 2]);
  });

  test("say where features are kept and what training starts from", async () => {
    const cache = fixture.path("own cache");
    const { out } = await train(["--cache-dir", cache]);
    expect(existsSync(cache)).toBe(true);
    const next = await train(["--init", join(out, "prompts.safetensors")]);
    expect((await readProtocol(next.out))!["start from"]).toMatch(/^prompts\.safetensors /);
  });
});

describe("a training on the command line", () => {
  test("prints where its prompts are, and tells of epochs on the other stream", async () => {
    const { exitCode, stdout, stderr, out } = await train(["--epochs", "2", "--validation-classes", "pcb"]);
    expect(exitCode).toBe(0);
    expect(stdout).toBe(`${join(out, "prompts.safetensors")}\n`);
    const losses = "loss \\d+\\.\\d{3} \\(global \\d+\\.\\d{3}, local \\d+\\.\\d{3}\\)";
    const lines = stderr.trimEnd().split("\n");
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^anomalyclip: features of \d+ of 10 pictures are cached/);
    for (const [i, epoch] of ["1", "2"].entries()) {
      const pattern = `^anomalyclip: epoch ${epoch} of 2: ${losses}; validation ${losses}, image AUROC [01]\\.\\d{3}; \\d+ s$`;
      expect(lines[1 + i]).toMatch(new RegExp(pattern));
    }
    expect(lines[3]).toBe(`anomalyclip: done. Report: ${join(out, "report.html")}`);
  });

  test("writes the same prompts as .pth", async () => {
    const own = await readPromptCheckpoint((await train()).stdout.trimEnd());
    const { stdout, out } = await train(["--format", "pth"]);
    expect(stdout).toBe(`${join(out, "prompts.pth")}\n`);
    expect(await readPromptCheckpoint(join(out, "prompts.pth"))).toEqual({
      ...own,
      textFeatures: undefined,
      metadata: {},
    });
  });

  test("without a model is one of the embedded model, at its image size, and detection takes its prompts", async () => {
    const data = await fixture.set("four", TEN.slice(0, 4));
    const out = fixture.path("embedded");
    const flags = ["--out", out, "--cache-dir", fixture.path("cache"), "--epochs", "1"];
    expect(await run([data, ...flags])).toMatchObject({ exitCode: 0, stdout: `${join(out, "prompts.safetensors")}\n` });
    expect(await readProtocol(out)).toMatchObject({ model: "embedded", "image size": 256, layers: "8" });
    const detector = await AnomalyDetector.load({ prompts: join(out, "prompts.safetensors") });
    // The package's own prompts have another, which is not for these.
    expect(detector.settings.threshold).toBe(0.5);
    const { score } = await detector.detect(join(data, "1.png"));
    await detector.close();
    expect(score).toBeGreaterThan(0);
    expect(score).toBeLessThan(1);
  });

  test("goes to a folder of its own where none is named", () => {
    expect(trainCommand(newTerminal()).opts().out).toBe(DEFAULT_TRAINING_FOLDER);
  });
});

describe("a training broken off by a signal", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s ends after its step with exit code %i, and says how to go on", async (signal, exitCode) => {
    const listeners = process.listenerCount(signal);
    let stopped = false;
    const first = await train(["--epochs", "1000"], [fixture.path("ten")], (text) => {
      if (stopped || !text.includes("epoch 1 of 1000")) return;
      stopped = true;
      process.emit(signal, signal);
    });
    expect(first).toMatchObject({ exitCode, stdout: "" });
    const said = /interrupted after epoch (\d+); the same command with --resume goes on\n$/.exec(first.stderr);
    const epoch = Number(said?.[1]);
    expect(epoch).toBeGreaterThanOrEqual(1);
    expect(epoch).toBeLessThan(1000);
    expect(process.listenerCount(signal)).toBe(listeners);

    const epochs = String(epoch + 1);
    const second = await train(["--epochs", epochs, "--resume", "--out", first.out]);
    expect(second.exitCode).toBe(0);
    expect(second.stderr).toMatch(new RegExp(`features of 10 of 10 .*\n.*epoch ${epochs} of ${epochs}: .*\n.*done`));
    expect(await learnedFiles(first.out)).toEqual(await learnedFiles((await train(["--epochs", epochs])).out));
  });
});

describe("an earlier training in the folder", () => {
  test("is refused, gone on with, gone on with from an epoch, or removed", async () => {
    const { out } = await train(["--epochs", "2"]);
    const there = (...flags: string[]) => train(["--out", out, ...flags]);
    const refused = await there();
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toMatch(
      /^anomalyclip: \S+ already holds a training \(2 epochs\): --resume .*, --force .*\n$/,
    );
    const resumed = await there("--resume", "--epochs", "3");
    expect(resumed.stderr.match(/epoch \d of 3/g)).toEqual(["epoch 3 of 3"]);
    const again = await there("--resume", "--from-epoch", "1", "--epochs", "3");
    expect(again.stderr.match(/epoch \d of 3/g)).toEqual(["epoch 2 of 3", "epoch 3 of 3"]);
    expect((await there("--force")).exitCode).toBe(0);
    expect(Object.keys(await learnedFiles(out))).toEqual(["checkpoints/epoch-001.safetensors", "prompts.safetensors"]);
  });
});

describe("pictures that cannot be used", () => {
  test("give exit code 1 and are named, up to a point; the rest is learned from", async () => {
    const data = await fixture.set("bad", [...TEN, ...Array(25).fill({ className: "pcb" })]);
    for (let i = 10; i < 35; i++) await writeFile(join(data, `${i}.png`), `no picture ${i}`);
    const { exitCode, stdout, stderr, out } = await train([], [data]);
    expect([exitCode, stdout]).toEqual([1, `${join(out, "prompts.safetensors")}\n`]);
    expect(stderr.match(/^anomalyclip: left out: \S+\d+\.png: not a picture.*$/gm)).toHaveLength(20);
    expect(stderr.match(/^anomalyclip: more notes are in the report$/gm)).toHaveLength(1);
    expect(stderr).toMatch(/^anomalyclip: 25 pictures could not be used\nanomalyclip: done\./m);
    expect((await readFile(join(out, "report.html"), "utf8")).match(/left out: /g)).toHaveLength(25);
  });
});

describe("wrong usage", () => {
  test.each([
    [[], /^missing required argument 'data'/],
    [["absent"], /^absent: no such file or folder/],
    [["x", "--epochs", "0"], /^option '--epochs <count>' argument '0' is invalid\. Expected a whole number from 1/],
    [["x", "--learning-rate", "-1"], /Expected a number above 0/],
    [["x", "--seed", "0x10"], /Expected a whole number/],
    [["x", "--layers", "0"], /Expected layers counted from 1/],
    [["x", "--attention", "x"], /Allowed choices are v-v, q-q, k-k, none/],
    [["x", "--force", "--resume"], /'--force' cannot be used with option '--resume'/],
    [["x", "--from-epoch", "2"], /^--from-epoch goes with --resume/],
    [["x", "--early-stopping", "2"], /^stopping early needs something to judge by/],
    [["x", "--validation", "0.1", "--validation-classes", "a"], /not by both/],
    [["x", "--format", "pth", "--decoupled"], /\.pth format holds one pair/],
  ])("%j is one line and exit code 2", async (argv, message) => {
    const { exitCode, stdout, stderr } = await run(argv);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^anomalyclip: [^\n]*\n$/);
    expect(stderr.slice("anomalyclip: ".length)).toMatch(message);
  });

  test("of words that the model does not know is one line too, before anything is computed or removed", async () => {
    const { out } = await train();
    const before = await learnedFiles(out);
    const flags = ["--out", out, "--force", "--cache-dir", fixture.path("never")];
    for (const words of [["--abnormal-template", "zebra {}"], ["--object-aware"]]) {
      const data = await fixture.set("zebras", [{ className: "zebra" }, { className: "pcb", abnormal: true }]);
      const { exitCode, stderr } = await train([...flags, ...words], [data]);
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(/^anomalyclip: \S+clip\.safetensors: .* not all of the prompt "zebra[^\n]*\n$/);
    }
    const long = await train([...flags, "--context-length", "73"]);
    expect(long.stderr).toMatch(/^anomalyclip: the prompt "damaged object\." has 78 tokens with its context, .*\n$/);
    expect(existsSync(fixture.path("never"))).toBe(false);
    expect(await learnedFiles(out)).toEqual(before);
  });
});
