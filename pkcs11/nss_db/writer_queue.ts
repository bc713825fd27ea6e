// Copyright 2026 the NSS for Deno authors. MIT license.

const queues = new Map<string, WeakRef<WriterQueue>>();
const forgotten = new FinalizationRegistry<string>((directory) => {
  if (queues.get(directory)?.deref() === undefined) queues.delete(directory);
});

/** Lets those of this program who write into one folder do so one after another. */
export class WriterQueue {
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Gives the queue of a folder, however often it is open.
   *
   * @param directory The folder's real path.
   * @returns The queue.
   */
  static of(directory: string): WriterQueue {
    const known = queues.get(directory)?.deref();
    if (known !== undefined) return known;
    const queue = new WriterQueue();
    queues.set(directory, new WeakRef(queue));
    forgotten.register(queue, directory);
    return queue;
  }

  /**
   * Runs a task when those before it have ended.
   *
   * @param task The task.
   * @returns What it returns.
   */
  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => {});
    return result;
  }
}
