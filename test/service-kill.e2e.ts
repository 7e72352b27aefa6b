/** The service is killed under load: what it answered, it remembers. `KILLS=10 npm run test:e2e -- -t killed` does so more often. */

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { startService } from "./service.fixture.ts";

const KILLS = Number(process.env.KILLS ?? 2);
const EXAMPLES = new URL("../examples/", import.meta.url);

test(`killed ${KILLS} times under load, every result that was answered is there with its files`, async () => {
  const data = await mkdtemp(join(tmpdir(), "anomalyclip-kill-"));
  const names = (await readdir(EXAMPLES)).filter((name) => name.endsWith(".png"));
  const pictures = await Promise.all(names.map((name) => readFile(new URL(name, EXAMPLES))));
  const answered = new Set<string>();
  try {
    for (let round = 0; round <= KILLS; round++) {
      const service = await startService(["--data", data]);
      for (const id of answered) {
        const response = await fetch(`${service.url}/api/results/${id}`);
        expect(response.status, `result ${id} in round ${round}: ${service.log()}`).toBe(200);
      }
      const latest = [...answered].slice(-20);
      for (const id of latest) {
        expect((await fetch(`${service.url}/api/results/${id}/overlay.png`)).status).toBe(200);
      }
      if (round === KILLS) {
        const { total } = (await (await fetch(`${service.url}/api/results?limit=1`)).json()) as { total: number };
        expect(total).toBeGreaterThanOrEqual(answered.size);
        expect(await service.stop()).toBe(0);
        break;
      }
      let over = false;
      const clients = Array.from({ length: 8 }, async (_, client) => {
        for (let i = client; !over; i++) {
          try {
            const body = pictures[i % pictures.length]!;
            const init = { method: "POST", headers: { "Content-Type": "image/png" }, body };
            const response = await fetch(`${service.url}/api/detect`, init);
            const { results } = (await response.json()) as { results: { id: string }[] };
            for (const { id } of results) answered.add(id);
          } catch {
            // The connection died with the service: nothing was answered.
            return;
          }
        }
      });
      await delay(700 + Math.random() * 1500);
      await service.kill();
      over = true;
      await Promise.all(clients);
    }
    expect(answered.size).toBeGreaterThan(KILLS);
  } finally {
    await rm(data, { recursive: true, force: true });
  }
});
