/** The page, from memory. */

import type { App } from "../app.ts";
import type { Service } from "../context.ts";

export function addPageRoutes(app: App, { page }: Service): void {
  for (const [path, { type, bytes, immutable }] of page) {
    app.get(path, (c) =>
      c.body(new Uint8Array(bytes), 200, {
        "Content-Type": type,
        "Cache-Control": immutable ? "public, max-age=31536000, immutable" : "no-cache",
      }),
    );
  }
}
