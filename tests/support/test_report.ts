// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Reads what `deno test --parallel` prints, line by line, and sums it up: a line a file.
 *
 * @module
 */

/** What is known of a file's tests. */
interface FileReport {
  passed: number;
  failed: number;
  ignored: number;
  /** What its tests took, in milliseconds. */
  time: number;
}

/** How many slow tests are listed, and from how many milliseconds on. */
const SLOW_TESTS = 10;
const SLOW = 5_000;

const UNITS: Record<string, number> = { m: 60_000, s: 1_000, ms: 1, µs: 0.001 };

/** The milliseconds of `1m3s`, `17ms` or `683µs`. */
function milliseconds(text: string): number {
  return [...text.matchAll(/(\d+)(ms|µs|m|s)/g)]
    .reduce((sum, [, count, unit]) => sum + Number(count) * UNITS[unit!]!, 0);
}

/** What a run has printed so far. */
export class TestReport {
  readonly #files = new Map<string, FileReport>();
  readonly #slow: { readonly title: string; readonly time: number }[] = [];
  readonly #skipped: string[] = [];
  readonly #notes: string[] = [];
  #inOutput = false;
  #atEnd = false;

  /**
   * Takes one line.
   *
   * @param line The line, without colours.
   * @returns What to show of it at once: failures, what hangs, and all that the run ends with;
   * `null` for the rest.
   */
  take(line: string): string | null {
    this.#atEnd ||= /^ (?:ERRORS|FAILURES) $/.test(line);
    if (this.#atEnd) return line;
    if (/has been running for over/.test(line)) return line;
    const uncaught = /^Uncaught error from (?:\.\/)?(\S+) FAILED$/.exec(line);
    if (uncaught !== null) {
      this.#file(uncaught[1]!).failed++;
      return line;
    }
    // The first test of a file follows the end of its module's output without a line break
    const result = /^(?:\.\/)?(\S+) => (.+) \.\.\. (ok|FAILED|ignored)(?: \((.*)\))?$/.exec(line);
    if (result === null) return this.#takeOutput(line);
    const [, path, title, outcome, time = ""] = result;
    if (title!.includes(" ... ")) return outcome === "FAILED" ? line : null; // a step
    const file = this.#file(path!.replace(/#.*$/, "#examples"));
    file[outcome === "ok" ? "passed" : outcome === "FAILED" ? "failed" : "ignored"]++;
    const taken = milliseconds(time);
    file.time += taken;
    if (taken >= SLOW) this.#slow.push({ title: `${path} => ${title}`, time: taken });
    return outcome === "FAILED" ? line : null;
  }

  /**
   * The lines of the summary: files, what the tests remarked, slow tests, skipped tests, counts.
   */
  summary(): string[] {
    const files = [...this.#files].sort(([a], [b]) => a < b ? -1 : 1);
    const examples = files.filter(([path]) => path.endsWith("#examples"));
    const lines = files.filter((file) => !examples.includes(file)).map(fileLine);
    if (examples.length > 0) {
      lines.push(fileLine([`examples of ${examples.length} files`, sum(examples)]));
    }
    const slow = this.#slow.sort((a, b) => b.time - a.time).slice(0, SLOW_TESTS);
    const all = sum(files);
    return [
      ...lines,
      ...part("remarks", this.#notes),
      ...part("slow", slow.map(({ title, time }) => `${seconds(time)}  ${title}`)),
      ...part("skipped", this.#skipped),
      `${all.passed} passed, ${all.failed} failed, ${all.ignored} skipped`,
    ];
  }

  /** How many tests have ended. */
  get count(): number {
    const { passed, failed, ignored } = sum([...this.#files]);
    return passed + failed + ignored;
  }

  #file(path: string): FileReport {
    let file = this.#files.get(path);
    if (file === undefined) this.#files.set(path, file = empty());
    return file;
  }

  #takeOutput(line: string): null {
    if (/^-+ (?:post-test )?output -+$/.test(line)) this.#inOutput = true;
    else if (/-+ (?:post-test )?output end -+$/.test(line)) this.#inOutput = false;
    else if (this.#inOutput && line.startsWith("skipped: ")) {
      this.#skipped.push(line.slice("skipped: ".length));
    } else if (this.#inOutput && line.trim() !== "") this.#notes.push(line);
    return null;
  }
}

function empty(): FileReport {
  return { passed: 0, failed: 0, ignored: 0, time: 0 };
}

function sum(files: readonly (readonly [string, FileReport])[]): FileReport {
  const all = empty();
  for (const [, file] of files) {
    for (const key of ["passed", "failed", "ignored", "time"] as const) all[key] += file[key];
  }
  return all;
}

function fileLine([path, { passed, failed, ignored, time }]: readonly [string, FileReport]) {
  const counts = [`${passed} passed`];
  if (failed > 0) counts.push(`${failed} failed`);
  if (ignored > 0) counts.push(`${ignored} skipped`);
  return `${failed > 0 ? "FAILED" : "ok    "} ${path}: ${counts.join(", ")} (${seconds(time)})`;
}

function seconds(time: number): string {
  return `${(time / 1000).toFixed(1)} s`;
}

function part(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", `${title}:`, ...lines.map((line) => `  ${line}`), ""];
}
