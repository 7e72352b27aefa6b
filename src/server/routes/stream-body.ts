/** A stream of Node as the body of an answer. */

import type { Readable } from "node:stream";

/**
 * The chunks of a stream, read as they are asked for; when nobody reads any more, the stream is destroyed. With
 * `Readable.toWeb`, a chunk that is on its way by then is thrown where nobody can catch it.
 */
export function streamBody(stream: Readable): ReadableStream<Uint8Array> {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel() {
      stream.destroy();
    },
  });
}
