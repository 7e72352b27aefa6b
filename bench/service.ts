/**
 * The service under load: 32 clients that each send a picture as soon as the last is answered, against the command line on
 * the same pictures, before and after. The built program, the embedded model, every result kept on disk.
 *
 *   npm run bench:service
 *   DURATION=10 CLIENTS=8 npm run bench:service
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startService } from "../test/service.fixture.ts";
import { median } from "./machine-rate.ts";
import { record } from "./record.ts";

const SECONDS = Number(process.env.DURATION ?? 60);
const CLIENTS = Number(process.env.CLIENTS ?? 32);
/** Pictures of a run of the command line: enough that starting does not count. */
const PICTURES = 600;
/** Seconds that the service runs before its memory is looked at for the first time. */
const WARM = Math.min(10, SECONDS / 2);

const PROGRAM = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const EXAMPLES = fileURLToPath(new URL("../examples/", import.meta.url));

const folder = await mkdtemp(join(tmpdir(), "anomalyclip-service-bench-"));
try {
  const names = (await readdir(EXAMPLES)).filter((name) => name.endsWith(".png"));
  const pictures = await Promise.all(names.map((name) => readFile(join(EXAMPLES, name))));
  const copies = join(folder, "pictures");
  await mkdir(copies);
  for (let i = 0; i < PICTURES; i++) {
    await copyFile(join(EXAMPLES, names[i % names.length]!), join(copies, `${String(i).padStart(4, "0")}.png`));
  }
  const before = await timeCommandLine(copies);
  const service = await timeService(pictures);
  const after = await timeCommandLine(copies);
  const commandLine = 2 / (1 / before + 1 / after);
  const ratio = service.perSecond / commandLine;
  const { statuses, latencies, rss } = service;
  const errors = [...statuses].filter(([status]) => status !== 200 && status !== 429);
  console.log(`${CLIENTS} clients for ${SECONDS} s, ${names.length} pictures of 320 x 320, the embedded model`);
  console.log(
    `  command line  ${commandLine.toFixed(1)} pictures a second (before ${before.toFixed(1)}, after ${after.toFixed(1)})`,
  );
  console.log(
    `  service       ${service.perSecond.toFixed(1)} pictures a second, ${ratio.toFixed(3)} of the command line`,
  );
  console.log(`  latency       median ${quantile(latencies, 0.5)} ms, 95th percentile ${quantile(latencies, 0.95)} ms`);
  console.log(`  answers       ${[...statuses].map(([status, count]) => `${count} of ${status}`).join(", ")}`);
  console.log(
    `  memory        ${rss[0]!.toFixed(0)} MiB after ${WARM} s, then ${range(rss)}, at the end ${rss.at(-1)!.toFixed(0)} MiB`,
  );
  if (errors.length > 0) process.exitCode = 1;
  record("service", `${CLIENTS} clients`, service.perSecond, "pictures/s", ratio);
  record("service", "median latency", median(latencies), "ms");
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Pictures a second of `detect` in its sparest form, which starts and loads the model meanwhile. */
async function timeCommandLine(pictures: string): Promise<number> {
  const begun = performance.now();
  const child = spawn(process.execPath, [PROGRAM, "detect", pictures, "--no-out", "--json"], { stdio: "ignore" });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`detect ended with ${code}`);
  return PICTURES / ((performance.now() - begun) / 1000);
}

async function timeService(pictures: readonly Buffer[]) {
  const args = ["--data", join(folder, "data"), "--rate", "1000000"];
  const { url, process: child, stop } = await startService(args);
  const statuses = new Map<number, number>();
  const latencies: number[] = [];
  const rss: number[] = [];
  const begun = performance.now();
  const passed = () => (performance.now() - begun) / 1000;
  const watch = setInterval(async () => {
    if (passed() >= WARM) rss.push(await residentMebibytes(child.pid!));
  }, 1000);
  const client = async (number: number) => {
    for (let i = number; passed() < SECONDS; i++) {
      const sent = performance.now();
      const body = new Uint8Array(pictures[i % pictures.length]!);
      const response = await fetch(`${url}/api/detect`, {
        method: "POST",
        headers: { "Content-Type": "image/png" },
        body,
      });
      await response.arrayBuffer();
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      if (response.status === 200) latencies.push(performance.now() - sent);
      else await new Promise((resolve) => setTimeout(resolve, 1000 * Number(response.headers.get("Retry-After") ?? 1)));
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));
  const perSecond = latencies.length / passed();
  clearInterval(watch);
  const code = await stop();
  if (code !== 0) throw new Error(`serve ended with ${code}`);
  return { perSecond, latencies, statuses, rss };
}

async function residentMebibytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
}

function quantile(values: readonly number[], share: number): string {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!.toFixed(0);
}

function range(values: readonly number[]): string {
  return `${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)} MiB`;
}
