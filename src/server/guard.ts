/** Who may ask for what: the token, the names under which the service may be called, and how often. */

import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { AnomalyClipError } from "../errors.ts";
import { ProblemError } from "./problem.ts";

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];
const COOKIE = "anomalyclip_session";
/** Wrong tokens that an address may try in a minute. */
const TRIES = 10;

export function isLoopback(host: string): boolean {
  return LOOPBACK.includes(host) || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** @throws AnomalyClipError E_CONFIG where others could reach the service without a token */
export function requireToken(host: string, token: string | null): void {
  // What a header can carry, unchanged.
  if (token !== null && !/^[!-~](?:[ -~]{6,}[!-~])$/.test(token)) {
    throw new AnomalyClipError("E_CONFIG", "the token needs 8 or more of the characters that ASCII prints");
  }
  if (token === null && !isLoopback(host)) {
    throw new AnomalyClipError(
      "E_CONFIG",
      `--host ${host} lets other machines in: set a token with --token or ANOMALYCLIP_TOKEN`,
    );
  }
}

export interface GuardOptions {
  /** Null where none is asked for. */
  token: string | null;
  /** Requests that an address may make in a minute. */
  perMinute: number;
}

export class Guard {
  readonly #requests: RateLimiterMemory;
  readonly #tries = new RateLimiterMemory({ points: TRIES, duration: 60 });
  readonly #session: string | null;

  constructor(private readonly options: GuardOptions) {
    this.#requests = new RateLimiterMemory({ points: options.perMinute, duration: 60 });
    // What the browser keeps is of no use as a token elsewhere.
    this.#session = options.token && createHmac("sha256", options.token).update("session").digest("hex");
  }

  get asksForToken(): boolean {
    return this.options.token !== null;
  }

  /**
   * Without a token the service is for this machine alone, also when a page that a browser here has open resolves its own
   * name to this machine (DNS rebinding) or posts a form to it.
   *
   * @throws ProblemError 403
   */
  requireSameSite(request: Request): void {
    const url = new URL(request.url);
    const host = request.headers.get("host") ?? url.host;
    if (this.options.token === null && !isLoopback(hostName(host))) {
      throw new ProblemError(
        403,
        "without a token the service answers to localhost and 127.0.0.1 only: set a token for other names",
      );
    }
    const origin = request.headers.get("origin");
    const safe = request.method === "GET" || request.method === "HEAD";
    if (!safe && origin !== null && hostOf(origin) !== host.toLowerCase()) {
      throw new ProblemError(403, "pages of other sites may not use this service");
    }
  }

  /** @throws ProblemError 401, and 429 after too many wrong tokens */
  async requireAllowed(request: Request, address: string): Promise<void> {
    if (this.options.token === null) return;
    const bearer = /^Bearer +(.+)$/i.exec(request.headers.get("authorization") ?? "")?.[1]?.trim();
    if (bearer !== undefined) return await this.#check(bearer, address);
    const cookie = new RegExp(`(?:^|;\\s*)${COOKIE}=([0-9a-f]+)`).exec(request.headers.get("cookie") ?? "")?.[1];
    if (cookie !== undefined && same(cookie, this.#session!)) return;
    throw new ProblemError(
      401,
      "a token is needed: send it as Authorization: Bearer <token>, or enter it on the page",
      {
        "WWW-Authenticate": 'Bearer realm="anomalyclip"',
      },
    );
  }

  /** The cookie for a page whose user knows the token. @throws ProblemError 401, 429 */
  async openSession(token: string, address: string, secure: boolean): Promise<string> {
    if (this.options.token !== null) await this.#check(token, address);
    return `${COOKIE}=${this.#session ?? ""}; HttpOnly; SameSite=Strict; Path=/; Max-Age=2592000${secure ? "; Secure" : ""}`;
  }

  /** @throws ProblemError 429 with Retry-After */
  async requireRate(address: string): Promise<void> {
    await this.#consume(this.#requests, address, `more than ${this.options.perMinute} requests in a minute`);
  }

  async #check(token: string, address: string): Promise<void> {
    // Those who know it are never kept out by those who guess.
    if (same(token, this.options.token!)) return;
    await this.#consume(this.#tries, address, "too many wrong tokens");
    throw new ProblemError(401, "the token is wrong: it is the one that the service was started with");
  }

  async #consume(limiter: RateLimiterMemory, address: string, what: string): Promise<void> {
    try {
      await limiter.consume(address);
    } catch (rejected) {
      if (!(rejected instanceof RateLimiterRes)) throw rejected;
      const seconds = Math.max(1, Math.ceil(rejected.msBeforeNext / 1000));
      throw new ProblemError(429, `${what}: try again in ${seconds} s`, { "Retry-After": String(seconds) });
    }
  }
}

// --- internal ---

/** In time that does not depend on where two texts differ, nor on their lengths. */
function same(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function hostName(host: string): string {
  return host.replace(/:\d+$/, "").toLowerCase();
}

function hostOf(origin: string): string | null {
  try {
    return new URL(origin).host.toLowerCase();
  } catch {
    return null;
  }
}
