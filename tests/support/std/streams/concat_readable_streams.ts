// Copyright 2026 the NSS for Deno authors. MIT license.

/** Streams one after the other. @module */

/** Joins streams to one that gives the chunks of each in turn. */
export function concatReadableStreams<T>(...streams: ReadableStream<T>[]): ReadableStream<T> {
  let index = 0;
  return new ReadableStream<T>({
    async pull(controller): Promise<void> {
      for (; index < streams.length; index++) {
        const reader = streams[index]!.getReader();
        const { done, value } = await reader.read();
        reader.releaseLock();
        if (!done) return controller.enqueue(value);
      }
      controller.close();
    },
    async cancel(reason): Promise<void> {
      await Promise.allSettled(streams.slice(index).map((stream) => stream.cancel(reason)));
    },
  });
}
