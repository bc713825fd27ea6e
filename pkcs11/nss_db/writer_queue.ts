// Copyright 2026 the NSS for Deno authors. MIT license.

const queues = new Map<string, WeakRef<WriterQueue>>();
const collected = new FinalizationRegistry<string>((directory) => {
  if (queues.get(directory)?.deref() === undefined) queues.delete(directory);
});

/** A queue that serialises the writes of this program to a directory. */
export class WriterQueue {
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Returns the queue of a directory, which all its open databases share.
   *
   * @param directory The real path of the directory.
   * @returns The queue.
   */
  static of(directory: string): WriterQueue {
    const known = queues.get(directory)?.deref();
    if (known !== undefined) return known;
    const queue = new WriterQueue();
    queues.set(directory, new WeakRef(queue));
    collected.register(queue, directory);
    return queue;
  }

  /**
   * Runs a task after those before it.
   *
   * @param task The task.
   * @returns Its result.
   */
  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => {});
    return result;
  }
}
