/** What `/metrics` tells Prometheus. */

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

export class ServiceMetrics {
  readonly #registry = new Registry();
  readonly #pictures = new Counter({
    name: "anomalyclip_pictures_total",
    help: "Pictures looked at, by verdict",
    labelNames: ["verdict"],
    registers: [this.#registry],
  });
  readonly #seconds = new Histogram({
    name: "anomalyclip_picture_seconds",
    help: "From a picture's turn in the queue to its kept result",
    buckets: [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 120],
    registers: [this.#registry],
  });
  readonly #requests = new Counter({
    name: "anomalyclip_http_requests_total",
    help: "Requests, by method and status",
    labelNames: ["method", "status"],
    registers: [this.#registry],
  });

  /** @param depth pictures accepted and not finished */
  constructor(depth: () => number) {
    collectDefaultMetrics({ register: this.#registry });
    new Gauge({
      name: "anomalyclip_queue_depth",
      help: "Pictures that were accepted and are not finished",
      registers: [this.#registry],
      collect() {
        this.set(depth());
      },
    });
  }

  looked(verdict: string, milliseconds: number): void {
    this.#pictures.inc({ verdict });
    this.#seconds.observe(milliseconds / 1000);
  }

  answered(method: string, status: number): void {
    this.#requests.inc({ method, status });
  }

  async text(): Promise<Response> {
    return new Response(await this.#registry.metrics(), { headers: { "Content-Type": this.#registry.contentType } });
  }
}
